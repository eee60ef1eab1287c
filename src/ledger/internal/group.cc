#include "ledger/internal/group.h"

#include <chrono>

#include "ledger/internal/segment.h"
#include "ledger/receipt.h"

namespace idun::ledger {

std::uint16_t year_of(Instant time) {
    const auto day = std::chrono::floor<std::chrono::days>(std::chrono::sys_time<std::chrono::milliseconds>(
        std::chrono::milliseconds(time.ms)));
    return static_cast<std::uint16_t>(static_cast<int>(std::chrono::year_month_day(day).year()));
}

const SlotMask& GroupMaker::mask() {
    if (!mask_) mask_.emplace(parts_.ring.at(0));
    return *mask_;
}

Group GroupMaker::first() {
    Group group;
    begin_segment(group);
    add_key(group, 0, parts_.ring.make_own(parts_.random));
    group.batch.heads.emplace_back(0, SlotHead{});
    finish(group, 0);
    return group;
}

Group GroupMaker::rotation(const LogState& state) {
    Group group;
    group.after = state;
    group.batch.first = state.size();
    begin_segment(group);
    finish(group, state.size());
    return group;
}

Group GroupMaker::make(std::vector<Wanted> wanted, const LogState& state, std::uint64_t segment_bytes_max, Instant now) {
    Group group;
    group.after = state;
    group.batch.first = state.size();
    std::size_t bytes = 0;
    for (const Wanted& one : wanted) bytes += one.bytes();
    if (state.segment_bytes + bytes > segment_bytes_max && state.size() > state.segment) begin_segment(group);
    for (const Wanted& one : wanted) {
        if (one.forget) add_forgotten(group, one, now);
        if (one.map_root) add_entry(group, map_root_entry(now, *one.map_root));
        for (const std::string& part : one.parts) add_access(group, one, part, now);
        group.last.push_back(group.after.size() - 1);
    }
    group.wanted = std::move(wanted);
    finish(group, state.size());
    return group;
}

void GroupMaker::begin_segment(Group& group) const {
    LogState& state = group.after;
    const auto edge = state.range.edge();
    const SegmentStart start{parts_.log_id, state.size(), parts_.ring.size(), {edge.begin(), edge.end()}};
    append_frame(group.bytes, FrameType::segment, encode(start));
    group.new_segment = true;
    group.batch.segment = state.size();
    state.segment = state.size();
    state.segment_bytes = 0;
}

void GroupMaker::add_key(Group& group, Slot slot, const SlotKey& key) const {
    append_frame(group.bytes, FrameType::key, encode(KeyFrame{slot, key}));
}

void GroupMaker::add_entry(Group& group, std::string entry) const {
    const crypto::Hash leaf = frame_hash(FrameType::entry, entry);
    append_frame(group.bytes, FrameType::entry, entry, leaf);
    group.after.range.append(leaf);
    group.batch.entries.push_back(std::move(entry));
}

void GroupMaker::add_access(Group& group, const Wanted& wanted, const std::string& part, Instant now) {
    const std::uint64_t index = group.after.size();
    const auto year = static_cast<std::uint16_t>(year_of(now) + wanted.retention_years);
    const KeyRing::Turn turn = parts_.ring.next(wanted.person, year, index, parts_.random);
    if (turn.fresh) add_key(group, turn.slot, turn.key);
    group.batch.heads.emplace_back(turn.slot, SlotHead{index, turn.sequence});
    if (wanted.person) group.batch.people.push_back({*wanted.person, turn.sequence, index});
    add_entry(group, seal_entry({.log_id = parts_.log_id, .index = index, .now = now,
                                 .masked = mask().apply(turn.slot, index), .opening = opening_, .turn = turn,
                                 .time = wanted.time, .access = part}));
}

// Which slots is only known here: until now entries could make new ones. What comes later gets other keys.
void GroupMaker::add_forgotten(Group& group, const Wanted& wanted, Instant now) {
    Forgotten what;
    what.slots = wanted.person ? parts_.ring.of(*wanted.person, kForgottenMax)
                               : parts_.ring.expired(wanted.before_year, kForgottenMax);
    what.decision = wanted.decision;
    what.uncounted = 0;
    for (const PersonCount& gone : parts_.ring.leave(what.slots)) {
        group.batch.people.push_back({gone.person, 0, 0});
        *what.uncounted += gone.count;
    }
    for (const Slot slot : what.slots) group.batch.forgotten.push_back({slot, group.after.size()});
    add_entry(group, forgotten_entry(now, what));
}

void GroupMaker::finish(Group& group, std::uint64_t size_before) const {
    LogState& state = group.after;
    state.note = sign_checkpoint(parts_.key, {parts_.log_id, state.size(), state.range.root()});
    append_frame(group.bytes, FrameType::checkpoint, encode(CheckpointFrame{size_before, state.note}));
    state.segment_bytes += group.bytes.size();
    group.batch.note = state.note;
    group.batch.slots = parts_.ring.size();
}

}  // namespace idun::ledger
