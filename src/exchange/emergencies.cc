#include "exchange/emergencies.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "exchange/tables.h"
#include "json/document.h"
#include "json/writer.h"
#include "store/person_key.h"

namespace idun::exchange {
namespace {

std::string key_of(const crypto::Pseudonym& person, std::string_view id) {
    return store::person_key(person, 'B') + std::string(id);
}

// Under its provider, since ids of nodes may be alike; never found by find().
std::string reported_key(const crypto::Pseudonym& person, const Emergency& e) {
    return store::person_key(person, 'K') + e.provider_id + '\0' + e.id;
}

std::string encode(const Emergency& e) {
    json::Writer w;
    w.object().member("user", e.user_id).member("name", e.name).member("provider", e.provider_id);
    w.member("unit", e.unit_id).member("ground", e.ground).member("reason", e.reason);
    w.member("from", to_iso(e.from)).member("until", to_iso(e.until));
    if (e.case_number != 0) w.member("case", std::to_string(e.case_number));
    if (!e.second_user.empty()) w.member("second", e.second_user).member("second-name", e.second_name);
    w.end();
    return w.take();
}

Result<Emergency> decode(std::string_view id, std::string_view bytes) {
    const auto document = json::Document::parse(bytes);
    if (!document) return fail(Category::corrupt, "a broken glass is malformed");
    const json::Value root = document->root();
    const auto from = from_iso(root["from"].text()), until = from_iso(root["until"].text());
    if (!from || !until) return fail(Category::corrupt, "a broken glass is malformed");
    Emergency out{.id = std::string(id),
                  .user_id = std::string(root["user"].text()),
                  .name = std::string(root["name"].text()),
                  .provider_id = std::string(root["provider"].text()),
                  .unit_id = std::string(root["unit"].text()),
                  .ground = std::string(root["ground"].text()),
                  .reason = std::string(root["reason"].text()),
                  .from = *from,
                  .until = *until};
    const std::string_view number = root["case"].text();
    std::from_chars(number.data(), number.data() + number.size(), out.case_number);
    out.second_user = root["second"].text();
    out.second_name = root["second-name"].text();
    if (encode(out) != bytes) return fail(Category::corrupt, "a broken glass is malformed");
    return out;
}

std::string told_sv(const Emergency& e, std::string_view where) {
    return fmt::format(
        "{} vid {} öppnade möjligheten att se uppgifter som du har spärrat, eftersom {} bedömdes vara i fara. "
        "Angiven anledning: {}",
        e.name.empty() ? "Vårdpersonal" : e.name, where, e.ground == "life" ? "ditt liv" : "din hälsa", e.reason);
}
std::string told_en(const Emergency& e, std::string_view where) {
    return fmt::format(
        "{} at {} opened the possibility to see data that you have blocked, because {} was judged to be at risk. "
        "Reason given: {}",
        e.name.empty() ? "A care professional" : e.name, where, e.ground == "life" ? "your life" : "your health",
        e.reason);
}

std::string seconded_sv(const Emergency& e, std::string_view where) {
    return fmt::format("{} vid {} har som andra person bekräftat öppningen.",
                       e.second_name.empty() ? "Vårdpersonal" : e.second_name, where);
}
std::string seconded_en(const Emergency& e, std::string_view where) {
    return fmt::format("{} at {} has confirmed the opening as second person.",
                       e.second_name.empty() ? "A care professional" : e.second_name, where);
}

// "2026-11-23 10:00": the person may read it much later.
std::string minute_of(Instant time) {
    std::string text = to_iso(time).substr(0, 16);
    std::ranges::replace(text, 'T', ' ');
    return text;
}
std::string told_late_sv(const Emergency& e, std::string_view where) {
    return told_sv(e, where) + fmt::format(" Det skedde {} (UTC) i vårdgivarens eget journalsystem.", minute_of(e.from));
}
std::string told_late_en(const Emergency& e, std::string_view where) {
    return told_en(e, where) + fmt::format(" It was at {} (UTC), in the care provider's own records.", minute_of(e.from));
}

Case follow_up(const crypto::Pseudonym& person, const Emergency& e) {
    Case made;
    made.kind = CaseKind::follow_up;
    made.person = person;
    made.category = e.ground;
    made.text = e.reason;
    made.user_id = e.user_id;
    made.provider_id = e.provider_id;
    made.break_glass = e.id;
    made.steps.push_back({e.from, CaseStatus::received, "", "", "system", ""});
    return made;
}

}  // namespace

Result<Emergency> Emergencies::open(const crypto::Pseudonym& person, Emergency glass, std::chrono::milliseconds lasts,
                                    std::string_view where) {
    glass.id = uuid(random_);
    glass.from = clock_.now();
    glass.until = {(glass.from + lasts).ms / 1000 * 1000};  // tickets know whole seconds
    TRY(cases_.open(follow_up(person, glass), [&](store::Batch& batch, const Case& made) {
        glass.case_number = made.number;
        batch.put(key_of(person, glass.id), encode(glass));
        notices_.add(batch, person, NoticeKind::break_glass, told_sv(glass, where), told_en(glass, where));
    }));
    return glass;
}

Result<bool> Emergencies::reported(const crypto::Pseudonym& person, const Emergency& glass) const {
    TRY_ASSIGN(const auto snapshot, store_.snapshot());
    TRY_ASSIGN(const auto row, snapshot->get(reported_key(person, glass)));
    if (row && *row != encode(glass)) return fail(Category::conflict, "another glass was reported under this id");
    return row.has_value();
}

Result<bool> Emergencies::report(const crypto::Pseudonym& person, const Emergency& glass, std::string_view where) {
    TRY_ASSIGN(const bool known, reported(person, glass));
    if (known) return false;
    const auto opened = cases_.open(follow_up(person, glass), [&](store::Batch& batch, const Case&) {
        const std::string key = reported_key(person, glass);
        batch.expect(key, std::nullopt);
        batch.put(key, encode(glass));
        notices_.add(batch, person, NoticeKind::break_glass, told_late_sv(glass, where), told_late_en(glass, where));
    });
    if (opened) return true;
    // Reported twice at once: the other one was first.
    const auto again = reported(person, glass);
    if (again && *again) return false;
    return fail(again ? opened.error() : again.error());
}

Result<std::optional<Emergency>> Emergencies::find(const crypto::Pseudonym& person, std::string_view id,
                                                   std::string_view user_id) const {
    TRY_ASSIGN(auto glass, read(person, id));
    if (glass && (glass->user_id != user_id || glass->until <= clock_.now())) glass.reset();
    return glass;
}

Result<Emergency> Emergencies::confirm(const crypto::Pseudonym& person, std::string_view id, const Second& second,
                                       std::chrono::milliseconds within, std::string_view where) {
    TRY_ASSIGN(const auto found, read(person, id));
    const Instant now = clock_.now();
    const bool hers = found && found->provider_id == second.provider_id && found->user_id != second.user_id &&
                      now < found->until && now < found->from + within;
    if (!hers || (!found->second_user.empty() && found->second_user != second.user_id))
        return fail(Category::forbidden, "no glass waits here for you to confirm it");
    if (!found->second_user.empty()) return *found;
    Emergency glass = *found;
    glass.second_user = second.user_id;
    glass.second_name = second.name;
    TRY(cases_.move(glass.case_number,
                    {now, CaseStatus::received, second.user_id, second.name, second.role, "confirmed as second person"},
                    [&](store::Batch& batch, const Case&) {
                        const std::string key = key_of(person, glass.id);
                        batch.expect(key, encode(*found));
                        batch.put(key, encode(glass));
                        notices_.add(batch, person, NoticeKind::break_glass, seconded_sv(glass, where),
                                     seconded_en(glass, where));
                    }));
    return glass;
}

Result<std::optional<Emergency>> Emergencies::read(const crypto::Pseudonym& person, std::string_view id) const {
    if (id.empty() || id.size() > 64) return std::optional<Emergency>();
    TRY_ASSIGN(const auto snapshot, store_.snapshot());
    TRY_ASSIGN(const auto row, snapshot->get(key_of(person, id)));
    if (!row) return std::optional<Emergency>();
    TRY_ASSIGN(auto glass, decode(id, *row));
    return std::optional(std::move(glass));
}

std::string opened_glass_row(const crypto::Pseudonym& person, std::string_view id) { return key_of(person, id); }
std::string reported_glass_row(const crypto::Pseudonym& person, std::string_view provider, std::string_view id) {
    return store::person_key(person, 'K') + std::string(provider) + '\0' + std::string(id);
}

store::Tables emergency_tables() {
    store::Tables out;
    out.push_back({.name = "emergencies.opened", .letter = 'B', .whose = store::whose_row, .check = [](std::string_view key, std::string_view value, store::Owed& owed) -> Status {
                       if (key.size() <= kBareKeyBytes) return fail(Category::corrupt, "a broken glass is malformed");
                       TRY_ASSIGN(const Emergency glass, decode(key.substr(kBareKeyBytes), value));
                       if (glass.case_number == 0) return {};
                       owed.row(case_row(glass.case_number), [glass](const store::Snapshot&, const auto& row) -> std::string_view {
                           return row && follows_up(glass.case_number, *row, glass) ? "" : "its follow-up is missing, or another glass's";
                       });
                       return {};
                   }});
    out.push_back({.name = "emergencies.reported", .letter = 'K', .whose = store::whose_row, .check = [](std::string_view key, std::string_view value, store::Owed&) -> Status {
                       const std::size_t end = key.find('\0', kBareKeyBytes);
                       if (end == std::string_view::npos || end + 1 == key.size()) return fail(Category::corrupt, "a broken glass is malformed");
                       TRY_ASSIGN(const Emergency glass, decode(key.substr(end + 1), value));
                       return key.substr(kBareKeyBytes, end - kBareKeyBytes) == glass.provider_id ? Status() : fail(Category::corrupt, "a broken glass of another provider");
                   }});
    return out;
}

}  // namespace idun::exchange
