#include <algorithm>
#include <iterator>
#include <utility>

#include "rights/decide.h"
#include "rights/internal/age.h"

namespace idun::rights {
namespace {

template <typename Enum>
bool has(std::uint32_t set, Enum value) {
    return (set & RuleTable::bit(value)) != 0;
}

bool holds(Instant from, const std::optional<Instant>& to, Instant now) { return from <= now && (!to || now < *to); }

// A lift never lasts longer than the nation allows.
Instant end_of(const Lift& lift, const RuleTable& table) {
    const auto most = std::uint64_t{table.lift_days_max} * 86'400'000;
    const auto lasts = static_cast<std::uint64_t>(lift.to.ms) - static_cast<std::uint64_t>(lift.from.ms);
    return lift.to > lift.from && lasts > most ? Instant{lift.from.ms + static_cast<std::int64_t>(most)} : lift.to;
}

bool spares(const Except& except, const Request& request) {
    return (!except.provider_id.empty() && except.provider_id == request.provider_id) ||
           (!except.user_id.empty() && except.user_id == request.user_id);
}

bool is_for(const Lift& lift, const Request& request) {
    return (!lift.provider_id.empty() || !lift.user_id.empty()) &&
           (lift.provider_id.empty() || lift.provider_id == request.provider_id) &&
           (lift.user_id.empty() || lift.user_id == request.user_id);
}

bool lifted(const Block& block, const Request& request, const Facts& facts, const RuleTable& table) {
    return std::any_of(facts.lifts.begin(), facts.lifts.end(), [&](const Lift& lift) {
        return (lift.block_id.empty() || lift.block_id == block.fact_id) && is_for(lift, request) &&
               holds(lift.from, end_of(lift, table), request.now);
    });
}

// Against this requester, now. A block of one unit's records does not hide them from that unit.
bool stands(const Block& block, const Request& request, const Facts& facts, const RuleTable& table) {
    if (!holds(block.from, block.to, request.now)) return false;
    if (std::any_of(block.except.begin(), block.except.end(), [&](const Except& e) { return spares(e, request); }))
        return false;
    switch (block.layer) {
        case Layer::outer: break;
        case Layer::inner:
            if (!block.scope.unit_id.empty() && block.scope.unit_id == request.unit_id &&
                block.scope.provider_id == request.provider_id)
                return false;
            break;
        case Layer::abroad:
            if (request.country.empty() || (!block.country.empty() && block.country != request.country)) return false;
            break;
    }
    return !lifted(block, request, facts, table);
}

bool by_age(const Mandate& mandate) {
    return mandate.born && (mandate.kind == MandateKind::guardian || mandate.kind == MandateKind::parent);
}

// The representative's own, and it holds at this time.
bool stands(const Mandate& mandate, const Request& request, const RuleTable& table) {
    if (mandate.representative != *request.representative || !holds(mandate.from, mandate.to, request.now))
        return false;
    if (mandate.kind == MandateKind::parent && !mandate.born) return false;
    return !by_age(mandate) || age_at(*mandate.born, request.now) < table.guardian_until_age;
}

bool is_for(const Mandate& mandate, const Request& request) {
    return mandate.purpose.empty() || mandate.purpose == to_string(request.purpose);
}

bool covers(const Mandate& mandate, const Record& record) {
    return mandate.scopes.empty() || std::any_of(mandate.scopes.begin(), mandate.scopes.end(),
                                                 [&](const Scope& scope) { return opens(scope, record); });
}

bool hidden_by_age(const Mandate& mandate, const Record& record, Instant now, const RuleTable& table) {
    if (!by_age(mandate)) return false;
    const int age = age_at(*mandate.born, now);
    return std::any_of(table.minors.begin(), table.minors.end(), [&](const MinorRow& row) {
        return row.from_age <= age && age < row.to_age &&
               (names(row.hidden_categories, record.category) || record.labels.any_of(row.hidden_labels));
    });
}

bool holds_protected(const Mandate& mandate) {
    return mandate.kind == MandateKind::chosen || mandate.despite_protection;
}

// What a representative's mandates come to for one record: those that cover it, of them those that show it at the
// person's age, of them those that hold in spite of a protected identity. Of each the one with the smallest id.
struct Mandates {
    const Mandate* covering = nullptr;
    const Mandate* showing = nullptr;
    const Mandate* opening = nullptr;
};

void keep_smallest(const Mandate*& kept, const Mandate& mandate) {
    if (kept == nullptr || mandate.fact_id < kept->fact_id) kept = &mandate;
}

Mandates mandates_for(const Request& request, const Facts& facts, const Record& record, const RuleTable& table) {
    Mandates out;
    for (const Mandate& mandate : facts.mandates) {
        if (!stands(mandate, request, table) || !is_for(mandate, request) || !covers(mandate, record)) continue;
        keep_smallest(out.covering, mandate);
        if (hidden_by_age(mandate, record, request.now, table)) continue;
        keep_smallest(out.showing, mandate);
        if (!facts.protected_identity || holds_protected(mandate)) keep_smallest(out.opening, mandate);
    }
    return out;
}

const TaskRow* row_of(const RuleTable& table, std::string_view task) {
    const TaskRow* rest = nullptr;
    for (const TaskRow& row : table.tasks) {
        if (row.task == task) return &row;
        if (row.task == "*") rest = &row;
    }
    return rest;
}

// The instants at which anything in the facts begins or ends, or somebody grows older.
Instant next_change(const Request& request, const Facts& facts, const RuleTable& table) {
    Instant next = kForever;
    const auto at = [&](Instant time) {
        if (time > request.now) next = std::min(next, time);
    };
    const auto both = [&](Instant from, const std::optional<Instant>& to) {
        at(from);
        if (to) at(*to);
    };
    for (const Block& block : facts.blocks) both(block.from, block.to);
    for (const Lift& lift : facts.lifts) both(lift.from, end_of(lift, table));
    if (request.representative != nullptr) {
        for (const Mandate& mandate : facts.mandates) {
            both(mandate.from, mandate.to);
            if (by_age(mandate)) at(birthday(*mandate.born, age_at(*mandate.born, request.now) + 1));
        }
    }
    if (request.break_glass != nullptr) at(request.break_glass->until);
    return next;
}

}  // namespace

// All that the rules ask about one record.
struct Case {
    const Judge& judge;
    const Record& record;
    bool own = false;
    bool own_unit = false;
    const Block* inner = nullptr;  // the one that hides it
    const Block* abroad = nullptr;
    const Block* outer = nullptr;
    Mandates mandates = {};

