// Functions of strings.
#include <re2/re2.h>

#include <algorithm>
#include <cstring>

#include "fhirpath/internal/evaluator.h"
#include "fhirpath/internal/evaluator_patterns.h"
#include "fhirpath/internal/text.h"

namespace idun::fhirpath::internal {
namespace {

using F = Function;

constexpr std::size_t kPatternsMax = 16;
constexpr std::int64_t kPatternMemory = 1 << 20;
constexpr std::uint64_t kPatternSteps = 8192;  // to compile one

// Where `what` is first. Linear, which std::string_view::find is not: texts of many megabytes come from strangers.
std::size_t first_of(std::string_view text, std::string_view what) {
    if (what.empty()) return 0;
    const void* found = ::memmem(text.data(), text.size(), what.data(), what.size());
    return found == nullptr ? std::string_view::npos : static_cast<std::size_t>(static_cast<const char*>(found) - text.data());
}

// Where it is last: the first one of both read backwards.
std::size_t last_of(std::string_view text, std::string_view what) {
    const std::string backwards(text.rbegin(), text.rend());
    const std::size_t found = first_of(backwards, std::string(what.rbegin(), what.rend()));
    return found == std::string_view::npos ? found : text.size() - found - what.size();
}

std::string replaced(std::string_view text, std::string_view what, std::string_view by, std::size_t most) {
    std::string out;
    if (what.empty()) {  // around every character
        out.append(by);
        while (!text.empty() && out.size() <= most) {
            const std::size_t next = place_of(text, 1);
            out.append(text.substr(0, next)).append(by);
            text.remove_prefix(next);
        }
        return out;
    }
    for (;;) {
        const std::size_t found = first_of(text, what);
        if (found == std::string_view::npos || out.size() > most) return out.append(text);
        out.append(text.substr(0, found)).append(by);
        text.remove_prefix(found + what.size());
    }
}

// "$1" and "${name}" of FHIRPath in the manner of RE2: "\1"; a "\$" is a plain dollar.
std::optional<std::string> substitution(std::string_view text, const re2::RE2& pattern) {
    std::string out;
    const auto put = [&](char c) {
        if (c == '\\') out.push_back('\\');
        out.push_back(c);
    };
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char next = i + 1 < text.size() ? text[i + 1] : '\0';
        if (text[i] == '\\' && (next == '$' || next == '\\')) {
            put(next);
            ++i;
        } else if (text[i] == '$' && next >= '0' && next <= '9') {
            if (next - '0' > pattern.NumberOfCapturingGroups()) return std::nullopt;
            out.push_back('\\');
            out.push_back(next);
            ++i;
        } else if (text[i] == '$' && next == '{') {
            const std::size_t end = text.find('}', i);
            if (end == std::string_view::npos) return std::nullopt;
            const auto& groups = pattern.NamedCapturingGroups();
            const auto found = groups.find(std::string(text.substr(i + 2, end - i - 2)));
            if (found == groups.end() || found->second > 9) return std::nullopt;
            out.append("\\" + std::to_string(found->second));
            i = end;
        } else {
            put(text[i]);
        }
    }
    return out;
}

}  // namespace

// RE2 takes time that grows with pattern and text only linearly; both are bounded.
const re2::RE2* Evaluator::pattern(std::string_view text, const Node& at) {
    if (text.size() > environment_.limits.pattern_bytes_max) {
        fail(Category::too_large, "a regular expression is longer than is allowed", at);
        return nullptr;
    }
    if (!patterns_) patterns_ = std::make_unique<Patterns>();
    const std::string name(text);
    if (patterns_->compiled.size() >= kPatternsMax && !patterns_->compiled.contains(name)) patterns_->compiled.clear();
    auto& compiled = patterns_->compiled[name];
    if (!compiled) {
        if (!spend(kPatternSteps + text.size())) return nullptr;
        re2::RE2::Options options;
        options.set_dot_nl(true);  // FHIRPath: single line mode
        options.set_log_errors(false);
        options.set_max_mem(kPatternMemory);
        compiled = std::make_unique<re2::RE2>(re2::StringPiece(text.data(), text.size()), options);
    }
    if (compiled->ok()) return compiled.get();
    fail(Category::invalid, "a regular expression that is malformed, or of a kind that is not taken", at);
    return nullptr;
}

bool Evaluator::patterns(const Node& n, std::string_view text, const Frame& frame, Items& out) {
    std::optional<std::string_view> wanted;
    std::optional<std::string_view> by;
    if (!text_argument(n, 0, frame, wanted)) return false;
    if (n.count > 1 && !text_argument(n, 1, frame, by)) return false;
    if (!wanted || (n.count > 1 && !by)) return true;
    if (!spend(text.size() / 8 + 1)) return false;
    if (n.function == F::replace_matches && wanted->empty()) return push_text(std::string(text), out);
    const re2::RE2* compiled = pattern(*wanted, n);
    if (compiled == nullptr) return false;
    // At worst RE2 looks at every part of its program for every byte.
    if (!spend(text.size() * static_cast<std::uint64_t>(compiled->ProgramSize()) / 2048)) return false;
    const re2::StringPiece piece(text.data(), text.size());
    if (n.function == F::matches) {
        out.push(Item::boolean(re2::RE2::PartialMatch(piece, *compiled)));
    } else if (n.function == F::matches_full) {
        out.push(Item::boolean(re2::RE2::FullMatch(piece, *compiled)));
    } else {
        const auto rewrite = substitution(*by, *compiled);
        if (!rewrite) return fail(Category::invalid, "a substitution names a group that the regular expression does not have", n);
        if (bytes_ + (text.size() + 1) * (rewrite->size() + 1) > environment_.limits.bytes_max) {
            return fail(Category::too_large, "replaceMatches() might make a longer text than is allowed", n);
        }
        std::string result(text);
        re2::RE2::GlobalReplace(&result, *compiled, *rewrite);
        return push_text(std::move(result), out);
    }
    return true;
}

