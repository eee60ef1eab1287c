#include "exchange/people_counted.h"

#include <unordered_map>

namespace idun::exchange {
namespace {

// Counts of words, each of which a person counts in once. There are few: types of providers, categories.
class Tally {
public:
    // Its place, from 0.
    std::size_t place_of(std::string_view word) {
        for (std::size_t place = 0; place < words_.size(); ++place)
            if (words_[place].word == word) return place;
        words_.push_back({word, 0, 0});
        return words_.size() - 1;
    }
    void count(std::size_t place, std::uint64_t person) {
        Word& word = words_[place];
        if (word.newest == person) return;
        word.newest = person;
        ++word.people;
    }
    std::map<std::string, std::uint64_t> counts() const {
        std::map<std::string, std::uint64_t> out;
        for (const Word& word : words_)
            if (word.people > 0) out.emplace(word.word, word.people);
        return out;
    }

private:
    struct Word {
        std::string_view word;
        std::uint64_t people;
        std::uint64_t newest;  // the last person that was counted, from 1
    };
    std::vector<Word> words_;
};

}  // namespace

Result<PeopleCounted> people_at(const index::Index& index, const ProvidersByType& providers) {
    Tally types, categories;
    std::unordered_map<std::string_view, std::size_t> type_of;  // place in `types`, by provider
    for (const auto& [type, ids] : providers)
        for (const std::string& id : ids) type_of.emplace(id, types.place_of(type));
    PeopleCounted out;
    std::uint64_t person = 0;
    TRY(index.each_person([&](std::span<const index::Index::Held> held) {
        ++person;
        bool counts = false;
        for (const index::Index::Held& one : held) {
            const auto type = type_of.find(one.provider);
            if (type == type_of.end()) continue;
            counts = true;
            types.count(type->second, person);
            categories.count(categories.place_of(one.category), person);
        }
        out.all += counts ? 1 : 0;
    }));
    out.by_type = types.counts();
    out.by_category = categories.counts();
    return out;
}

}  // namespace idun::exchange
