#include "app/role_tables.h"

#include <algorithm>
#include <filesystem>
#include <iterator>

#include "directory/tables.h"
#include "exchange/tables.h"
#include "gate/tables.h"
#include "index/tables.h"
#include "people/tables.h"
#include "publish/tables.h"
#include "records/tables.h"
#include "subscriptions/tables.h"
#include "trust/tables.h"

namespace idun::app {
namespace {

void add_tables(store::Tables& out, store::Tables more) { std::ranges::move(more, std::back_inserter(out)); }

Result<store::Tables> hub_tables(const store::Snapshot& snapshot) {
    store::Tables out;
    add_tables(out, index::tables());
    add_tables(out, directory::tables());
    add_tables(out, people::link_tables());
    add_tables(out, people::code_tables());
    add_tables(out, people::named_by_tables());
    TRY_ASSIGN(auto exchange, exchange::tables(snapshot));
    add_tables(out, std::move(exchange));
    out.push_back(trust::key_change_table());
    return out;
}

Result<store::Tables> node_tables(const RolePlace& place, const store::Snapshot& snapshot) {
    TRY_ASSIGN(store::Tables out, records::tables(snapshot, place.public_url + "/fhir"));
    add_tables(out, gate::rights_copy_tables());
    add_tables(out, subscriptions::tables());
    for (const auto make : {gate::directory_copy_table, gate::glass_table, gate::glass_report_table, publish::taken_links_table,
                            publish::progress_table, publish::told_table, publish::told_whole_table, publish::aliases_told_table, trust::key_change_table})
        out.push_back(make());
    return out;
}

}  // namespace

Result<store::Tables> role_tables(const RolePlace& place, const store::Snapshot& snapshot) {
    TRY_ASSIGN(store::Tables out, place.role == "hub" ? hub_tables(snapshot) : node_tables(place, snapshot));
    out.push_back(store::form_table());
    return out;
}

Result<std::unique_ptr<store::Store>> open_role_store(const Runtime& runtime, const RolePlace& place) {
    TRY_ASSIGN(auto store, open_store(runtime, place.store, place.folder + "/store", place.schema));
    TRY_ASSIGN(const auto snapshot, store->snapshot());
    TRY(store::check_forms(*snapshot, role_forms(place)));
    return store;
}

Result<std::unique_ptr<store::Store>> stopped_store(const RolePlace& place) {
    std::error_code error;
    if (!std::filesystem::exists(place.store == "embedded" ? place.folder + "/store" : place.folder, error)) return fail(Category::not_found, place.name + " has never run: there is no store");
    const Runtime runtime;
    return open_role_store(runtime, place);
}

std::vector<store::FormChange> role_forms(const RolePlace& place) {
    if (place.role == "hub") return exchange::access_forms();
    return {subscriptions::state_form()};
}

Result<store::ScanReport> scan_role(const RolePlace& place, const store::Snapshot& snapshot, const store::ScanPace& pace) {
    TRY_ASSIGN(const store::Tables tables, role_tables(place, snapshot));
    return store::scan(snapshot, tables, pace);
}

}  // namespace idun::app
