// The inside of Subscriptions, one file per matter: keep.cc (what survives a restart), follow.cc (from the feed to events),
// deliver.cc (from events to receivers), ../subscriptions.cc (the interactions).
#pragma once

#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>

#include "ledger/append_each.h"
#include "subscriptions/internal/notification.h"
#include "subscriptions/internal/rows.h"
#include "subscriptions/subscriptions.h"
#include "subscriptions/trigger.h"

namespace idun::subscriptions {

// One subscription. Only `state` reaches disk.
struct Sub {
    State state;
    std::shared_ptr<const Subscription> spec;  // none: it cannot be served, and its state is off
    bool dirty = false;                // `state` differs from its row
    bool shown = true;                 // the resource shows state.status
    std::uint64_t turn = 0;            // of the notification under way; 0: none
    std::uint64_t sent_upto = 0;       // the newest event it tells
    int attempts = 0;                  // failures in a row
    Instant due;                       // nothing is sent before
    Instant last_sent;
    std::optional<NewsState> news;  // of what is new elsewhere; reaches disk with `state`
    std::uint64_t asking = 0;       // of the question under way at the hub; 0: none
    int ask_failures = 0;           // in a row
    Instant ask_due;

    bool collecting() const { return spec && state.status != Stage::off; }
};

// The subscriptions as they were when a piece of the feed was read, and what they make of it. Nothing of it is shared.
struct Judging {
    struct Asked {
        std::string id;
        std::uint64_t start = 0;
        std::shared_ptr<const Subscription> spec;
        ledger::Actor owner;
    };
    std::vector<Asked> asked;
    std::vector<store::Change> changes;
    Progress from;

    struct Judged {
        records::NotedWrite write;
        std::uint64_t version = 0;
        std::vector<std::string> hits;  // ids of subscriptions
    };
    std::vector<Judged> judged;
    Progress to;
    bool more = false;
};

// How a notification ended, or a question at the hub.
struct Mail {
    std::string id;
    std::uint64_t turn = 0;
    std::string failure;  // "": it arrived
    std::shared_ptr<const Result<News>> news = {};  // instead: what the hub answered
};

// Callbacks of client and ledger put it here; it outlives the Subscriptions when they are late.
struct Mailbox {
    std::mutex mutex;
    std::condition_variable woken;
    std::vector<Mail> mail;
    bool nudged = true;
    bool closed = false;

    void put(Mail one);
    bool is_closed();
};

struct Subscriptions::Impl {
    Impl(Options o, store::Store& s, records::Records& r, ledger::Ledger& l, store::ChangeKeeper& k, http::Client& c,
         const Clock& t, Random& n, Metrics& m);
    ~Impl();

    const Options options;
    store::Store& store;
    records::Records& records;
    ledger::Ledger& ledger;
    store::ChangeKeeper& keeper;
    http::Client& client;
    const Clock& clock;
    Random& random;

    std::map<Stage, Gauge*> by_stage;
    Counter& events_made;
    Counter& arrived;
    Counter& failed;
    Gauge& waiting;
    Gauge& read_version;
    Counter& hub_answered;
    Counter& hub_failed;

    const std::shared_ptr<Mailbox> mailbox = std::make_shared<Mailbox>();
    const std::shared_ptr<std::atomic<std::size_t>> under_way = std::make_shared<std::atomic<std::size_t>>(0);  // bytes
    Questions questions;       // the thread's own
    mutable std::mutex mutex;  // for what follows
    std::map<std::string, Sub, std::less<>> subs;
    Progress progress;
    bool reading = false;  // somebody collects, so the feed is followed
    bool loaded = false;
    std::uint64_t turns = 0;
    Instant forgotten;  // when the feed was last let go
    mutable std::mutex health_mutex;  // for what follows; held for no work
    std::optional<Instant> ailing_since;
    std::string ailment;
    std::optional<Instant> hub_silent_since;
    std::string hub_failure;
    std::thread thread;

    // keep.cc; all with the mutex held
    Status load();
    // The resource as of that version; nothing when it is deleted or gone.
    Result<std::optional<json::Document>> resource(std::string_view id, std::uint64_t version) const;
    // Reads the resource anew: `spec`, or off with the reason.
    Status understand(std::string_view id, Sub& sub);
    void turn_off(Sub& sub, std::string why);
    void set_stage(Sub& sub, Stage stage);
    // Begins to follow the feed when it is not followed. `batch` gets the progress.
    Status begin(store::Batch& batch);
    Status persist(store::Batch batch);  // with every state that is dirty
    void show();                         // stages that the resources do not show yet
    Status forget(std::string_view id, std::uint64_t events);  // its rows

    // follow.cc
    Result<Judging> read_feed() const;        // with the mutex held
    Status judge(Judging& piece);             // without it: reads records, for as long as it takes
    Status judge(const std::vector<Judging::Asked>& asked, Judging::Judged& one);
    void number(const Judging& piece, store::Batch& batch);  // with it again
    void own(const records::NotedWrite& write);

    // elsewhere.cc
    struct OwnPatient {
        std::string id;
        std::uint64_t version;
    };
    bool may_ask(const Sub& sub) const;
    void ask_hub_due();
    Result<std::vector<OwnPatient>> own_patients(const News& news) const;  // without the mutex
    void hear(const Mail& mail, const Result<std::vector<OwnPatient>>& patients, store::Batch& batch);
    void not_heard(Sub& sub, const Error& error);
    Status empty_what_waited(store::Batch& batch);
    void heard_from_hub(const std::string& failure);  // "": it has answered

    // deliver.cc
    void settle(const Mail& mail, store::Batch& batch);
    void deliver_due();
    Status deliver(const std::string& id, Sub& sub);
    Status deliver_events(const std::string& id, Sub& sub);
    // Without `accesses` it tells of nobody.
    void send(const std::string& id, Sub& sub, std::string body, ledger::NextAccess accesses);
    Result<ledger::NextAccess> entries_about(const std::string& id, const Sub& sub, const std::vector<Told>& told) const;
    Result<std::vector<std::string>> patients_of(const Event& event) const;
    Said said(std::string_view id, const Sub& sub, std::string_view type) const;
    Result<std::vector<Told>> read_events(std::string_view id, const Sub& sub, std::uint64_t first, std::uint64_t last,
                                          std::size_t count_max, bool bodies) const;
    records::Visible visible_to(const ledger::Actor& owner) const {
        return options.visible_to ? options.visible_to(owner) : records::Visible();
    }
    Instant next_due() const;

    // subscriptions.cc
    records::Outcome room(const Owner& owner) const;  // with the mutex held
    void renew_news(std::string_view id, Sub& sub, const Owner& owner, bool was_collecting, store::Batch& batch) const;
    records::Outcome room_for_news(const Subscription& spec, std::string_view id) const;  // the same
    Result<bool> round();
    void run();
    void wait(bool soon);
};

}  // namespace idun::subscriptions