    Case(const Judge& j, const Record& r) : judge(j), record(r), own(j.own(r.provider_id)) {
        if (own) {
            own_unit = !record.unit_id.empty() && record.unit_id == request().unit_id;
            if (!own_unit && !j.inner_.empty()) inner = j.inner_.hiding(record, Fingerprint::of(record));
        } else if (j.acts_for_) {
            mandates = mandates_for(request(), facts(), record, table());
        } else if (!j.the_person_ && !(j.outer_.empty() && j.abroad_.empty())) {
            const Fingerprint fingerprint = Fingerprint::of(record);
            outer = j.outer_.hiding(record, fingerprint);
            abroad = j.abroad_.hiding(record, fingerprint);
        }
    }
    const Request& request() const { return judge.request_; }
    const Facts& facts() const { return judge.facts_; }
    const RuleTable& table() const { return judge.table_; }

    // own-unit to own-provider
    bool at_own_unit() const { return own_unit; }
    bool inner_block() const { return inner != nullptr && !judge.broken_; }
    bool inner_broken() const { return inner != nullptr; }
    bool at_own_provider() const { return own; }

    // the person and whoever acts for her
    bool delayed() const {
        return (judge.the_person_ || judge.acts_for_) && record.delayed_until &&
               *record.delayed_until > request().now && table().delay_allowed &&
               names(table().delay_categories, record.category);
    }
    bool closed_to_person() const { return facts().opted_out && table().opt_out_hides_from_person; }
    bool person_opt_out() const { return judge.the_person_ && closed_to_person(); }
    bool person() const { return judge.the_person_; }
    bool no_mandate() const { return judge.acts_for_ && mandates.covering == nullptr; }
    bool minor_hidden() const { return judge.acts_for_ && mandates.showing == nullptr; }
    bool protected_mandate() const { return judge.acts_for_ && mandates.opening == nullptr; }
    bool representative_opt_out() const { return judge.acts_for_ && closed_to_person(); }
    bool representative() const { return judge.acts_for_; }

