#include "exchange/notices.h"

#include <algorithm>
#include <functional>
#include <iterator>
#include <set>

#include "base/bytes.h"
#include "crypto/encoding.h"
#include "exchange/delivery.h"
#include "exchange/internal/lately.h"
#include "exchange/retention.h"
#include "exchange/tables.h"
#include "exchange/told_lines.h"
#include "json/document.h"
#include "json/writer.h"
#include "store/person_key.h"

namespace idun::exchange {
namespace {

constexpr std::size_t kPlaceBytes = 16;       // time, then chance, so that two of one millisecond differ
constexpr std::size_t kToldPlaceBytes = 24;   // of a line: time, log, index

std::string prefix_of(const crypto::Pseudonym& person) { return store::person_key(person, 'N'); }
std::string setting_key(const crypto::Pseudonym& person) { return store::person_key(person, 'S'); }

constexpr std::pair<NoticeKind, std::string_view> kKinds[] = {
    {NoticeKind::access, "access"}, {NoticeKind::break_glass, "break-glass"}, {NoticeKind::complaint, "case"}, {NoticeKind::identity, "identity"}};

std::string encode(const Notice& notice) {
    json::Writer w;
    w.object().member("time", to_iso(notice.time)).member("kind", to_string(notice.kind));
    w.member("sv", notice.sv).member("en", notice.en).end();
    return w.take();
}

Result<Notice> decode(std::string_view place, std::string_view bytes) {
    const auto document = json::Document::parse(bytes);
    if (!document) return fail(Category::corrupt, "a notice is malformed");
    const json::Value root = document->root();
    Notice out;
    out.id = crypto::hex(place);
    const auto time = from_iso(root["time"].text());
    if (!time) return fail(Category::corrupt, "a notice is malformed");
    out.time = *time;
    for (const auto& [kind, word] : kKinds)
        if (word == root["kind"].text()) out.kind = kind;
    out.sv = root["sv"].text();
    out.en = root["en"].text();
    if (encode(out) != bytes) return fail(Category::corrupt, "a notice is malformed");
    return out;
}

}  // namespace

std::string_view to_string(NoticeKind kind) {
    for (const auto& [one, word] : kKinds)
        if (one == kind) return word;
    return {};
}

Notices::Notices(store::Store& store, const Clock& clock, Random& random, const people::Links* links, const ToldLines* lines)
    : store_(store), clock_(clock), random_(random), links_(links), lines_(lines), settings_(std::make_unique<Lately<Setting>>()),
      unchosen_(std::make_unique<Lately<bool>>()) {}
Notices::~Notices() = default;

void Notices::add(store::Batch& batch, const crypto::Pseudonym& person, NoticeKind kind, std::string sv,
                  std::string en) {
    if (sv.size() > kNoticeBytesMax || en.size() > kNoticeBytesMax) return;
    Notice notice{"", clock_.now(), kind, std::move(sv), std::move(en)};
    std::string key = prefix_of(person);
    append_be(key, static_cast<std::uint64_t>(notice.time.ms));
    key += random_.bytes(kPlaceBytes - sizeof(std::uint64_t));
    keep_for_a_time(batch, Kept::message, notice.time, key, random_);
    batch.put(std::move(key), encode(notice));
    add_due(batch, person, kind == NoticeKind::break_glass);
}

// Asked for each entry about somebody; hardly anybody has chosen.
void Notices::add_due(store::Batch& batch, const crypto::Pseudonym& person, bool urgent) {
    const people::Numbers numbers = numbers_of(person);
    for (const crypto::Pseudonym& number : numbers.all()) {
        if (unchosen_->find(number)) continue;
        const auto moment = unchosen_->moment();
        if (!put_due(batch, store_, number, urgent, random_)) unchosen_->keep(number, true, moment);
    }
}

Status Notices::choose_delivery(std::span<const crypto::Pseudonym> aliases, const DeliveryChoice& choice) {
    const Status done = exchange::choose_delivery(store_, aliases, choice);
    for (const crypto::Pseudonym& one : aliases) unchosen_->changed(one);  // also after a failure: who knows how it went
    return done;
}

people::Numbers Notices::numbers_of(const crypto::Pseudonym& person) const {
    return links_ ? links_->of(person) : people::Numbers(person);
}

// Each list goes on behind its own place; what is shown ends at the newest of these, so that the next page begins there for all.
Result<Notices::Page> Notices::about(const crypto::Pseudonym& person, std::string_view before, std::size_t count_max) const {
    const auto place = crypto::from_hex(before);
    if (!before.empty() && (!place || (place->size() != kPlaceBytes && place->size() != kToldPlaceBytes)))
        return fail(Category::invalid, "the next link is not one of ours");
    TRY_ASSIGN(const auto snapshot, store_.snapshot());
    Page out;
    const auto take = [&](Page page) {
        out.next = std::max(out.next, page.next);
        std::ranges::move(page.notices, std::back_inserter(out.notices));
    };
    const people::Numbers numbers = numbers_of(person);
    for (const crypto::Pseudonym& number : numbers.all()) {
        TRY_ASSIGN(Page written, of_number(*snapshot, number, *place, count_max));
        take(std::move(written));
        if (!lines_) continue;
        TRY_ASSIGN(Page told, lines_->of_number(*snapshot, number, *place, count_max));
        take(std::move(told));
    }
    std::ranges::sort(out.notices, std::greater(), &Notice::id);  // begins with the time
    std::erase_if(out.notices, [&](const Notice& one) { return one.id < out.next; });
    if (out.notices.size() > count_max) {
        out.notices.resize(count_max);
        out.next = out.notices.back().id;
    }
    return out;
}

Result<Notices::Page> Notices::of_number(const store::Snapshot& snapshot, const crypto::Pseudonym& person, std::string_view before,
                                         std::size_t count_max) {
    const std::string prefix = prefix_of(person);
    store::Range range = store::prefix_range(prefix);
    range.reverse = true;
    if (!before.empty()) range.to = prefix + std::string(before);
    Page page;
    for (bool more = true; more && page.notices.size() < count_max;) {
        TRY_ASSIGN(const auto chunk, snapshot.scan(range, {.entries_max = count_max - page.notices.size()}));
        for (const store::Entry& entry : chunk.entries) {
            TRY_ASSIGN(page.notices.emplace_back(),
                       decode(std::string_view(entry.key).substr(prefix.size()), entry.value));
        }
        more = chunk.more;
        if (more) range = store::rest_of(range, chunk.entries.back().key);
        if (more && page.notices.size() >= count_max) page.next = page.notices.back().id;
    }
    return page;
}

std::vector<crypto::Pseudonym> Notices::sure_aliases_of(const crypto::Pseudonym& number) const {
    return links_ ? links_->sure_aliases_of(number) : std::vector{number};
}

Notices::Setting Notices::setting_in(const std::optional<std::string>& row) { return !row ? Setting::none : *row == "off" ? Setting::off : Setting::on; }

// Asked for each entry about somebody; hardly anybody has switched them off.
Result<Notices::Setting> Notices::setting_of(const crypto::Pseudonym& number) const {
    if (const auto known = settings_->find(number)) return *known;
    const auto moment = settings_->moment();
    TRY_ASSIGN(const auto snapshot, store_.snapshot());
    TRY_ASSIGN(const auto row, snapshot->get(setting_key(number)));
    const Setting out = setting_in(row);
    settings_->keep(number, out, moment);
    return out;
}

void Notices::read_ahead(std::span<const crypto::Pseudonym> numbers) const {
    const auto setting_moment = settings_->moment(), choice_moment = unchosen_->moment();
    std::set<crypto::Pseudonym> asked;
    for (const crypto::Pseudonym& one : numbers)
        if (!settings_->find(one) || !unchosen_->find(one)) asked.insert(one);
    std::vector<std::string> keys;
    for (const crypto::Pseudonym& one : asked)
        for (std::string key : {setting_key(one), delivery_key(one)}) keys.push_back(std::move(key));
    const auto snapshot = store_.snapshot();
    if (!snapshot) return;
    const auto rows = (*snapshot)->multi_get(keys);
    if (!rows) return;
    auto row = rows->begin();
    for (const crypto::Pseudonym& one : asked) {
        settings_->keep(one, setting_in(*row++), setting_moment);
        if (!(*row++)) unchosen_->keep(one, true, choice_moment);
    }
}

Result<bool> Notices::wanted(const crypto::Pseudonym& person) const {
    for (const crypto::Pseudonym& one : sure_aliases_of(person)) {
        TRY_ASSIGN(const Setting setting, setting_of(one));
        if (setting != Setting::none) return setting == Setting::on;
    }
    return true;
}

// What was said under a former key goes: one word of hers holds.
Status Notices::want(const crypto::Pseudonym& person, bool on) {
    store::Batch batch;
    const auto names = sure_aliases_of(person);
    for (const crypto::Pseudonym& one : names)
        if (one != person) batch.erase(setting_key(one));
    batch.put(setting_key(person), on ? "on" : "off");
    const auto committed = store_.commit(std::move(batch));
    for (const crypto::Pseudonym& one : names) settings_->changed(one);  // also after a failure: who knows how it went
    TRY(committed);
    return {};
}

store::Tables notice_tables() {
    store::Tables out;
    out.push_back({.name = "notices.messages", .letter = 'N', .whose = store::whose_row, .check = [](std::string_view key, std::string_view value, store::Owed&) -> Status {
                       if (key.size() != kBareKeyBytes + kPlaceBytes) return fail(Category::corrupt, "a notice is malformed");
                       TRY_ASSIGN(const Notice notice, decode(key.substr(kBareKeyBytes), value));
                       std::string time;
                       append_be(time, static_cast<std::uint64_t>(notice.time.ms));
                       return key.substr(kBareKeyBytes).starts_with(time) ? Status() : fail(Category::corrupt, "a notice of another time than its key says");
                   }});
    out.push_back({.name = "notices.settings", .letter = 'S', .whose = store::whose_row, .check = [](std::string_view key, std::string_view value, store::Owed&) -> Status {
                       const bool well = key.size() == kBareKeyBytes && (value == "on" || value == "off");
                       return well ? Status() : fail(Category::corrupt, "a setting of notices is malformed");
                   }});
    return out;
}

}  // namespace idun::exchange
