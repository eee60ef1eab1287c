// From the change feed to numbered events.
#include <algorithm>

#include "records/change_note.h"
#include "subscriptions/internal/impl.h"

namespace idun::subscriptions {
namespace {

constexpr std::size_t kChangesAtOnce = 200;
constexpr std::size_t kWritesAtOnce = 5'000;
constexpr std::size_t kEventsAtOnce = 20'000;

}  // namespace

// The feed is read before the subscriptions are copied: who subscribes later starts behind all of it.
Result<Judging> Subscriptions::Impl::read_feed() const {
    Judging out;
    out.from = out.to = progress;
    TRY_ASSIGN(out.changes, store.changes({progress.version}, kChangesAtOnce));
    if (out.changes.empty()) return out;
    for (const auto& [id, sub] : subs)
        if (sub.collecting()) out.asked.push_back({id, sub.state.start, sub.spec, sub.state.owner});
    return out;
}

Status Subscriptions::Impl::judge(Judging& piece) {
    std::size_t made = 0;
    for (const store::Change& change : piece.changes) {
        const auto note = records::decode_change_note(change.note);
        if (!note && note.error().category != Category::unsupported) return fail(note.error());
        const std::size_t count = note ? note->writes.size() : 0;
        for (std::size_t i = piece.to.writes; i < count; ++i) {
            if (piece.judged.size() == kWritesAtOnce || made >= kEventsAtOnce || mailbox->is_closed()) {
                piece.more = true;
                return {};
            }
            Judging::Judged one{note->writes[i], change.version.number, {}};
            if (one.write.type != "Subscription") TRY(judge(piece.asked, one));
            made += one.hits.size();
            piece.judged.push_back(std::move(one));
            piece.to.writes = i + 1;
        }
        piece.to = {change.version.number, 0};
    }
    piece.more = piece.changes.size() == kChangesAtOnce;
    return {};
}

Status Subscriptions::Impl::judge(const std::vector<Judging::Asked>& asked, Judging::Judged& one) {
    WrittenResource written(one.write, questions);
    std::map<std::string_view, bool> triggered;  // by topic
    for (const Judging::Asked& sub : asked) {
        if (one.version <= sub.start) continue;
        auto known = triggered.find(sub.spec->topic);
        if (known == triggered.end()) {
            const Topic* topic = topic_of(options.topics, sub.spec->topic);
            TRY_ASSIGN(const bool hit, written.triggers(*topic));
            known = triggered.emplace(topic->url, hit).first;
        }
        if (!known->second) continue;
        TRY_ASSIGN(const bool passed, written.passes(*sub.spec));
        if (!passed) continue;
        if (const records::Visible visible = visible_to(sub.owner)) {
            records::Context context;
            context.visible = visible;
            const records::Outcome now = records.read(one.write.type, one.write.id, context);
            if (now.status >= 500) return fail(Category::unavailable, "a record cannot be read");
            if (now.status == 404) continue;  // hidden from the subscriber: for him nothing has happened
        }
        one.hits.push_back(sub.id);
    }
    return {};
}

// A subscription that changed meanwhile takes what was judged of the writes before; one that went takes nothing.
void Subscriptions::Impl::number(const Judging& piece, store::Batch& batch) {
    for (const Judging::Judged& one : piece.judged) {
        const records::NotedWrite& write = one.write;
        if (write.type == "Subscription") own(write);
        for (const std::string& id : one.hits) {
            const auto found = subs.find(id);
            if (found == subs.end()) continue;
            Sub& sub = found->second;
            if (!sub.collecting() || one.version <= sub.state.start) continue;
            if (sub.state.events - sub.state.acknowledged >= options.waiting_events_max) {
                turn_off(sub, "too many events were waiting for the receiver: read anew what it missed, then subscribe again");
                continue;
            }
            Event event{++sub.state.events, write.last_updated, static_cast<EventKind>(write.kind), write.type,
                        write.id,           write.version,      write.patient,                     write.category};
            batch.put(event_key(id, event.number), encode(event));
            sub.dirty = true;
            events_made.add();
        }
    }
    progress = piece.to;
    batch.put(progress_key(), encode(progress));
    read_version.set(static_cast<double>(progress.version));
}

// A Subscription was written. By us through show(), by its own address, or by another way.
void Subscriptions::Impl::own(const records::NotedWrite& write) {
    const auto found = subs.find(write.id);
    if (found == subs.end() || write.version <= found->second.state.resource_version) return;
    Sub& sub = found->second;
    turn_off(sub, write.kind == records::WriteKind::remove ? "the Subscription was deleted"
                                                           : "the Subscription was changed by another way than its own address");
    sub.spec.reset();
    sub.shown = true;  // it is not ours to write any more
}

}  // namespace idun::subscriptions
