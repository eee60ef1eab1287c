// Who has looked: the entries of all logs about one person, newest first, whoever's log they stand in.
//
// The logs are the truth; this keeps rows in the hub's store so that one person's entries are found without reading
// whole logs. It catches up with the hub's own log when asked, and takes what nodes ship.
// Bytes and rules: docs/formats/ledger-shipping.md.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "crypto/pseudonym.h"
#include "exchange/access_filter.h"
#include "exchange/access_purge.h"
#include "exchange/access_rows.h"
#include "exchange/log_accounts.h"
#include "exchange/log_rows.h"
#include "exchange/shipped_tree.h"
#include "exchange/withholding.h"
#include "ledger/ledger.h"
#include "ledger/shipment.h"
#include "store/store.h"

namespace idun::exchange {

inline constexpr std::size_t kPageBytesMax = 16u << 20;  // about so many, of a page, as FHIR
inline constexpr std::size_t kShownRecordsMax = 500;  // of the parts of one gathering, in a list

// Of gatherings: whether a part of theirs is left out of one reader's lists, for the length of one walk. A gathering of a thousand parts is
// read once then, and not for each of them.
class JudgedParts {
public:
    std::optional<bool> of(const ledger::Access& gathering) const {
        const auto found = known_.find(key_of(gathering));
        return found == known_.end() ? std::nullopt : std::optional(found->second);
    }
    void keep(const ledger::Access& gathering, bool left_out) {
        if (known_.size() >= kKeptMax) known_.clear();
        known_.emplace(key_of(gathering), left_out);
    }

private:
    static constexpr std::size_t kKeptMax = 4'096;
    static std::pair<crypto::Pseudonym, std::string> key_of(const ledger::Access& gathering) { return {*gathering.person, gathering.request_id}; }
    std::map<std::pair<crypto::Pseudonym, std::string>, bool> known_;
};

// Thread-safe.
class AccessView {
public:
    AccessView(store::Store& store, const ledger::Ledger& ledger, const Clock& clock, AccountBounds bounds = {},
               ExpectedLogs expected = {})
        : store_(store), ledger_(ledger), clock_(clock), bounds_(bounds), expected_(std::move(expected)) {}

    struct Seen {
        ledger::Access access;
        ledger::Receipt receipt;      // under the newest checkpoint of that log; without a signature when there is none
        std::uint64_t sequence = 0;  // how-manieth about her in that log; 0: not told
        std::string place = {};      // in her list, of lines; later ones are greater
    };
    struct Page {
        std::vector<Seen> seen;
        std::string next;  // for the page after; "": none
    };
    // At most `count_max` lines of the person's list from behind the place `after` ("": from the newest). A gathering is
    // one line: how it ended, or that it was begun; with the records that its nodes' entries name. What is withheld is
    // not there. `invalid` for an `after` that is none of ours. A page may be short, or empty, and have a next.
    // `supervisor` sees what is withheld from the person.
    enum class Sight : std::uint8_t { person, supervisor };
    Result<Page> about(const crypto::Pseudonym& person, const AccessFilter& filter, std::string_view after,
                       std::size_t count_max, Sight sight = Sight::person);
    // The same of all numbers of one person, in one order.
    Result<Page> about_all(std::span<const crypto::Pseudonym> numbers, const AccessFilter& filter, std::string_view after,
                           std::size_t count_max, Sight sight = Sight::person);
    // The same lines, and behind each gathering every entry that is part of it: what the logs say, one by one. A page
    // ends after `entries_max` entries or about kPageBytesMax, also among the parts of one gathering.
    Result<Page> every_entry(const crypto::Pseudonym& person, std::string_view after, std::size_t entries_max);
    // Nothing when there is none, or its time was up. Whether it is withheld the caller asks.
    Result<std::optional<LoggedEntry>> find(std::string_view log_id, std::uint64_t index);
    Seen seen(LoggedEntry entry) const;
    Result<std::vector<std::string>> logs() const;

    // For supervisors, withheld ones too: the entries of one log, oldest first; what one user did in all logs, newest
    // first; every entry about a person since then, all logs in turns, of each the newest first, until `visit` has enough or
    // `count_max` entries, of whatever time, were looked at: whether these were all. A page ends after about kPageBytesMax too.
    Result<Page> of_log(std::string_view log_id, const AccessFilter& filter, std::string_view after, std::size_t count_max);
    Result<Page> by_user(std::string_view user_id, const AccessFilter& filter, std::string_view after, std::size_t count_max);
    Result<bool> each_since(Instant since, std::uint64_t count_max, const std::function<bool(const LoggedEntry&)>& visit);

