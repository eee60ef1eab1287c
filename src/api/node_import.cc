// $import: NDJSON in the body of the request. A node fetches nothing from foreign addresses.
#include <algorithm>
#include <thread>

#include <fmt/format.h>

#include "api/node_answer.h"
#include "api/person_check.h"
#include "json/writer.h"

namespace idun::api {
namespace {

constexpr std::size_t kLinesAtOnce = 1'000;   // in one commit
constexpr std::size_t kRefusedMax = 1'000;    // that the answer names
constexpr int kLogTriesMax = 100;             // while the log is busy with what others ask
constexpr std::chrono::milliseconds kLogPause{50};

// Each commit is in the log before the next one is begun: neither the log's queue nor memory holds a whole import.
class Import {
public:
    using Logged = std::function<Status(records::Outcome)>;
    Import(Node& node, records::Context context, Logged log) : node_(node), context_(std::move(context)), log_(std::move(log)) {}

    // An error ends the import; what was taken before stays, and so may what was taken in the last commit.
    Status run(std::string_view body) {
        while (!body.empty()) {
            const std::string_view line = body.substr(0, body.find('\n'));
            body.remove_prefix(std::min(body.size(), line.size() + 1));
            ++number_;
            if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
            take(line, number_);
            if (documents_.size() >= kLinesAtOnce) TRY(commit());
        }
        return commit();
    }

    std::size_t taken() const { return taken_; }

    // Not all of it was done: what was, what was not, and from which line on to send again.
    fhir::Issues broken_off(const Error& error) const {
        fhir::Issues out{fhir::to_issue(error)};
        out.push_back({fhir::Severity::information, fhir::IssueCode::informational,
                       fmt::format("{} resources were taken and stay, {} lines were refused. Send the import again from line {} on", taken_,
                                   refused_count_, done_ + 1),
                       {}, 0, 0});
        return out;
    }

    records::Outcome outcome() && {
        json::Writer w;
        w.object().member("resourceType", "Parameters").name("parameter").array();
        w.object().member("name", "taken").member("valueUnsignedInt", taken_).end();
        w.object().member("name", "refused").member("valueUnsignedInt", refused_count_).end();
        std::ranges::sort(refused_, {}, &Refused::line);
        for (const Refused& one : refused_) {
            w.object().member("name", "refusal").name("part").array();
            w.object().member("name", "line").member("valuePositiveInt", one.line).end();
            w.object().member("name", "outcome").name("resource").raw(fhir::operation_outcome(one.issues)).end();
            w.end().end();
        }
        w.end().end();
        records::Outcome out;
        out.body = std::make_shared<const std::string>(w.take());
        out.seen = seen_;
        out.wrote = taken_ > 0;
        return out;
    }

private:
    struct Refused {
        std::size_t line;
        fhir::Issues issues;
    };

    void take(std::string_view line, std::size_t number) {
        auto document = json::Document::parse(line);
        if (!document) return refuse(number, {fhir::to_issue(document.error())});
        const std::string_view type = document->root()["resourceType"].text(), kind = document->root()["type"].text();
        if (type == "Bundle" && (kind == "transaction" || kind == "batch"))
            return refuse(number, {fhir::to_issue(Error(Category::unsupported, "a transaction is sent to the base, not imported"))});
        if (type == "Subscription")
            return refuse(number, {fhir::to_issue(Error(Category::unsupported, "a Subscription is made at /Subscription, where it is checked"))});
        if (auto issues = check_persons(document->root(), node_.clock.now()); !issues.empty()) return refuse(number, std::move(issues));
        documents_.push_back(std::move(*document));
        lines_.push_back(number);
    }

    void refuse(std::size_t line, fhir::Issues issues) {
        ++refused_count_;
        if (refused_.size() < kRefusedMax) refused_.push_back({line, std::move(issues)});
    }

    Status commit() {
        TRY(node_.ledger.healthy());  // nothing is written that cannot be logged
        std::vector<json::Value> resources;
        for (const json::Document& document : documents_) resources.push_back(document.root());
        TRY_ASSIGN(auto put, node_.records.put_all(resources, context_));
        for (auto& refusal : put.refused) refuse(lines_[refusal.place], std::move(refusal.issues));
        taken_ += put.touched.size();
        seen_ = std::max(seen_, put.seen);
        documents_.clear();
        lines_.clear();
        records::Outcome written;
        written.touched = std::move(put.touched);
        written.seen = put.seen;
        if (!written.touched.empty()) TRY(log_(std::move(written)));
        done_ = number_;
        return {};
    }

    Node& node_;
    const records::Context context_;
    const Logged log_;
    std::vector<json::Document> documents_;
    std::vector<std::size_t> lines_;
    std::size_t number_ = 0;  // of the line that was read last
    std::size_t done_ = 0;    // lines up to here are written, or refused, and logged
    std::size_t taken_ = 0;
    std::vector<Refused> refused_;
    std::size_t refused_count_ = 0;
    store::Version seen_;
};

// What is written is written: while the log is busy with others, its entries wait.
Status logged(Node& node, const Staff& user, const http::Request& request, const records::Outcome& written) {
    for (int attempt = 1;; ++attempt) {
        const auto receipt = log_access(node, user, ledger::Action::update, request, written);
        if (receipt) return {};
        if (receipt.error().category != Category::busy || attempt == kLogTriesMax) return fail(receipt.error());
        std::this_thread::sleep_for(kLogPause);
    }
}

Status check_type(const http::Request& request) {
    const std::string_view type = request.headers.get("Content-Type");
    const std::string_view media = type.substr(0, type.find(';'));
    if (media == "application/fhir+ndjson" || media == "application/ndjson" || media == "application/x-ndjson") return {};
    return fail(Category::media_type, "send application/fhir+ndjson, one resource a line; a node fetches nothing from elsewhere");
}

}  // namespace

// POST /fhir/$import
http::Handler node_import(Node& node) {
    return [&node](http::Request request, http::Reply reply) {
        const auto user = staff_of(node, request);
        if (!user) return reply.send(refusal(user.error()));
        if (user->role != trust::Role::system)
            return reply.send(refusal(Error(Category::forbidden, "only systems of this provider export and import")));
        if (const Status type = check_type(request); !type) return reply.send(refusal(type.error()));
        Import import(node, context_of(node, *user, request), [&](records::Outcome written) { return logged(node, *user, request, written); });
        const Status done = import.run(request.body);
        if (import.taken() > 0) node.written();
        if (!done) return reply.send(refusal(503, import.broken_off(done.error())));
        auto outcome = std::move(import).outcome();
        answer(node, *user, ledger::Action::transaction, request, std::move(outcome), std::move(reply));
    };
}

}  // namespace idun::api