    // the question
    bool wrong_role() const { return !has(table().care_roles, request().role); }
    bool weak_login() const { return request().assurance < table().assurance_min; }
    bool wrong_purpose() const { return !has(table().care_purposes, request().purpose); }
    bool no_care_relation() const { return table().care_relation_required && request().care == Care::none; }
    bool wrong_task() const {
        if (table().tasks.empty()) return false;
        return judge.task_ == nullptr ||
               (!record.category.empty() && !names(judge.task_->categories, record.category)) ||
               record.labels.any_of(judge.task_->hidden_labels);
    }
    bool border() const {
        return !request().country.empty() &&
               (!names(table().border_countries, request().country) ||
                (!record.category.empty() && !names(table().border_categories, record.category)));
    }

    // what the person has chosen
    bool opted_out() const { return facts().opted_out && !(judge.broken_ && table().opt_out_breakable); }
    bool protected_abroad() const { return facts().protected_identity && !request().country.empty(); }
    bool blocked_abroad() const {
        return abroad != nullptr && !(judge.broken_ && table().break_glass_opens_abroad_blocks);
    }
    bool blocked() const { return outer != nullptr && !judge.broken_; }
    bool opt_out_broken() const { return facts().opted_out; }
    bool block_broken() const { return outer != nullptr || abroad != nullptr; }
    bool always() const { return true; }

