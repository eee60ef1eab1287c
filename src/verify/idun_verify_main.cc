// idun-verify: checks an access log from its public files. Exit codes: 0 it holds, 1 it does not, 2 it could not be
// checked.
#include <chrono>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <thread>

#include "verify/check.h"

using namespace idun;
using namespace idun::verify;

namespace {

// A log that is served may be so much behind its receipts (docs/formats/witness.md).
constexpr int kPatienceSeconds = 8;

constexpr const char* kHelp = R"(Usage: idun-verify LOG --key KEY [option...]
       idun-verify --key KEY --person FILE [option...]

LOG is a folder (data/hub/log/public) or an address (https://hub.example/log). Without it only the person's proof is checked.

  --key KEY        the log's key: name+id+base64, or the "x" of its jwks.json; keys that followed it are found
                   by the log's own word; again for a former key
  --since FILE     a checkpoint kept from before: nothing of it may have changed; may be given again
  --receipt TEXT   a receipt that came with an answer (X-Idun-Receipt), or a file with one in each line; again
  --person FILE    a person's proof (AuditEvent/$proof); again for the further files of one that is long
  --pseudonym P    the person whom it must be about, as in her access token
  --witness KEY    name+id+base64: this witness must have cosigned; may be given again
  --needed N       only so many of the witnesses must have cosigned, whichever
  --keep FILE      when the log holds, write its checkpoint there, for --since the next time
  --ca FILE        certificates (PEM) to trust for https

One sentence says what was found. Exit code 0: the log holds; 1: it does not; 2: it could not be checked.
)";

struct Arguments {
    std::string log;
    std::string keep;
    std::string ca;
    Question question;
};

Result<std::string> content_of(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream out;
    if (!file || !(out << file.rdbuf())) return fail(Category::not_found, path + " cannot be read");
    return std::move(out).str();
}

Result<Key> log_key(const std::string& text) {
    if (text.find('+') != std::string::npos) return Key::from_text(text);
    TRY_ASSIGN(crypto::PublicKey key, crypto::PublicKey::from_base64url(text));
    return Key::of("", 1, std::move(key));
}

Result<std::size_t> count_from(const std::string& text) {
    if (text.empty() || text.size() > 3 || text.find_first_not_of("0123456789") != std::string::npos || std::stoul(text) == 0)
        return fail(Category::invalid, "a number from 1");
    return std::stoul(text);
}

Status add_receipts(const std::string& value, std::vector<std::string>& out) {
    if (value.find(':') != std::string::npos && !std::ifstream(value)) {
        out.push_back(value);
        return {};
    }
    TRY_ASSIGN(const std::string lines, content_of(value));
    std::istringstream in(lines);
    for (std::string line; std::getline(in, line);) {
        while (line.ends_with('\r') || line.ends_with(' ')) line.pop_back();
        if (!line.empty()) out.push_back(line);
    }
    return {};
}

Status take(Arguments& to, const std::string& option, const std::string& value) {
    if (option == "--key") {
        TRY_ASSIGN(Key key, log_key(value));
        to.question.log_keys.push_back(std::move(key));
    } else if (option == "--witness") {
        TRY_ASSIGN(Key key, Key::from_text(value));
        if (key.type != 4) return fail(Category::invalid, "a witness's key is of another kind than a log's");
        to.question.witnesses.push_back(std::move(key));
    } else if (option == "--needed") {
        TRY_ASSIGN(to.question.witnesses_needed, count_from(value));
    } else if (option == "--since") {
        TRY_ASSIGN(std::string note, content_of(value));
        to.question.since.push_back(std::move(note));
    } else if (option == "--receipt") {
        TRY(add_receipts(value, to.question.receipts));
    } else if (option == "--person") {
        TRY_ASSIGN(std::string file, content_of(value));
        to.question.persons.push_back(std::move(file));
    } else if (option == "--pseudonym") {
        to.question.pseudonym = value;
    } else if (option == "--keep") {
        to.keep = value;
    } else if (option == "--ca") {
        to.ca = value;
    } else {
        return fail(Category::invalid, "no such option");
    }
    return {};
}

Result<Arguments> arguments_of(const std::vector<std::string>& words) {
    Arguments out;
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (words[i].starts_with("--")) {
            if (i + 1 == words.size()) return fail(Category::invalid, words[i] + " takes a value");
            if (const Status taken = take(out, words[i], words[i + 1]); !taken)
                return fail(taken.error().within(words[i]));
            ++i;
        } else if (out.log.empty()) {
            out.log = words[i];
        } else {
            return fail(Category::invalid, "only one log at a time");
        }
    }
    if (out.log.empty() && out.question.persons.empty())
        return fail(Category::invalid, "which log? (idun-verify --help)");
    if (out.log.empty() && !out.keep.empty()) return fail(Category::invalid, "--keep needs the log");
    if (out.question.witnesses_needed > out.question.witnesses.size())
        return fail(Category::invalid, "--needed is more than there are witnesses");
    if (out.question.log_keys.empty())
        return fail(Category::invalid, "--key is needed: ask the log's owner for it once, and keep it yourself");
    return out;
}

int unchecked(const Error& error) {
    std::fprintf(stderr, "It was not checked: %s.\n", error.message.c_str());
    return 2;
}

}  // namespace

int main(int argc, char** argv) {
    const std::vector<std::string> words(argv + 1, argv + argc);
    for (const std::string& word : words) {
        if (word != "--help" && word != "-h") continue;
        std::fputs(kHelp, stdout);
        return 0;
    }
    const auto arguments = arguments_of(words);
    if (!arguments) return unchecked(arguments.error());
    const std::string& log = arguments->log;
    const bool web = log.starts_with("http://") || log.starts_with("https://");
    const auto source = web ? web_source(log, arguments->ca) : folder_source(log);
    const auto look = [&] { return log.empty() ? check_person(arguments->question) : check(*source, arguments->question); };
    auto verdict = look();
    for (int again = 0; web && again < kPatienceSeconds && verdict && verdict->early; ++again) {
        std::this_thread::sleep_for(std::chrono::seconds(1));
        verdict = look();
    }
    if (!verdict) return unchecked(verdict.error());
    std::printf("%s\n", verdict->sentence.c_str());
    if (!verdict->holds) return 1;
    if (!arguments->keep.empty() &&
        !(std::ofstream(arguments->keep, std::ios::binary) << verdict->checkpoint << std::flush))
        return unchecked(Error(Category::unavailable, arguments->keep + " cannot be written"));
    return 0;
}
