#include "people/codes.h"

#include <algorithm>
#include <vector>

#include "base/bytes.h"
#include "crypto/hash.h"
#include "people/tables.h"
#include "store/person_key.h"

namespace idun::people {
namespace {

// Crockford's base 32: no I, L, O, U.
constexpr std::string_view kDigits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
constexpr std::size_t kCodeDigits = 12;  // 60 bits
constexpr std::size_t kGroup = 4;
constexpr std::string_view kCodeRows = "personcdC";
constexpr std::string_view kPersonRows = "personcdP";
constexpr std::string_view kTryRows = "personcdT";

std::string new_code(Random& random) {
    const std::string bytes = random.bytes(kCodeDigits);
    std::string out;
    for (std::size_t i = 0; i < kCodeDigits; ++i) {
        if (i > 0 && i % kGroup == 0) out += '-';
        out += kDigits[static_cast<std::uint8_t>(bytes[i]) % kDigits.size()];
    }
    return out;
}

// As it counts; "" for a text that cannot be a code.
std::string plain(std::string_view code) {
    std::string out;
    if (code.size() > 2 * kCodeDigits) return out;
    for (char c : code) {
        if (c == '-' || c == ' ') continue;
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
        if (c == 'O') c = '0';
        if (c == 'I' || c == 'L') c = '1';
        if (kDigits.find(c) == std::string_view::npos) return {};
        out += c;
    }
    return out.size() == kCodeDigits ? out : std::string();
}

std::string hashed(std::string_view what, std::string_view text) {
    const crypto::Hash hash = crypto::sha256("idun identity code " + std::string(what) + '\0' + std::string(text));
    return std::string(hash.view());
}

std::string code_row(std::string_view code) { return std::string(kCodeRows) + hashed("code", code); }
std::string person_row(const crypto::Pseudonym& person) { return std::string(kPersonRows).append(person.view()); }

std::string try_row(std::string_view who_tries) { return std::string(kTryRows) + hashed("tries", who_tries); }

struct CodeRow {
    crypto::Pseudonym person;
    Instant until;
    IdentityCodes::Issuer issuer;
};
std::string encode(const CodeRow& row) {
    std::string out(row.person.view());
    append_be(out, row.until.ms);
    append_text(out, row.issuer.provider);
    append_text(out, row.issuer.user_id);
    append_text(out, row.issuer.kind ? to_string(*row.issuer.kind) : std::string_view());
    return out;
}
std::optional<CodeRow> decode(std::string_view bytes) {
    const auto person = crypto::Pseudonym::from(bytes.substr(0, crypto::kPseudonymBytes));
    if (!person) return std::nullopt;
    ByteReader in(bytes.substr(crypto::kPseudonymBytes));
    CodeRow out{*person, {in.be<std::int64_t>()}, {}};
    out.issuer.provider = in.text();
    out.issuer.user_id = in.text();
    out.issuer.kind = kind_from(in.text());
    return in.done() ? std::optional(std::move(out)) : std::nullopt;
}

struct Tries {
    std::uint32_t count = 0;
    Instant last;
};
Result<Tries> tries_in(const std::optional<std::string>& row) {
    if (!row) return Tries{};
    ByteReader in(*row);
    Tries out;
    out.count = in.be<std::uint32_t>();
    out.last = {in.be<std::int64_t>()};
    if (!in.done()) return fail(Category::corrupt, "codes: malformed row");
    return out;
}

std::chrono::milliseconds wait_after(std::uint32_t count) {
    if (count < kFreeTries) return {};
    const std::uint32_t doublings = std::min<std::uint32_t>(count - kFreeTries, 20);
    return std::min<std::chrono::milliseconds>(kFirstWait * (std::int64_t{1} << doublings), kLongestWait);
}

}  // namespace

Result<IdentityCodes::Issued> IdentityCodes::issue(const crypto::Pseudonym& person, const Issuer& issuer) {
    TRY_ASSIGN(const auto snapshot, store_.snapshot());
    TRY_ASSIGN(const auto last, snapshot->get(person_row(person)));
    Issued out{new_code(random_), clock_.now() + kCodeLasts};
    std::string row = code_row(plain(out.code));
    std::string value = encode({person, out.until, issuer});
    store::Batch batch;
    batch.expect(person_row(person), last);
    if (last) batch.erase(*last);
    batch.put(person_row(person), row);
    batch.put(std::move(row), std::move(value));
    TRY(store_.commit(std::move(batch)));
    return out;
}

Result<std::chrono::milliseconds> IdentityCodes::wait_in(const store::Snapshot& snapshot, const std::string& tries_row) const {
    TRY_ASSIGN(const auto row, snapshot.get(tries_row));
    TRY_ASSIGN(const Tries tries, tries_in(row));
    return std::max(std::chrono::milliseconds{}, tries.last + wait_after(tries.count) - clock_.now());
}

Result<std::chrono::milliseconds> IdentityCodes::wait_of(std::string_view who_tries) const {
    TRY_ASSIGN(const auto snapshot, store_.snapshot());
    return wait_in(*snapshot, try_row(who_tries));
}

Status IdentityCodes::count_try(const store::Snapshot& snapshot, const std::string& tries_row) {
    TRY_ASSIGN(const auto row, snapshot.get(tries_row));
    TRY_ASSIGN(const Tries before, tries_in(row));
    const bool long_ago = before.last + kLongestWait < clock_.now();
    std::string value;
    append_be(value, long_ago ? std::uint32_t{1} : before.count + 1);
    append_be(value, clock_.now().ms);
    store::Batch batch;
    batch.put(tries_row, std::move(value));
    TRY(store_.commit(std::move(batch)));
    return {};
}

Result<IdentityCodes::Proved> IdentityCodes::check(std::string_view code, std::string_view who_tries) {
    const std::lock_guard lock(trying_);
    const std::string tries_row = try_row(who_tries);
    TRY_ASSIGN(const auto snapshot, store_.snapshot());
    TRY_ASSIGN(const auto wait, wait_in(*snapshot, tries_row));
    if (wait.count() > 0) return fail(Category::busy, "too many wrong codes: wait before the next");
    const std::string text = plain(code);
    Proved out;
    out.row = code_row(text);
    std::optional<std::string> row;
    if (!text.empty()) {
        TRY_ASSIGN(row, snapshot->get(out.row));
    }
    auto known = row ? decode(*row) : std::nullopt;
    if (!known || known->until <= clock_.now()) {
        TRY(count_try(*snapshot, tries_row));
        return fail(Category::forbidden, "this code opens nothing: it is wrong, was used, or its time is over; ask for a new one");
    }
    out.person = known->person;
    out.issuer = std::move(known->issuer);
    out.bytes = *row;
    out.of_person = person_row(out.person);
    return out;
}

void IdentityCodes::use(const Proved& proved, store::Batch& batch) {
    batch.expect(proved.row, proved.bytes);
    batch.erase(proved.row);
    batch.erase(proved.of_person);
}

Status IdentityCodes::use_up(const Proved& proved) {
    store::Batch batch;
    use(proved, batch);
    TRY(store_.commit(std::move(batch)));
    return {};
}

store::Tables code_tables() {
    constexpr std::string_view kOtherPlace = "the code and its person's row do not lead to each other";
    store::Tables out;
    out.push_back({.name = "codes.codes", .prefix = std::string(kCodeRows), .check = [=](std::string_view key, std::string_view value, store::Owed& owed) -> Status {
                       const auto row = decode(value);
                       if (!row || key.size() != kCodeRows.size() + crypto::kHashBytes) return fail(Category::corrupt, "codes: malformed row");
                       owed.row(person_row(row->person), std::string(key), kOtherPlace);
                       return store::encodes_to_itself(encode(*row), value);
                   }});
    out.push_back({.name = "codes.persons", .prefix = std::string(kPersonRows), .whose = store::whose_end, .check = [=](std::string_view key, std::string_view value, store::Owed& owed) -> Status {
                       const auto person = crypto::Pseudonym::from(key.substr(kPersonRows.size()));
                       if (!person || !value.starts_with(kCodeRows)) return fail(Category::corrupt, "codes: malformed row");
                       owed.row(std::string(value), [person = *person, kOtherPlace](const store::Snapshot&, const auto& code) -> std::string_view {
                           const auto row = code ? decode(*code) : std::nullopt;
                           return row && row->person == person ? "" : kOtherPlace;
                       });
                       return {};
                   }});
    out.push_back({.name = "codes.tries", .prefix = std::string(kTryRows), .check = [](std::string_view key, std::string_view value, store::Owed&) -> Status {
                       if (key.size() != kTryRows.size() + crypto::kHashBytes) return fail(Category::corrupt, "codes: malformed row");
                       TRY(tries_in(std::string(value)));
                       return {};
                   }});
    return out;
}

}  // namespace idun::people