    std::string_view inner_id() const { return inner->fact_id; }
    std::string_view outer_id() const { return outer->fact_id; }
    std::string_view abroad_id() const { return abroad->fact_id; }
    std::string_view glass_id() const { return request().break_glass->id; }
    std::string_view covering_id() const { return mandates.covering->fact_id; }
    std::string_view showing_id() const { return mandates.showing->fact_id; }
    std::string_view opening_id() const { return mandates.opening->fact_id; }
    std::string_view nothing() const { return {}; }
};

namespace {

struct Step {
    bool (Case::*applies)() const;
    std::string_view (Case::*fact)() const = &Case::nothing;
};
// When each rule applies, in the order of rules(): the first that does decides, so each may take for granted that
// none before it does.
constexpr Step kSteps[] = {
    {&Case::at_own_unit},                           // own-unit
    {&Case::inner_block, &Case::inner_id},          // inner-block
    {&Case::inner_broken, &Case::glass_id},         // break-glass-inner
    {&Case::at_own_provider},                       // own-provider
    {&Case::delayed},                               // delayed
    {&Case::person_opt_out},                        // person-opt-out
    {&Case::person},                                // person
    {&Case::no_mandate},                            // mandate
    {&Case::minor_hidden, &Case::covering_id},      // minor-hidden
    {&Case::protected_mandate, &Case::showing_id},  // protected-mandate
    {&Case::representative_opt_out},                // representative-opt-out
    {&Case::representative, &Case::opening_id},     // representative
    {&Case::wrong_role},                            // role
    {&Case::weak_login},                            // assurance
    {&Case::wrong_purpose},                         // purpose
    {&Case::no_care_relation},                      // care-relation
    {&Case::wrong_task},                            // task
    {&Case::border},                                // border
    {&Case::opted_out},                             // opt-out
    {&Case::protected_abroad},                      // protected-abroad
    {&Case::blocked_abroad, &Case::abroad_id},      // block-abroad
    {&Case::blocked, &Case::outer_id},              // block
    {&Case::opt_out_broken, &Case::glass_id},       // break-glass-opt-out
    {&Case::block_broken, &Case::glass_id},         // break-glass
    {&Case::always},                                // shared-care
};
static_assert(std::size(kSteps) == kRulesInOrder);

// Unrolled, so that the compiler sees through the table: 25 calls through pointers would take most of the time.
template <std::size_t... Place>
std::size_t first_that_applies(const Case& c, std::index_sequence<Place...>) {
    std::size_t first = 0;
    (void)(((c.*kSteps[Place].applies)() && (first = Place, true)) || ...);
    return first;
}

}  // namespace

Judge::Judge(const Request& request, const Facts& facts, const RuleTable& table)
    : request_(request), facts_(facts), table_(table) {
    the_person_ = request.is_the_person && request.role == Role::patient;
    acts_for_ = !the_person_ && request.representative != nullptr &&
                (request.role == Role::patient || request.role == Role::representative);
    const BreakGlass* glass = request.break_glass;
    broken_ = glass != nullptr && request.now < glass->until &&
              (!table.break_glass_needs_care_relation || request.care != Care::none) &&
              (!table.break_glass_needs_second_person || glass->seconded);
    task_ = row_of(table, request.task);
    until_ = next_change(request, facts, table);
    for (const Block& block : facts.blocks)
        if (stands(block, request, facts, table))
            (block.layer == Layer::outer ? outer_ : block.layer == Layer::inner ? inner_ : abroad_).add(block);
    for (LiveBlocks* blocks : {&outer_, &inner_, &abroad_}) blocks->sort();
}

bool Judge::own(std::string_view provider_id) const {
    return has(table_.own_roles, request_.role) && !provider_id.empty() && provider_id == request_.provider_id;
}

Decision Judge::because(Rule rule, std::string_view fact_id) const {
    Decision out;
    out.rule = rule;
    out.permit = rules()[static_cast<std::size_t>(rule)].permit;
    out.fact_id = fact_id;
    out.until = until_;
    const bool broken =
        rule == Rule::break_glass_inner || rule == Rule::break_glass || rule == Rule::break_glass_opt_out;
    out.duties.notify_now = broken;
    out.duties.follow_up = broken;
    out.duties.mark_representative = rule == Rule::representative;
    out.duties.mask_contact = out.permit && facts_.protected_identity &&
                              (rule == Rule::representative || rule == Rule::shared_care || rule == Rule::break_glass ||
                               rule == Rule::break_glass_opt_out);
    return out;
}

Decision Judge::operator()(const Record& record) const {
    const Case c(*this, record);
    const std::size_t rule = first_that_applies(c, std::make_index_sequence<std::size(kSteps)>());
    Decision out = because(static_cast<Rule>(rule), (c.*kSteps[rule].fact)());
    if ((the_person_ || acts_for_) && record.delayed_until && *record.delayed_until > request_.now)
        out.until = std::min(out.until, *record.delayed_until);
    return out;
}

Decision Judge::question(std::string_view provider_id) const {
    if (own(provider_id)) return because(Rule::own_provider);
    if (the_person_) return because(Rule::person);
    if (acts_for_) {
        const bool any = std::any_of(facts_.mandates.begin(), facts_.mandates.end(), [&](const Mandate& m) {
            return stands(m, request_, table_) && is_for(m, request_);
        });
        return because(any ? Rule::representative : Rule::mandate);
    }
    const Record whichever;
    const Case c(*this, whichever);
    for (const Rule rule : {Rule::role, Rule::assurance, Rule::purpose, Rule::care_relation, Rule::task, Rule::border})
        if ((c.*kSteps[static_cast<std::size_t>(rule)].applies)()) return because(rule);
    return because(Rule::shared_care);
}

bool Judge::may_ask(std::string_view provider_id, std::string_view category) const {
    if (!question(provider_id).permit) return false;
    if (own(provider_id)) return true;
    if (the_person_) return !(facts_.opted_out && table_.opt_out_hides_from_person);
    if (!acts_for_) return staff_may_ask(provider_id, category);
    if (facts_.opted_out && table_.opt_out_hides_from_person) return false;
    const auto could_open = [&](const Mandate& mandate) {
        return stands(mandate, request_, table_) && is_for(mandate, request_) &&
               (!facts_.protected_identity || holds_protected(mandate)) &&
               (mandate.scopes.empty() ||
                std::any_of(mandate.scopes.begin(), mandate.scopes.end(),
                            [&](const Scope& scope) {
                                return (scope.provider_id.empty() || scope.provider_id == provider_id) &&
                                       (category.empty() || scope.category.empty() || scope.category == category);
                            })) &&
               (category.empty() || !hidden_by_age(mandate, Record{.category = category}, request_.now, table_));
    };
    return std::any_of(facts_.mandates.begin(), facts_.mandates.end(), could_open);
}

bool Judge::staff_may_ask(std::string_view provider_id, std::string_view category) const {
    const Record any{.provider_id = provider_id, .category = category};
    const Case c(*this, any);
    if (c.wrong_task() || c.border() || c.opted_out() || c.protected_abroad()) return false;
    if (!(broken_ && table_.break_glass_opens_abroad_blocks) && abroad_.hiding_all(provider_id, category) != nullptr)
        return false;
    return broken_ || outer_.hiding_all(provider_id, category) == nullptr;
}

Decision decide(const Request& request, const Facts& facts, const Record& record, const RuleTable& table) {
    return Judge(request, facts, table)(record);
}

}  // namespace idun::rights
