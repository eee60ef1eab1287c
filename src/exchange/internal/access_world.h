// What the tests of the list of accesses share.
#pragma once

#include <doctest/doctest.h>

#include <map>

#include "exchange/access_view.h"
#include "ledger/file_system.h"
#include "store/testing.h"

namespace idun::exchange {

// A hub's list of accesses over a store and a log of its own, and an honest node "SE1" that ships to it.
struct AccessWorld {
    store::TemporaryStore temporary;
    ManualClock clock{{1'795'428'000'000}};
    crypto::SigningKey key = crypto::SigningKey::generate(system_random());
    std::unique_ptr<ledger::Ledger> log =
        *ledger::Ledger::open(temporary.folder.path + "/log", "hub", key, ledger::system_files(), clock);
    int tickets = 0;
    AccountBounds bounds{std::chrono::minutes(5), std::chrono::minutes(10)};
    crypto::SigningKey node_key = crypto::SigningKey::generate(system_random());
    std::map<std::pair<std::string, std::uint64_t>, ledger::Access> served;
    std::map<std::pair<std::string, std::string>, std::uint64_t> met;                           // by log and person
    std::map<std::pair<std::string, std::uint64_t>, std::pair<std::string, std::uint64_t>> as;  // by log and index
    crypto::Pseudonym eva, adam;
    std::unique_ptr<AccessView> view;

    AccessWorld() {
        eva.bytes.fill(1);
        adam.bytes.fill(2);
        restart();
    }
    void restart() {
        view = std::make_unique<AccessView>(*temporary.store, *log, clock, bounds);
        view->follow_with({});
    }

    ledger::Access access(const crypto::Pseudonym& person, ledger::Action action, const std::string& request) {
        clock.advance(std::chrono::milliseconds(1));
        ledger::Access out;
        out.time = clock.now();
        out.action = action;
        out.person = person;
        out.requester.user_id = "anna";
        out.request_id = request;
        return out;
    }
    void gathering(const crypto::Pseudonym& person, const std::string& request, const std::string& state, bool permit = true) {
        ledger::Access one = access(person, ledger::Action::gather, request);
        one.permit = permit;
        const std::string ticket = state == "asked" ? std::to_string(++tickets) + "-x" : "";
        if (!state.empty()) one.sources.push_back({"SE1", state, ticket, 0});
        REQUIRE(log->append(one));
    }
    ledger::ShippedEntry at_node(std::uint64_t index, const std::string& ticket, const std::string& request) {
        ledger::ShippedEntry out{.index = index, .hash = {}, .access = access(eva, ledger::Action::read, request)};
        out.hash = leaf(index);
        out.access.ticket_id = ticket;
        out.access.records = {{"Condition", "c" + std::to_string(index), "1", "diagnosis", "SE1"}};
        return out;
    }
    // The same, of the person's entry of that number.
    ledger::ShippedEntry nth(std::uint64_t index, std::uint64_t sequence) {
        auto out = at_node(index, "", "r" + std::to_string(index));
        out.sequence = sequence;
        return out;
    }
    // One whose key is gone, or that says so.
    static ledger::ShippedEntry closed(std::uint64_t index, ledger::Kind kind) {
        ledger::ShippedEntry out{.index = index, .hash = leaf(index), .open = false, .kind = kind, .access = {}};
        if (kind == ledger::Kind::forgotten) out.decision = "D-1";
        return out;
    }
    // The node's tree, of which at_node() gives the leaves.
    static crypto::Hash leaf(std::uint64_t index) {
        crypto::Hash out;
        out.bytes.fill(static_cast<std::uint8_t>(index + 1));
        return out;
    }
    static Result<crypto::Hash> subtree(unsigned level, std::uint64_t index) {
        if (level == 0) return leaf(index);
        return crypto::node_hash(*subtree(level - 1, 2 * index), *subtree(level - 1, 2 * index + 1));
    }
    std::string checkpoint(std::uint64_t size, const std::string& log_id = "SE1") const {
        crypto::CompactRange range;
        for (std::uint64_t i = 0; i < size; ++i) range.append(leaf(i));
        return ledger::sign_checkpoint(node_key, {log_id, size, range.root()});
    }
    // How-manieth an entry is about its person, as an honest node counts: again the same.
    void count(const std::string& log_id, ledger::ShippedEntry& entry) {
        if (!entry.open || !entry.access.person || entry.sequence != 0) return;
        const std::string person = entry.access.person->text();
        auto& said = as[{log_id, entry.index}];
        if (said.first != person) said = {person, ++met[{log_id, person}]};
        entry.sequence = said.second;
    }
    // As an honest node ships them, in a log of `size` entries.
    ledger::Shipment shipment(std::vector<ledger::ShippedEntry> entries, std::uint64_t first, std::uint64_t size,
                              const std::string& log_id = "SE1") {
        ledger::Shipment out{.log_id = log_id, .first = first, .size = size, .checkpoint = checkpoint(size, log_id)};
        const std::uint64_t end = first + entries.size();
        if (end > 0 && end < size) out.proof = *crypto::consistency_proof(end, size, subtree);
        for (auto& entry : entries) count(log_id, entry);
        for (const auto& entry : entries)
            if (entry.open) served.try_emplace({log_id, entry.index}, entry.access);
        for (const auto& [place, access] : served)
            if (place.first == log_id && place.second < end) out.served.add(access);
        out.entries = std::move(entries);
        return out;
    }
    Result<std::uint64_t> take(const ledger::Shipment& one) { return view->take(one, crypto::KeySet(node_key.public_key())); }
    Result<std::uint64_t> ship(std::vector<ledger::ShippedEntry> entries, std::uint64_t first, std::uint64_t size) {
        return take(shipment(std::move(entries), first, size));
    }
    Result<std::uint64_t> next_of(const std::string& log_id) { return view->progress(log_id)->next; }
    // The end of a gathering in which SE1 answered with the receipt of its entry `index`.
    void answered(const std::string& request, std::uint64_t index) {
        ledger::Access one = access(eva, ledger::Action::gather, request);
        one.sources.push_back({"SE1", "answered", ledger::Receipt{"SE1", index, index + 1, {}, std::string(ledger::kNoteSignatureBytes, 's')}.text(), 1});
        REQUIRE(log->append(one));
    }
    LogAccount account() {
        const auto all = *view->accounts();
        REQUIRE(all.size() == 1);
        return all[0];
    }
    std::string faults() {
        std::string out;
        for (const FaultSeen& seen : account().faults) out += std::string(to_string(seen.fault)) + " ";
        return out;
    }
    AccessFilter filter;
    AccessView::Page page(const std::string& after = "", std::size_t count = 10) { return *view->about(eva, filter, after, count); }
    std::string shown() {
        std::string out;
        for (const auto& one : page().seen) out += one.receipt.log_id + std::to_string(one.receipt.index) + " ";
        return out;
    }
};

inline bool is_conflict(const Result<std::uint64_t>& result) {
    return !result && result.error().category == Category::conflict;
}

}  // namespace idun::exchange
