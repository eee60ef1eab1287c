// The decision against its twin (internal/twin.h): every case of a small model, and large random ones.
//
// More of both: IDUN_RIGHTS_CASES=1000000 (./dev rights-model) for the random ones, IDUN_RIGHTS_MODEL=all for the model
// with all its side conditions.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <random>
#include <set>

#include "rights/facts.h"
#include "rights/internal/twin.h"

using namespace idun;
using namespace idun::rights;

namespace {

constexpr Instant kNow{1'795'428'000'000};  // 2026-11-23
constexpr std::int64_t kHourMs = 3'600'000, kDayMs = 24 * kHourMs;
Instant in_days(std::int64_t days) { return {kNow.ms + days * kDayMs}; }
Instant years_ago(std::int64_t years, std::int64_t days = 0) { return in_days(-(years * 365 + years / 4 + days)); }

crypto::Pseudonym person(char c) { return *crypto::Pseudonym::from(std::string(16, c)); }
const crypto::Pseudonym kMaja = person('m'), kOtto = person('o');

std::string words(const Decision& decision) { return describe(twin::in_words(decision)); }

// Numbers from a case's number, as an odometer gives them.
class Digits {
public:
    explicit Digits(std::uint64_t number) : rest_(number) {}
    std::size_t of(std::size_t radix) {
        const std::size_t digit = rest_ % radix;
        rest_ /= radix;
        return digit;
    }
    template <typename List>
    auto& one_of(const List& list) {
        return list[of(std::size(list))];
    }

private:
    std::uint64_t rest_;
};

struct Model {
    const std::vector<RuleTable> tables = make_tables();
    const std::vector<std::vector<Block>> blocks = make_blocks();
    const std::vector<std::vector<Lift>> lifts = {
        {}, {{"l1", "", "SE2", "", in_days(-1), in_days(1)}}, {{"l1", "b9", "SE1", "u1", in_days(-1), in_days(1)}}};
    const std::vector<std::vector<Mandate>> mandates = make_mandates();
    const BreakGlass glass{"g1", Ground::life, in_days(1), false}, over{"g2", Ground::health, kNow, true},
        seconded{"g3", Ground::life, in_days(1), true};

    static std::vector<RuleTable> make_tables() {
        RuleTable strict, lenient, limited;
        strict.opt_out_hides_from_person = true;
        strict.break_glass_needs_second_person = true;
        lenient.opt_out_breakable = true;
        lenient.break_glass_opens_abroad_blocks = true;
        lenient.break_glass_needs_care_relation = false;
        lenient.care_relation_required = false;
        lenient.border_countries = {"*"};
        limited.tasks = {{"nurse", {"a"}, {}}, {"*", {"a", "b"}, fhir::SecurityLabel::PSY}};
        limited.border_countries = {"NO"};
        limited.border_categories = {"a"};
        limited.minors = {{13, 18, {"b"}, fhir::SecurityLabel::PSY}};
        limited.delay_categories = {"a"};
        limited.opt_out_breakable = true;
        return {{}, strict, lenient, limited};
    }
    static std::vector<std::vector<Block>> make_blocks() {
        std::vector<std::vector<Block>> out = {{}};
        for (const Layer layer : {Layer::outer, Layer::inner, Layer::abroad})
            for (const Scope& scope :
                 {Scope{}, Scope{.provider_id = "SE1"}, Scope{.provider_id = "SE1", .unit_id = "U"},
                  Scope{.category = "a"}, Scope{.provider_id = "SE2"}})
                out.push_back({{.fact_id = "b9", .layer = layer, .scope = scope, .from = in_days(-1)}});
        return out;
    }
    static std::vector<std::vector<Mandate>> make_mandates() {
        const Mandate chosen{.fact_id = "m1", .representative = kMaja, .from = in_days(-1)};
        Mandate part = chosen, parent = chosen;
        part.scopes = {{.provider_id = "SE1", .category = "a"}};
        parent.kind = MandateKind::parent;
        parent.born = years_ago(15, 30);
        return {{}, {chosen}, {part}, {parent}};
    }

