#include "rights/internal/twin.h"

#include <map>
#include <set>

namespace idun::rights::twin {
namespace {

using std::string;

bool is_in(unsigned set, unsigned place) { return (set >> place) % 2 == 1; }

bool any(const std::vector<string>& words, const string& word) {
    for (const string& one : words)
        if (one == "*" || one == word) return true;
    return false;
}

// Whole years, by comparing the written dates: "2013-11-24T00:00:00.000Z".
int age(Instant born, Instant now) {
    string b = to_iso(born), n = to_iso(now);
    const int born_year = std::stoi(b.substr(0, 4)), year = std::stoi(n.substr(0, 4));
    const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    string birthday = b.substr(5);
    if (birthday.substr(0, 5) == "02-29" && !leap) birthday = "02-28" + birthday.substr(5);
    const int years = n.substr(5) >= birthday ? year - born_year : year - born_year - 1;
    return years < 0 ? 0 : years;
}

// Article 8: "all or parts". What a record does not tell of itself counts as meant, or the gap would open it.
bool block_covers(const Scope& s, const Record& r) {
    bool covered = true;
    if (s.provider_id != "" && r.provider_id != s.provider_id) covered = false;
    if (s.unit_id != "" && r.unit_id != "" && r.unit_id != s.unit_id) covered = false;
    if (s.category != "" && r.category != s.category) covered = false;
    if (s.element != "" && r.element != s.element) covered = false;
    if (s.entry != "" && r.entry != s.entry) covered = false;
    if (r.date) {
        if (s.from && r.date->to.ms < s.from->ms) covered = false;
        if (s.to && r.date->from.ms >= s.to->ms) covered = false;
    }
    return covered;
}

// Article 4(2): "all or part of the data". What a record does not tell of itself is not part.
bool mandate_covers(const Scope& s, const Record& r) {
    bool covered = true;
    if (s.provider_id != "" && r.provider_id != s.provider_id) covered = false;
    if (s.unit_id != "" && r.unit_id != s.unit_id) covered = false;
    if (s.category != "" && r.category != s.category) covered = false;
    if (s.element != "" && r.element != s.element) covered = false;
    if (s.entry != "" && r.entry != s.entry) covered = false;
    if (s.from || s.to) {
        if (!r.date) return false;
        if (s.from && r.date->from.ms < s.from->ms) covered = false;
        if (s.to && r.date->to.ms >= s.to->ms) covered = false;
    }
    return covered;
}

struct Twin {
    const Request& q;
    const Facts& f;
    const Record& r;
    const RuleTable& t;

    std::int64_t now() const { return q.now.ms; }

    // Of that layer, against this requester: ids of the blocks in force that cover the record.
    std::set<string> blocks(Layer layer) const {
        std::set<string> out;
        for (const Block& b : f.blocks) {
            if (b.layer != layer || !block_covers(b.scope, r)) continue;
            if (now() < b.from.ms || (b.to && now() >= b.to->ms)) continue;
            bool spared = false;
            for (const Except& e : b.except) {
                if (e.provider_id != "" && e.provider_id == q.provider_id) spared = true;
                if (e.user_id != "" && e.user_id == q.user_id) spared = true;
            }
            if (layer == Layer::inner && b.scope.unit_id != "" && b.scope.unit_id == q.unit_id &&
                b.scope.provider_id == q.provider_id)
                spared = true;
            if (layer == Layer::abroad && (q.country == "" || (b.country != "" && b.country != q.country)))
                spared = true;
            for (const Lift& l : f.lifts) {
                if (l.block_id != "" && l.block_id != b.fact_id) continue;
                if (l.provider_id == "" && l.user_id == "") continue;
                if (l.provider_id != "" && l.provider_id != q.provider_id) continue;
                if (l.user_id != "" && l.user_id != q.user_id) continue;
                const bool within_limit = now() - l.from.ms < std::int64_t{t.lift_days_max} * 24 * 60 * 60 * 1000;
                if (now() >= l.from.ms && now() < l.to.ms && within_limit) spared = true;
            }
            if (!spared) out.insert(b.fact_id);
        }
        return out;
    }

