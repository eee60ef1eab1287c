// Tells the hub which numbers are one person, patient by patient, and remembers what it has taken.
#pragma once

#include <functional>
#include <set>
#include <string>

#include "base/metrics.h"
#include "publish/person_links.h"

namespace idun::publish {

// For one thread. What is passed by reference lives as long as this.
class LinkTeller {
public:
    // Sends a body to /people/links and gives what came back; `not_found` by a hub that does not know of links yet.
    using Send = std::function<Result<std::string>(std::string body)>;

    LinkTeller(store::Store& store, const records::Records& records, Knows knows, Metrics& metrics)
        : store_(store), records_(records), knows_(std::move(knows)),
          refused_(metrics.counter("idun_links_refused_total", "statements that two numbers are one person which the hub did not take")),
          aliases_refused_(metrics.counter("idun_aliases_refused_total", "statements that two pseudonyms are one number under two keys which the hub did not take")) {}

    // What these Patients carry and the hub has not taken, or carry no more; `again`: also what it has taken before. What the hub
    // refuses is no failure: it is said again when the Patient is written again.
    Status tell(const std::set<std::string>& patients, const store::Snapshot& snapshot, const Send& send, bool again = false);

    // Which pseudonyms of these Patients are one number under several keys, whether the hub has taken that before or not; before anything
    // else is told of these numbers. Fails when `send` says `unavailable`. Once it says `busy` nothing more is said.
    struct AliasesTold {
        std::set<std::string> refused;  // Patients of whom the hub has not taken all,
        std::string why;                // when it would not hear it of anybody
        std::set<std::string> later;    // of whom it has not heard all
    };
    Result<AliasesTold> tell_aliases(const std::set<std::string>& patients, const store::Snapshot& snapshot, const Send& send);

private:
    struct Said {
        std::string patient;
        OwnLink link;
        bool withdrawn = false;
    };
    struct SaidAlias {
        std::string patient;
        people::AliasPair pair;
    };
    Result<std::vector<std::string>> say_aliases(std::span<const SaidAlias> said, const Send& send);
    Result<bool> took_alias(std::string_view word, const people::AliasPair& pair, const store::Snapshot& snapshot) const;
    Status say(std::vector<Said>& said, const Send& send);
    Status remember(const std::set<std::string>& patients, const std::vector<Said>& taken, const store::Snapshot& snapshot);
    Result<bool> carried_elsewhere(const Pair& pair, const store::Snapshot& snapshot) const;

    store::Store& store_;
    const records::Records& records_;
    const Knows knows_;
    Counter& refused_;
    Counter& aliases_refused_;
};

}  // namespace idun::publish
