#include "rights/internal/facts_json.h"

#include <charconv>

#include "rights/internal/check.h"

namespace idun::rights {
namespace {

// Empty texts, false and absent are left out.
void optional_member(json::Writer& w, std::string_view name, const std::string& text) {
    if (!text.empty()) w.member(name, text);
}
void optional_member(json::Writer& w, std::string_view name, bool flag) {
    if (flag) w.member(name, true);
}
void optional_member(json::Writer& w, std::string_view name, const std::optional<Instant>& time) {
    if (time) w.member(name, time->ms);
}
void optional_member(json::Writer& w, std::string_view name, const std::optional<crypto::Pseudonym>& person) {
    if (person) w.member(name, person->text());
}

void write(json::Writer& w, const Scope& scope);
void write(json::Writer& w, const Except& except);
void write(json::Writer& w, const Block& block);
void write(json::Writer& w, const Lift& lift);
void write(json::Writer& w, const Mandate& mandate);

template <typename List>
void optional_list(json::Writer& w, std::string_view name, const List& list) {
    if (list.empty()) return;
    w.name(name).array();
    for (const auto& one : list) write(w, one);
    w.end();
}

void write(json::Writer& w, const Scope& scope) {
    w.object();
    optional_member(w, "provider", scope.provider_id);
    optional_member(w, "unit", scope.unit_id);
    optional_member(w, "category", scope.category);
    optional_member(w, "element", scope.element);
    optional_member(w, "entry", scope.entry);
    optional_member(w, "from", scope.from);
    optional_member(w, "to", scope.to);
    w.end();
}

void write(json::Writer& w, const Except& except) {
    w.object();
    optional_member(w, "provider", except.provider_id);
    optional_member(w, "user", except.user_id);
    w.end();
}

void write(json::Writer& w, const Block& block) {
    w.object().member("id", block.fact_id).member("layer", to_string(block.layer));
    if (!block.scope.everything()) write(w.name("scope"), block.scope);
    optional_list(w, "except", block.except);
    optional_member(w, "country", block.country);
    w.member("from", block.from.ms);
    optional_member(w, "to", block.to);
    w.end();
}

void write(json::Writer& w, const Lift& lift) {
    w.object().member("id", lift.fact_id);
    optional_member(w, "block", lift.block_id);
    optional_member(w, "provider", lift.provider_id);
    optional_member(w, "user", lift.user_id);
    w.member("from", lift.from.ms).member("to", lift.to.ms).end();
}

void write(json::Writer& w, const Mandate& mandate) {
    w.object().member("id", mandate.fact_id).member("representative", mandate.representative.text());
    w.member("kind", to_string(mandate.kind));
    optional_list(w, "scopes", mandate.scopes);
    optional_member(w, "purpose", mandate.purpose);
    optional_member(w, "manage", mandate.may_manage);
    optional_member(w, "despite-protection", mandate.despite_protection);
    optional_member(w, "born", mandate.born);
    w.member("from", mandate.from.ms);
    optional_member(w, "to", mandate.to);
    optional_member(w, "country", mandate.country);
    w.end();
}

void write(json::Writer& w, const Author& by) {
    w.object();
    optional_member(w, "role", by.role);
    optional_member(w, "user", by.user_id);
    optional_member(w, "name", by.name);
    optional_member(w, "provider", by.provider_id);
    optional_member(w, "person", by.person);
    optional_member(w, "on-behalf-of", by.on_behalf_of);
    optional_member(w, "evidence", by.evidence);
    optional_member(w, "warning", by.warning);
    w.end();
}

struct FactWriter {
    json::Writer& w;
    void operator()(std::monostate) const {}
    void operator()(const std::string& id) const { w.member("fact", id); }
    template <typename T>
    void operator()(const T& fact) const {
        write(w.name("fact"), fact);
    }
};

std::optional<Instant> read_time(json::Value value) {
    const std::string_view digits = value.text();
    Instant out;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), out.ms);
    if (value.kind() != json::Kind::number || error != std::errc() || end != digits.data() + digits.size())
        return std::nullopt;
    return out;
}

std::string text_of(json::Value value) { return value.is_string() ? std::string(value.text()) : std::string(); }

Scope read_scope(json::Value value) {
    return {text_of(value["provider"]), text_of(value["unit"]),   text_of(value["category"]), text_of(value["element"]),
            text_of(value["entry"]),    read_time(value["from"]), read_time(value["to"])};
}

std::optional<Block> read_block(json::Value value) {
    const auto layer = layer_from(value["layer"].text());
    const auto from = read_time(value["from"]);
    if (!layer || !from || value["except"].size() > kExceptMax) return std::nullopt;
    Block out;
    out.fact_id = text_of(value["id"]);
    out.layer = *layer;
    out.scope = read_scope(value["scope"]);
    for (const json::Value except : value["except"].elements())
        out.except.push_back({text_of(except["provider"]), text_of(except["user"])});
    out.country = text_of(value["country"]);
    out.from = *from;
    out.to = read_time(value["to"]);
    return out;
}

