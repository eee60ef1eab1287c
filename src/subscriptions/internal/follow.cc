// From the change feed to numbered events.
#include <algorithm>

#include "records/change_note.h"
#include "subscriptions/internal/impl.h"
#include "subscriptions/trigger.h"

namespace idun::subscriptions {
namespace {

constexpr std::size_t kChangesAtOnce = 200;
constexpr std::size_t kWritesAtOnce = 5'000;
constexpr std::size_t kEventsAtOnce = 20'000;

}  // namespace

Result<bool> Subscriptions::Impl::follow(store::Batch& batch) {
    TRY_ASSIGN(const auto changes, store.changes({progress.version}, kChangesAtOnce));
    std::size_t looked = 0;
    std::size_t made = 0;
    for (const store::Change& change : changes) {
        const auto note = records::decode_change_note(change.note);
        if (!note && note.error().category != Category::unsupported) return fail(note.error());
        const std::size_t count = note ? note->writes.size() : 0;
        for (std::size_t i = progress.writes; i < count; ++i) {
            if (looked == kWritesAtOnce || made >= kEventsAtOnce) {
                batch.put(progress_key(), encode(progress));
                return true;
            }
            ++looked;
            TRY(consider(note->writes[i], change.version.number, batch, made));
            progress.writes = i + 1;
        }
        progress = {change.version.number, 0};
    }
    if (changes.empty()) return false;
    batch.put(progress_key(), encode(progress));
    read_version.set(static_cast<double>(progress.version));
    return changes.size() == kChangesAtOnce;
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

Status Subscriptions::Impl::consider(const records::NotedWrite& write, std::uint64_t version, store::Batch& batch, std::size_t& made) {
    if (write.type == "Subscription") {
        own(write);
        return {};
    }
    WrittenResource written(write, records);
    std::map<std::string_view, bool> triggered;  // by topic
    for (auto& [id, sub] : subs) {
        if (!sub.collecting() || version <= sub.state.start) continue;
        auto known = triggered.find(sub.spec->topic);
        if (known == triggered.end()) {
            const Topic* topic = topic_of(options.topics, sub.spec->topic);
            TRY_ASSIGN(const bool hit, written.triggers(*topic));
            known = triggered.emplace(topic->url, hit).first;
        }
        if (!known->second) continue;
        TRY_ASSIGN(const bool passed, written.passes(*sub.spec));
        if (!passed) continue;
        if (sub.state.events - sub.state.acknowledged >= options.waiting_events_max) {
            turn_off(sub, "too many events were waiting for the receiver: read anew what it missed, then subscribe again");
            continue;
        }
        Event event{++sub.state.events, write.last_updated, write.kind,  write.type,
                    write.id,           write.version,      write.patient, write.category};
        batch.put(event_key(id, event.number), encode(event));
        sub.dirty = true;
        events_made.add();
        ++made;
    }
    return {};
}

}  // namespace idun::subscriptions
