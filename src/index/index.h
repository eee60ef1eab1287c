// The patient data index: which provider holds what kind of data about whom, and how new it is.
//
// It never holds content. A person is a pseudonym (bytes nobody can turn back without the pseudonym key), a
// pointer says (person, provider, category, newest update) and belongs to the provider, who alone changes it.
// Pointers are searchable when put() has returned. api/ speaks of them as FHIR DocumentReference
// (fhir_pointer.h). See docs/formats/index.md for the bytes.
//
// The store holds all of it; a copy in memory, made in the background after opening, answers look-ups.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/function_ref.h"
#include "base/time.h"
#include "crypto/multiset.h"
#include "crypto/pseudonym.h"
#include "store/store.h"

namespace idun::index {

inline constexpr std::size_t kBatchMax = 10'000;  // pointers in one put

// That a pointer says what the sender believes: that version of the source, or (nothing) that there is none.
struct Belief {
    std::optional<std::uint64_t> source_version;
};

// A category as its code on the wire, such as "test-result" (fhir/category.h holds the codes).
struct Pointer {
    crypto::Pseudonym person;
    std::string category;
    Instant newest;                // last update of the newest record; kept to the second, rounded down
    std::uint64_t source_version;  // the source's store version that this says: older ones change nothing
    bool withdrawn = false;        // the source holds nothing of that category any more
    // A correction: taken if and only if this holds, whatever the versions say.
    std::optional<Belief> if_believed = {};
};

// What one provider has about one person. The words live as long as the index.
struct Holding {
    std::string_view provider;
    struct Part {
        std::string_view category;
        Instant newest;
        Instant learned;  // when the index was told so; to the second
    };
    std::vector<Part> parts;  // sorted by category
};

// How fresh the index is about one source.
struct Freshness {
    Instant heard;                 // when it last published, or said that there is nothing new
    std::uint64_t source_version;  // up to which of its versions all is here
};

// The same for one of its categories. To the second. The word lives as long as the index.
struct CategoryFreshness {
    std::string_view category;
    Instant heard;   // when it last said something of it
    Instant newest;  // the newest update that it ever told
};
struct WholeFreshness {
    Freshness source;
    std::vector<CategoryFreshness> categories;  // by their words
};

// What put() found.
struct Taken {
    std::vector<std::size_t> passed_over;  // places of the corrections whose belief did not hold, ascending
    Freshness before;                      // of the source, until now
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

// People whose pseudonyms begin with the same bits: the first `nibbles` (0 to 16) four-bit digits of `bits`, whose
// other digits are zero.
struct Prefix {
    std::uint64_t bits = 0;
    unsigned nibbles = 0;
};

// One commit that changed what the index says of a person.
struct Change {
    store::Version version;
    crypto::Pseudonym person;
    std::string provider;
    std::vector<std::string_view> categories;  // of which it says something else; they live as long as the index
};

// Of a set of pointers: how many, and a sum over them.
struct Sum {
    std::uint32_t count = 0;
    crypto::MultisetHash hash;
    void add(const crypto::MultisetKey& key, std::string_view item) {
        ++count;
        hash.add(key, item);
    }
    friend bool operator==(const Sum&, const Sum&) = default;
};

struct Options {
    // How long it is remembered what pointers said before; for holdings_at.
    std::chrono::seconds history = std::chrono::days(90);
    std::size_t history_bytes_max = 16u << 10;  // of one person; the oldest makes room
    std::size_t changes_max = 65'536;           // for changes()
    bool joined = false;  // somebody will join: what withdrawn providers have left is not swept before
};

struct Progress {
    double loaded = 0;  // part of the copy in memory that answers, 0 to 1
    std::size_t people = 0;
    std::size_t bytes = 0;    // of the copy
    std::string failure;      // why the work in the background does not get on; "" when it does
};

// Thread-safe. Has a thread of its own, which uses the store until the index is destroyed.
class Index {
public:
    // `unsupported` when the rows are of another form.
    static Result<std::unique_ptr<Index>> open(store::Store& store, const Options& options = {});
    ~Index();
    Index(const Index&) = delete;
    Index& operator=(const Index&) = delete;

