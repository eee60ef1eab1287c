#include "exchange/tables.h"

#include <algorithm>
#include <iterator>

#include "base/bytes.h"

namespace idun::exchange {

crypto::Pseudonym whose_key(std::string_view key) {
    IDUN_CHECK(key.size() >= kBareKeyBytes);
    std::string bytes(key.substr(0, store::kPartitionBytes));
    bytes += key.substr(store::kPartitionBytes + 1, store::kPartitionBytes);
    return *crypto::Pseudonym::from(bytes);
}

std::uint64_t number_at_end(std::string_view key) {
    IDUN_CHECK(key.size() >= sizeof(std::uint64_t));
    return ByteReader(key.substr(key.size() - sizeof(std::uint64_t))).be<std::uint64_t>();
}

Result<store::Tables> tables(const store::Snapshot& snapshot) {
    store::Tables out;
    const auto add = [&](store::Tables more) { std::ranges::move(more, std::back_inserter(out)); };
    add(rights_tables());
    TRY_ASSIGN(auto accesses, access_tables(snapshot));
    add(std::move(accesses));
    for (const auto make : {account_tables, ticket_tables, withholding_tables, purge_tables, care_tables, case_tables, notice_tables, kept_tables, emergency_tables, delivery_tables})
        add(make());
    for (const auto make : {stated_table, clock_table, strange_table, stated_count_table, audit_feed_table,
                            watched_table, withdrawal_table, figures_table})
        out.push_back(make());
    return out;
}

}  // namespace idun::exchange