    // What decides most: each combination is a case of the model.
    std::uint64_t cases() const {
        return 7 * 2 * 2 * 2 * 2 * blocks.size() * lifts.size() * mandates.size() * tables.size() * 2 * 2;
    }
    // What else may differ.
    static constexpr std::uint64_t kSides = 2 * 2 * 2 * 2 * 2 * 3;

    void check(std::uint64_t number, std::uint64_t side) const {
        Digits main(number), more(side);
        Request q{.now = kNow, .purpose = Purpose::TREAT, .user_id = "u1"};
        switch (main.of(7)) {
            case 0: q.role = Role::clinician, q.provider_id = "SE1", q.unit_id = "U"; break;
            case 1: q.role = Role::clinician, q.provider_id = "SE1", q.unit_id = "V"; break;
            case 2: q.role = Role::clinician, q.provider_id = "SE2", q.unit_id = "U"; break;
            case 3: q.role = Role::system, q.provider_id = "SE2"; break;
            case 4: q.role = Role::patient, q.is_the_person = true; break;
            case 5: q.role = Role::representative, q.representative = &kMaja; break;
            case 6: q.role = Role::patient, q.representative = &kOtto; break;
        }
        Record r{.provider_id = "SE1"};
        r.unit_id = main.of(2) == 0 ? "U" : "";
        r.category = main.of(2) == 0 ? "a" : "b";
        const bool broken = main.of(2) == 1;
        Facts f{.opted_out = main.of(2) == 1};
        f.blocks = main.one_of(blocks);
        f.lifts = main.one_of(lifts);
        f.mandates = main.one_of(mandates);
        const RuleTable& t = main.one_of(tables);
        if (main.of(2) == 1) q.country = "NO";
        f.protected_identity = main.of(2) == 1;

        q.care = more.of(2) == 0 ? Care::declared : Care::none;
        if (more.of(2) == 1) q.purpose = Purpose::HRESCH;
        if (more.of(2) == 1) r.labels = fhir::SecurityLabel::PSY;
        if (more.of(2) == 1) r.delayed_until = in_days(2);
        if (more.of(2) == 1) q.task = "nurse";
        const BreakGlass* const glasses[] = {&glass, &seconded, &over};
        const BreakGlass* one = glasses[more.of(3)];
        if (broken) q.break_glass = one;

        const Decision decision = decide(q, f, r, t);
        const twin::Answer slow = twin::decide(q, f, r, t);
        if (twin::in_words(decision) != slow)
            FAIL_CHECK("case " << number << " side " << side << ": " << words(decision)
                               << " but the twin: " << describe(slow));
        const Judge judge(q, f, t);
        if (decision.permit &&
            !(judge.may_ask("SE1", r.category) && judge.may_ask("SE1") && judge.question("SE1").permit))
            FAIL_CHECK("case " << number << " side " << side << " is permitted but may not be asked");
    }
};

std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
    const char* text = std::getenv(name);
    return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

}  // namespace

