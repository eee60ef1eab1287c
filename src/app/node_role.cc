#include "app/node_role.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "api/common.h"
#include "api/directory_copy.h"
#include "api/fhir_answer.h"
#include "api/log_files.h"
#include "api/node.h"
#include "api/witness.h"
#include "app/log_retention.h"
#include "app/role_backups.h"
#include "app/role_blind_key_status.h"
#include "app/role_care.h"
#include "app/role_keys.h"
#include "app/role_log.h"
#include "app/role_place.h"
#include "app/role_tables.h"
#include "base/log.h"
#include "base/rounds.h"
#include "bulk/exports.h"
#include "fhir/definitions.h"
#include "gate/delay.h"
#include "gate/directory_copy.h"
#include "gate/gate.h"
#include "gate/glass_reports.h"
#include "gate/sight.h"
#include "people/person_id.h"
#include "publish/former_keys.h"
#include "publish/key_news.h"
#include "publish/name_marks.h"
#include "publish/publisher.h"
#include "publish/shipper.h"
#include "store/change_keeper.h"
#include "subscriptions/subscriptions.h"
#include "terms/terms.h"
#include "validation/guides.h"

namespace idun::app {
namespace {

constexpr std::chrono::milliseconds kCatchUp{
    2'000};  // how long a ticket may wait for a copy of the rights that is behind

constexpr std::chrono::milliseconds kHubWord{2'000};  // how long a start waits to hear how far the hub has the log

}  // namespace

struct NodeRole::Impl {
    Impl(Runtime& r, NodeOptions o) : runtime(r), options(std::move(o)) {}

    Runtime& runtime;
    const NodeOptions options;
    Metrics metrics;
    std::unique_ptr<Door> door;
    std::optional<RoleKeys> own_keys;
    std::optional<crypto::PseudonymRing> pseudonyms;
    std::unique_ptr<store::Store> store;
    std::unique_ptr<trust::PeerKeys> hub_keys;
    RoleLog node_log;
    std::unique_ptr<Rounds> log_retention;
    std::unique_ptr<ledger::Ledger> ledger;
    std::shared_ptr<const terms::Terms> terms;  // older than the records, which ask it
    std::shared_ptr<const validation::Guides> guides;  // the same
    std::unique_ptr<records::Records> records;
    std::unique_ptr<gate::RightsCopy> rights;
    std::unique_ptr<gate::DirectoryCopy> directory;
    std::unique_ptr<gate::Sights> sights;
    std::unique_ptr<gate::CareRelations> care;
    std::unique_ptr<gate::Glasses> glasses;
    gate::RefusedTickets refused;
    std::unique_ptr<gate::Gate> gate;
    std::unique_ptr<http::Client> client;
    std::unique_ptr<gate::RightsFollower> follower;
    std::unique_ptr<gate::DirectoryFollower> directory_follower;
    std::unique_ptr<gate::GlassReports> reports;
    std::unique_ptr<publish::Publisher> publisher;
    std::unique_ptr<publish::NameMarks> names;  // of the shipper's thread
    std::unique_ptr<publish::Shipper> shipper;
    std::unique_ptr<publish::KeyNews> key_news;
    std::unique_ptr<store::ChangeKeeper> keeper;
    std::unique_ptr<subscriptions::Subscriptions> subscriptions;
    std::unique_ptr<bulk::Exports> exports;
    std::unique_ptr<api::Users> users;
    std::unique_ptr<api::Node> node;
    std::unique_ptr<OwnWitness> witness;
    std::unique_ptr<witness::Cosigning> cosigning;
    std::unique_ptr<RoleBackups> backups;
    std::unique_ptr<RoleCare> care_of_store;
    std::unique_ptr<RoleBlindKeys> blind_keys;
    std::unique_ptr<Rounds> renaming;

    // Its hub's log, and what else the configuration names.
    std::vector<crypto::VerifierKey> witnessed() const {
        std::vector<crypto::VerifierKey> out = options.cosigns;
        for (crypto::VerifierKey& key : keys_of_logs(*witness, options.hub_id, hub_keys->all(options.hub_id)))
            out.push_back(std::move(key));
        return out;
    }

    std::string assertion() const {
        auto token = trust::sign_assertion(own_keys->key(), options.provider.id, options.hub_id, runtime.clock.now(), runtime.random);
        IDUN_CHECK(token.has_value());
        return *token;
    }

    // Only identifiers that name a person nationally get a pseudonym. Short Swedish forms say the century only
    // in relation to today, and the answer must be the same for ever: they get none.
    Result<people::PersonId> person_in(std::string_view system, std::string_view value) const {
        auto person = people::identify(system, value, runtime.clock.now());
        if (!person) return person;
        const bool dated = person->kind() == people::Kind::personal_number ||
                           person->kind() == people::Kind::coordination_number ||
                           person->kind() == people::Kind::interim_number;
        if (dated && value.size() < 12) return fail(Category::unsupported, "a short form");
        return person;
    }
    std::optional<std::string> person_key(std::string_view system, std::string_view value) const {
        const auto person = person_in(system, value);
        return person ? std::optional(std::string(pseudonyms->of(person->canonical()).view())) : std::nullopt;
    }
    std::vector<std::string> other_keys(std::string_view system, std::string_view value) const {
        std::vector<std::string> out;
        if (!pseudonyms->several()) return out;
        const auto person = person_in(system, value);
        if (!person) return out;
        for (const crypto::Alias& one : pseudonyms->others(person->canonical())) out.emplace_back(one.pseudonym.view());
        return out;
    }

    std::optional<publish::KnownNumber> known_number(std::string_view system, std::string_view value) const {
        const auto person = person_in(system, value);
        if (!person) return std::nullopt;
        publish::KnownNumber out{pseudonyms->of(person->canonical()), person->kind()};
        if (pseudonyms->several()) out.aliases = pseudonyms->all(person->canonical());
        return out;
    }

    // In one order, whichever writes: Patients have a pseudonym under each.
    std::string names_of_keys() const {
        std::vector<std::string> sorted(pseudonyms->names().begin(), pseudonyms->names().end());
        std::ranges::sort(sorted);
        return fmt::format("{}", fmt::join(sorted, " "));
    }

    Status keys_may_leave() const {
        if (!joins_hub()) return {};
        TRY_ASSIGN(const auto named, publish::named_here(*records));
        return publish::keys_may_leave(*store, named, pseudonyms->names(), options.forget_blind_keys);
    }

    // Patients are named by the keys of this start, some at a time, with time for everybody else in between.
    Result<std::chrono::milliseconds> rename() {
        constexpr std::size_t kPatientsAtOnce = 10;  // each has all of her pointers published anew
        constexpr std::chrono::milliseconds kBetween{20};
        TRY_ASSIGN(const bool more, records->rename_some(kPatientsAtOnce));
        if (publisher) publisher->nudge();
        if (more) return kBetween;
        TRY(publish::forget_told_by_others(*store, names_of_keys()));
        log::info("all patients are named by the keys of now", {{"provider", options.provider.id}, {"keys", pseudonyms->names().size()}});
        return kUntilNudged;
    }

    static gate::Staff staff_of(const ledger::Actor& actor) {
        return {actor.user_id, rights::role_from(actor.role), actor.unit_id};
    }

    Status build() {
        TRY(make_folder(options.folder));
        TRY_ASSIGN(door, Door::listen(runtime, options.listen, "node", metrics));
        TRY_ASSIGN(own_keys, RoleKeys::load(node_keys(options.folder, options.provider.id), runtime.clock, runtime.random));
        TRY_ASSIGN(store, open_store(runtime, options.store, options.folder + "/store", schema_of("node-" + options.provider.id)));
        TRY_ASSIGN(pseudonyms, blind_key_of_role(options.blind_key, joins_hub() ? MakesKey::never : MakesKey::at_first, *store, runtime.random));
        TRY(store::announce_forms(*store, role_forms(place_of(options))));
        TRY_ASSIGN(node_log, current_log(options.folder, options.provider.id));
        TRY_ASSIGN(ledger, ledger::Ledger::open(node_log.folder, node_log.id, own_keys->key(), ledger::system_files(), runtime.clock, &metrics,
                                                own_keys->log_options(with_map_every(log_options(options.rules, options.provider.id), options.map_root_every))));
        TRY(own_keys->publish_in(node_log.folder + "/public"));
        trust::ProviderKeys told;
        if (options.hub_key) TRY(told.add(options.hub_id, *options.hub_key));
        TRY_ASSIGN(hub_keys, trust::PeerKeys::open(*store, told, runtime.clock));
        TRY_ASSIGN(witness, OwnWitness::load(witness_name(options.provider.id), options.folder + "/witness", runtime.random));
        TRY_ASSIGN(terms, runtime.terminologies.of(options.packages));
        guides = std::make_shared<const validation::Guides>(terms->packages(), terms.get());
        records::Options record_options;
        record_options.judge = [this](json::Value resource) {
            const Instant now = runtime.clock.now();
            fhir::Issues issues = gate::check_delay(resource, options.rules, now);
            if (!options.judge_profiles || !issues.empty()) return issues;
            validation::Options judging;
            judging.now = now;
            return guides->validator().validate(resource, judging);
        };
        record_options.base_url = door->url() + "/fhir";
        record_options.person_key = [this](std::string_view system, std::string_view value) {
            return person_key(system, value);
        };
        record_options.other_keys = [this](std::string_view system, std::string_view value) { return other_keys(system, value); };
        record_options.keys = names_of_keys();
        record_options.terminology = terms.get();
        record_options.effort = options.requests;
        TRY_ASSIGN(records, records::Records::open(*store, fhir::Definitions::r4(), runtime.clock, runtime.random,
                                                   std::move(record_options)));
        TRY(keys_may_leave());
        TRY(records->begin_renaming());
        TRY_ASSIGN(rights, gate::RightsCopy::open(*store, runtime.clock));
        if (joins_hub()) {
            TRY_ASSIGN(directory, gate::DirectoryCopy::open(*store, options.hub_id, hub_keys->all(options.hub_id), hub_keys_now(), runtime.clock));
        }
        TRY_ASSIGN(auto closed, closed_logs(options.folder, options.provider.id, own_keys->all()));
        gate = std::make_unique<gate::Gate>(
            gate::Options{
                .provider_id = options.provider.id,
                .base_url = door->url() + "/fhir",
                .hub_keys = hub_keys_now(),
                .stranger = [this] { ask_for_keys(); },
                .rules = options.rules,
                .catch_up =
                    [this](std::uint64_t number) {
                        return follower ? follower->catch_up(number, kCatchUp) : gate::CaughtUp::behind;
                    },
                .cut_off = [this] { return follower && follower->cut_off(); },
                .closed_logs = std::move(closed),
                .refused = &refused},
            *records, *ledger, *rights, runtime.clock, metrics);
        sights = std::make_unique<gate::Sights>(options.provider.id, options.rules, *records, *rights, runtime.clock);
        glasses = std::make_unique<gate::Glasses>(options.provider.id, own_keys->key(), options.rules, *store, runtime.clock,
                                                  runtime.random);
        care = std::make_unique<gate::CareRelations>(*records, options.rules, runtime.clock);
        bulk::Options export_options;
        export_options.visible_to = [this](const ledger::Actor& actor) { return sights->visible_to(staff_of(actor)); };
        export_options.folder = options.folder + "/exports";
        export_options.waiting_of_client_max = options.exports.waiting_of_client_max;
        export_options.limits.disk_reserve_bytes = options.exports.disk_reserve_bytes;
        TRY_ASSIGN(exports, bulk::Exports::open(std::move(export_options), *records, *ledger, runtime.clock, runtime.random));
        users = std::make_unique<api::Users>(options.users.issuer, options.users.audience, options.users.keys,
                                             runtime.clock);
        http::Client::Options client_options;
        client_options.ca_file = options.ca_file;
        client = std::make_unique<http::Client>(runtime.loop, client_options);
        return {};
    }

    trust::KeysNow hub_keys_now() const {
        return [this] { return hub_keys->live(options.hub_id); };
    }

    bool joins_hub() const { return !options.hub_url.empty() && options.hub_key; }

    Status open_subscriptions() {
        std::vector<std::string> readers{subscriptions::kFeedReader};
        if (joins_hub()) readers.emplace_back("publish");
        keeper = std::make_unique<store::ChangeKeeper>(*store, readers);
        const SubscriptionOptions& wanted = options.subscriptions;
        subscriptions::Options inner;
        inner.provider_id = options.provider.id;
        inner.base_url = door->url() + "/fhir";
        inner.rule = rights::id(rights::Rule::own_provider);
        TRY_ASSIGN(inner.endpoints, subscriptions::Endpoints::of(wanted.endpoints));
        TRY_ASSIGN(inner.topics, subscriptions::topics_with(wanted.topics));
        inner.visible_to = [this](const ledger::Actor& actor) { return sights->visible_to(staff_of(actor)); };
        tell_of_elsewhere(inner);
        inner.give_up_after = wanted.give_up_after;
        inner.waiting_events_max = wanted.waiting_events_max;
        TRY_ASSIGN(subscriptions, subscriptions::Subscriptions::open(std::move(inner), *store, *records, *ledger, *keeper, *client,
                                                                     runtime.clock, runtime.random, metrics));
        return {};
    }

    // What is new at other providers, where the rules let systems see it: of whom the provider's own bookings show care.
    void tell_of_elsewhere(subscriptions::Options& inner) const {
        const bool systems_see = (options.rules.care_roles & rights::RuleTable::bit(rights::Role::system)) != 0;
        if (!systems_see) inner.no_news = "by the national rules (care-roles) systems see nothing of other providers";
        if (!systems_see || !joins_hub()) return;
        inner.ask_hub = subscriptions::hub_asker(options.hub_url, [this] { return assertion(); }, *client);
        inner.cares_for = [this](const std::string& patient) -> Result<bool> {
            if (!options.rules.care_relation_required) return true;
            TRY_ASSIGN(const auto snapshot, records->snapshot());
            TRY_ASSIGN(const rights::Care shown, gate::care_relation(*records, *snapshot, patient, runtime.clock.now(), options.rules));
            return shown == rights::Care::known;
        };
    }

    // Others know entries of the log that it has lost: two entries must not get one place, and no data leave without one.
    void stop_log(const std::string& why) {
        if (!ledger->healthy()) return;
        log::error(why, {{"provider", options.provider.id}});
        ledger->freeze(Error(Category::unavailable, why));
    }

    void ask_for_keys() {
        if (key_news) key_news->nudge();
    }

    // A hub that does not know the node's key hears nothing of what it says.
    void exchange_keys() {
        hub_keys->told_by([this](const std::string& hub, const crypto::PublicKey& next) {
            for (const crypto::VerifierKey& key : keys_of_logs(*witness, hub, crypto::KeySet(next)))
                if (const Status trusted = witness->witness().trust(key); !trusted)
                    log::warn("the hub's log is not looked at", {{"log", key.name()}});
        });
        key_news = std::make_unique<publish::KeyNews>(publish::KeyNewsOptions{.hub_url = options.hub_url,
                                                                              .hub_id = options.hub_id,
                                                                              .provider_id = options.provider.id,
                                                                              .own = [this] { return own_keys->notes(); }},
                                                      *hub_keys, *client, runtime.clock);
        if (const auto announced = own_keys->notes(); announced && !announced->empty()) key_news->caught_up(kHubWord);
    }

    void join_hub() {
        if (!joins_hub()) return;
        exchange_keys();
        gate::FollowerOptions follow{.hub_url = options.hub_url,
                                     .hub = options.hub_id,
                                     .provider_id = options.provider.id,
                                     .hub_keys = hub_keys_now(),
                                     .stranger = [this] { ask_for_keys(); },
                                     .assertion = [this] { return assertion(); }};
        follower = std::make_unique<gate::RightsFollower>(std::move(follow), *rights, *client, runtime.clock, metrics);
        reports = std::make_unique<gate::GlassReports>(
            gate::GlassReportOptions{options.hub_url, options.provider.id, [this] { return assertion(); }}, *store,
            *client, runtime.clock, metrics);
        publish::Options publish{.hub_url = options.hub_url,
                                 .provider = options.provider,
                                 .units = options.units,
                                 .url = door->url() + "/fhir",
                                 .assertion = [this] { return assertion(); },
                                 .knows = [this](std::string_view system, std::string_view value) { return known_number(system, value); },
                                 .several_keys = pseudonyms->several() ? names_of_keys() : std::string(),
                                 .done_with = [this](store::Version version) { return keeper->has("publish", version); }};
        publisher = std::make_unique<publish::Publisher>(std::move(publish), *store, *records, *client, runtime.clock,
                                                         metrics);
        directory_follower = std::make_unique<gate::DirectoryFollower>(options.hub_url, *directory, *client, runtime.clock, metrics);
        names = std::make_unique<publish::NameMarks>(*records);
        shipper = std::make_unique<publish::Shipper>(
            publish::ShipperOptions{.hub_url = options.hub_url,
                                    .assertion = [this] { return assertion(); },
                                    .marks = [this](const ledger::Access& access) { return names->of(access); },
                                    .served_file = options.folder + "/log-served",
                                    .refused = [this](std::size_t count_max) { return refused.some(count_max); },
                                    .refused_told = [this](const std::vector<std::string>& ids) { refused.told(ids); },
                                    .own_keys = own_keys->all(),
                                    .key = &own_keys->key(),
                                    .set_back = [this](const std::string& why) { stop_log(why); }},
            *ledger, *client, runtime.clock, metrics);
        // Before anything is written: what the hub has of the log shows whether the disk was set back.
        shipper->wait_for_word(kHubWord);
    }
};

NodeRole::NodeRole(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

NodeRole::~NodeRole() {
    if (impl_->door) stop(std::chrono::milliseconds(0));
    impl_->door.reset();  // joins the handlers
    impl_->renaming.reset();
    impl_->blind_keys.reset();
    impl_->care_of_store.reset();
    impl_->backups.reset();
    impl_->subscriptions.reset();
    impl_->exports.reset();
    impl_->publisher.reset();
    impl_->reports.reset();
    impl_->shipper.reset();
    impl_->log_retention.reset();
    impl_->follower.reset();  // nudges the key news
    impl_->key_news.reset();
    impl_->directory_follower.reset();
    impl_->cosigning.reset();
    impl_->ledger.reset();  // calls back what is queued, through the gate
    impl_->client.reset();
}

Result<std::unique_ptr<NodeRole>> NodeRole::start(Runtime& runtime, NodeOptions options) {
    const std::string id = options.provider.id;
    auto impl = std::make_unique<Impl>(runtime, std::move(options));
    if (const Status built = impl->build(); !built) return fail(built.error().within("node " + id));
    return std::unique_ptr<NodeRole>(new NodeRole(std::move(impl)));
}

const std::string& NodeRole::url() const { return impl_->door->url(); }
const directory::Organisation& NodeRole::provider() const { return impl_->options.provider; }
const crypto::PublicKey& NodeRole::public_key() const { return impl_->own_keys->key().public_key(); }
const crypto::VerifierKey& NodeRole::witness_key() const { return impl_->witness->key(); }
std::string NodeRole::witness_url() const { return url() + "/witness"; }

Status NodeRole::open() {
    Impl& i = *impl_;
    if (const Status opened = i.open_subscriptions(); !opened)
        return fail(opened.error().within("node " + i.options.provider.id + ": subscriptions"));
    TRY(i.witness->open(i.witnessed(), still_signs(*i.hub_keys), i.runtime.clock, i.metrics));
    if (!i.options.cosigned_by.empty())
        i.cosigning = std::make_unique<witness::Cosigning>(witness::CosigningOptions{.witnesses = i.options.cosigned_by},
                                                           *i.ledger, *i.client, i.runtime.clock, i.metrics);
    i.node.reset(new api::Node{
        .provider_id = i.options.provider.id,
        .provider_name = i.options.provider.name,
        .base_url = url() + "/fhir",
        .definitions = fhir::Definitions::r4(),
        .terms = i.terms,
        .guides = i.guides,
        .records = *i.records,
        .ledger = *i.ledger,
        .gate = *i.gate,
        .sights = *i.sights,
        .care = *i.care,
        .glasses = *i.glasses,
        .subscriptions = *i.subscriptions,
        .users = *i.users,
        .exports = *i.exports,
        .clock = i.runtime.clock,
        .person_key = [&i](std::string_view system, std::string_view value) { return i.person_key(system, value); },
        .written =
            [&i] {
                if (i.publisher) i.publisher->nudge();
                i.subscriptions->nudge();
            },
        .glass_broken =
            [&i] {
                if (i.reports) i.reports->nudge();
            }});
    http::Router router;
    api::add_log_routes(router, ledger::system_files(), i.node_log.folder + "/public", i.own_keys->notes_folder());
    TRY_ASSIGN(const auto logs, all_logs(i.options.folder, i.options.provider.id));  // the closed ones too
    for (const RoleLog& one : logs) api::add_lasting_log_routes(router, ledger::system_files(), one.folder + "/public", i.own_keys->notes_folder(), one.id);
    api::add_log_witnesses_route(router, i.node_log.id, i.cosigning.get());
    api::add_witness_routes(router, "/witness", i.witness->witness());
    api::add_node_routes(router, *i.node);
    api::add_directory_copy_routes(router, i.directory.get());
    api::add_common_routes(router,
                           {{"store", [&i] { return i.store->healthy(); }},
                            {"log", [&i] { return i.ledger->healthy(); }},
                            {"key", [&i] { return i.own_keys->healthy(i.runtime.clock); }, false},
                            {"subscriptions", [&i] { return i.subscriptions->healthy(); }, false},
                            {"news from elsewhere", [&i] { return i.subscriptions->hears_of_elsewhere(); }, false},
                            {"log witnesses", [&i] { return i.cosigning ? i.cosigning->healthy() : Status{}; }, false},
                            {"hub", [&i]() -> Status {
                                 if (!i.publisher) return {};
                                 return i.publisher->healthy();
                             },
                             false},
                            {"rights feed", [&i]() -> Status {
                                 if (!i.follower) return {};
                                 return i.follower->healthy();
                             },
                             false},
                            {"directory", [&i]() -> Status {
                                 if (!i.directory_follower) return {};
                                 TRY(i.directory_follower->healthy());
                                 const auto kept = i.directory->kept();
                                 return kept ? directory::understood(kept->snapshot.speech_of(i.options.hub_id), "the hub") : Status{};
                             },
                             false},
                            {"log shipping", [&i]() -> Status {
                                 if (!i.shipper) return {};
                                 return i.shipper->healthy();
                             },
                             false}},
                           i.metrics, [&i] { return i.own_keys->live(i.runtime.clock.now()); });
    TRY_ASSIGN(i.backups, RoleBackups::of(place_of(i.options), {*i.store, *i.ledger, i.own_keys->key(), i.runtime.clock, i.metrics}));
    i.backups->add_routes(router);
    RolePlace place = place_of(i.options);
    place.public_url = i.door->url();
    i.care_of_store = std::make_unique<RoleCare>(place, *i.store, i.runtime.clock, i.metrics);
    i.care_of_store->add_routes(router, i.backups->operators());
    i.blind_keys = std::make_unique<RoleBlindKeys>(std::move(place), *i.store, i.pseudonyms->names());
    i.blind_keys->add_routes(router, i.backups->operators());
    router.otherwise(api::no_such_path);
    i.join_hub();
    if (!i.records->renamed())
        i.renaming = std::make_unique<Rounds>(RoundsOptions{.failing = "patients are not named by the keys of now", .again = "patients are being named by the keys of now", .about = {"provider", i.options.provider.id}},
                                              i.runtime.clock, [&i] { return i.rename(); });
    i.log_retention = keep_to_rules(*i.ledger, i.options.rules, i.runtime.clock);
    i.door->open(std::move(router).handler());
    log::info("listening", {{"role", "node"}, {"provider", i.options.provider.id}, {"url", url()}});
    return {};
}

bool NodeRole::settled() const {
    const bool fresh = impl_->runtime.clock.now() < impl_->rights->lease_until();
    return fresh && impl_->publisher && impl_->publisher->settled();
}

void NodeRole::stop(std::chrono::milliseconds grace) {
    leave_hub();
    impl_->door->stop(grace);
}

void NodeRole::leave_hub() {
    if (impl_->follower) impl_->follower->end();
}

}  // namespace idun::app