    // `entry` is about a person.
    Result<bool> is_withheld(const LoggedEntry& entry) const;
    Result<bool> is_withheld(const Seen& seen) const;
    // Whether anything of hers is withheld now.
    Result<bool> withholds_from(const crypto::Pseudonym& person) const;
    // Whether the rules leave the entry out of the lists of the filter's reader: by itself, or with the gathering of which it is part.
    // `judged`: of whoever asks it of many entries by one filter.
    Result<bool> left_out(const LoggedEntry& entry, const AccessFilter& filter, JudgedParts& judged) const;
    Result<bool> left_out(const LoggedEntry& entry, const AccessFilter& filter) const;
    // Which of these entries of a log, about the person, the reader is not to see now: what is withheld of them, what the rules
    // leave out of the filter's reader's lists and, while there may be any, those that have not come here yet.
    Result<std::set<std::uint64_t>> kept_closed(const crypto::Pseudonym& person, std::string_view log_id,
                                                const std::vector<std::uint64_t>& indexes, const AccessFilter& filter = {});
    Status withhold(const LoggedEntry& entry, const Withholding& why);
    Status lift(const LoggedEntry& entry, std::string decision);
    Result<std::vector<Withholding>> withheld(std::size_t count_max) const;

    // Takes away the rows of entries whose time is up by the table's rules, a bounded number of each log; how many it looked at:
    // 0 when all is done. The logs themselves keep theirs by the same rules.
    Result<std::size_t> purge(const rights::RuleTable& table);
    Result<std::vector<PurgedByRule>> purged() const;

    // What follows from entries: `follow` is called for each that is about a person, with the draft that takes it in and
    // whether it is of the hub's log, and says of one of the hub's whether its line is to be a message (LoggedEntry::told); of what a
    // node ships not for parts of gatherings, and once for each person and requester in a shipment. `committed` after the commit; `prepare`
    // before many are followed, with whom they are about. Until this was called nothing comes in (`busy`): what comes in
    // unfollowed would never be told.
    struct Followers {
        std::function<bool(Draft&, const LoggedEntry&, bool own)> follow = [](Draft&, const LoggedEntry&, bool) { return false; };
        std::function<void()> committed = [] {};
        std::function<void(std::span<const crypto::Pseudonym>)> prepare = [](std::span<const crypto::Pseudonym>) {};
    };
    void follow_with(Followers followers);

    // Takes in what the hub's own log has more. Everything that reads the list does so by itself.
    Status come_up_to_date();

    // What a provider's node ships, and the keys with which that provider signs; the first entry that is lacking then.
    // `conflict` when it does not continue what is here, contradicts it, or is not the log that its owner has signed.
    Result<std::uint64_t> take(const ledger::Shipment& shipment, const crypto::KeySet& keys);
    // A node's answer came with a receipt of one of its logs that its keys have not signed: noted as a fault of that
    // log, or of its owner's first one where there is no such log. By a key that is not known it is that until the key
    // is.
    Status note_forged(const ledger::Receipt& receipt, const crypto::KeySet& keys);
    // The owner's clock is ahead of the hub's, by a word that it has signed: a fact of its newest log.
    Status note_clock_ahead(const std::string& owner, Instant its_now);
    // The newest count of its accesses that the log's owner has signed.
    Result<std::optional<StatedCount>> stated_count(std::string_view log_id) const;
    // How far a log is here.
    Result<LogProgress> progress(std::string_view log_id) const;
    // The first entry from `index` on that is here, and its hash: what its time was up for, or what the law erased, is not any more.
    struct KeptHash {
        std::uint64_t index = 0;
        crypto::Hash hash;
    };
    Result<std::optional<KeptHash>> kept_from(std::string_view log_id, std::uint64_t index) const;
    // The newest log of that owner of which something is here; its first one when nothing is.
    Result<std::string> newest_log(const std::string& owner) const;

    // Tickets: the number of a node's newest, as far as the hub's log has been read; one that the hub asks with by itself.
    Result<std::uint64_t> newest_ticket(std::string_view node) const;
    Status issue(const std::string& node, const std::string& ticket_id, const crypto::Pseudonym& person);

