#include "records/internal/testing.h"

#include <doctest/doctest.h>
#include <stdlib.h>

#include <algorithm>
#include <filesystem>

#include "fhir/definitions.h"
#include "http/message.h"
#include "records/internal/impl.h"
#include "store/embedded.h"

namespace idun::records {

Fixture::Fixture(Options o) : clock(Instant{1'767'225'600'000}), options(std::move(o)) {
    std::string name = (std::filesystem::temp_directory_path() / "records-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    folder = name;
    reopen();
}

void Fixture::reopen() {
    records.reset();
    store.reset();
    auto opened = store::open_embedded({.folder = folder + "/store"}, clock);
    REQUIRE(opened);
    store = std::move(*opened);
    auto made = Records::open(*store, fhir::Definitions::r4(), clock, system_random(), options);
    REQUIRE(made);
    records = std::move(*made);
}

Fixture::~Fixture() {
    records.reset();
    store.reset();
    std::error_code ignored;
    std::filesystem::remove_all(folder, ignored);
}

Outcome Fixture::create(const std::string& text) {
    const auto document = json::Document::parse(text);
    REQUIRE(document);
    return records->create(document->root()["resourceType"].text(), document->root(), {});
}

Outcome Fixture::update(const std::string& type, const std::string& id, const std::string& text,
                        std::optional<std::uint64_t> if_match) {
    const auto document = json::Document::parse(text);
    REQUIRE(document);
    return records->update(type, id, document->root(), {}, {.if_match = if_match});
}

void Fixture::put(const std::string& type, const std::string& id, const std::string& members) {
    const std::string text = "{\"resourceType\":\"" + type + "\",\"id\":\"" + id + "\"" + (members.empty() ? "" : "," + members) + "}";
    const Outcome out = update(type, id, text);
    CAPTURE(text);
    for (const auto& issue : out.issues) MESSAGE(issue.path << ": " << issue.text);
    REQUIRE(out.ok());
}

Outcome Fixture::bundle(const std::string& text) {
    const auto document = json::Document::parse(text);
    REQUIRE(document);
    return records->bundle(document->root(), {});
}

json::Document Fixture::parsed(const Outcome& outcome) {
    REQUIRE(outcome.body != nullptr);
    auto document = json::Document::parse(*outcome.body);
    REQUIRE(document);
    return std::move(*document);
}

Outcome Fixture::search(const std::string& type, const std::string& query, const Context& context) {
    const auto parameters = http::parameters(query);
    REQUIRE(parameters);
    return records->search(type, *parameters, context);
}

std::string Fixture::search_ids(const std::string& type, const std::string& query, const Context& context) {
    const Outcome out = search(type, query, context);
    if (!out.ok()) return "!" + std::to_string(out.status);
    std::vector<std::string> ids;
    for (const Touched& touched : out.touched) ids.push_back(touched.id);
    std::ranges::sort(ids);
    std::string text;
    for (const std::string& id : ids) text += (text.empty() ? "" : " ") + id;
    return text;
}

}  // namespace idun::records
