// From FHIR files as they are published to transactions that a node takes: for `idun load` and the demo.
//
// Every resource is written with PUT under its own id, so that loading twice is harmless: an entry's id is the
// resource's, or that of its fullUrl, or one made from its content. References to other entries are rewritten.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "json/document.h"

namespace idun::app {

// One resource, ready to be sent.
struct Imported {
    std::string type;
    std::string id;
    std::string text;                     // minified JSON
    std::string organisation;             // "Organization/x" that is responsible, as far as the bundle says; may be ""
    std::vector<std::string> references;  // "Type/id" of other entries it names
};

// A Bundle (of any type; its entries) or one resource. `invalid` when it is neither.
Result<std::vector<Imported>> import_resources(json::Value root);

// A transaction or batch Bundle of PUTs.
std::string put_bundle(std::span<const Imported> resources, std::string_view type = "transaction");

// Spreads people's resources over `nodes` places as by provider: what an organisation is responsible for goes to
// its place, the Patient to every place that holds something about her, and organisations, practitioners and places
// of care go along with what refers to them. Organisations get places in turn, as they first appear.
class Spreader {
public:
    explicit Spreader(std::size_t nodes) : nodes_(nodes) {}

    // The resources of one bundle, by place.
    std::vector<std::vector<Imported>> spread(const std::vector<Imported>& resources);

private:
    std::size_t place_of(const std::string& organisation);

    std::size_t nodes_;
    std::map<std::string, std::size_t> places_;
};

}  // namespace idun::app
