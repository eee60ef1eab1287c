// What transactions and batches share: how an entry is read, and how the answer is written.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "fhir/bundle.h"
#include "records/internal/impl.h"

namespace idun::records {

// "Bundle.entry[3]".
std::string path_of(const fhir::BundleEntry& entry);
bool writes(const fhir::BundleEntry& entry);
// DELETE, POST, PUT, GET: the order R4 asks for.
int rank(fhir::Method method);
// What an entry's write depends on: the criteria of a condition; "" for none.
std::string_view condition_of(const fhir::BundleEntry& entry);
std::optional<Outcome> unsupported(const fhir::BundleEntry& entry);
// An If-Match that names no version of ours matches none.
Preconditions preconditions_of(const fhir::BundleEntry& entry);

// A patch as an entry carries it: Parameters, or a Binary with a JSON Patch.
struct CarriedPatch {
    std::optional<json::Document> document;  // of the Binary
    Patch patch;
};
Or<CarriedPatch> patch_of(const fhir::BundleEntry& entry);

// The resources in an answer are counted as they are read; this counts the rest of it. `shown_before`: of the effort.
void count_answer(const Outcome& answer, std::size_t shown_before, Effort& effort);
// What a GET or HEAD entry gives on the context's snapshot; a refusal when the request has nothing left to spend.
Outcome answer_to(Records::Impl& records, const fhir::BundleEntry& entry, const Context& context);

// What one response entry shows beside status and version.
enum class Shown : std::uint8_t { nothing, resource, all_well };
Shown shown_of(const fhir::BundleEntry& entry, Return prefer);
// `seen` is the version of the store that the answers are about.
Outcome response_bundle(std::string_view type, std::vector<Outcome>& answers, const std::vector<Shown>& shown,
                        store::Version seen);

// batch.cc. `entries` is how many there are, with those that could not be read.
Outcome run_batch(Records::Impl& records, const fhir::BundleRead& read, std::size_t entries, const Context& context);
// transaction.cc
Outcome run_transaction(Records::Impl& records, json::Value bundle, std::span<const fhir::BundleEntry> entries,
                        const Context& context);

}  // namespace idun::records