TEST_CASE("in a small model every case is decided as by the twin") {
    const Model model;
    const std::uint64_t cases = model.cases();
    CHECK(cases > 300'000);
    const char* wish = std::getenv("IDUN_RIGHTS_MODEL");
    const bool all = wish != nullptr && std::string_view(wish) == "all";
    for (std::uint64_t i = 0; i < cases; ++i) {
        if (!all) {
            model.check(i, i * 2'654'435'761u % Model::kSides);
            continue;
        }
        for (std::uint64_t side = 0; side < Model::kSides; ++side) model.check(i, side);
    }
    MESSAGE((cases * (all ? Model::kSides : 1)) << " cases of the model");
}

namespace {

// A situation drawn at random: many facts, of few words, so that they meet.
struct Situation {
    std::mt19937_64 random;
    RuleTable table;
    PersonFacts person;
    BreakGlass glass;
    Request request;
    std::vector<Record> records;

    explicit Situation(std::uint64_t seed) : random(seed) {
        make_table();
        make_person();
        make_request();
        for (int i = 0; i < 6; ++i) records.push_back(record());
    }

    std::size_t up_to(std::size_t n) { return random() % n; }
    bool one_in(std::size_t n) { return up_to(n) == 0; }
    template <typename T>
    const T& pick(std::initializer_list<T> list) {
        return list.begin()[up_to(list.size())];
    }
    std::string provider() { return "SE" + std::to_string(1 + up_to(3)); }
    std::string unit() { return "U" + std::to_string(1 + up_to(3)); }
    std::string category() { return pick<std::string>({"patient-summary", "imaging", "test-result", "other"}); }
    std::string element() { return pick<std::string>({"allergies", "problems", "medication"}); }
    std::string entry() { return "Observation/o" + std::to_string(up_to(6)); }
    std::string user() { return "u" + std::to_string(up_to(3)); }
    Instant time() { return {kNow.ms + static_cast<std::int64_t>(up_to(40)) * kDayMs / 2 - 10 * kDayMs}; }
    std::optional<Instant> end(Instant from) {
        if (one_in(2)) return std::nullopt;
        return Instant{from.ms + 1 + static_cast<std::int64_t>(up_to(20)) * kDayMs / 2};
    }
    fhir::LabelSet labels() { return fhir::LabelSet(static_cast<std::uint32_t>(1u << up_to(4))); }
    Words some_categories() {
        if (one_in(2)) return {"*"};
        Words out;
        for (std::size_t n = up_to(3); n > 0; --n) out.push_back(category());
        return out;
    }

    Scope scope() {
        Scope out;
        if (one_in(2)) out.provider_id = provider();
        if (!out.provider_id.empty() && one_in(4)) out.unit_id = unit();
        if (!out.provider_id.empty() && one_in(4)) out.entry = entry();
        if (one_in(3)) out.category = category();
        if (one_in(6)) out.element = element();
        if (one_in(6)) out.from = time();
        if (one_in(6)) out.to = Instant{(out.from ? out.from->ms : time().ms) + kDayMs};
        return out;
    }
    Block block(std::string id) {
        Block out{.fact_id = std::move(id), .layer = static_cast<Layer>(up_to(3)), .scope = scope(), .from = time()};
        out.to = end(out.from);
        if (one_in(4)) out.except.push_back(one_in(2) ? Except{provider(), ""} : Except{"", user()});
        if (out.layer == Layer::abroad && one_in(2)) out.country = pick<std::string>({"NO", "FI"});
        return out;
    }
    Lift lift(std::string id, std::size_t blocks) {
        Lift out{.fact_id = std::move(id), .from = time()};
        if (one_in(2) && blocks > 0) out.block_id = "b" + std::to_string(100 + up_to(blocks));
        if (one_in(2)) out.provider_id = provider();
        if (out.provider_id.empty() || one_in(2)) out.user_id = user();
        out.to = end(out.from).value_or(out.from + std::chrono::hours(24 * 30));
        return out;
    }
    Mandate mandate(std::string id) {
        Mandate out{.fact_id = std::move(id),
                    .representative = one_in(4) ? kOtto : kMaja,
                    .kind = static_cast<MandateKind>(up_to(4)),
                    .from = time()};
        out.to = end(out.from);
        if (one_in(3))
            for (std::size_t n = 1 + up_to(3); n > 0; --n)
                if (const Scope one = scope(); !one.everything()) out.scopes.push_back(one);
        if (one_in(4)) out.purpose = pick<std::string>({"PATRQT", "FAMRQT"});
        out.despite_protection = one_in(2);
        if (out.kind == MandateKind::parent || one_in(2))
            out.born = years_ago(static_cast<std::int64_t>(up_to(20)), static_cast<std::int64_t>(up_to(3)) - 1);
        if (out.kind == MandateKind::foreign) out.country = "FI";
        return out;
    }

    void make_table() {
        table.opt_out_hides_from_person = one_in(3);
        table.opt_out_breakable = one_in(2);
        table.break_glass_needs_care_relation = one_in(2);
        table.break_glass_opens_abroad_blocks = one_in(2);
        table.break_glass_needs_second_person = one_in(3);
        table.care_relation_required = !one_in(4);
        table.assurance_min = static_cast<std::uint8_t>(one_in(3) ? up_to(4) : 0);
        table.lift_days_max = static_cast<std::uint32_t>(1 + up_to(10));
        if (one_in(3)) table.care_roles |= RuleTable::bit(Role::system);
        if (one_in(6)) table.own_roles = RuleTable::bit(static_cast<Role>(3 + up_to(3)));
        for (std::size_t n = one_in(3) ? up_to(3) : 0; n > 0; --n)
            table.tasks.push_back({n == 1 ? "*" : "task" + std::to_string(n), some_categories(), labels()});
        table.border_countries = one_in(3) ? Words{} : one_in(2) ? Words{"*"} : Words{"NO"};
        table.border_categories = some_categories();
        for (std::size_t n = up_to(3); n > 0; --n)
            table.minors.push_back({static_cast<std::uint8_t>(up_to(14)), static_cast<std::uint8_t>(14 + up_to(5)),
                                    one_in(2) ? Words{} : Words{category()}, labels()});
        table.guardian_until_age = static_cast<std::uint8_t>(16 + up_to(3));
        table.delay_allowed = !one_in(4);
        table.delay_categories = some_categories();
    }
    void make_person() {
        person.opted_out = one_in(3);
        person.protected_identity = one_in(4);
        const std::size_t blocks = one_in(3) ? up_to(40) : up_to(4);
        for (std::size_t i = 0; i < blocks; ++i) person.blocks.push_back(block("b" + std::to_string(100 + i)));
        for (std::size_t i = up_to(4); i > 0; --i) person.lifts.push_back(lift("l" + std::to_string(9 - i), blocks));
        for (std::size_t i = up_to(5); i > 0; --i) person.mandates.push_back(mandate("m" + std::to_string(9 - i)));
    }
    void make_request() {
        request.now = {kNow.ms + static_cast<std::int64_t>(up_to(20)) * kHourMs};
        request.role = one_in(2) ? Role::clinician : static_cast<Role>(up_to(7));
        request.purpose = one_in(4) ? static_cast<Purpose>(up_to(14)) : Purpose::TREAT;
        if (request.role == Role::patient || request.role == Role::representative)
            request.purpose = one_in(2) ? Purpose::FAMRQT : Purpose::PATRQT;
        request.user_id = keep(one_in(4) ? "" : user());
        request.provider_id = keep(one_in(8) ? "" : provider());
        request.unit_id = keep(one_in(4) ? "" : unit());
        request.task = keep(one_in(2) ? "" : "task" + std::to_string(up_to(4)));
        request.assurance = static_cast<std::uint8_t>(up_to(5));
        request.is_the_person = one_in(4);
        if (!one_in(3)) request.representative = one_in(4) ? &kOtto : &kMaja;
        request.care = static_cast<Care>(up_to(3));
        if (one_in(3)) request.country = keep(pick<std::string>({"NO", "FI"}));
        glass = {"g1", Ground::life, {kNow.ms + static_cast<std::int64_t>(up_to(48)) * kHourMs / 2}, one_in(2)};
        if (one_in(2)) request.break_glass = &glass;
    }
    Record record() {
        Record out;
        out.provider_id = keep(one_in(12) ? "" : provider());
        if (!one_in(3)) out.unit_id = keep(unit());
        out.category = keep(one_in(20) ? "" : category());
        if (one_in(2)) out.element = keep(element());
        if (!one_in(6)) out.entry = keep(entry());
        if (one_in(2)) out.labels = labels();
        if (!one_in(3)) out.date = Period{time(), {}};
        if (out.date) out.date->to = end(out.date->from).value_or(out.date->from);
        if (one_in(4)) out.delayed_until = time();
        return out;
    }
    // Requests and records borrow their texts.
    std::string_view keep(const std::string& text) { return *kept_.insert(text).first; }

private:
    std::set<std::string> kept_;
};

bool is_professional(const Request& q) { return !q.is_the_person && q.representative == nullptr; }

void check_answers(Situation& s, std::uint64_t seed) {
    const Facts facts = s.person.facts();
    const Judge judge(s.request, facts, s.table);
    for (const Record& record : s.records) {
        const Decision decision = judge(record);
        INFO("seed " << seed);
        CHECK(decision == decide(s.request, facts, record, s.table));
        const std::string fast = words(decision), slow = describe(twin::decide(s.request, facts, record, s.table));
        CHECK(fast == slow);
        if (decision.permit) {
            CHECK(judge.may_ask(record.provider_id, record.category));
            CHECK(judge.may_ask(record.provider_id));
            CHECK(judge.question(record.provider_id).permit);
        }
        const bool own = decision.rule == Rule::own_unit || decision.rule == Rule::own_provider ||
                         decision.rule == Rule::break_glass_inner;
        if (facts.opted_out && decision.permit && !own && is_professional(s.request)) {
            CHECK(decision.rule == Rule::break_glass_opt_out);
            CHECK(s.table.opt_out_breakable);
        }
    }
}

void check_order(Situation& s, std::uint64_t seed) {
    PersonFacts mixed = s.person;
    std::shuffle(mixed.blocks.begin(), mixed.blocks.end(), s.random);
    std::shuffle(mixed.lifts.begin(), mixed.lifts.end(), s.random);
    std::shuffle(mixed.mandates.begin(), mixed.mandates.end(), s.random);
    for (const Record& record : s.records)
        CHECK_MESSAGE(
            decide(s.request, s.person.facts(), record, s.table) == decide(s.request, mixed.facts(), record, s.table),
            "seed " << seed);
}

// One more block shows a professional nothing more; when it ends everything is as before.
void check_one_more_block(Situation& s, std::uint64_t seed) {
    PersonFacts before = s.person;
    before.lifts.clear();  // whatever ends makes room: what is over now would go too
    before.mandates.clear();
    std::erase_if(before.blocks, [](const Block& block) { return block.to.has_value(); });
    PersonFacts after = before;
    FactChange change{1, kMaja, ChangeKind::block, s.block("new"), kNow, std::nullopt};
    std::get<Block>(change.fact).to.reset();
    REQUIRE(apply(after, change));
    for (const Record& record : s.records) {
        const bool was = decide(s.request, before.facts(), record, s.table).permit;
        CHECK_MESSAGE((was || !decide(s.request, after.facts(), record, s.table).permit), "seed " << seed);
    }
    REQUIRE(apply(after, {2, kMaja, ChangeKind::end_block, std::string("new"), kNow, std::nullopt}));
    after.number = before.number;
    CHECK_MESSAGE(after == before, "seed " << seed);
}

// Until it says so, an answer does not change.
void check_until(Situation& s, std::uint64_t seed) {
    for (const Record& record : s.records) {
        const Decision first = decide(s.request, s.person.facts(), record, s.table);
        CHECK(first.until > s.request.now);
        const std::int64_t last = std::min(first.until.ms, s.request.now.ms + 40 * 365 * kDayMs) - 1;
        const auto length = static_cast<std::uint64_t>(last - s.request.now.ms + 1);
        Request later = s.request;
        for (int i = 0; i < 4; ++i) {
            later.now.ms = i == 0 ? last : s.request.now.ms + static_cast<std::int64_t>(s.random() % length);
            const Decision then = decide(later, s.person.facts(), record, s.table);
            CHECK_MESSAGE((words(then) == words(first) && then.until == first.until), "seed " << seed);
        }
    }
}

}  // namespace

TEST_CASE("in random situations the decision is the twin's and keeps its promises") {
    const std::uint64_t seed = from_environment("IDUN_RIGHTS_SEED", 20'261'123);
    const std::uint64_t situations = from_environment("IDUN_RIGHTS_CASES", 18'000) / 6;
    std::set<Rule> seen;
    for (std::uint64_t i = 0; i < situations; ++i) {
        Situation s(seed + i);
        check_answers(s, seed + i);
        check_order(s, seed + i);
        check_one_more_block(s, seed + i);
        check_until(s, seed + i);
        for (const Record& record : s.records) seen.insert(decide(s.request, s.person.facts(), record, s.table).rule);
    }
    MESSAGE((situations * 6) << " random records from seed " << seed);
    CHECK(seen.size() == kRulesInOrder);
}
