#include "app/demo.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <filesystem>
#include <future>
#include <mutex>
#include <set>
#include <thread>

#include "app/compressed.h"
#include "app/demo_people.h"
#include "app/loader.h"
#include "app/loopback.h"
#include "app/node_role.h"
#include "base/log.h"
#include "base/random.h"
#include "base/workers.h"
#include "http/problem.h"
#include "json/writer.h"
#include "people/person_id.h"
#include "trust/user_token.h"

namespace idun::app {
namespace {

namespace fs = std::filesystem;

const std::string kIssuer = "idun-demo";
constexpr std::chrono::milliseconds kTokenLifetime{12 * 3'600'000};
constexpr std::chrono::milliseconds kSettleMax{120'000};
constexpr std::size_t kPatientUsersMax = 6;

const std::string kPaper = "demo-2026";  // where it is said who is a parent and whose identity is protected

// people.json is written when all people are in; demo.json before, so that a start that broke off goes on alike.
std::string people_file(const std::string& folder) { return folder + "/people.json"; }
constexpr std::size_t kDemoWitnessesMax = 3;  // nodes that cosign the hub's log
std::string shape_file(const std::string& folder) { return folder + "/demo.json"; }

Status check_address(const Address& listen, std::size_t nodes) {
    if (!is_loopback(listen.host) && listen.host != "localhost")
        return fail(Category::invalid, "a demo listens on this machine only (127.0.0.1, ::1), since it hands its tokens to "
                                       "everybody who reaches it; use idun serve for a network");
    if (listen.port != 0 && listen.port + nodes > 65'535)
        return fail(Category::invalid, fmt::format("the {} nodes take the ports after the hub's, and {} leaves too few: take "
                                                   "one up to {}", nodes, listen.port, 65'535 - nodes));
    return {};
}

Status check_folder(const DemoOptions& options) {
    std::error_code ignored;
    if (options.folder.empty()) return {};
    if (!options.load.empty() && fs::exists(people_file(options.folder), ignored))
        return fail(Category::invalid, options.folder + " holds people already: leave out --load to go on with them, or name "
                                                        "another folder with --data");
    if (!fs::exists(shape_file(options.folder), ignored)) return {};
    TRY_ASSIGN(const auto text, read_file(shape_file(options.folder)));
    const auto document = json::Document::parse(text);
    if (!document) return fail(Category::corrupt, shape_file(options.folder) + " cannot be read");
    const auto same = [&](std::string_view what, std::optional<std::uint64_t> wanted) -> Status {
        const std::string_view made = document->root()[what].text();
        if (made.empty())
            return fail(Category::invalid, options.folder + " was made by an earlier version, with other providers: name another folder with --data");
        if (!wanted || made == std::to_string(*wanted)) return {};
        return fail(Category::invalid, fmt::format("{} was made with {} {}: start with --{} {}, or name another folder with --data", options.folder,
                                                   what, made, what, made));
    };
    TRY(same("people", options.people));
    TRY(same("seed", options.seed));
    return same("nodes", options.nodes);
}

// What the folder was made with.
std::optional<std::uint64_t> in_shape(const std::string& folder, std::string_view what) {
    const auto text = read_file(shape_file(folder));
    if (!text) return std::nullopt;
    const auto document = json::Document::parse(*text);
    if (!document) return std::nullopt;
    const std::string_view found = document->root()[what].text();
    std::uint64_t out = 0;
    if (std::from_chars(found.data(), found.data() + found.size(), out).ec != std::errc()) return std::nullopt;
    return out;
}

}  // namespace

Status check_demo(const DemoOptions& options) {
    if (options.nodes < 1 || options.nodes > kDemoNodesMax)
        return fail(Category::invalid, fmt::format("a demo has 1 to {} nodes", kDemoNodesMax));
    if (options.people && (*options.people < 1 || *options.people > kDemoPeopleMax))
        return fail(Category::invalid, fmt::format("a demo has 1 to {} people", kDemoPeopleMax));
    TRY(check_address(options.listen, options.nodes));
    return check_folder(options);
}

struct Demo::Impl {
    Impl(Runtime& r, DemoOptions o) : runtime(r), options(std::move(o)) {}

    Runtime& runtime;
    DemoOptions options;
    bool temporary = false;
    std::mutex mutex;  // for the next three, while people are loaded
    std::size_t refused_count = 0;
    std::vector<Refused> refused;
    std::optional<Error> failed;
    std::optional<crypto::SigningKey> issuer;
    std::future<Result<std::unique_ptr<const DemoCountry>>> coming;  // read beside the hub's start
    std::unique_ptr<const DemoCountry> country;
    std::unique_ptr<HubRole> hub;
    std::vector<std::unique_ptr<NodeRole>> nodes;
    std::vector<DemoPerson> people;
    std::vector<DemoUser> users;
    std::atomic<bool> ready = false;  // people and users are complete and change no more

    ~Impl() {
        nodes.clear();
        hub.reset();
        std::error_code ignored;
        if (temporary) fs::remove_all(options.folder, ignored);
    }

    Status make_place() {
        TRY(check_demo(options));
        if (options.listen.host == "localhost") options.listen.host = "127.0.0.1";
        if (options.folder.empty()) {
            std::string name = (fs::temp_directory_path() / "idun-demo-XXXXXX").string();
            if (!mkdtemp(name.data())) return fail(Category::unavailable, "cannot make a temporary folder");
            options.folder = name;
            temporary = true;
        }
        TRY(make_folder(options.folder));
        TRY_ASSIGN(issuer, crypto::SigningKey::load_or_create(options.folder + "/issuer.key", runtime.random));
        options.people = options.people.value_or(in_shape(options.folder, "people").value_or(kDemoPeopleDefault));
        options.seed = options.seed.value_or(in_shape(options.folder, "seed").value_or(kDemoSeedDefault));
        coming = std::async(std::launch::async, [seed = *options.seed, people = *options.people] { return DemoCountry::make(seed, people); });
        return write_file(shape_file(options.folder),
                          fmt::format("{{\"nodes\":{},\"people\":{},\"seed\":{}}}\n", options.nodes, *options.people, *options.seed));
    }

    UserIssuer user_issuer() const { return {kIssuer, "idun", crypto::KeySet(issuer->public_key())}; }
    std::string pseudonym_key_file() const { return options.folder + "/pseudonym.key"; }

    Status start_hub() {
        HubOptions hub_options;
        hub_options.listen.address = options.listen;
        hub_options.folder = options.folder + "/hub";
        hub_options.blind_key.file = pseudonym_key_file();
        hub_options.rights_lease = options.rights_lease;
        hub_options.users = user_issuer();
        // Nobody's mail: a Maildir that whoever tries the demo can look into.
        hub_options.notifications.outlet = NotificationOptions::Outlet::files;
        hub_options.notifications.folder = options.folder + "/mail";
        TRY_ASSIGN(hub, HubRole::start(runtime, std::move(hub_options)));
        TRY_ASSIGN(country, coming.get());
        return {};
    }

    Result<std::unique_ptr<NodeRole>> start_node(std::size_t place) {
        NodeOptions o;
        o.provider = country->providers()[place].organisation;
        o.units = country->providers()[place].units;
        o.listen.address.host = options.listen.host;
        o.listen.address.port = options.listen.port == 0 ? std::uint16_t{0}
                                                         : static_cast<std::uint16_t>(options.listen.port + 1 + place);
        o.listen.workers = 2;
        o.folder = fmt::format("{}/node-{}", options.folder, place + 1);
        o.blind_key.file = pseudonym_key_file();
        o.hub_url = hub->url();
        o.hub_key = hub->public_key();
        o.users = user_issuer();
        o.packages = options.packages;
        o.cosigned_by.push_back({hub->witness_url(), hub->witness_key()});
        return NodeRole::start(runtime, std::move(o));
    }

    // On a worker, or at once when too many jobs wait: none is lost.
    static void run_soon(Workers& workers, const std::function<void()>& job) {
        if (!workers.post(job)) job();
    }

    Status start_nodes() {
        // Opening a store waits for the disk most of the time: all at once.
        std::vector<Result<std::unique_ptr<NodeRole>>> started;
        for (std::size_t i = 0; i < options.nodes; ++i) started.push_back(fail(Category::internal, "not started"));
        {
            Workers workers(options.nodes);
            for (std::size_t i = 0; i < options.nodes; ++i) run_soon(workers, [&, i] { started[i] = start_node(i); });
        }
        for (auto& one : started) {
            if (!one) return fail(one.error());
            nodes.push_back(std::move(*one));
        }
        return {};
    }

    Status open_all() {
        trust::ProviderKeys keys;
        for (const auto& node : nodes) TRY(keys.add(node->provider().id, node->public_key()));
        for (std::size_t i = 0; i < std::min(nodes.size(), kDemoWitnessesMax); ++i)
            hub->add_witness({nodes[i]->witness_url(), nodes[i]->witness_key()});
        TRY(hub->open(keys, [this](http::Router& router) { add_routes(router); }));
        for (const auto& node : nodes) TRY(node->open());
        return {};
    }

    Status post(http::Client& client, std::string_view path, std::string_view content_type, const std::string& staff, std::string body) const {
        http::Call call;
        call.method = "POST";
        call.url = hub->url() + std::string(path);
        call.headers.set("Authorization", "Bearer " + staff);
        call.headers.set("Content-Type", std::string(content_type));
        call.body = std::move(body);
        TRY_ASSIGN(const auto answer, client.fetch(std::move(call)));
        if (answer.status / 100 == 2) return {};
        return fail(Category::internal, fmt::format("the hub answers {} to {}: {}", answer.status, path, answer.body));
    }

    // At each start: what stands there already changes nothing. Its organisations are there once their nodes have reached the hub.
    Status fill_directory() const {
        http::Client client(runtime.loop, {});
        return post(client, "/directory/import", "text/csv", token(hub_operator()), country->directory_table(nodes.size()));
    }

    Status load_people() {
        std::error_code ignored;
        if (fs::exists(people_file(options.folder), ignored)) {
            TRY_ASSIGN(const auto text, read_file(people_file(options.folder)));
            TRY_ASSIGN(people, people_from_json(text));
            return {};
        }
        http::Client client(runtime.loop, {});
        if (options.load.empty()) TRY(live_people(client));
        else TRY(load_files(client));
        return write_file(people_file(options.folder), to_json(people));
    }

    Status live_people(http::Client& client) {
        std::vector<std::string> tokens;
        for (std::size_t place = 0; place < options.nodes; ++place) tokens.push_back(system_token(place));
        TRY_ASSIGN(people, country->live(country->cast(), *options.people, options.nodes, [&](std::size_t place, std::string lines) -> Status {
            TRY_ASSIGN(const auto sent, import_lines(client, nodes[place]->url(), tokens[place], std::move(lines)));
            if (sent.refused > 0) return fail(Category::internal, fmt::format("{} refuses {} of what data/se makes; {}: {}", nodes[place]->provider().name, sent.refused, sent.place, sent.reason));
            return {};
        }));
        return register_choices(client);
    }

    // What staff has registered: whose identity is protected, and that the child's parents see her record.
    Status register_choices(http::Client& client) {
        const std::string staff = token(registrar());
        const auto register_one = [&](std::string_view path, std::string body) { return post(client, path, "application/fhir+json", staff, std::move(body)); };
        const auto identifier = [](const DemoPerson& person) {
            return fmt::format(R"({{"system":"{}","value":"{}"}})", person.identifier_system, person.identifier_value);
        };
        for (const DemoPerson& person : people)
            if (person.protected_identity)
                TRY(register_one("/fhir/Patient/$protected-identity",
                         fmt::format(R"({{"resourceType":"Parameters","parameter":[{{"name":"identifier","valueIdentifier":{}}},)"
                                     R"({{"name":"on","valueBoolean":true}},{{"name":"evidence","valueString":"{}"}}]}})",
                                     identifier(person), kPaper)));
        const auto child = std::ranges::find(people, to_string(Story::child), &DemoPerson::story);
        for (const DemoPerson& parent : people)
            if (child != people.end() && (parent.story == to_string(Story::parent) || parent.story == to_string(Story::other_parent)))
                TRY(register_one("/fhir/Consent",
                         fmt::format(R"({{"resourceType":"Consent","status":"active","patient":{{"identifier":{}}},)"
                                     R"("sourceReference":{{"identifier":{{"value":"{}"}}}},)"
                                     R"("scope":{{"coding":[{{"system":"http://terminology.hl7.org/CodeSystem/consentscope","code":"patient-privacy"}}]}},)"
                                     R"("category":[{{"coding":[{{"system":"urn:idun:consent-category","code":"mandate"}}]}},)"
                                     R"({{"coding":[{{"system":"urn:idun:consent-category","code":"mandate-parent"}}]}}],)"
                                     R"("provision":{{"type":"permit","actor":[{{"role":{{"coding":[{{"system":"http://terminology.hl7.org/CodeSystem/v3-ParticipationType","code":"IRCP"}}]}},)"
                                     R"("reference":{{"identifier":{}}}}}]}}}})",
                                     identifier(*child), kPaper, identifier(parent))));
        return {};
    }

    Status load_files(http::Client& client) {
        Spreader spreader(options.nodes);
        std::set<std::string> known;
        {
            Workers workers(4);
            TRY(for_each_bundle(options.load, [&](const std::string& file, std::string_view text) -> Status {
                TRY_ASSIGN(const auto document, json::Document::parse(text));
                TRY_ASSIGN(const auto resources, import_resources(document.root()));
                for (DemoPerson& person : people_in(resources, runtime.clock.now()))
                    if (known.insert(person.identifier_system + "|" + person.identifier_value).second)
                        people.push_back(std::move(person));
                auto places = spreader.spread(resources);
                for (std::size_t place = 0; place < places.size(); ++place) {
                    if (places[place].empty()) continue;
                    const auto shared = std::make_shared<std::vector<Imported>>(std::move(places[place]));
                    run_soon(workers, [this, &client, place, file, shared] {
                        note_sent(file, send_all(client, nodes[place]->url(), system_token(place), *shared));
                    });
                }
                return {};
            }));
        }
        if (failed) return fail(failed->within("loading the demo's people"));
        return {};
    }

    void note_sent(const std::string& file, const Result<SentAll>& sent) {
        const std::lock_guard lock(mutex);
        if (!sent) {
            if (!failed) failed = sent.error();
            return;
        }
        refused_count += sent->refused;
        const bool told = std::any_of(refused.begin(), refused.end(), [&](const Refused& r) { return r.file == file; });
        if (sent->refused > 0 && !told && refused.size() < kDemoRefusedMax) refused.push_back({file, sent->place, sent->reason});
    }

    std::string system_token(std::size_t place) const {
        const directory::Organisation& provider = country->providers()[place].organisation;
        DemoUser user;
        user.id = fmt::format("system-{}", place + 1);
        user.role = "system";
        user.name = "EHR of " + provider.name;
        user.provider_id = provider.id;
        return token(user);
    }

    DemoUser registrar() const {
        const directory::Organisation& provider = country->providers()[0].organisation;
        return {"registrar-1", "administrator", "Ingrid Dahl", provider.id, provider.name, "Registrering av fullmakter", "", "", ""};
    }

    static DemoUser hub_operator() {
        const std::string hub = HubOptions().id;
        return {"operator-1", "administrator", "Olof Drift", hub, hub, "Nationell drift", "", "", ""};
    }

    void make_users() {
        for (std::size_t i = 0; i < options.nodes; ++i) {
            const DemoProvider& one = country->providers()[i];
            users.push_back({fmt::format("clinician-{}", i + 1), "clinician", one.clinician, one.organisation.id, one.organisation.name,
                             one.clinician_unit, "", "", ""});
        }
        for (std::size_t i = 0; i < std::min(people.size(), kPatientUsersMax); ++i)
            users.push_back({fmt::format("patient-{}", i + 1), "patient", people[i].name, "", "", "", people[i].identifier_system,
                             people[i].identifier_value, people[i].story});
        users.push_back(registrar());
        users.push_back({"supervisor-1", "supervisor", "Siri Vakt", "", "", "Tillsynsmyndigheten", "", "", ""});
        for (std::size_t i = 0; i < options.nodes; ++i) {
            const directory::Organisation& provider = country->providers()[i].organisation;
            users.push_back({fmt::format("system-{}", i + 1), "system", "EHR of " + provider.name, provider.id, provider.name, "", "", "", ""});
        }
    }

    std::string token(const DemoUser& user) const {
        trust::UserToken t;
        t.issuer = kIssuer;
        t.audience = "idun";
        t.subject = user.id;
        t.name = user.name;
        t.role = *trust::role_from(user.role);
        t.provider_id = user.provider_id;
        t.assurance = "demo";
        if (!user.identifier_value.empty()) {
            const auto person = people::identify(user.identifier_system, user.identifier_value, runtime.clock.now());
            if (person) t.person = hub->pseudonyms().of(person->canonical());
        }
        t.use.id = uuid(runtime.random);
        t.use.client_id = user.role == "system" ? "idun-demo-ehr" : "idun-demo-web";
        t.issued = runtime.clock.now();
        t.expires = t.issued + kTokenLifetime;
        const auto signed_token = trust::sign_user_token(*issuer, t);
        IDUN_CHECK(signed_token.has_value());
        return *signed_token;
    }

    void write_user(json::Writer& w, const DemoUser& user) const {
        w.object().member("id", user.id).member("name", user.name).member("role", user.role);
        if (user.provider_id.empty()) {
            w.name("provider").null();
        } else {
            w.name("provider").object().member("id", user.provider_id).member("name", user.provider_name).end();
        }
        w.member("unit", user.unit).member("token", token(user));
        if (!user.story.empty()) w.member("story", user.story);
        if (!user.identifier_value.empty()) {
            w.name("identifier").object().member("system", user.identifier_system);
            w.member("value", user.identifier_value).end();
        }
        w.end();
    }

    std::string users_json() const {
        json::Writer w;
        w.object().name("users").array();
        for (const DemoUser& user : users) write_user(w, user);
        w.end().end();
        return w.take();
    }

    // The demo's issuer of tokens, which stands in for the nation's sign-in: it exists nowhere else.
    void add_routes(http::Router& router) {
        const auto json = [](std::string body) {
            http::Response response;
            response.headers.set("Content-Type", "application/json");
            response.body = std::move(body);
            return response;
        };
        // Tokens are for pages of this address alone: another site's name that leads here (DNS rebinding) gets none.
        const auto guarded = [this](std::function<http::Response()> answer) {
            return http::answering([this, answer](const http::Request& request) {
                std::string_view host = request.headers.get("Host");
                host = host.substr(0, host.rfind(':'));
                if (host != "localhost" && host != "[::1]" && !is_loopback(host))
                    return http::problem(Error(Category::forbidden, "the demo answers on loopback names only"));
                if (!ready) return http::problem(Error(Category::unavailable, "loading the demo's people; try again"));
                return answer();
            });
        };
        router.add("GET", "/demo/users", guarded([this, json] { return json(users_json()); }));
        router.add("GET", "/demo/people", guarded([this, json] { return json(to_json(people)); }));
    }

    Status settle() const {
        const Instant until = runtime.clock.now() + kSettleMax;
        for (const auto& node : nodes)
            while (!node->settled()) {
                if (runtime.clock.now() > until) return fail(Category::unavailable, "the nodes do not reach the hub");
                std::this_thread::sleep_for(std::chrono::milliseconds(2));
            }
        return {};
    }
};

Demo::Demo(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Demo::~Demo() = default;

Result<std::unique_ptr<Demo>> Demo::start(Runtime& runtime, DemoOptions options) {
    auto impl = std::make_unique<Impl>(runtime, std::move(options));
    TRY(impl->make_place());
    TRY(impl->start_hub());
    TRY(impl->start_nodes());
    TRY(impl->open_all());
    TRY(impl->load_people());
    impl->make_users();
    impl->ready = true;
    TRY(impl->settle());
    TRY(impl->fill_directory());
    return std::unique_ptr<Demo>(new Demo(std::move(impl)));
}

const std::string& Demo::url() const { return impl_->hub->url(); }

std::vector<Demo::NodeInfo> Demo::nodes() const {
    std::vector<NodeInfo> out;
    for (std::size_t i = 0; i < impl_->nodes.size(); ++i) {
        const NodeRole& node = *impl_->nodes[i];
        out.push_back({node.provider().id, node.provider().name, node.url(), impl_->country->providers()[i].units.front().id});
    }
    return out;
}

const std::vector<DemoUser>& Demo::users() const { return impl_->users; }
std::string Demo::token(const DemoUser& user) const { return impl_->token(user); }
std::size_t Demo::people() const { return impl_->people.size(); }
std::size_t Demo::refused_count() const { return impl_->refused_count; }
const std::vector<Refused>& Demo::refused() const { return impl_->refused; }

void Demo::stop(std::chrono::milliseconds grace) {
    // The hub first: gatherings under way need the nodes.
    for (const auto& node : impl_->nodes) node->leave_hub();
    impl_->hub->stop(grace);
    for (const auto& node : impl_->nodes) node->stop(grace);
}

}  // namespace idun::app
