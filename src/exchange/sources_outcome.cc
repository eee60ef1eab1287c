#include "exchange/gather.h"

#include <fmt/format.h>
#include "json/writer.h"

namespace idun::exchange {
namespace {

// Issue codes of R4 IssueType for each state, and whether the reader must know that something is missing.
struct Form {
    std::string_view severity;
    std::string_view code;
};

Form form_of(const SourceAnswer& source) {
    switch (source.state) {
        case SourceState::asked: return {"information", "informational"};
        case SourceState::answered:
            return source.complete ? Form{"information", "informational"} : Form{"warning", "incomplete"};
        case SourceState::empty: return {"information", "informational"};
        case SourceState::late: return {"warning", "timeout"};
        case SourceState::down: return {"warning", "transient"};
        case SourceState::refused: return {"warning", "forbidden"};
    }
    return {"warning", "transient"};
}

std::string sentence(const SourceAnswer& s) {
    switch (s.state) {
        case SourceState::asked: return s.name + " has been asked";
        case SourceState::answered:
            return fmt::format("{} answered with {} records{}", s.name, s.records,
                               s.complete ? "" : " and has more than one answer holds");
        case SourceState::empty: return s.name + " answered and has nothing";
        case SourceState::late: return s.name + " has not answered in time";
        case SourceState::down: return s.name + " cannot be reached";
        case SourceState::refused: return s.name + " refused";
    }
    return s.name;
}

class Parts {
public:
    explicit Parts(json::Writer& w) : w_(w) {}
    template <typename T>
    Parts& part(std::string_view url, std::string_view type, const T& value) {
        w_.object().member("url", url).member(type, value).end();
        return *this;
    }
    Parts& text(std::string_view url, std::string_view type, const std::string& value) {
        return value.empty() ? *this : part(url, type, value);
    }

private:
    json::Writer& w_;
};

void write_issue(json::Writer& w, const SourceAnswer& s) {
    const Form form = form_of(s);
    w.object().name("extension").array().object().member("url", "urn:idun:gather-source");
    w.name("extension").array();
    Parts parts(w);
    parts.part("provider", "valueString", s.provider).part("name", "valueString", s.name);
    parts.part("records", "valueInteger", s.records);
    if (s.duplicates > 0) parts.part("duplicates", "valueInteger", s.duplicates);
    parts.text("asOf", "valueInstant", s.as_of);
    if (s.state != SourceState::asked) parts.part("elapsed", "valueInteger", s.elapsed_ms);
    parts.text("receipt", "valueString", s.receipt).text("reason", "valueString", s.reason);
    w.end().end().end();
    w.member("severity", form.severity).member("code", form.code);
    w.name("details").object().name("coding").array().object();
    w.member("system", "urn:idun:source-state").member("code", to_string(s.state)).end().end();
    w.member("text", sentence(s)).end().end();
}

}  // namespace

std::string_view to_string(SourceState state) {
    switch (state) {
        case SourceState::asked: return "asked";
        case SourceState::answered: return "answered";
        case SourceState::empty: return "empty";
        case SourceState::late: return "late";
        case SourceState::down: return "down";
        case SourceState::refused: return "refused";
    }
    return "down";
}

std::string sources_outcome(std::span<const SourceAnswer> sources) {
    json::Writer w;
    w.object().member("resourceType", "OperationOutcome").name("issue").array();
    for (const SourceAnswer& source : sources) write_issue(w, source);
    if (sources.empty()) {
        w.object().member("severity", "information").member("code", "informational");
        w.name("details").object().member("text", "no provider has data that may be shown").end().end();
    }
    w.end().end();
    return w.take();
}

}  // namespace idun::exchange
