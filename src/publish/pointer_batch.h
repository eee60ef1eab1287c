// The batch in which a node tells the hub its pointers, and what the hub answers to it. docs/formats/index.md.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "index/fhir_pointer.h"
#include "store/store.h"

namespace idun::publish {

inline constexpr std::size_t kPointersAtOnce = 5'000;  // in one batch

// All that the node has told until `version` of its store, with these; without any it is a sign of life.
std::string pointer_batch(std::span<const index::Pointer> pointers, const index::Source& source, store::Version version,
                          Instant now);

// Up to which of our versions the hub had heard before it took a batch. An older hub does not say.
std::optional<std::uint64_t> heard_before(const std::string& answer);

}  // namespace idun::publish