    bool broken() const {
        if (q.break_glass == nullptr) return false;
        if (now() >= q.break_glass->until.ms) return false;
        if (t.break_glass_needs_care_relation && q.care == Care::none) return false;
        if (t.break_glass_needs_second_person && !q.break_glass->seconded) return false;
        return true;
    }

    bool own_staff() const {
        return is_in(t.own_roles, static_cast<unsigned>(q.role)) && r.provider_id != "" &&
               r.provider_id == q.provider_id;
    }
    bool same_unit() const { return r.unit_id != "" && r.unit_id == q.unit_id; }
    bool herself() const { return q.is_the_person && q.role == Role::patient; }
    bool for_her() const {
        return q.representative != nullptr && (q.role == Role::patient || q.role == Role::representative) && !herself();
    }

    std::vector<const Mandate*> valid() const {
        const std::map<Purpose, string> words = {{Purpose::TREAT, "TREAT"},   {Purpose::PATRQT, "PATRQT"},
                                                 {Purpose::FAMRQT, "FAMRQT"}, {Purpose::PWATRNY, "PWATRNY"},
                                                 {Purpose::HRESCH, "HRESCH"}, {Purpose::ETREAT, "ETREAT"}};
        std::vector<const Mandate*> out;
        for (const Mandate& m : f.mandates) {
            if (q.representative == nullptr || m.representative.bytes != q.representative->bytes) continue;
            if (now() < m.from.ms || (m.to && now() >= m.to->ms)) continue;
            if (m.purpose != "" && (!words.contains(q.purpose) || words.at(q.purpose) != m.purpose)) continue;
            if (m.kind == MandateKind::parent && !m.born) continue;
            if ((m.kind == MandateKind::parent || m.kind == MandateKind::guardian) && m.born &&
                age(*m.born, q.now) >= t.guardian_until_age)
                continue;
            bool covers = m.scopes.empty();
            for (const Scope& s : m.scopes) covers = covers || mandate_covers(s, r);
            if (covers) out.push_back(&m);
        }
        return out;
    }
    bool too_old_for_parents(const Mandate& m) const {
        if (m.kind != MandateKind::parent && m.kind != MandateKind::guardian) return false;
        if (!m.born) return false;
        const int years = age(*m.born, q.now);
        for (const MinorRow& row : t.minors) {
            if (years < row.from_age || years >= row.to_age) continue;
            if (any(row.hidden_categories, string(r.category))) return true;
            if ((row.hidden_labels.bits & r.labels.bits) != 0) return true;
        }
        return false;
    }
    static string first(const std::vector<const Mandate*>& mandates) {
        std::set<string> ids;
        for (const Mandate* m : mandates) ids.insert(m->fact_id);
        return ids.empty() ? "" : *ids.begin();
    }

    bool task_forbids() const {
        if (t.tasks.empty()) return false;
        const TaskRow* mine = nullptr;
        for (const TaskRow& row : t.tasks)
            if (row.task == "*") mine = &row;
        for (const TaskRow& row : t.tasks)
            if (row.task == q.task) mine = &row;
        if (mine == nullptr) return true;
        if (r.category != "" && !any(mine->categories, string(r.category))) return true;
        return (mine->hidden_labels.bits & r.labels.bits) != 0;
    }
    bool border_closed() const {
        if (q.country == "") return false;
        if (!any(t.border_countries, string(q.country))) return true;
        return r.category != "" && !any(t.border_categories, string(r.category));
    }

