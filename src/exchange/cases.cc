#include "exchange/cases.h"

#include "base/bytes.h"
#include "exchange/emergencies.h"
#include "exchange/tables.h"
#include "json/document.h"
#include "json/writer.h"
#include "store/person_key.h"

namespace idun::exchange {
namespace {

// Cases by number, the newest number, and the numbers by person and by user.
const std::string kCases = "hubcases";
const std::string kHeadKey = "hubcasehN";
const std::string kByUser = "hubcaseu";
constexpr json::Limits kLimits{.bytes_max = 1u << 20, .depth_max = 5, .nodes_max = 4096};

std::string number_bytes(std::uint64_t number) {
    std::string out;
    append_be(out, number);
    return out;
}
std::string case_key(std::uint64_t number) { return kCases + number_bytes(number); }
std::string person_prefix(const crypto::Pseudonym& person) { return store::person_key(person, 'C'); }
std::string user_cases(std::string_view user_id) { return kByUser + std::string(user_id) + '\0'; }

constexpr std::pair<CaseKind, std::string_view> kKinds[] = {{CaseKind::complaint, "complaint"},
                                                            {CaseKind::follow_up, "follow-up"}};
constexpr std::pair<CaseStatus, std::string_view> kStatuses[] = {{CaseStatus::received, "received"},
                                                                 {CaseStatus::in_progress, "in-progress"},
                                                                 {CaseStatus::completed, "completed"},
                                                                 {CaseStatus::rejected, "rejected"}};

std::string encode(const Case& c) {
    json::Writer w;
    w.object().member("kind", to_string(c.kind)).member("person", c.person.text()).name("others").array();
    for (const crypto::Pseudonym& other : c.others) w.value(other.text());
    w.end();
    w.member("organisation", c.organisation).member("category", c.category).member("text", c.text);
    w.member("user", c.user_id).member("provider", c.provider_id).member("glass", c.break_glass);
    w.member("forwarded", c.forwarded).name("steps").array();
    for (const CaseStep& s : c.steps)
        w.array()
            .value(to_iso(s.time))
            .value(to_string(s.status))
            .value(s.user_id)
            .value(s.name)
            .value(s.role)
            .value(s.note)
            .end();
    w.end().end();
    return w.take();
}

tl::unexpected<Error> corrupt() { return fail(Category::corrupt, "a case is malformed"); }

Result<CaseStep> step_from(json::Value value) {
    const auto time = from_iso(value[0].text());
    const auto status = case_status_from(value[1].text());
    if (!time || !status) return corrupt();
    return CaseStep{*time,
                    *status,
                    std::string(value[2].text()),
                    std::string(value[3].text()),
                    std::string(value[4].text()),
                    std::string(value[5].text())};
}

Result<Case> decode(std::uint64_t number, std::string_view bytes) {
    const auto document = json::Document::parse(bytes, kLimits);
    if (!document) return corrupt();
    const json::Value root = document->root();
    Case out;
    out.number = number;
    for (const auto& [kind, word] : kKinds)
        if (word == root["kind"].text()) out.kind = kind;
    const auto person = crypto::Pseudonym::from_text(root["person"].text());
    if (!person) return corrupt();
    out.person = *person;
    for (const json::Value other : root["others"].elements()) {
        const auto pseudonym = crypto::Pseudonym::from_text(other.text());
        if (!pseudonym) return corrupt();
        out.others.push_back(*pseudonym);
    }
    out.organisation = root["organisation"].text();
    out.category = root["category"].text();
    out.text = root["text"].text();
    out.user_id = root["user"].text();
    out.provider_id = root["provider"].text();
    out.break_glass = root["glass"].text();
    out.forwarded = root["forwarded"].text();
    for (const json::Value step : root["steps"].elements()) {
        TRY_ASSIGN(out.steps.emplace_back(), step_from(step));
    }
    if (out.steps.empty() || encode(out) != bytes) return corrupt();
    return out;
}

}  // namespace

std::string_view to_string(CaseKind kind) {
    for (const auto& [one, word] : kKinds)
        if (one == kind) return word;
    return {};
}
std::string_view to_string(CaseStatus status) {
    for (const auto& [one, word] : kStatuses)
        if (one == status) return word;
    return {};
}
std::optional<CaseStatus> case_status_from(std::string_view text) {
    for (const auto& [one, word] : kStatuses)
        if (word == text) return one;
    return std::nullopt;
}

Result<std::uint64_t> Cases::open(Case made, const std::function<void(store::Batch&, const Case&)>& also) {
    const std::lock_guard writing(writing_);
    TRY_ASSIGN(const auto snapshot, store_.snapshot());
    TRY_ASSIGN(const auto head, snapshot->get(kHeadKey));
    made.number = (head ? ByteReader(*head).be<std::uint64_t>() : 0) + 1;
    store::Batch batch;
    batch.expect(kHeadKey, head);
    batch.put(kHeadKey, number_bytes(made.number));
    batch.put(case_key(made.number), encode(made));
    batch.put(person_prefix(made.person) + number_bytes(made.number), "");
    for (const crypto::Pseudonym& other : made.others)
        if (other != made.person) batch.put(person_prefix(other) + number_bytes(made.number), "");
    if (made.kind == CaseKind::follow_up) batch.put(user_cases(made.user_id) + number_bytes(made.number), "");
    if (also) also(batch, made);
    TRY(store_.commit(std::move(batch)));
    return made.number;
}

Result<Case> Cases::find(std::uint64_t number) const {
    TRY_ASSIGN(const auto snapshot, store_.snapshot());
    TRY_ASSIGN(const auto row, snapshot->get(case_key(number)));
    if (!row) return fail(Category::not_found, "no such case");
    return decode(number, *row);
}

Result<Case> Cases::move(std::uint64_t number, CaseStep step,
                         const std::function<void(store::Batch&, const Case&)>& also) {
    const std::lock_guard writing(writing_);
    TRY_ASSIGN(Case moved, find(number));
    if (moved.status() == CaseStatus::completed || moved.status() == CaseStatus::rejected)
        return fail(Category::conflict, "the case is closed");
    if (moved.steps.size() >= kCaseStepsMax) return fail(Category::too_large, "the case has 100 steps");
    moved.steps.push_back(std::move(step));
    store::Batch batch;
    batch.put(case_key(number), encode(moved));
    if (also) also(batch, moved);
    TRY(store_.commit(std::move(batch)));
    return moved;
}

Result<std::vector<Case>> Cases::listed(const std::string& prefix) const {
    TRY_ASSIGN(const auto snapshot, store_.snapshot());
    store::Range range = store::prefix_range(prefix);
    range.reverse = true;
    TRY_ASSIGN(const auto chunk, snapshot->scan(range, {.entries_max = kListMax}));
    std::vector<std::string> keys;
    for (const store::Entry& entry : chunk.entries) keys.push_back(kCases + entry.key.substr(prefix.size()));
    TRY_ASSIGN(const auto rows, snapshot->multi_get(keys));
    std::vector<Case> out;
    for (std::size_t i = 0; i < keys.size(); ++i) {
        if (!rows[i]) return corrupt();
        const auto number = ByteReader(std::string_view(keys[i]).substr(kCases.size())).be<std::uint64_t>();
        TRY_ASSIGN(out.emplace_back(), decode(number, *rows[i]));
    }
    return out;
}

Result<std::vector<Case>> Cases::of_person(const crypto::Pseudonym& person) const {
    return listed(person_prefix(person));
}
Result<std::vector<Case>> Cases::of_user(std::string_view user_id) const { return listed(user_cases(user_id)); }
Result<std::vector<Case>> Cases::all() const { return listed(kCases); }

namespace {

Status check_case(std::string_view key, std::string_view value, store::Owed& owed) {
    if (key.size() != kCases.size() + sizeof(std::uint64_t)) return corrupt();
    const std::uint64_t number = number_at_end(key);
    TRY_ASSIGN(const Case one, decode(number, value));
    owed.row(kHeadKey, [number](const store::Snapshot&, const auto& head) -> std::string_view {
        return head && head->size() == sizeof(std::uint64_t) && number_at_end(*head) >= number ? "" : "the newest number of cases is missing, or lower";
    });
    owed.row(person_prefix(one.person) + number_bytes(number), std::string(), "its person's row is missing");
    for (const crypto::Pseudonym& other : one.others) owed.row(person_prefix(other) + number_bytes(number), std::string(), "its person's row is missing");
    if (one.kind != CaseKind::follow_up) return {};
    owed.row(user_cases(one.user_id) + number_bytes(number), std::string(), "its user's row is missing");
    owed.row(opened_glass_row(one.person, one.break_glass), [reported = reported_glass_row(one.person, one.provider_id, one.break_glass)](const store::Snapshot& at, const auto& row) -> std::string_view {
        if (row) return "";
        const auto other = at.get(reported);
        return other && *other ? "" : "the glass that it follows up is missing";
    });
    return {};
}

// A number under a person or a user, and whose it must be.
void owe_case(std::uint64_t number, std::function<bool(const Case&)> hers, store::Owed& owed) {
    owed.row(case_key(number), [number, hers = std::move(hers)](const store::Snapshot&, const auto& row) -> std::string_view {
        const auto one = row ? decode(number, *row) : Result<Case>(corrupt());
        return one && hers(*one) ? "" : "the case is missing, or somebody else's";
    });
}

}  // namespace

std::string case_row(std::uint64_t number) { return case_key(number); }

bool follows_up(std::uint64_t number, std::string_view row, const Emergency& glass) {
    const auto one = decode(number, row);
    return one && one->kind == CaseKind::follow_up && one->break_glass == glass.id && one->user_id == glass.user_id && one->text == glass.reason;
}

store::Tables case_tables() {
    store::Tables out;
    out.push_back({.name = "cases.cases", .prefix = kCases, .check = check_case});
    out.push_back({.name = "cases.head", .prefix = kHeadKey, .check = [](std::string_view key, std::string_view value, store::Owed& owed) -> Status {
                       if (key != kHeadKey || value.size() != sizeof(std::uint64_t)) return corrupt();
                       owed.row(kCases + std::string(value), "the newest case is missing");
                       return {};
                   }});
    out.push_back({.name = "cases.users", .prefix = kByUser, .check = [](std::string_view key, std::string_view value, store::Owed& owed) -> Status {
                       if (key.size() < kByUser.size() + 1 + sizeof(std::uint64_t) || !value.empty()) return corrupt();
                       const std::string user(key.substr(kByUser.size(), key.size() - kByUser.size() - 1 - sizeof(std::uint64_t)));
                       owe_case(number_at_end(key), [user](const Case& one) { return one.kind == CaseKind::follow_up && one.user_id == user; }, owed);
                       return {};
                   }});
    out.push_back({.name = "cases.persons", .letter = 'C', .owns = [](std::string_view key, std::string_view value) { return key.size() != kNumberKeyBytes || value.empty(); },
                   .whose = store::whose_row,
                   .check = [](std::string_view key, std::string_view value, store::Owed& owed) -> Status {
                       if (key.size() != kNumberKeyBytes || !value.empty()) return corrupt();
                       owe_case(number_at_end(key), [person = whose_key(key)](const Case& one) { return one.person == person || std::ranges::find(one.others, person) != one.others.end(); }, owed);
                       return {};
                   }});
    return out;
}

}  // namespace idun::exchange
