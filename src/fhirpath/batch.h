// Expressions in, results out, as lines of JSON: for judges, tests and scripts.
//
// A line in:  {"id":"t1", "expression":"name.given", "file":"patient.json"}
// A line out: {"id":"t1", "result":[{"type":"FHIR.string","text":"Peter","path":"Patient.name[0].given[0]"}]}
//         or  {"id":"t1", "error":"…", "category":"invalid", "phase":"compile"}
//
// Members of a line in: `expression`; `resource` (JSON) or `file`, or neither; `context`, an expression that gives the
// start (the resource without it; the whole is then run for each, with results in a row); `type`, of a start that has no
// resource; `strict` and `ordered` of Options; `resolve_to_types`; `now` (an instant). Of elements `json` is the JSON behind it.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/result.h"
#include "base/time.h"
#include "fhirpath/environment.h"
#include "fhirpath/expression.h"
#include "fhirpath/item.h"
#include "json/document.h"
#include "json/writer.h"

namespace idun::fhirpath {

// One item as a member of a result. `root` is the document that it may be part of.
void write_item(json::Writer& out, const Item& item, json::Value root);

// Keeps documents and expressions that several lines name. One thread.
class Batch {
public:
    using ReadFile = std::function<Result<std::string>(const std::string& path)>;
    Batch(ReadFile read_file, Instant now) : read_file_(std::move(read_file)), now_(now) {}

    // The answer to one line, without a line break.
    std::string run(std::string_view line);

private:
    Status evaluate(json::Value request, json::Writer& out, std::string_view& phase);
    Result<const json::Document*> document(const std::string& path);

    static constexpr std::size_t kDocumentsMax = 4096;
    ReadFile read_file_;
    Instant now_;
    std::unordered_map<std::string, std::unique_ptr<json::Document>> documents_;
};

}  // namespace idun::fhirpath
