#include "exchange/withdrawals.h"

#include <algorithm>

#include "base/bytes.h"
#include "directory/ending.h"
#include "exchange/rows.h"
#include "exchange/tables.h"

namespace idun::exchange {
namespace {

const std::string kWithdrawals = "provgoneW";
constexpr std::uint8_t kWithdrawalForm = 1;

std::string withdrawal_key(std::uint64_t number) {
    std::string out = kWithdrawals;
    append_be(out, number);
    return out;
}

void append_ruling(std::string& out, const Ruling& ruling) {
    append_text(out, ruling.by);
    append_text(out, ruling.reason);
    append_text(out, ruling.decision);
}

std::string encode_withdrawal(const Withdrawal& one) {
    std::string out;
    append_be(out, kWithdrawalForm);
    append_be(out, static_cast<std::uint64_t>(one.since.ms));
    append_text(out, one.provider);
    append_ruling(out, one.ruling);
    append_be(out, static_cast<std::uint64_t>(one.end ? one.end->ms : 0));
    append_ruling(out, one.end_ruling);
    append_be(out, static_cast<std::uint8_t>(one.whole));
    append_be(out, static_cast<std::uint32_t>(one.ended.size()));
    for (const Withdrawal::Ended& resource : one.ended) {
        append_be(out, static_cast<std::uint8_t>(resource.type));
        append_text(out, resource.id);
        append_be(out, resource.before);
    }
    return out;
}

Ruling ruling_in(ByteReader& reader) {
    Ruling out;
    out.by = reader.text();
    out.reason = reader.text();
    out.decision = reader.text();
    return out;
}

Result<Withdrawal> decode_withdrawal(std::string_view key, std::string_view value) {
    const auto corrupt = [] { return fail(Category::corrupt, "the row of a withdrawal is malformed"); };
    Withdrawal out;
    out.number = ByteReader(key.substr(kWithdrawals.size())).be<std::uint64_t>();
    ByteReader reader(value);
    const auto form = reader.be<std::uint8_t>();
    out.since.ms = static_cast<std::int64_t>(reader.be<std::uint64_t>());
    out.provider = reader.text();
    out.ruling = ruling_in(reader);
    if (const auto end = reader.be<std::uint64_t>(); end != 0) out.end = Instant{static_cast<std::int64_t>(end)};
    out.end_ruling = ruling_in(reader);
    out.whole = reader.be<std::uint8_t>() == 1;
    for (auto left = reader.be<std::uint32_t>(); left > 0 && reader.ok(); --left) {
        Withdrawal::Ended resource;
        const auto letter = static_cast<directory::Type>(reader.be<std::uint8_t>());
        if (std::ranges::find(directory::kTypes, letter) == directory::kTypes.end()) return corrupt();
        resource.type = letter;
        resource.id = reader.text();
        resource.before = reader.be<std::uint64_t>();
        out.ended.push_back(std::move(resource));
    }
    if (!reader.done() || form != kWithdrawalForm || out.number == 0 || out.provider.empty()) return corrupt();
    return out;
}

}  // namespace

Result<std::unique_ptr<Withdrawals>> Withdrawals::open(store::Store& store, directory::Directory& directory, index::Index& index, const Clock& clock) {
    std::unique_ptr<Withdrawals> out(new Withdrawals(store, directory, index, clock));
    TRY_ASSIGN(const auto snapshot, store.snapshot());
    TRY_ASSIGN(const auto rows, rows_of(*snapshot, store::prefix_range(kWithdrawals), kWithdrawalsMax));
    for (const store::Entry& row : rows) {
        TRY_ASSIGN(Withdrawal one, decode_withdrawal(row.key, row.value));
        out->all_.emplace(one.number, std::move(one));
    }
    for (const Withdrawal& one : out->all())
        if (!one.whole && !one.end) TRY(out->finish(one));
    return out;
}

std::optional<Withdrawal> Withdrawals::in_force(std::string_view provider) const {
    for (const auto& [number, one] : all_)
        if (one.provider == provider && !one.end) return one;
    return std::nullopt;
}

Status Withdrawals::keep(const Withdrawal& one) {
    store::Batch batch;
    batch.put(withdrawal_key(one.number), encode_withdrawal(one));
    TRY(store_.commit(std::move(batch)));
    const std::lock_guard lock(mutex_);
    all_.insert_or_assign(one.number, one);
    return {};
}

Result<Withdrawal> Withdrawals::withdraw(std::string_view provider, const Ruling& ruling) {
    const std::lock_guard writing(writing_);
    std::unique_lock lock(mutex_);
    const std::optional<Withdrawal> known = in_force(provider);
    if (known && known->whole) return fail(Category::conflict, "the provider is withdrawn already");
    Withdrawal one = known.value_or(Withdrawal());
    one.number = known ? known->number : all_.empty() ? 1 : all_.rbegin()->first + 1;
    lock.unlock();
    if (!known) {
        if (!directory_.organisation(provider) && index_.freshness(provider).heard.ms == 0)
            return fail(Category::not_found, "neither the directory nor the index knows that provider");
        if (one.number > kWithdrawalsMax) return fail(Category::too_large, "more than 10000 withdrawals");
        one.provider = provider;
        one.since = clock_.now();
        one.ruling = ruling;
        TRY(keep(one));
    }
    const std::uint64_t number = one.number;
    TRY(finish(std::move(one)));
    lock.lock();
    return all_.at(number);
}

// What follows from the row. Each step finds what is done already.
Status Withdrawals::finish(Withdrawal one) {
    wait_for_silence(one.provider);
    TRY(end_in_directory(one));
    const Status gone = index_.withdraw(one.provider, one.since);
    if (!gone && gone.error().category != Category::not_found) return gone;
    one.whole = true;
    return keep(one);
}

// First it is kept which versions it will end, so that they can be put back whatever happens in between.
Status Withdrawals::end_in_directory(Withdrawal& one) {
    TRY_ASSIGN(const directory::View view, directory_.view_at(directory_.number()));
    std::vector<json::Document> bodies;
    std::vector<directory::Write> writes;
    for (const directory::ResourcePtr& resource : directory::holding_through(view, one.provider)) {
        TRY_ASSIGN(auto body, json::Document::parse(directory::ended_body(*resource, one.since)));
        bodies.push_back(std::move(body));
        writes.push_back({.type = resource->type, .id = resource->id, .if_match = resource->version});
        std::erase_if(one.ended, [&](const Withdrawal::Ended& e) { return e.type == resource->type && e.id == resource->id; });
        one.ended.push_back({resource->type, resource->id, resource->version});
    }
    if (writes.empty()) return {};
    for (std::size_t i = 0; i < writes.size(); ++i) writes[i].resource = bodies[i].root();
    TRY(keep(one));
    if (const auto written = directory_.write(writes, {directory::Writer::Kind::operator_, one.ruling.by}); !written)
        return fail(written.error().front().error);
    return {};
}

Result<Withdrawals::LetIn> Withdrawals::end(std::string_view provider, const Ruling& ruling) {
    const std::lock_guard writing(writing_);
    std::unique_lock lock(mutex_);
    const std::optional<Withdrawal> known = in_force(provider);
    lock.unlock();
    if (!known) return fail(Category::conflict, "the provider is not withdrawn");
    LetIn out{*known, {}};
    TRY_ASSIGN(out.left, put_back(*known));
    out.withdrawal.end = clock_.now();
    out.withdrawal.end_ruling = ruling;
    TRY(keep(out.withdrawal));
    return out;
}

// Each under the hand that wrote it, so that the node's word about itself stays the node's to change.
Result<std::vector<std::string>> Withdrawals::put_back(const Withdrawal& one) {
    std::vector<std::string> left;
    for (const Withdrawal::Ended& resource : one.ended) {
        const std::string name = std::string(directory::to_string(resource.type)) + "/" + resource.id;
        TRY_ASSIGN(const auto before, directory_.version(resource.type, resource.id, resource.before));
        if (!before) return fail(Category::corrupt, "a version that was ended is missing");
        TRY_ASSIGN(const auto body, json::Document::parse(before->body));
        const directory::Write write{.type = resource.type, .id = resource.id, .resource = body.root(), .if_match = resource.before + 1};
        const auto written = directory_.write({&write, 1}, before->writer);
        if (written) continue;
        const directory::Refused& why = written.error().front();
        if (!why.precondition && why.error.category != Category::invalid) return fail(why.error);
        left.push_back(name);
    }
    return left;
}

Result<Withdrawals::Speaking> Withdrawals::let_speak(std::string_view provider) {
    const std::lock_guard lock(mutex_);
    if (const std::optional<Withdrawal> one = in_force(provider))
        return fail(Category::forbidden, "the operator has withdrawn this provider; decision " + one->ruling.decision);
    std::string name(provider);
    ++speaking_[name];
    return Speaking(*this, std::move(name));
}

void Withdrawals::done_speaking(const std::string& provider) {
    const std::lock_guard lock(mutex_);
    if (const auto at = speaking_.find(provider); --at->second == 0) speaking_.erase(at);
    silent_.notify_all();
}

// Nobody begins once the row is there.
void Withdrawals::wait_for_silence(const std::string& provider) {
    std::unique_lock lock(mutex_);
    silent_.wait(lock, [&] { return !speaking_.contains(provider); });
}

std::vector<Withdrawal> Withdrawals::all() const {
    const std::lock_guard lock(mutex_);
    std::vector<Withdrawal> out;
    for (auto at = all_.rbegin(); at != all_.rend(); ++at) out.push_back(at->second);
    return out;
}

store::Table withdrawal_table() {
    return {.name = "directory.withdrawals", .prefix = kWithdrawals, .check = [](std::string_view key, std::string_view value, store::Owed& owed) -> Status {
                if (key.size() != kWithdrawals.size() + sizeof(std::uint64_t)) return fail(Category::corrupt, "the row of a withdrawal is malformed");
                TRY_ASSIGN(const Withdrawal one, decode_withdrawal(key, value));
                if (one.number > 1) owed.row(withdrawal_key(one.number - 1), "the withdrawal before it is missing");
                return store::encodes_to_itself(encode_withdrawal(one), value);
            }};
}

}  // namespace idun::exchange
