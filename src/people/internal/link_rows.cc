#include "people/internal/link_rows.h"

#include <algorithm>

#include "json/document.h"
#include "json/writer.h"

namespace idun::people {
namespace {

constexpr std::string_view kGrounds[] = {"replaced", "resolved", "merged", "record", "code"};
constexpr std::string_view kSaid[] = {"state", "withdraw", "separate", "rejoin", "mark", "clear"};
constexpr std::string_view kWho[] = {"provider", "operator", "person"};
constexpr Kind kKinds[] = {Kind::personal_number, Kind::coordination_number, Kind::interim_number,
                           Kind::national_reserve_number, Kind::regional_reserve_number, Kind::foreign};

template <typename T, std::size_t N>
std::optional<T> one_of(const std::string_view (&words)[N], std::string_view word) {
    for (std::size_t i = 0; i < N; ++i)
        if (words[i] == word) return static_cast<T>(i);
    return std::nullopt;
}

std::string_view kind_word(const std::optional<Kind>& kind) { return kind ? to_string(*kind) : std::string_view(); }

tl::unexpected<Error> malformed() { return fail(Category::corrupt, "links: malformed row"); }

void write(json::Writer& w, const Statement& one) {
    w.object().member("time", to_iso(one.time)).member("do", to_string(one.said)).member("by", to_string(one.by.who));
    w.member("id", one.by.id);
    if (one.ground) w.member("ground", to_string(*one.ground));
    if (one.since) w.member("since", to_iso(*one.since));
    if (one.kinds[0] || one.kinds[1])
        w.name("kinds").array().value(kind_word(one.kinds[0])).value(kind_word(one.kinds[1])).end();
    if (!one.why.empty()) w.member("why", one.why);
    w.end();
}

Result<Statement> read(json::Value value) {
    Statement out;
    const auto time = from_iso(value["time"].text());
    const auto said = one_of<Said>(kSaid, value["do"].text());
    const auto who = one_of<By::Who>(kWho, value["by"].text());
    if (!time || !said || !who) return malformed();
    out.time = *time;
    out.said = *said;
    out.by = {*who, std::string(value["id"].text())};
    if (value["ground"]) out.ground = ground_from(value["ground"].text());
    if (value["since"]) out.since = from_iso(value["since"].text());
    for (std::size_t i = 0; i < 2; ++i) out.kinds[i] = kind_from(value["kinds"][i].text());
    out.why = value["why"].text();
    return out;
}

}  // namespace

std::string_view to_string(Ground ground) { return kGrounds[static_cast<std::size_t>(ground)]; }
std::optional<Ground> ground_from(std::string_view word) { return one_of<Ground>(kGrounds, word); }
std::string_view to_string(Said said) { return kSaid[static_cast<std::size_t>(said)]; }
std::string_view to_string(By::Who who) { return kWho[static_cast<std::size_t>(who)]; }

std::optional<Kind> kind_from(std::string_view word) {
    for (const Kind kind : kKinds)
        if (to_string(kind) == word) return kind;
    return std::nullopt;
}

std::string pair_row(const crypto::Pseudonym& one, const crypto::Pseudonym& other) {
    return std::string(kPairRows).append(std::min(one, other).view()).append(std::max(one, other).view());
}
std::string mark_row(const crypto::Pseudonym& number) { return std::string(kMarkRows).append(number.view()); }

std::string encode_statements(const std::vector<Statement>& statements) {
    json::Writer w;
    w.array();
    for (const Statement& one : statements) write(w, one);
    w.end();
    return w.take();
}

Result<std::vector<Statement>> decode_statements(std::string_view bytes) {
    const auto document = json::Document::parse(bytes);
    if (!document || !document->root().is_array()) return malformed();
    std::vector<Statement> out;
    for (const json::Value value : document->root().elements()) {
        TRY_ASSIGN(out.emplace_back(), read(value));
    }
    if (encode_statements(out) != bytes) return malformed();
    return out;
}

bool Edge::holds() const { return !separated && std::ranges::any_of(staters, &Stater::in_force); }

bool Edge::proved() const {
    return holds() && std::ranges::any_of(staters, [](const Stater& one) { return one.in_force && one.proved; });
}

bool Edge::stated_by(const By& by) const {
    return std::ranges::any_of(staters, [&](const Stater& one) { return one.in_force && one.by == by; });
}

std::size_t Edge::count_of(const By& by) const {
    const auto found = std::ranges::find(staters, by, &Stater::by);
    return found == staters.end() ? 0 : found->count;
}

std::optional<Kind> Edge::kind(std::size_t place, bool of_operator) const {
    if (separated) return std::nullopt;
    for (const Stater& one : staters)
        if (one.in_force && one.kinds[place] && (!of_operator || one.by.who == By::Who::the_operator)) return one.kinds[place];
    return std::nullopt;
}

Edge sum_of(const std::vector<Statement>& statements) {
    Edge out;
    for (const Statement& one : statements) {
        auto at = std::ranges::lower_bound(out.staters, one.by, {}, &Edge::Stater::by);
        if (at == out.staters.end() || at->by != one.by) at = out.staters.insert(at, {one.by, 0, false, false, {}});
        ++at->count;
        if (one.said == Said::state) *at = {one.by, at->count, true, one.ground == Ground::code, {one.kinds[0], one.kinds[1]}};
        if (one.said == Said::withdraw) at->in_force = false;
        if (one.said == Said::separate) out.separated = true;
        if (one.said == Said::rejoin) out.separated = false;
    }
    return out;
}

bool is_marked(const std::vector<Statement>& statements) {
    return !statements.empty() && statements.back().said == Said::mark;
}

}  // namespace idun::people
