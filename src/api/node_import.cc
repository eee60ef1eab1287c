// $import: NDJSON in the body of the request. A node fetches nothing from foreign addresses.
#include <algorithm>

#include "api/node_answer.h"
#include "api/person_check.h"
#include "json/writer.h"

namespace idun::api {
namespace {

constexpr std::size_t kLinesAtOnce = 1'000;   // in one commit
constexpr std::size_t kRefusedMax = 1'000;    // that the answer names

class Import {
public:
    Import(Node& node, records::Context context) : node_(node), context_(std::move(context)) {}

    // `unavailable` ends the import; what was taken before stays.
    Status run(std::string_view body) {
        std::size_t number = 0;
        while (!body.empty()) {
            const std::string_view line = body.substr(0, body.find('\n'));
            body.remove_prefix(std::min(body.size(), line.size() + 1));
            ++number;
            if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
            take(line, number);
            if (documents_.size() >= kLinesAtOnce) TRY(commit());
        }
        return commit();
    }

    records::Outcome outcome() && {
        json::Writer w;
        w.object().member("resourceType", "Parameters").name("parameter").array();
        w.object().member("name", "taken").member("valueUnsignedInt", touched_.size()).end();
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
        out.touched = std::move(touched_);
        out.seen = seen_;
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
        std::vector<json::Value> resources;
        for (const json::Document& document : documents_) resources.push_back(document.root());
        TRY_ASSIGN(auto put, node_.records.put_all(resources, context_));
        for (auto& refusal : put.refused) refuse(lines_[refusal.place], std::move(refusal.issues));
        std::ranges::move(put.touched, std::back_inserter(touched_));
        seen_ = std::max(seen_, put.seen);
        documents_.clear();
        lines_.clear();
        return {};
    }

    Node& node_;
    const records::Context context_;
    std::vector<json::Document> documents_;
    std::vector<std::size_t> lines_;
    std::vector<records::Touched> touched_;
    std::vector<Refused> refused_;
    std::size_t refused_count_ = 0;
    store::Version seen_;
};

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
        Import import(node, context_of(node, *user, request));
        const Status done = import.run(request.body);
        auto outcome = std::move(import).outcome();
        if (!outcome.touched.empty()) node.written();
        if (!done) {
            outcome.status = 503;
            outcome.body.reset();
            outcome.issues = {fhir::to_issue(done.error())};
        }
        answer(node, *user, ledger::Action::transaction, request, outcome, std::move(reply));
    };
}

}  // namespace idun::api