std::optional<Lift> read_lift(json::Value value) {
    const auto from = read_time(value["from"]), to = read_time(value["to"]);
    if (!from || !to) return std::nullopt;
    return Lift{
        text_of(value["id"]), text_of(value["block"]), text_of(value["provider"]), text_of(value["user"]), *from, *to};
}

std::optional<Mandate> read_mandate(json::Value value) {
    const auto representative = crypto::Pseudonym::from_text(value["representative"].text());
    const auto kind = mandate_kind_from(value["kind"].text());
    const auto from = read_time(value["from"]);
    if (!representative || !kind || !from || value["scopes"].size() > kScopesMax) return std::nullopt;
    Mandate out;
    out.fact_id = text_of(value["id"]);
    out.representative = *representative;
    out.kind = *kind;
    for (const json::Value scope : value["scopes"].elements()) out.scopes.push_back(read_scope(scope));
    out.purpose = text_of(value["purpose"]);
    out.may_manage = value["manage"].boolean();
    out.despite_protection = value["despite-protection"].boolean();
    out.born = read_time(value["born"]);
    out.from = *from;
    out.to = read_time(value["to"]);
    out.country = text_of(value["country"]);
    return out;
}

Author read_author(json::Value value) {
    return {text_of(value["role"]),
            text_of(value["user"]),
            text_of(value["name"]),
            text_of(value["provider"]),
            crypto::Pseudonym::from_text(value["person"].text()),
            crypto::Pseudonym::from_text(value["on-behalf-of"].text()),
            text_of(value["evidence"]),
            text_of(value["warning"])};
}

std::optional<Fact> as_fact(auto read) { return read ? std::optional<Fact>(std::move(*read)) : std::nullopt; }

std::optional<Fact> read_fact(ChangeKind kind, json::Value value) {
    switch (kind) {
        case ChangeKind::block: return as_fact(read_block(value));
        case ChangeKind::lift: return as_fact(read_lift(value));
        case ChangeKind::mandate: return as_fact(read_mandate(value));
        case ChangeKind::introduce: return as_fact(read_person_facts(value));
        case ChangeKind::end_block:
        case ChangeKind::end_lift:
        case ChangeKind::end_mandate: return Fact(text_of(value));
        default: return Fact();
    }
}

template <typename T, typename Read>
bool read_list(json::Value values, std::size_t most, const Read& read, std::vector<T>& out) {
    if (values.size() > most) return false;
    for (const json::Value value : values.elements()) {
        auto one = read(value);
        if (!one) return false;
        out.push_back(std::move(*one));
    }
    return true;
}

}  // namespace

std::optional<std::uint64_t> read_number(json::Value value) {
    const std::string_view digits = value.text();
    std::uint64_t out = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), out);
    if (value.kind() != json::Kind::number || error != std::errc() || end != digits.data() + digits.size())
        return std::nullopt;
    return out;
}

void write(json::Writer& w, const FactChange& change) {
    w.object().member("number", change.number).member("person", change.person.text());
    w.member("kind", to_string(change.kind));
    std::visit(FactWriter{w}, change.fact);
    w.member("time", change.time.ms);
    if (change.by) write(w.name("by"), *change.by);
    w.end();
}

void write(json::Writer& w, const PersonFacts& facts) {
    w.object().member("number", facts.number);
    optional_member(w, "opted-out", facts.opted_out);
    optional_member(w, "secondary-opted-out", facts.secondary_opted_out);
    optional_member(w, "protected", facts.protected_identity);
    optional_list(w, "blocks", facts.blocks);
    optional_list(w, "lifts", facts.lifts);
    optional_list(w, "mandates", facts.mandates);
    w.end();
}

std::optional<FactChange> read_change(json::Value value) {
    const auto number = read_number(value["number"]);
    const auto person = crypto::Pseudonym::from_text(value["person"].text());
    const auto kind = change_kind_from(value["kind"].text());
    const auto time = read_time(value["time"]);
    if (!number || !person || !kind || !time) return std::nullopt;
    auto fact = read_fact(*kind, value["fact"]);
    if (!fact) return std::nullopt;
    FactChange out{*number, *person, *kind, std::move(*fact), *time, std::nullopt};
    if (value["by"]) out.by = read_author(value["by"]);
    if (!check(out)) return std::nullopt;
    return out;
}

std::optional<PersonFacts> read_person_facts(json::Value value) {
    const auto number = read_number(value["number"]);
    if (!number) return std::nullopt;
    PersonFacts out;
    out.number = *number;
    out.opted_out = value["opted-out"].boolean();
    out.secondary_opted_out = value["secondary-opted-out"].boolean();
    out.protected_identity = value["protected"].boolean();
    if (!read_list(value["blocks"], kBlocksMax, read_block, out.blocks) ||
        !read_list(value["lifts"], kLiftsMax, read_lift, out.lifts) ||
        !read_list(value["mandates"], kMandatesMax, read_mandate, out.mandates) || !check(out))
        return std::nullopt;
    return out;
}

}  // namespace idun::rights
