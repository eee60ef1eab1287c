#include "api/fhir_answer.h"
#include "api/question.h"
#include "json/writer.h"

namespace idun::api {
namespace {

using exchange::SourceAnswer;

// Bundle.entry with the state of the sources.
std::string outcome_entry(std::span<const SourceAnswer> sources) {
    return R"({"resource":)" + exchange::sources_outcome(sources) + R"(,"search":{"mode":"outcome"}})";
}

std::string searchset(Instant now, const std::string& entries, std::optional<std::size_t> total,
                      const ledger::Receipt* receipt = nullptr) {
    json::Writer w;
    w.object().member("resourceType", "Bundle");
    if (receipt)
        w.name("identifier").object().member("system", "urn:idun:receipt").member("value", receipt->text()).end();
    w.member("type", "searchset").member("timestamp", to_iso(now));
    if (total) w.member("total", *total);
    w.name("entry").raw("[" + entries + "]").end();
    return w.take();
}

std::size_t count_of(const SourceAnswer& source) { return source.records - source.duplicates; }

// A total is said only when every source answered with all it has.
std::optional<std::size_t> total_of(std::span<const SourceAnswer> sources) {
    std::size_t total = 0;
    for (const SourceAnswer& source : sources) {
        const bool whole = source.state == exchange::SourceState::empty ||
                           (source.state == exchange::SourceState::answered && source.complete);
        if (!whole) return std::nullopt;
        total += count_of(source);
    }
    return total;
}

http::Response refusal_with(const Error& error, const ledger::Receipt* entry) {
    http::Response out = refusal(error);
    if (entry) out.headers.set("X-Idun-Receipt", entry->text());
    return out;
}

// One Bundle when all is there.
class WholeAnswer final : public exchange::Listener {
public:
    WholeAnswer(const Clock& clock, http::Reply reply) : clock_(clock), reply_(std::move(reply)) {}

    void started(std::span<const SourceAnswer>) override {}
    void arrived(const SourceAnswer&, std::string entries) override {
        if (entries.empty()) return;
        if (!entries_.empty()) entries_ += ',';
        entries_ += entries;
    }
    void finished(std::span<const SourceAnswer> sources, const ledger::Receipt& receipt) override {
        if (!entries_.empty()) entries_ += ',';
        auto response = fhir(200, searchset(clock_.now(), entries_ + outcome_entry(sources), total_of(sources)));
        response.headers.set("X-Idun-Receipt", receipt.text());
        reply_.send(std::move(response));
    }
    void failed(const Error& error, const ledger::Receipt* entry) override { reply_.send(refusal_with(error, entry)); }

private:
    const Clock& clock_;
    http::Reply reply_;
    std::string entries_;
};

// One Bundle a line, as the sources answer.
class LineAnswer final : public exchange::Listener {
public:
    LineAnswer(const Clock& clock, http::Reply reply) : clock_(clock), reply_(std::move(reply)) {}

    void started(std::span<const SourceAnswer> sources) override {
        http::Response head;
        head.headers.set("Content-Type", "application/x-ndjson");
        stream_ = reply_.stream(std::move(head));
        write(outcome_entry(sources), std::nullopt);
    }
    void arrived(const SourceAnswer& source, std::string entries) override {
        if (!entries.empty()) entries += ',';
        write(entries + outcome_entry({&source, 1}), std::nullopt);
    }
    void finished(std::span<const SourceAnswer> sources, const ledger::Receipt& receipt) override {
        write(outcome_entry(sources), total_of(sources), &receipt);
        stream_->end();
    }
    void failed(const Error& error, const ledger::Receipt* entry) override {
        if (!stream_) return reply_.send(refusal_with(error, entry));
        stream_->write(fhir::operation_outcome(error) + "\n");
        stream_->end();
    }

private:
    void write(const std::string& entries, std::optional<std::size_t> total, const ledger::Receipt* receipt = nullptr) {
        stream_->write(searchset(clock_.now(), entries, total, receipt) + "\n");
    }

    const Clock& clock_;
    http::Reply reply_;
    std::unique_ptr<http::BodyStream> stream_;
};

// Counts how the endpoints answer, and passes everything on.
class CountedAnswer final : public exchange::Listener {
public:
    CountedAnswer(directory::EndpointHealth& health, std::shared_ptr<exchange::Listener> to) : health_(health), to_(std::move(to)) {}

    void started(std::span<const SourceAnswer> sources) override { to_->started(sources); }
    void arrived(const SourceAnswer& source, std::string entries) override {
        if (const auto answer = answer_of(source.state)) health_.note(source.provider, *answer, std::chrono::milliseconds(source.elapsed_ms));
        to_->arrived(source, std::move(entries));
    }
    void finished(std::span<const SourceAnswer> sources, const ledger::Receipt& receipt) override { to_->finished(sources, receipt); }
    void failed(const Error& error, const ledger::Receipt* entry) override { to_->failed(error, entry); }

private:
    static std::optional<directory::Answer> answer_of(exchange::SourceState state) {
        switch (state) {
            case exchange::SourceState::answered:
            case exchange::SourceState::empty: return directory::Answer::answered;  // and never told apart: that would be about people
            case exchange::SourceState::late: return directory::Answer::late;
            case exchange::SourceState::down: return directory::Answer::down;
            case exchange::SourceState::refused: return directory::Answer::refused;
            default: return std::nullopt;
        }
    }

    directory::EndpointHealth& health_;
    const std::shared_ptr<exchange::Listener> to_;
};

Result<AskedAtHub> asked_in(const http::Request& request) {
    if (request.method != "POST") return asked_in_query(request.query);
    TRY_ASSIGN(const auto document, body_of(request));
    return asked_in_parameters(document.root());
}

bool wants_lines(const http::Request& request) {
    return request.headers.get("Accept").find("application/x-ndjson") != std::string_view::npos;
}

}  // namespace

http::Handler hub_gather(Hub& hub) {
    return [&hub](http::Request request, http::Reply reply) {
        const auto user = hub.users.caller(request);
        if (!user) return reply.send(refusal(user.error()));
        const auto asked = asked_in(request);
        if (!asked) return reply.send(refusal(asked.error()));
        if (asked->as_of) return reply.send(refusal(Error(Category::invalid, "asOf is for pointers: data are read as they are now", "asOf")));
        auto question = question_of(hub, *user, *asked, request);
        if (!question) return reply.send(refusal(question.error()));
        std::shared_ptr<exchange::Listener> listener;
        if (wants_lines(request)) listener = std::make_shared<LineAnswer>(hub.clock, std::move(reply));
        else listener = std::make_shared<WholeAnswer>(hub.clock, std::move(reply));
        hub.exchange.gather(std::move(*question), std::make_shared<CountedAnswer>(hub.endpoint_health, std::move(listener)));
    };
}

}  // namespace idun::api
