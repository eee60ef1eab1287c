// The parts of an Index, for its own files.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <unordered_map>

#include "index/index.h"
#include "index/internal/names.h"
#include "index/internal/pages.h"
#include "index/internal/row.h"

namespace idun::index {

// How fresh one number of a provider is, as it is stored.
struct SourceHeard {
    Instant heard;
    std::uint64_t source_version = 0;
    struct Of {
        Seconds heard = 0;
        Seconds newest = 0;
    };
    std::map<std::uint8_t, Of> categories;
};

std::string heard_key(std::uint32_t provider);
std::string encode_heard(const SourceHeard& heard);
Result<SourceHeard> decode_heard(std::string_view bytes);

// Rows of people that one commit rewrites, and what follows from that.
struct Rewrite {
    struct Person {
        crypto::Pseudonym person;
        std::string before;
        Row row;
        std::vector<Former> former;  // what it says no more
        std::uint32_t told = 0;      // categories, a bit each, of which it says something else to those who look
    };
    std::vector<Person> people;  // in order, each once
    std::string_view provider;
    std::uint32_t number = 0;  // the provider's
    std::vector<crypto::Pseudonym> begins;
    std::vector<crypto::Pseudonym> ceases;
};

// Whether a provider holds something about the person, under whichever of its numbers: what is left of one that has
// retired counts until it is swept, which is when the joiner is told.
bool follows(const Row& row, std::span<const std::uint32_t> numbers);

struct Index::Impl {
    Impl(store::Store& s, const Options& o) : store(s), options(o) {}

    store::Store& store;
    const Options options;
    std::atomic<Joiner*> joiner = nullptr;
    Names names;
    Pages pages;
    std::mutex writing;  // whoever rewrites rows reads them first: one at a time

    mutable std::mutex freshness_mutex;
    std::map<std::uint32_t, SourceHeard> freshness;  // by number
    mutable std::unordered_map<std::uint32_t, std::shared_ptr<const WholeFreshness>> shown_freshness;  // of what stands there, as it was asked for

    mutable std::mutex changes_mutex;
    std::function<void()> changed;
    struct Recent {
        store::Version version;
        crypto::Pseudonym person;
        std::uint32_t provider;
        std::uint32_t categories;  // a bit each
    };
    std::deque<Recent> recent;
    store::Version recent_from;  // nothing is missing since then
    store::Version recent_upto;

    mutable std::mutex keeper_mutex;
    mutable std::condition_variable keeper_wake;
    bool stopping = false;
    bool idle = false;  // all is loaded, nothing to sweep
    std::string failure;
    std::thread keeper;  // last: uses all else

    // index.cc
    Result<Row> row_of(const crypto::Pseudonym& person) const;
    std::vector<Holding> shown(std::span<const Stated> said, std::optional<Seconds> at) const;
    WholeFreshness shown(const SourceHeard& heard) const;

    // rewrite.cc; with `writing` held
    Status read_before(std::vector<Rewrite::Person>& people) const;
    Status commit(const Rewrite& rewrite, Names::Draft& draft, store::Batch batch, Seconds now);
    void remember(const Rewrite& rewrite, store::Version version);

    // keeper.cc
    void keep();
    Status load_pages(std::size_t from, std::size_t to);
    // True when nothing is left of that number.
    Result<bool> sweep(std::uint32_t number, std::size_t& page);
    void wake();
};

std::string row_key(const crypto::Pseudonym& person);
std::string history_key(const crypto::Pseudonym& person);

}  // namespace idun::index