    // Upserts the pointers of one source, all or none, and notes its freshness. Idempotent; order of arrival does not
    // matter. `invalid` when two pointers are about the same person and category. The freshness never goes back, but by
    // a batch of corrections only: then the source says where it stands.
    Result<Taken> put(std::string_view provider, std::span<const Pointer> pointers, const Freshness& freshness);

    // Takes away all that a provider has said, in one commit, and its freshness; what is left of it in the rows goes in the
    // background. Should the provider publish again it begins with nothing. `not_found` when it has said nothing.
    Status withdraw(std::string_view provider, Instant now);

    // Set once, before use by several threads; lives as long as the index is used.
    void joined_by(Joiner& joiner);
    // Called after each commit that changed something, from whatever thread made it; must be quick. Set once, as above.
    void changed_by(std::function<void()> changed);

    // In the order of provider ids; empty when nobody has anything.
    Result<std::vector<Holding>> holdings(const crypto::Pseudonym& person) const;
    // Of the store now: what is read afterwards is of this version or a newer one.
    Result<store::Version> version() const;
    // What `holdings` would have answered at the end of that second. `gone` when that is not remembered any more.
    Result<std::vector<Holding>> holdings_at(const crypto::Pseudonym& person, Instant at) const;

    // Zeroes for a source that was never heard.
    Freshness freshness(std::string_view provider) const;
    // Never null; shared by all who ask until the provider says something again.
    std::shared_ptr<const WholeFreshness> whole_freshness(std::string_view provider) const;

    // For finding where a source and the index differ, without sending all of it: sums over what the index has from it
    // (docs/formats/index.md). `busy` while the copy in memory is being made.
    // The sums of the 16^deeper (1 to 4) longer prefixes, in order.
    Result<std::vector<Sum>> sums(std::string_view provider, const crypto::MultisetKey& key, const Prefix& prefix,
                                  unsigned deeper) const;
    // All of it there, in the order of persons and categories; `too_large` when more than `count_max`.
    Result<std::vector<Pointer>> pointers(std::string_view provider, const Prefix& prefix, std::size_t count_max) const;

    // Everybody of whom some provider holds something, once, in the order of pseudonyms, with who holds what: the views hold until
    // `each` returns, and the words live as long as the index. One walk of the copy in memory, a page of which waits for `each`. `busy` as above.
    struct Held {
        std::string_view provider;
        std::string_view category;
    };
    Status each_person(FunctionRef<void(std::span<const Held>)> each) const;

    // What changed after that version, oldest first, of those whom `wanted` lets through, at most `count_max`; `upto` says
    // where to go on. `gone` when that is not remembered: whoever follows must look everybody up anew.
    struct Changes {
        std::vector<Change> changes;
        store::Version upto;
    };
    Result<Changes> changes(store::Version after, FunctionRef<bool(const crypto::Pseudonym&)> wanted,
                            std::size_t count_max) const;
    // From there on nothing has changed yet.
    store::Version changed_upto() const;

    // Of what is said now, what was learned in that second or later, in the order of pseudonyms from those on that begin with the 16 bits
    // `from`, at least `count_max` when there are so many, of each such beginning all. One walk of the copy in memory, as far as it
    // takes; `busy` as above. Their versions are zero.
    struct Learned {
        std::vector<Change> changes;
        std::optional<std::uint16_t> next;  // where to go on; nothing: that was all
    };
    Result<Learned> learned_since(Instant since, std::uint16_t from, std::size_t count_max) const;

    Progress progress() const;
    // Waits until the copy is made and nothing of withdrawn providers is left, or `patience` is over: then false.
    bool settled(std::chrono::milliseconds patience) const;

    struct Impl;  // internal/impl.h

private:
    explicit Index(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

// What a pointer adds to a sum. Of the withdrawn ones nothing is added.
std::string sum_item(const crypto::Pseudonym& person, std::string_view category, Instant newest);

}  // namespace idun::index