    // What is not accounted for: of all logs but the hub's; about one person; of the logs of some providers.
    Result<std::vector<LogAccount>> accounts();
    Result<std::vector<MissingEntry>> missing(const crypto::Pseudonym& person, std::size_t count_max);
    Result<std::vector<UnansweredTicket>> unanswered(const crypto::Pseudonym& person, std::size_t count_max);
    // Of all logs in which entries about the person are, of all logs of these owners, who hold something about her, and
    // of those of the hub that were closed: whose entries they lost nobody knows.
    Result<std::vector<LogAccount>> incomplete(const crypto::Pseudonym& person,
                                               const std::vector<std::string>& owners) const;

private:
    Status catch_up();
    Status follow(Draft& draft, const ledger::Shipment& shipment);
    // What somebody is told of in a shipment, by person and requester.
    using Told = std::map<std::pair<std::string, std::string>, LoggedEntry>;
    // A shipment while it is taken in.
    struct Intake {
        LogProgress progress;
        StatedHeads stated;
        Instant now;
        std::optional<Instant> none_before;  // the log had none of these entries then
        Told told = {};
    };
    Status add(Draft& draft, const ledger::Shipment& shipment, Intake& intake);
    Status grow(Draft& draft, const ledger::Shipment& shipment, const ledger::ShippedEntry& entry, Intake& intake);
    Status judge_closed(Draft& draft, const ledger::Shipment& shipment, std::uint64_t closed_before, const Intake& intake);
    Status note_access(Draft& draft, const LoggedEntry& one, Intake& intake);
    Status refuse(const ledger::Shipment& shipment, const Refusal& why, const crypto::KeySet* keys = nullptr);
    Result<Draft> draft() const;
    struct Turn;
    Result<bool> take_turn(const Draft& draft, Turn& turn, Instant since, std::uint64_t& left,
                           const std::function<bool(const LoggedEntry&)>& visit) const;
    struct Place;
    Result<Page> found_at(const Draft& draft, store::Range range, const AccessFilter& filter, std::size_t count_max,
                          const std::function<Place(const store::Entry&)>& place_of);
    bool is_gathering(const LoggedEntry& entry) const;
    Status close_before(Draft& draft, const ledger::Access& first);
    Result<std::vector<LogAccount>> closed_of_hub(const store::Snapshot& snapshot) const;
    // Of one answer: each log's checkpoint is read once.
    class Receipts {
    public:
        Receipts(const AccessView& view, const Draft& draft) : view_(view), draft_(draft) {}
        Seen seen(LoggedEntry entry);

    private:
        const std::optional<ledger::Receipt>& of(const std::string& log_id);
        const AccessView& view_;
        const Draft& draft_;
        std::map<std::string, std::optional<ledger::Receipt>> firsts_;  // by log
    };
    // What a page may still hold.
    struct EntryRoom {
        std::size_t entries, bytes;
        bool full() const { return entries == 0 || bytes == 0; }
        void take(std::size_t size) {
            --entries;
            bytes -= std::min(bytes, size);
        }
    };
    Result<bool> add_line(const Draft& draft, Receipts& receipts, const LoggedEntry& line, EntryRoom& room, std::string& part,
                          Page& page) const;
    Result<bool> left_out(const Draft& draft, const LoggedEntry& entry, const AccessFilter& filter, JudgedParts& judged) const;
    // Of a gathering whose parts have records of these categories (LineHead::parts_categories; nothing: they are not known): whether the
    // rules leave any of them out.
    Result<bool> parts_left_out(const store::Snapshot& snapshot, const ledger::Access& gathering, std::optional<std::uint8_t> categories,
                                const AccessFilter& filter, JudgedParts& judged) const;
    Result<bool> any_part_left_out(const store::Snapshot& snapshot, const ledger::Access& gathering, const AccessFilter& filter) const;
    Status add_records_of_parts(const store::Snapshot& snapshot, ledger::Access& gathering) const;
    Result<bool> shows(const store::Snapshot& snapshot, LoggedEntry& line, const AccessFilter& filter, const HeadFilter& heads,
                       const LineHead& head, const std::set<std::string>& withheld) const;

    store::Store& store_;
    const ledger::Ledger& ledger_;
    const Clock& clock_;
    const AccountBounds bounds_;
    const ExpectedLogs expected_;
    std::mutex writing_;
    std::optional<Followers> followers_;
};

}  // namespace idun::exchange
