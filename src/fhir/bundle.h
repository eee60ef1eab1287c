// The entries of a transaction or batch Bundle, checked and taken apart (FHIR R4 §3.1.0.11).
//
//     const BundleRead read = read_bundle(Definitions::r4(), document.root());
//     if (has_errors(read.issues)) return operation_outcome(read.issues);
//     for (const BundleEntry& entry : read.bundle.entries) ...
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "fhir/definitions.h"
#include "fhir/issue.h"
#include "json/document.h"

namespace idun::fhir {

enum class BundleType : std::uint8_t { transaction, batch };
enum class Method : std::uint8_t { get, head, post, put, patch, erase };
std::string_view to_string(Method method);  // "DELETE" for erase

// Views into the document, which must outlive them.
struct BundleEntry {
    std::size_t place = 0;         // in Bundle.entry, from 0
    std::string_view full_url;     // may be empty
    Method method = Method::get;
    std::string_view url;          // as sent
    std::string_view type;         // of url: "Patient"; empty for a search or operation on the whole system
    std::string_view id;           // of url, when it names an instance
    std::string_view rest;         // of url: what follows type and id: "_history/2", "$everything"; without "?"
    std::string_view query;        // of url, without "?"
    std::string_view if_match;     // the version inside W/"..."
    std::string_view if_none_match;
    std::string_view if_modified_since;
    std::string_view if_none_exist;  // a query without "?"
    json::Value resource;          // absent for GET, HEAD and DELETE
};

struct Bundle {
    BundleType type = BundleType::batch;
    std::vector<BundleEntry> entries;  // in document order
};

struct BundleRead {
    Bundle bundle;
    Issues issues;  // paths start with "Bundle"
};

struct BundleLimits {
    std::size_t entries_max = 10'000;
    std::size_t issues_max = 100;
};

// Checks form and request parts only; what a resource holds is check_structure's. In a batch an entry with
// issues is left out of `entries` (its issues name its place); a transaction with issues must not be applied.
BundleRead read_bundle(const Definitions& definitions, json::Value bundle, const BundleLimits& limits = {});

}  // namespace idun::fhir
