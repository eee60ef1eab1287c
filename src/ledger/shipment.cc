#include "ledger/shipment.h"

#include <fmt/format.h>

#include "crypto/encoding.h"
#include "crypto/merkle.h"
#include "json/document.h"
#include "json/writer.h"
#include "ledger/internal/sealed.h"
#include "ledger/internal/text.h"
#include "ledger/receipt.h"
#include "ledger/served_note.h"

namespace idun::ledger {
namespace {

constexpr std::size_t kCheckpointBytesMax = 16u << 10;  // witnesses may have signed it too
constexpr std::size_t kProofMax = 64;
constexpr std::size_t kTicketBytesMax = 256;
constexpr json::Limits kHeadLimits{.bytes_max = 64u << 10, .depth_max = 3, .nodes_max = 32 + kProofMax + kShippedRefusedMax};
constexpr json::Limits kLineLimits{.bytes_max = (1u << 20) + 1024,
                                   .depth_max = 6,
                                   .nodes_max = 128 + 6 * kRecordsMax + 6 * kSourcesMax};

tl::unexpected<Error> malformed(std::string what) {
    return fail(Category::invalid, "a shipped log entry: " + std::move(what));
}

// Writes the access and remembers when a text breaks its bound.
class AccessWriter {
public:
    AccessWriter(json::Writer& w, const Access& access) : w_(w), access_(access) {}

    bool write() {
        w_.object().member("time", access_.time.ms).member("action", to_string(access_.action));
        if (access_.person) w_.member("person", access_.person->text());
        const Actor& who = access_.requester;
        w_.name("who");
        list({&who.user_id, &who.name, &who.role, &who.provider_id, &who.unit_id});
        if (access_.on_behalf_of) w_.name("obo").value(bounded(*access_.on_behalf_of));
        some("purpose", access_.purpose);
        if (access_.care_relation) w_.member("care", true);
        w_.member("permit", access_.permit);
        some("rule", access_.rule);
        some("rules", access_.rules);
        if (access_.break_glass) {
            w_.name("glass");
            list({&access_.break_glass->id, &access_.break_glass->ground});
        }
        some("ticket", access_.ticket_id);
        if (access_.store_version != 0) w_.member("store", access_.store_version);
        lists();
        some("request", access_.request_id);
        some("query", access_.query);
        some("country", access_.country);
        some("token", access_.token.id);
        some("client", access_.token.client_id);
        if (!access_.token.actor_id.empty()) {
            w_.name("actor");
            list({&access_.token.actor_id, &access_.token.actor_name});
        }
        if (access_.mandate) w_.name("mandate").array().value(bounded(access_.mandate->id)).value(std::uint64_t{access_.mandate->from}).end();
        w_.end();
        return fits_;
    }

private:
    const std::string& bounded(const std::string& text) {
        fits_ = fits_ && text.size() <= kTextBytesMax && is_utf8(text);
        return text;
    }
    void some(std::string_view name, const std::string& text) {
        if (!text.empty()) w_.name(name).value(bounded(text));
    }
    void list(std::initializer_list<const std::string*> texts) {
        w_.array();
        for (const std::string* text : texts) w_.value(bounded(*text));
        w_.end();
    }
    void lists() {
        if (!access_.records.empty()) {
            w_.name("records").array();
            for (const Record& r : access_.records) list({&r.type, &r.id, &r.version, &r.category, &r.provider_id});
            w_.end();
        }
        if (access_.sources.empty()) return;
        w_.name("sources").array();
        for (const Source& s : access_.sources) {
            w_.array();
            for (const std::string* text : {&s.provider_id, &s.state, &s.receipt}) w_.value(bounded(*text));
            w_.value(s.count).end();
        }
        w_.end();
    }

    json::Writer& w_;
    const Access& access_;
    bool fits_ = true;
};

// Reads what members say; that they say it in the one right way is found by writing it again.
class AccessReader {
public:
    explicit AccessReader(json::Value root) : root_(root) {}

