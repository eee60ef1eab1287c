// The patient data index: which provider holds what kind of data about whom, and how new it is.
//
// It never holds content. A person is a pseudonym (bytes nobody can turn back without the pseudonym key), a
// pointer says (person, provider, category, newest update) and belongs to the provider, who alone changes it.
// Pointers are searchable when put() has returned. api/ speaks of them as FHIR DocumentReference
// (fhir_pointer.h). See docs/formats/index.md for the bytes.
#pragma once

#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "crypto/pseudonym.h"
#include "store/store.h"

namespace idun::index {

inline constexpr std::size_t kBatchMax = 10'000;  // pointers in one put

// A category as its code on the wire, such as "test-result" (fhir/category.h holds the codes).
struct Pointer {
    crypto::Pseudonym person;
    std::string category;
    Instant newest;                // last update of the newest record
    std::uint64_t source_version;  // the source's store version that this says: older ones change nothing
    bool withdrawn = false;        // the source holds nothing of that category any more
};

// What one provider has about one person.
struct Holding {
    std::string provider;
    struct Part {
        std::string category;
        Instant newest;
    };
    std::vector<Part> parts;  // sorted by category
};

// How fresh the index is about one source.
struct Freshness {
    Instant heard;                 // when it last published, or said that there is nothing new
    std::uint64_t source_version;  // up to which of its versions all is here
};

// Whoever must know in the same step that a provider begins to hold something about persons, or holds nothing about
// them any more. Called one at a time; when `join` has succeeded `done` follows on the same thread.
class Joiner {
public:
    virtual ~Joiner() = default;
    // May add to the batch that makes it so. An error keeps all of it from happening.
    virtual Status join(std::string_view provider, std::span<const crypto::Pseudonym> begins,
                        std::span<const crypto::Pseudonym> ceases, store::Batch& batch) = 0;
    virtual void done(bool committed) = 0;
};

// Thread-safe.
class Index {
public:
    static Result<std::unique_ptr<Index>> open(store::Store& store);

    // Upserts the pointers of one source, all or none, and notes its freshness. Idempotent; order of
    // arrival does not matter.
    Status put(std::string_view provider, std::span<const Pointer> pointers, const Freshness& freshness);

    // Set once, before use by several threads; lives as long as the index is used.
    void joined_by(Joiner& joiner) { joiner_ = &joiner; }

    // In the order of provider ids; empty when nobody has anything.
    Result<std::vector<Holding>> holdings(const crypto::Pseudonym& person) const;
    // Zeroes for a source that was never heard.
    Freshness freshness(std::string_view provider) const;

private:
    explicit Index(store::Store& store) : store_(store) {}

    store::Store& store_;
    Joiner* joiner_ = nullptr;
    std::mutex writing_;  // put reads rows and writes them back: one at a time
    mutable std::mutex mutex_;
    std::vector<std::pair<std::string, Freshness>> freshness_;  // sorted by provider
};

}  // namespace idun::index
