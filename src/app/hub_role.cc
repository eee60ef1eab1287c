#include "app/hub_role.h"

#include <set>

#include "api/common.h"
#include "api/fhir_answer.h"
#include "api/hub.h"
#include "api/log_files.h"
#include "api/witness.h"
#include "app/hub_log.h"
#include "app/log_retention.h"
#include "app/pages.h"
#include "app/role_backups.h"
#include "app/role_blind_key_status.h"
#include "app/role_care.h"
#include "app/role_keys.h"
#include "app/role_log.h"
#include "app/role_place.h"
#include "app/role_tables.h"
#include "base/log.h"
#include "base/workers.h"
#include "exchange/access_keeper.h"
#include "exchange/audit_feed.h"
#include "exchange/delivery.h"
#include "exchange/implied.h"
#include "exchange/retention.h"
#include "exchange/source_receipts.h"
#include "exchange/told_lines.h"
#include "ledger/set_back.h"
#include "people/named_by.h"

namespace idun::app {

namespace {

constexpr std::chrono::milliseconds kHealthSaved{30'000};
// How long a start waits to hear what its witnesses have cosigned: longer than one that is silent is asked, so that the
// others' word is judged.
constexpr std::chrono::milliseconds kWitnessWord{4'000};

}  // namespace

struct HubRole::Impl {
    Impl(Runtime& r, HubOptions o) : runtime(r), options(std::move(o)) {}

    Runtime& runtime;
    HubOptions options;
    Metrics metrics;
    std::unique_ptr<Door> door;
    std::optional<RoleKeys> keys;
    std::unique_ptr<trust::PeerKeys> node_keys;
    std::optional<crypto::PseudonymRing> pseudonyms;
    std::unique_ptr<store::Store> store;
    RoleLog hub_log;
    std::unique_ptr<ledger::Ledger> ledger;
    std::unique_ptr<directory::Directory> directory;
    std::unique_ptr<directory::Finder> finder;
    std::unique_ptr<directory::SnapshotSigner> snapshots;
    std::unique_ptr<directory::EndpointHealth> endpoint_health;
    std::unique_ptr<Rounds> health_rounds;
    std::unique_ptr<index::Index> index;
    std::unique_ptr<people::Links> links;
    std::unique_ptr<people::IdentityCodes> codes;
    std::unique_ptr<exchange::RightsRegister> rights;
    std::unique_ptr<exchange::Withdrawals> withdrawals;
    std::unique_ptr<exchange::AccessView> accesses;
    std::unique_ptr<Rounds> log_retention;
    std::unique_ptr<exchange::TicketBook> tickets;
    std::unique_ptr<exchange::SourceReceipts> receipts;
    std::unique_ptr<exchange::AccessKeeper> keeper;
    std::unique_ptr<exchange::Deliverer> deliverer;
    std::unique_ptr<exchange::AuditFeed> audit_feed;
    std::unique_ptr<exchange::ToldLines> told_lines;
    std::unique_ptr<exchange::Notices> notices;
    std::unique_ptr<exchange::Cases> cases;
    std::unique_ptr<exchange::Emergencies> emergencies;
    std::unique_ptr<Workers> workers;
    std::unique_ptr<http::Client> client;
    std::unique_ptr<exchange::CareChecks> care;
    std::unique_ptr<exchange::Implied> implied;
    std::unique_ptr<exchange::PersonProofs> proofs;
    std::unique_ptr<exchange::ConnectionChecks> connections;
    std::unique_ptr<exchange::Retention> retention;
    std::unique_ptr<exchange::Exchange> exchange;
    std::unique_ptr<exchange::IndexFollowing> following;
    std::unique_ptr<exchange::IndexWaiting> waiting;
    std::unique_ptr<api::Users> users;
    std::unique_ptr<api::Nodes> nodes;
    std::unique_ptr<api::Hub> hub;
    std::unique_ptr<OwnWitness> witness;
    std::unique_ptr<witness::Cosigning> cosigning;
    std::unique_ptr<RoleBackups> backups;
    std::unique_ptr<RoleCare> care_of_store;
    std::unique_ptr<RoleBlindKeys> blind_keys;

    // Of its nodes, with the logs that they have begun anew and the next one; and what else the configuration names.
    Result<std::vector<crypto::VerifierKey>> witnessed(const trust::ProviderKeys& told) const {
        std::vector<crypto::VerifierKey> out = options.cosigns;
        for (const std::string& owner : told.providers()) {
            TRY_ASSIGN(const std::string newest, accesses->newest_log(owner));
            const std::uint32_t next = ledger::place_of(newest) + 1;
            const crypto::KeySet all = node_keys->all(owner);
            for (const crypto::PublicKey& key : all.keys())
                for (std::uint32_t place = 1; place <= next; ++place)
                    out.push_back(ledger::verifier_key(ledger::log_id_of(owner, place), key));
        }
        return out;
    }

    // Of every provider whose node the directory knows.
    exchange::ExpectedLogs expected_logs() const {
        return {.owners =
                    [this] {
                        std::vector<std::string> out;
                        for (const directory::Endpoint& one : directory->endpoints())
                            if (one.id == one.provider) out.push_back(one.provider);
                        return out;
                    },
                .since = [this](const std::string& owner) -> std::optional<Instant> {
                    if (!directory->endpoint_of(owner)) return std::nullopt;
                    const auto first = directory->version(directory::Type::endpoint, owner, 1);
                    return first && *first ? std::optional((*first)->time) : std::nullopt;
                }};
    }

    // A node has announced its next key.
    void heard(const std::string& owner, const crypto::PublicKey& next) {
        for (std::uint32_t place = 1; witness->witness().trust(ledger::verifier_key(ledger::log_id_of(owner, place), next)); ++place) {}
        snapshots->renew();
    }

    std::vector<directory::NodeKey> keys_of_nodes() const {
        const auto live = node_keys->live();
        std::vector<directory::NodeKey> out;
        for (const crypto::PublicKey& one : live->all().keys()) out.push_back({std::string(live->provider_of(one.id())), one.base64url()});
        return out;
    }

    Result<std::unique_ptr<exchange::Outlet>> outlet() const {
        using enum NotificationOptions::Outlet;
        const NotificationOptions& wanted = options.notifications;
        if (wanted.outlet == files) return exchange::open_file_outlet(wanted.folder, wanted.style);
        if (wanted.outlet == smtp) return exchange::make_smtp_outlet(wanted.smtp, wanted.style);
        return std::unique_ptr<exchange::Outlet>();
    }

    Status build() {
        TRY(make_folder(options.folder));
        Listen listen = options.listen;
        listen.body_bytes_max = 16u << 20;  // the largest that comes is a batch of pointers
        TRY_ASSIGN(door, Door::listen(runtime, listen, "hub", metrics));
        TRY_ASSIGN(keys, RoleKeys::load(hub_keys(options.folder, options.id), runtime.clock, runtime.random));
        TRY_ASSIGN(store, open_store(runtime, options.store, options.folder + "/store", schema_of("hub")));
        TRY_ASSIGN(pseudonyms, blind_key_of_role(options.blind_key, MakesKey::at_first, *store, runtime.random));
        TRY(store::announce_forms(*store, role_forms(place_of(options))));
        TRY(people::name_people_by(*store, pseudonyms->names()));
        TRY_ASSIGN(hub_log, current_log(options.folder, options.id));
        TRY_ASSIGN(ledger, ledger::Ledger::open(hub_log.folder, hub_log.id, keys->key(), ledger::system_files(),
                                                runtime.clock, &metrics,
                                                keys->log_options(with_map_every(log_options(options.rules, options.id),
                                                                                 options.map_root_every))));
        TRY(keys->publish_in(hub_log.folder + "/public"));
        TRY_ASSIGN(witness, OwnWitness::load(witness_name(options.id), options.folder + "/witness", runtime.random));
        TRY(exchange::open_access_rows(*store));
        TRY_ASSIGN(directory, directory::Directory::open(*store, runtime.clock));
        TRY_ASSIGN(index, index::Index::open(*store, {.joined = true}));  // by the rights register
        TRY_ASSIGN(links, people::Links::open(*store, runtime.clock));
        codes = std::make_unique<people::IdentityCodes>(*store, runtime.clock, runtime.random);
        TRY_ASSIGN(rights,
                   exchange::RightsRegister::open(*store, *index, {options.id, options.rights_lease, options.rules, links.get()},
                                                  keys->key(), runtime.clock, runtime.random));
        TRY_ASSIGN(withdrawals, exchange::Withdrawals::open(*store, *directory, *index, runtime.clock));
        accesses = std::make_unique<exchange::AccessView>(*store, *ledger, runtime.clock, options.accounts, expected_logs());
        tickets = std::make_unique<exchange::TicketBook>(*accesses, runtime.random);
        // No node is asked before open(), which is told of its keys.
        receipts = std::make_unique<exchange::SourceReceipts>([this](std::string_view provider) { return node_keys->live(provider); }, *accesses);
        constexpr std::chrono::hours kYear(8766);
        const std::chrono::hours messages_kept = kYear * options.rules.messages_years;
        told_lines = std::make_unique<exchange::ToldLines>(*directory, runtime.clock, hub_log.id, messages_kept);
        notices = std::make_unique<exchange::Notices>(*store, runtime.clock, runtime.random, links.get(), told_lines.get());
        cases = std::make_unique<exchange::Cases>(*store);
        emergencies = std::make_unique<exchange::Emergencies>(*store, *cases, *notices, runtime.clock, runtime.random);
        workers = std::make_unique<Workers>(2);
        http::Client::Options client_options;
        client_options.ca_file = options.ca_file;
        client = std::make_unique<http::Client>(runtime.loop, client_options);
        care = std::make_unique<exchange::CareChecks>(
            exchange::CareCheckOptions{options.id, std::chrono::hours(options.rules.care_check_hours)},
            exchange::CareCheckParts{*store, *directory, keys->key(), *client, runtime.clock, runtime.random, metrics, *tickets, *receipts, links.get()});
        proofs = std::make_unique<exchange::PersonProofs>(
            exchange::PersonProofParts{options.id, *directory, keys->key(), *client, runtime.clock, *tickets, *receipts});
        connections = std::make_unique<exchange::ConnectionChecks>(
            exchange::ConnectionCheckParts{options.id, *directory, *rights, keys->key(), *client, runtime.clock, *tickets, *receipts});
        retention = std::make_unique<exchange::Retention>(exchange::RetentionOptions{messages_kept}, *store, runtime.clock);
        exchange = std::make_unique<exchange::Exchange>(
            options.id, options.rules,
            exchange::Parts{*directory, *links, *index, *rights, *ledger, keys->key(), *client, *workers, runtime.clock,
                            runtime.random, metrics, *tickets, *receipts});
        implied = std::make_unique<exchange::Implied>(*directory, *links, *notices, *care);
        TRY(exchange::open_declared(*store, hub_log.id));
        accesses->follow_with({[this](exchange::Draft& draft, const exchange::LoggedEntry& entry, bool own) {
                                   return implied->follow(draft, entry, own);
                               },
                               [this] { implied->committed(); },
                               [this](std::span<const crypto::Pseudonym> people) { implied->prepare(people); }});
        users = std::make_unique<api::Users>(options.users.issuer, options.users.audience, options.users.keys,
                                             runtime.clock);
        return {};
    }

    // Others know entries of the log that it has lost: two entries must not get one place, and no data leave without
    // one.
    void stop_log(const std::string& why) {
        if (!ledger->healthy()) return;
        const std::string whole = "the log " + hub_log.id + " was set back: " + why +
                                  "; nothing is answered until `idun log renew` has begun a new one";
        log::error(whole, {{"hub", options.id}});
        ledger->freeze(Error(Category::unavailable, whole));
    }

    // What the store has taken in of the log is in it, or the log was set back and the store was not. How much that is
    // needs nobody's signature: the store is the hub's own.
    Status compare_with_store() {
        TRY_ASSIGN(const std::string newest, accesses->newest_log(options.id));
        for (const std::string& id : std::set<std::string>{newest, hub_log.id}) {
            TRY_ASSIGN(const exchange::LogProgress listed, accesses->progress(id));
            const auto back = ledger::set_back(*ledger, listed.checkpoint, keys->all(), "its store");
            if (!back)
                log::warn("the log is not compared with what the store has of it",
                          {{"log", id}, {"error", back.error().message}});
            else if (*back)
                stop_log(**back);
        }
        TRY_ASSIGN(const auto more, listed_and_lost(*accesses, *ledger, newest));
        if (more) stop_log("its store " + set_back_in_words(*more, *ledger));
        return {};
    }

    // Before anything is written: what its witnesses have cosigned shows whether the disk was set back.
    void ask_witnesses() {
        if (options.cosigned_by.empty()) return;
        cosigning = std::make_unique<witness::Cosigning>(
            witness::CosigningOptions{.witnesses = options.cosigned_by,
                                      .own_keys = keys->all(),
                                      .set_back = [this](const std::string& why) { stop_log(why); }},
            *ledger, *client, runtime.clock, metrics);
        cosigning->wait_for_word(kWitnessWord);
    }

    // What leaves by it is told once, when it begins: an entry for each bundle would be a bundle of its own.
    Status begin_audit_feed() {
        ledger::Access access;
        access.time = runtime.clock.now();
        access.action = ledger::Action::export_data;
        access.requester = {options.id, "", "system", "", ""};
        access.purpose = rights::to_string(rights::Purpose::HOPERAT);
        access.query = "AuditEvent feed to " + options.audit_feed.url;
        TRY(ledger->append(access));
        audit_feed = std::make_unique<exchange::AuditFeed>(options.audit_feed, *store, *accesses, *directory, *client, runtime.clock, metrics);
        return {};
    }
};

HubRole::HubRole(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

HubRole::~HubRole() {
    if (!impl_) return;
    if (impl_->door) stop(std::chrono::milliseconds(0));
    impl_->door.reset();      // joins the handlers
    impl_->blind_keys.reset();
    impl_->care_of_store.reset();
    impl_->backups.reset();
    impl_->keeper.reset();
    impl_->deliverer.reset();
    impl_->log_retention.reset();
    impl_->audit_feed.reset();
    impl_->waiting.reset();
    impl_->exchange.reset();  // waits for gatherings, which use all of the below
    impl_->health_rounds.reset();
    if (impl_->endpoint_health)
        if (const Status saved = impl_->endpoint_health->save(); !saved) log::warn("how endpoints answer is not saved", {{"error", saved.error().message}});
    impl_->care.reset();
    impl_->proofs.reset();
    impl_->connections.reset();
    impl_->retention.reset();
    impl_->cosigning.reset();
    impl_->ledger.reset();    // calls back what is queued
    impl_->workers.reset();
    impl_->client.reset();
}

Result<std::unique_ptr<HubRole>> HubRole::start(Runtime& runtime, HubOptions options) {
    auto impl = std::make_unique<Impl>(runtime, std::move(options));
    if (const Status built = impl->build(); !built) return fail(built.error().within("hub"));
    return std::unique_ptr<HubRole>(new HubRole(std::move(impl)));
}

const std::string& HubRole::url() const { return impl_->door->url(); }
const crypto::PublicKey& HubRole::public_key() const { return impl_->keys->key().public_key(); }
const crypto::PseudonymRing& HubRole::pseudonyms() const { return *impl_->pseudonyms; }

const crypto::VerifierKey& HubRole::witness_key() const { return impl_->witness->key(); }
std::string HubRole::witness_url() const { return url() + "/witness"; }
void HubRole::add_witness(witness::AskedWitness witness) { impl_->options.cosigned_by.push_back(std::move(witness)); }

Status HubRole::open(const trust::ProviderKeys& nodes, const std::function<void(http::Router&)>& more) {
    Impl& i = *impl_;
    TRY_ASSIGN(i.node_keys, trust::PeerKeys::open(*i.store, nodes, i.runtime.clock));
    TRY_ASSIGN(auto witnessed, i.witnessed(nodes));
    TRY(i.witness->open(std::move(witnessed), still_signs(*i.node_keys), i.runtime.clock, i.metrics));
    TRY(i.compare_with_store());
    i.ask_witnesses();
    TRY_ASSIGN(auto closed, closed_logs(i.options.folder, i.options.id, i.keys->all()));
    i.keeper = std::make_unique<exchange::AccessKeeper>(*i.accesses, i.runtime.clock, i.metrics, i.options.rules);
    i.log_retention = keep_to_rules(*i.ledger, i.options.rules, i.runtime.clock);
    auto outlet = i.outlet();
    if (!outlet) return fail(outlet.error().within("hub"));
    i.deliverer = std::make_unique<exchange::Deliverer>(
        *i.store, std::move(*outlet), i.runtime.clock, i.metrics,
        exchange::Deliverer::Options{.digest_after = i.options.notifications.digest_after});
    if (!i.options.audit_feed.url.empty() && i.ledger->healthy()) {
        TRY(i.begin_audit_feed());
    }
    TRY(i.options.reserved.add(i.options.id));
    TRY(i.options.reserved.add(url()));
    i.directory->reserve(i.options.reserved);
    i.nodes = std::make_unique<api::Nodes>(i.options.id, *i.node_keys, i.runtime.clock);
    i.finder = std::make_unique<directory::Finder>(url() + "/fhir");
    i.care->start();  // not before: it asks nodes, and what it reads of the log would be followed by nobody
    i.snapshots = std::make_unique<directory::SnapshotSigner>(i.options.id, *i.directory, i.keys->key(), [&i] { return i.keys_of_nodes(); }, i.runtime.clock);
    i.node_keys->told_by([&i](const std::string& owner, const crypto::PublicKey& next) { i.heard(owner, next); });
    TRY_ASSIGN(i.endpoint_health, directory::EndpointHealth::open(*i.store, i.runtime.clock, i.metrics));
    i.health_rounds = std::make_unique<Rounds>(
        RoundsOptions{.failing = "how endpoints answer is not saved", .again = "how endpoints answer is saved again", .about = {"hub", i.options.id}}, i.runtime.clock,
        [&i]() -> Result<std::chrono::milliseconds> {
            TRY(i.endpoint_health->save());
            return kHealthSaved;
        });
    i.following = std::make_unique<exchange::IndexFollowing>(*i.exchange, *i.index, *i.links, i.options.rules, i.runtime.clock);
    i.waiting = std::make_unique<exchange::IndexWaiting>(*i.following, *i.index, *i.links, i.metrics);
    i.hub.reset(new api::Hub{.id = i.options.id,
                             .base_url = url() + "/fhir",
                             .store = *i.store,
                             .directory = *i.directory,
                             .finder = *i.finder,
                             .snapshots = *i.snapshots,
                             .endpoint_health = *i.endpoint_health,
                             .index = *i.index,
                             .links = *i.links,
                             .codes = *i.codes,
                             .rights = *i.rights,
                             .withdrawals = *i.withdrawals,
                             .exchange = *i.exchange,
                             .following = *i.following,
                             .waiting = *i.waiting,
                             .accesses = *i.accesses,
                             .notices = *i.notices,
                             .cases = *i.cases,
                             .emergencies = *i.emergencies,
                             .care = *i.care,
                             .proofs = *i.proofs,
                             .connections = *i.connections,
                             .rules = i.options.rules,
                             .key = i.keys->key(),
                             .keys = *i.node_keys,
                             .ledger = *i.ledger,
                             .closed_logs = std::move(closed),
                             .pseudonyms = *i.pseudonyms,
                             .users = *i.users,
                             .nodes = *i.nodes,
                             .loop = i.runtime.loop,
                             .clock = i.runtime.clock,
                             .thresholds = i.options.patterns,
                             .witness = &i.witness->witness(),
                             .cosigning = i.cosigning.get()});
    http::Router router;
    api::add_log_routes(router, ledger::system_files(), i.hub_log.folder + "/public", i.keys->notes_folder());
    TRY_ASSIGN(const auto logs, all_logs(i.options.folder, i.options.id));  // the closed ones too
    for (const RoleLog& one : logs)
        api::add_lasting_log_routes(router, ledger::system_files(), one.folder + "/public", i.keys->notes_folder(),
                                    one.id);
    api::add_log_witnesses_route(router, i.hub_log.id, i.cosigning.get());
    api::add_witness_routes(router, "/witness", i.witness->witness());
    api::add_hub_routes(router, *i.hub);
    api::add_common_routes(
        router,
        {{"store", [&i] { return i.store->healthy(); }},
         {"log", [&i] { return i.ledger->healthy(); }},
         {"key", [&i] { return i.keys->healthy(i.runtime.clock); }, false},
         {"log witnesses", [&i] { return i.cosigning ? i.cosigning->healthy() : Status{}; }, false}},
        i.metrics, [&i] { return i.keys->live(i.runtime.clock.now()); });
    api::add_page_routes(router, embedded_pages());
    TRY_ASSIGN(i.backups, RoleBackups::of(place_of(i.options), {*i.store, *i.ledger, i.keys->key(), i.runtime.clock, i.metrics}));
    i.backups->add_routes(router);
    RolePlace place = place_of(i.options);
    place.public_url = i.door->url();
    i.care_of_store = std::make_unique<RoleCare>(place, *i.store, i.runtime.clock, i.metrics);
    i.care_of_store->add_routes(router, i.backups->operators());
    i.blind_keys = std::make_unique<RoleBlindKeys>(std::move(place), *i.store, i.pseudonyms->names());
    i.blind_keys->add_routes(router, i.backups->operators());
    if (more) more(router);
    router.otherwise(api::no_such_path);
    i.door->open(std::move(router).handler());
    log::info("listening", {{"role", "hub"}, {"url", url()}});
    return {};
}

void HubRole::stop(std::chrono::milliseconds grace) {
    if (impl_->hub) {
        impl_->hub->stopping = true;
        impl_->rights->wake();
        impl_->waiting->end();
    }
    impl_->door->stop(grace);
}

}  // namespace idun::app