    bool read(Access& out) const {
        const auto time = number_from_digits(root_["time"].text());
        const auto action = action_from(root_["action"].text());
        if (!time || *time > static_cast<std::uint64_t>(INT64_MAX) || !action) return false;
        out.time.ms = static_cast<std::int64_t>(*time);
        out.action = *action;
        if (root_["person"] && !(out.person = crypto::Pseudonym::from_text(root_["person"].text()))) return false;
        Actor& who = out.requester;
        if (!texts(root_["who"], {&who.user_id, &who.name, &who.role, &who.provider_id, &who.unit_id})) return false;
        if (root_["obo"]) out.on_behalf_of = std::string(root_["obo"].text());
        out.purpose = root_["purpose"].text();
        out.care_relation = root_["care"].boolean();
        out.permit = root_["permit"].boolean();
        out.rule = root_["rule"].text();
        out.rules = root_["rules"].text();
        if (const json::Value glass = root_["glass"]) {
            BreakGlass& one = out.break_glass.emplace();
            if (!texts(glass, {&one.id, &one.ground})) return false;
        }
        out.ticket_id = root_["ticket"].text();
        if (root_["store"]) {
            const auto version = number_from_digits(root_["store"].text());
            if (!version) return false;
            out.store_version = *version;
        }
        out.request_id = root_["request"].text();
        out.query = root_["query"].text();
        out.country = root_["country"].text();
        out.token.id = root_["token"].text();
        out.token.client_id = root_["client"].text();
        if (const json::Value actor = root_["actor"])
            if (!texts(actor, {&out.token.actor_id, &out.token.actor_name}) || out.token.actor_id.empty()) return false;
        return mandate(out) && lists(out);
    }

private:
    static bool texts(json::Value list, std::initializer_list<std::string*> out) {
        std::size_t place = 0;
        for (std::string* text : out) {
            const json::Value value = list[place++];
            if (!value.is_string()) return false;
            *text = value.text();
        }
        return true;
    }
    bool mandate(Access& out) const {
        const json::Value value = root_["mandate"];
        if (!value) return true;
        Mandate& one = out.mandate.emplace();
        const auto from = number_from_digits(value[1].text());
        if (!texts(value, {&one.id}) || one.id.empty() || !from || *from > UINT32_MAX) return false;
        one.from = static_cast<std::uint32_t>(*from);
        return true;
    }
    bool lists(Access& out) const {
        if (root_["records"].size() > kRecordsMax || root_["sources"].size() > kSourcesMax) return false;
        for (const json::Value value : root_["records"].elements()) {
            Record& r = out.records.emplace_back();
            if (!texts(value, {&r.type, &r.id, &r.version, &r.category, &r.provider_id})) return false;
        }
        for (const json::Value value : root_["sources"].elements()) {
            Source& s = out.sources.emplace_back();
            const auto count = number_from_digits(value[3].text());
            if (!count || !texts(value, {&s.provider_id, &s.state, &s.receipt})) return false;
            s.count = *count;
        }
        return true;
    }

