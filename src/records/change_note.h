// What a commit of records says in the store's change feed: which resources it wrote and about whom, without
// content. Records writes one with every commit; publishing reads them through Store::changes and keeps the
// index pointers (pseudonym, category, newest update) right. Bytes: docs/formats/records.md.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "fhir/category.h"

namespace idun::records {

// The numbers reach disk.
enum class WriteKind : std::uint8_t { create = 1, update = 2, remove = 3 };

// One resource that was written.
struct NotedWrite {
    WriteKind kind = WriteKind::create;
    std::string type;
    std::string id;
    std::uint64_t version = 0;
    Instant last_updated;
    std::string patient;  // id; "" for none. After a remove: whom it was about
    fhir::PriorityCategory category = fhir::PriorityCategory::other;
    // Where it was before, when that differs (it moved to another patient or category): recompute that too.
    bool moved = false;
    std::string previous_patient;
    fhir::PriorityCategory previous_category = fhir::PriorityCategory::other;

    friend bool operator==(const NotedWrite&, const NotedWrite&) = default;
};

// A Patient that a write of this commit is about, named once.
struct NotedPerson {
    std::string patient;                  // id
    std::vector<std::string> pseudonyms;  // as of this commit, sorted; empty: unknown so far
    // The pseudonyms changed with this commit (Patient created, its identifiers changed, deleted): every
    // category of the patient (Records::categories_of) goes to `pseudonyms` and away from `before`.
    bool repoint = false;
    std::vector<std::string> before;

    friend bool operator==(const NotedPerson&, const NotedPerson&) = default;
};

struct ChangeNote {
    std::vector<NotedPerson> persons;
    std::vector<NotedWrite> writes;

    friend bool operator==(const ChangeNote&, const ChangeNote&) = default;
};

std::string encode(const ChangeNote& note);
// `corrupt` when the bytes are not a note; a note of somebody else in the same store is `unsupported`.
Result<ChangeNote> decode_change_note(std::string_view bytes);

}  // namespace idun::records
