// A synthetic country as files: resources by provider, or pointers alone. Many threads make, one at a time writes, in the order of people,
// so that the same options give the same bytes.
#pragma once

#include <cstdint>
#include <cstdio>
#include <functional>
#include <string>

#include "synth/country.h"

namespace idun::synth {

enum class Form : std::uint8_t {
    ndjson,   // PROVIDER.ndjson: a resource a line
    bundles,  // PROVIDER/NUMBER.json: a transaction for each person; PROVIDER/provider.ndjson before them
};

struct Range {
    std::uint64_t from = 0;  // people [from, to)
    std::uint64_t to = 0;
    unsigned threads = 1;
};

struct Made {
    std::uint64_t people = 0;
    std::uint64_t dead = 0;
    std::uint64_t resources = 0;  // or pointers
    std::uint64_t bytes = 0;
    std::uint64_t providers = 0;
};

// What the numbers of such a country are, in a sentence that goes with every output.
std::string_view numbers_note(NumberKind kind);

// Writes into `folder`, which must be empty or new. `progress` is called now and then, by one thread at a time.
using Progress = std::function<void(std::uint64_t people, std::uint64_t resources)>;
Result<Made> write_folder(const Country& country, const Range& range, const std::string& folder, Form form, const Progress& progress);
// Lines as docs/formats/synth-module.md says.
void append_pointers(std::string& out, const Country& country, const Person& person, const Life& life, const std::vector<PointerSeen>& pointers);
Result<Made> write_pointers(const Country& country, const Range& range, std::FILE* out, const Progress& progress);

}  // namespace idun::synth