    Answer answer() const {
        const std::set<string> inner = own_staff() && !same_unit() ? blocks(Layer::inner) : std::set<string>{};
        const std::set<string> outer = blocks(Layer::outer), abroad = blocks(Layer::abroad);
        const auto smallest = [](const std::set<string>& ids) { return ids.empty() ? string() : *ids.begin(); };
        const string glass = q.break_glass == nullptr ? "" : string(q.break_glass->id);

        const std::vector<const Mandate*> mandates = valid();
        std::vector<const Mandate*> shown, open;
        for (const Mandate* m : mandates)
            if (!too_old_for_parents(*m)) shown.push_back(m);
        for (const Mandate* m : shown)
            if (!f.protected_identity || m->kind == MandateKind::chosen || m->despite_protection) open.push_back(m);

        const bool strict_opt_out = f.opted_out && t.opt_out_hides_from_person;
        const bool is_delayed = r.delayed_until && now() < r.delayed_until->ms && t.delay_allowed &&
                                any(t.delay_categories, string(r.category));
        const bool abroad_opened = broken() && t.break_glass_opens_abroad_blocks;

        struct Rule {
            int number;
            bool applies;
            bool permit;
            const char* id;
            string fact;
        };
        const std::vector<Rule> all = {
            {1, own_staff() && same_unit(), true, "own-unit", ""},
            {2, !inner.empty() && !broken(), false, "inner-block", smallest(inner)},
            {3, !inner.empty() && broken(), true, "break-glass-inner", glass},
            {4, own_staff(), true, "own-provider", ""},
            {5, (herself() || for_her()) && is_delayed, false, "delayed", ""},
            {6, herself() && strict_opt_out, false, "person-opt-out", ""},
            {7, herself(), true, "person", ""},
            {8, for_her() && mandates.empty(), false, "mandate", ""},
            {9, for_her() && shown.empty(), false, "minor-hidden", first(mandates)},
            {10, for_her() && open.empty(), false, "protected-mandate", first(shown)},
            {11, for_her() && strict_opt_out, false, "representative-opt-out", ""},
            {12, for_her(), true, "representative", first(open)},
            {13, !is_in(t.care_roles, static_cast<unsigned>(q.role)), false, "role", ""},
            {14, q.assurance < t.assurance_min, false, "assurance", ""},
            {15, !is_in(t.care_purposes, static_cast<unsigned>(q.purpose)), false, "purpose", ""},
            {16, t.care_relation_required && q.care == Care::none, false, "care-relation", ""},
            {17, task_forbids(), false, "task", ""},
            {18, border_closed(), false, "border", ""},
            {19, f.opted_out && !(t.opt_out_breakable && broken()), false, "opt-out", ""},
            {20, f.protected_identity && q.country != "", false, "protected-abroad", ""},
            {21, !abroad.empty() && !abroad_opened, false, "block-abroad", smallest(abroad)},
            {22, !outer.empty() && !broken(), false, "block", smallest(outer)},
            {23, f.opted_out && broken(), true, "break-glass-opt-out", glass},
            {24, (!outer.empty() || !abroad.empty()) && broken(), true, "break-glass", glass},
            {25, true, true, "shared-care", ""},
        };
        const Rule* decides = nullptr;
        for (const Rule& rule : all)
            if (rule.applies && (decides == nullptr || rule.number < decides->number)) decides = &rule;
        const std::set<string> by_glass = {"break-glass-inner", "break-glass", "break-glass-opt-out"};
        const std::set<string> masked = {"representative", "shared-care", "break-glass", "break-glass-opt-out"};
        const string id = decides->id;
        return {decides->permit,
                id,
                decides->fact,
                by_glass.contains(id),
                by_glass.contains(id),
                id == "representative",
                f.protected_identity && masked.contains(id)};
    }
};

}  // namespace

string describe(const Answer& a) {
    return string(a.permit ? "permit " : "deny ") + a.rule + " fact=" + a.fact + (a.notify ? " notify" : "") +
           (a.follow_up ? " follow-up" : "") + (a.mark ? " mark" : "") + (a.mask ? " mask" : "");
}

Answer decide(const Request& request, const Facts& facts, const Record& record, const RuleTable& table) {
    return Twin{request, facts, record, table}.answer();
}

Answer in_words(const Decision& d) {
    return {d.permit,           string(id(d.rule)),           string(d.fact_id),    d.duties.notify_now,
            d.duties.follow_up, d.duties.mark_representative, d.duties.mask_contact};
}

}  // namespace idun::rights::twin
