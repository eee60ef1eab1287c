// What has been read lately of single persons, so that a look-up about somebody is not a read of the store each time; mostly it is that
// nothing stands there. What is here is what the store says: a change takes its person out when it has been committed, before
// whoever made it is answered, and whoever read before that keeps nothing.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <vector>

#include "crypto/pseudonym.h"

namespace idun::exchange {

// Thread-safe. Bounded: each person has one place, from which another one may drive her out. A value is quick to copy.
template <typename T>
class Lately {
public:
    explicit Lately(std::size_t places = std::size_t{1} << 18) : places_(places) {}

    // Nothing: ask the store.
    std::optional<T> find(const crypto::Pseudonym& person) const {
        const std::lock_guard lock(mutex_);
        const Place& place = places_[place_of(person)];
        return place.person == person ? place.value : std::nullopt;
    }

    // To be taken before the store is read.
    using Moment = std::uint64_t;
    Moment moment() const {
        const std::lock_guard lock(mutex_);
        return changes_;
    }
    // Keeps nothing when something has changed since that moment.
    void keep(const crypto::Pseudonym& person, T value, Moment read) {
        const std::lock_guard lock(mutex_);
        if (read == changes_) places_[place_of(person)] = {person, std::move(value)};
    }

    // After each commit that may have changed what stands there about the person, also after one whose outcome nobody knows.
    void changed(const crypto::Pseudonym& person) {
        const std::lock_guard lock(mutex_);
        ++changes_;
        Place& place = places_[place_of(person)];
        if (place.person == person) place = {};
    }

private:
    struct Place {
        crypto::Pseudonym person;
        std::optional<T> value;
    };
    std::size_t place_of(const crypto::Pseudonym& person) const { return std::hash<crypto::Pseudonym>()(person) % places_.size(); }

    mutable std::mutex mutex_;
    std::vector<Place> places_;
    Moment changes_ = 0;
};

}  // namespace idun::exchange
