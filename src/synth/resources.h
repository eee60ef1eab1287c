// Lives and providers as FHIR R4 resources: one line of JSON each.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "synth/life.h"

namespace idun::synth {

// Lines by provider. One for each thread; the texts keep their room when cleared.
class Lines {
public:
    explicit Lines(std::size_t providers) : texts_(providers), counts_(providers) {}

    std::string& of(std::uint16_t provider) {
        if (counts_[provider]++ == 0) touched_.push_back(provider);
        return texts_[provider];
    }
    // Those that something was written for since the last clear(), in the order of their first line.
    std::span<const std::uint16_t> touched() const { return touched_; }
    std::string_view text(std::uint16_t provider) const { return texts_[provider]; }
    std::size_t count(std::uint16_t provider) const { return counts_[provider]; }
    void clear() {
        for (const std::uint16_t provider : touched_) {
            texts_[provider].clear();
            counts_[provider] = 0;
        }
        touched_.clear();
    }

private:
    std::vector<std::string> texts_;
    std::vector<std::size_t> counts_;
    std::vector<std::uint16_t> touched_;
};

// Immutable; any thread may call it with Lines of its own. `lives` must outlive it.
class Resources {
public:
    explicit Resources(const Lives& lives);
    ~Resources();

    // The person's resources at each provider that knows her: first her Patient, then the rest. `parish` holds her guardians.
    void write(const Person& person, std::span<const Person> parish, const Life& life, Lines& out) const;
    // The provider's organisation and its questionnaires.
    void write_provider(std::uint16_t provider, Lines& out) const;
    // One of its units, and who works there.
    void write_unit(std::uint16_t unit, Lines& out) const;
    // Of the Patient at that provider.
    std::string patient_id(const Person& person, std::uint16_t provider) const;

private:
    struct Texts;
    class Writer;
    static void write_organization(std::string& out, const std::string& id, const std::string& name, const std::string& part_of);
    void write_staff(std::string& out, std::uint16_t unit, std::uint16_t role, std::uint8_t staff) const;
    const Lives& lives_;
    std::unique_ptr<const Texts> texts_;
};

}  // namespace idun::synth