bool Evaluator::split(std::string_view text, std::string_view by, Items& out) {
    for (;;) {
        const std::size_t found = by.empty() ? (text.empty() ? std::string_view::npos : place_of(text, 1)) : first_of(text, by);
        const bool last = found == std::string_view::npos || (by.empty() && found == text.size());
        out.push(Item::string(last ? text : text.substr(0, found)));
        if (!spend(1) || !fits(out)) return false;
        if (last) return true;
        text.remove_prefix(found + by.size());
    }
}

bool Evaluator::join(const Node& n, const Items& in, const Frame& frame, Items& out) {
    std::optional<std::string_view> by = "";
    if (n.count > 0 && !text_argument(n, 0, frame, by)) return false;
    if (in.empty()) return true;
    std::string result;
    bool first = true;
    for (const Item& item : in) {
        const auto value = to_system(item, store());
        if (!value && item.is_primitive()) continue;
        if (!value || value->kind() != Item::Kind::string) return fail(Category::invalid, "join() takes Strings", n);
        if (!first) result.append(by.value_or(""));
        first = false;
        result.append(value->as_string());
        if (result.size() > environment_.limits.bytes_max) break;
    }
    return push_text(std::move(result), out);
}

bool Evaluator::strings(const Node& n, const Items& in, const Frame& frame, Items& out) {
    std::optional<std::string_view> input;
    if (!text_of(in, n, input)) return false;
    if (!input) return true;
    const std::string_view text = *input;
    if (!spend(text.size() / 64 + 1)) return false;
    switch (n.function) {
        case F::upper: return push_text(upper(text), out);
        case F::lower: return push_text(lower(text), out);
        case F::length: out.push(Item::integer(static_cast<std::int64_t>(length(text)))); return true;
        case F::trim: out.push(Item::string(trimmed(text))); return true;
        case F::to_chars: return text.empty() || split(text, "", out);
        case F::matches:
        case F::matches_full:
        case F::replace_matches: return patterns(n, text, frame, out);
        case F::substring: {
            std::optional<std::int64_t> start;
            std::optional<std::int64_t> count;
            if (!integer_argument(n, 0, frame, start)) return false;
            if (n.count > 1 && !integer_argument(n, 1, frame, count)) return false;
            if (!start || *start < 0) return true;
            const std::size_t from = place_of(text, static_cast<std::size_t>(*start));
            if (from == text.size()) return true;
            const std::string_view rest = text.substr(from);
            if (!count) out.push(Item::string(rest));
            else out.push(Item::string(*count <= 0 ? std::string_view() : rest.substr(0, place_of(rest, static_cast<std::size_t>(*count)))));
            return true;
        }
        default: break;
    }
    std::optional<std::string_view> argument_;
    if (!text_argument(n, 0, frame, argument_)) return false;
    // Looking for one text in another takes, at worst, their product.
    if (argument_ && !spend(text.size() / 1024 * argument_->size())) return false;
    if (n.function == F::replace) {
        std::optional<std::string_view> by;
        if (!text_argument(n, 1, frame, by)) return false;
        if (!argument_ || !by) return true;
        return push_text(replaced(text, *argument_, *by, environment_.limits.bytes_max), out);
    }
    if (!argument_) return true;
    const std::string_view given = *argument_;
    const auto push_place = [&](std::size_t found) {
        const bool none = found == std::string_view::npos;
        out.push(Item::integer(none ? -1 : static_cast<std::int64_t>(length(text.substr(0, found)))));
    };
    switch (n.function) {
        case F::index_of: push_place(first_of(text, given)); return true;
        case F::last_index_of: push_place(last_of(text, given)); return true;
        case F::starts_with: out.push(Item::boolean(text.starts_with(given))); return true;
        case F::ends_with: out.push(Item::boolean(text.ends_with(given))); return true;
        case F::contains: out.push(Item::boolean(first_of(text, given) != std::string_view::npos)); return true;
        case F::split: return split(text, given, out);
        case F::escape:
            if (given == "html") return push_text(escape_html(text), out);
            if (given == "json") return push_text(escape_json(text), out);
            return true;
        case F::unescape:
            if (given == "html") return push_text(unescape_html(text), out);
            if (given == "json") return push_text(unescape_json(text), out);
            return true;
        case F::encode:
            if (given == "hex") return push_text(hex(text), out);
            if (given == "base64" || given == "urlbase64") return push_text(base64(text, given == "urlbase64"), out);
            return true;
        default: break;
    }
    std::optional<std::string> decoded;
    if (given == "hex") decoded = from_hex(text);
    if (given == "base64" || given == "urlbase64") decoded = from_base64(text, given == "urlbase64");
    return !decoded || push_text(std::move(*decoded), out);
}

}  // namespace idun::fhirpath::internal
