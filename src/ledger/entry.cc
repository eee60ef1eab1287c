#include "ledger/entry.h"

#include "json/document.h"
#include "json/writer.h"
#include "ledger/internal/text.h"

namespace idun::ledger {
namespace {

constexpr int kFormat = 1;
constexpr json::Limits kLimits{
    .bytes_max = kEntryBytesMax, .depth_max = 5, .nodes_max = 64 + 6 * kRecordsMax + 6 * kSourcesMax};

struct Named {
    Action action;
    std::string_view text;
};
// On disk.
constexpr Named kActions[] = {{Action::read, "read"},
                              {Action::vread, "vread"},
                              {Action::history, "history"},
                              {Action::search, "search"},
                              {Action::gather, "gather"},
                              {Action::create, "create"},
                              {Action::update, "update"},
                              {Action::remove, "delete"},
                              {Action::transaction, "transaction"},
                              {Action::export_data, "export"},
                              {Action::rights_change, "rights-change"},
                              {Action::login, "login"},
                              {Action::notify, "notify"},
                              {Action::break_glass, "break-glass"}};

tl::unexpected<Error> corrupt(std::string what) { return fail(Category::corrupt, "log entry: " + std::move(what)); }

// Writes texts and remembers when one breaks a bound.
class Encoder {
public:
    explicit Encoder(const Access& access) : access_(access) {}

    Result<std::string> encode() {
        if (access_.records.size() > kRecordsMax) return fail(Category::too_large, "log entry: over 5000 records");
        if (access_.sources.size() > kSourcesMax) return fail(Category::too_large, "log entry: over 1000 sources");
        if (access_.time.ms < 0) return fail(Category::invalid, "log entry: time before 1970");
        w_.object()
            .member("v", kFormat)
            .member("time", access_.time.ms)
            .member("action", std::string(to_string(access_.action)));
        if (access_.person) w_.member("person", access_.person->text());
        requester();
        if (access_.on_behalf_of) w_.name("obo").value(checked(*access_.on_behalf_of));
        unless_empty("purpose", access_.purpose);
        if (access_.care_relation) w_.member("care", true);
        w_.member("permit", access_.permit);
        unless_empty("rule", access_.rule);
        unless_empty("rules", access_.rules);
        if (access_.break_glass) {
            w_.name("glass").array();
            w_.value(checked(access_.break_glass->id)).value(checked(access_.break_glass->ground)).end();
        }
        unless_empty("ticket", access_.ticket_id);
        if (access_.store_version != 0) w_.member("store", access_.store_version);
        records();
        sources();
        unless_empty("request", access_.request_id);
        unless_empty("query", access_.query);
        w_.end();
        if (!fits_) return fail(Category::invalid, "log entry: a text is over 1024 bytes or not UTF-8");
        if (w_.size() > kEntryBytesMax) return fail(Category::too_large, "log entry: over 1 MiB");
        return w_.take();
    }

private:
    const std::string& checked(const std::string& text) {
        fits_ = fits_ && text.size() <= kTextBytesMax && is_utf8(text);
        return text;
    }
    void unless_empty(std::string_view name, const std::string& text) {
        if (!text.empty()) w_.name(name).value(checked(text));
    }
    void requester() {
        const Actor& who = access_.requester;
        w_.name("who").array();
        for (const std::string* text : {&who.user_id, &who.name, &who.role, &who.provider_id, &who.unit_id})
            w_.value(checked(*text));
        w_.end();
    }
    void records() {
        if (access_.records.empty()) return;
        w_.name("records").array();
        for (const Record& r : access_.records) {
            w_.array();
            for (const std::string* text : {&r.type, &r.id, &r.version, &r.category, &r.provider_id})
                w_.value(checked(*text));
            w_.end();
        }
        w_.end();
    }
    void sources() {
        if (access_.sources.empty()) return;
        w_.name("sources").array();
        for (const Source& s : access_.sources) {
            w_.array();
            for (const std::string* text : {&s.provider_id, &s.state, &s.receipt}) w_.value(checked(*text));
            w_.value(s.count).end();
        }
        w_.end();
    }

    const Access& access_;
    json::Writer w_;
    bool fits_ = true;
};

// Reads what the members say; whether they say it in the one right way is for decode() to find.
bool read_texts(json::Value list, std::initializer_list<std::string*> texts) {
    std::size_t place = 0;
    for (std::string* text : texts) {
        const json::Value value = list[place++];
        if (!value.is_string()) return false;
        *text = value.text();
    }
    return true;
}

bool read_records(json::Value list, std::vector<Record>& out) {
    if (list.size() > kRecordsMax) return false;
    for (const json::Value value : list.elements()) {
        Record& r = out.emplace_back();
        if (!read_texts(value, {&r.type, &r.id, &r.version, &r.category, &r.provider_id})) return false;
    }
    return true;
}

bool read_sources(json::Value list, std::vector<Source>& out) {
    if (list.size() > kSourcesMax) return false;
    for (const json::Value value : list.elements()) {
        Source& s = out.emplace_back();
        const auto count = number_from_digits(value[3].text());
        if (!count || !read_texts(value, {&s.provider_id, &s.state, &s.receipt})) return false;
        s.count = *count;
    }
    return true;
}

bool read_access(json::Value root, Access& out) {
    const auto time = number_from_digits(root["time"].text());
    const auto action = action_from(root["action"].text());
    if (!time || *time > static_cast<std::uint64_t>(INT64_MAX) || !action) return false;
    out.time.ms = static_cast<std::int64_t>(*time);
    out.action = *action;
    if (root["person"]) {
        out.person = crypto::Pseudonym::from_text(root["person"].text());
        if (!out.person) return false;
    }
    Actor& who = out.requester;
    if (!read_texts(root["who"], {&who.user_id, &who.name, &who.role, &who.provider_id, &who.unit_id})) return false;
    if (root["obo"]) out.on_behalf_of = std::string(root["obo"].text());
    out.purpose = root["purpose"].text();
    out.care_relation = root["care"].boolean();
    out.permit = root["permit"].boolean();
    out.rule = root["rule"].text();
    out.rules = root["rules"].text();
    if (const json::Value glass = root["glass"]) {
        BreakGlass& read = out.break_glass.emplace();
        if (!read_texts(glass, {&read.id, &read.ground})) return false;
    }
    out.ticket_id = root["ticket"].text();
    if (root["store"]) {
        const auto version = number_from_digits(root["store"].text());
        if (!version) return false;
        out.store_version = *version;
    }
    out.request_id = root["request"].text();
    out.query = root["query"].text();
    return read_records(root["records"], out.records) && read_sources(root["sources"], out.sources);
}

}  // namespace

std::string_view to_string(Action action) {
    for (const Named& named : kActions)
        if (named.action == action) return named.text;
    return "";
}

std::optional<Action> action_from(std::string_view text) {
    for (const Named& named : kActions)
        if (named.text == text) return named.action;
    return std::nullopt;
}

Result<std::string> encode(const Access& access) { return Encoder(access).encode(); }

Result<Access> decode(std::string_view payload) {
    const auto document = json::Document::parse(payload, kLimits);
    if (!document) return corrupt("not JSON within bounds");
    if (document->root()["v"].text() != "1") return corrupt("format version is not 1");
    Access out;
    if (!read_access(document->root(), out)) return corrupt("a member is missing or malformed");
    // One access has one text: what does not encode back to itself holds something unknown.
    const auto again = encode(out);
    if (!again || *again != payload) return corrupt("not in the one form of its content");
    return out;
}

}  // namespace idun::ledger