    json::Value root_;
};

Result<crypto::Hash> hash_from(std::string_view text) {
    const auto raw = crypto::from_base64url(text);
    const auto hash = raw ? crypto::Hash::from(*raw) : std::nullopt;
    if (!hash) return malformed("its hash is not one");
    return *hash;
}

Status read_lists(json::Value root, Shipment& out) {
    if (root["proof"].size() > kProofMax || root["refused"].size() > kShippedRefusedMax)
        return fail(Category::invalid, "the head of a shipment has a list that is too long");
    for (const json::Value value : root["proof"].elements()) {
        TRY_ASSIGN(out.proof.emplace_back(), hash_from(value.text()));
    }
    for (const json::Value value : root["refused"].elements()) {
        if (!value.is_string() || value.text().size() > kTicketBytesMax)
            return fail(Category::invalid, "the head of a shipment names a ticket that is none");
        out.refused.emplace_back(value.text());
    }
    return {};
}

Result<Shipment> head_from(std::string_view line) {
    const auto document = json::Document::parse(line, kHeadLimits);
    if (!document) return fail(Category::invalid, "the head of a shipment is one line of JSON");
    const json::Value root = document->root();
    if (root["v"].text() == "1")
        return fail(Category::unsupported, "a shipment of the first form: bring the node's program up to the hub's");
    Shipment out;
    const auto number = [&](json::Value value, std::uint64_t& target) {
        const auto read = number_from_digits(value.text());
        target = read.value_or(0);
        return read.has_value();
    };
    const bool numbers = number(root["first"], out.first) && number(root["size"], out.size) &&
                         number(root["served"][0], out.served.own) && number(root["served"][1], out.served.tickets);
    out.log_id = root["log"].text();
    out.checkpoint = root["checkpoint"].text();
    out.stated = root["stated"].text();
    if (out.stated.size() > kServedNoteBytesMax)
        return fail(Category::invalid, "the head of a shipment has a signed count that is too long");
    if (!numbers || !is_log_id(out.log_id) || out.checkpoint.size() > kCheckpointBytesMax)
        return fail(Category::invalid, "the head of a shipment has v, log, first, size, checkpoint and served");
    TRY(read_lists(root, out));
    if (head_line(out) != line) return fail(Category::invalid, "the head of a shipment is not in its one form");
    return out;
}

}  // namespace

ShippedEntry to_ship(Entry entry) {
    ShippedEntry out{.index = entry.index, .hash = crypto::leaf_hash(entry.bytes), .sequence = entry.sequence, .access = {}};
    if (entry.access) {
        out.access = std::move(*entry.access);
        return out;
    }
    out.open = false;
    out.kind = entry.kind;
    if (const auto forgotten = read_forgotten(entry.bytes)) out.decision = forgotten->decision;
    return out;
}

Result<std::string> to_line(const ShippedEntry& entry) {
    const Access& access = entry.access;
    if (access.records.size() > kRecordsMax || access.sources.size() > kSourcesMax)
        return fail(Category::too_large, "a log entry with too many records or sources");
    if (access.time.ms < 0) return malformed("its time is before 1970");
    json::Writer w;
    w.object().member("index", entry.index).member("hash", crypto::base64url(entry.hash.view()));
    if (entry.sequence != 0) w.member("sequence", entry.sequence);
    if (entry.marks > (entry.open ? kSameFamilyName | kSameName : 0)) return malformed("there are no such marks");
    if (entry.marks != 0) w.member("marks", static_cast<std::uint64_t>(entry.marks));
    if (entry.decision.size() > kTextBytesMax || !is_utf8(entry.decision))
        return malformed("a text is too long or not UTF-8");
    if (!entry.open) w.member("kind", static_cast<std::uint64_t>(entry.kind));
    if (!entry.decision.empty()) w.member("decision", entry.decision);
    if (entry.open && !AccessWriter(w.name("access"), access).write())
        return malformed("a text is too long or not UTF-8");
    w.end();
    if (w.size() > kLineLimits.bytes_max) return fail(Category::too_large, "a log entry over 1 MiB");
    return w.take();
}

Result<ShippedEntry> entry_from_line(std::string_view line) {
    const auto document = json::Document::parse(line, kLineLimits);
    if (!document) return malformed("not JSON within bounds");
    const json::Value root = document->root();
    ShippedEntry out;
    const auto index = number_from_digits(root["index"].text());
    if (!index) return malformed("its index is not a number");
    out.index = *index;
    TRY_ASSIGN(out.hash, hash_from(root["hash"].text()));
    out.sequence = number_from_digits(root["sequence"].text()).value_or(0);
    out.marks = static_cast<std::uint8_t>(std::min<std::uint64_t>(number_from_digits(root["marks"].text()).value_or(0), 255));
    out.open = static_cast<bool>(root["access"]);
    if (!out.open) {
        const std::uint64_t kind = number_from_digits(root["kind"].text()).value_or(0);
        if (kind < static_cast<std::uint64_t>(Kind::person) || kind > static_cast<std::uint64_t>(Kind::forgotten))
            return malformed("it does not say what kind it is");
        out.kind = static_cast<Kind>(kind);
        if (out.kind == Kind::forgotten) out.decision = root["decision"].text();
    }
    if (out.open && !AccessReader(root["access"]).read(out.access)) return malformed("a member is missing or malformed");
    const auto again = to_line(out);
    if (!again || *again != line) return malformed("not in the one form of its content");
    return out;
}

std::string head_line(const Shipment& shipment) {
    json::Writer w;
    w.object().member("v", 2).member("log", shipment.log_id).member("first", shipment.first);
    w.member("size", shipment.size).member("checkpoint", shipment.checkpoint);
    if (!shipment.proof.empty()) {
        w.name("proof").array();
        for (const crypto::Hash& hash : shipment.proof) w.value(crypto::base64url(hash.view()));
        w.end();
    }
    w.name("served").array().value(shipment.served.own).value(shipment.served.tickets).end();
    if (!shipment.stated.empty()) w.member("stated", shipment.stated);
    if (!shipment.refused.empty()) {
        w.name("refused").array();
        for (const std::string& id : shipment.refused) w.value(id);
        w.end();
    }
    w.end();
    return w.take();
}

Result<Shipment> shipment_from(std::string_view body) {
    const auto next_line = [&body] {
        const std::size_t end = body.find('\n');
        const std::string_view line = body.substr(0, end);
        body.remove_prefix(end == std::string_view::npos ? body.size() : end + 1);
        return line;
    };
    TRY_ASSIGN(Shipment out, head_from(next_line()));
    while (!body.empty()) {
        if (out.entries.size() == kShippedEntriesMax)
            return fail(Category::too_large, fmt::format("at most {} entries at once", kShippedEntriesMax));
        TRY_ASSIGN(auto entry, entry_from_line(next_line()));
        if (entry.index != out.first + out.entries.size()) return malformed("its index does not follow the one before");
        if (entry.access.person && entry.sequence == 0)
            return malformed("it is about a person and does not say how-manieth it is about her");
        out.entries.push_back(std::move(entry));
    }
    if (out.first > out.size || out.entries.size() > out.size - out.first)
        return fail(Category::invalid, "a shipment goes beyond the size that it states");
    return out;
}

}  // namespace idun::ledger
