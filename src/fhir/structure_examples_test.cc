// check_structure over published examples: what others hold to be FHIR passes, or is listed here with the reason.
// The files are too large for this repository; they are read where they lie beside it.
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "fhir/structure.h"

using namespace idun;
using namespace idun::fhir;

namespace {

namespace fs = std::filesystem;

std::vector<fs::path> json_files(const std::string& folder) {
    const fs::path root = fs::path(IDUN_SOURCE_DIR).parent_path() / "shared" / "data" / folder;
    std::vector<fs::path> files;
    std::error_code absent;
    for (fs::recursive_directory_iterator at(root, absent), end; !absent && at != end; at.increment(absent)) {
        if (at->path().extension() == ".json") files.push_back(at->path());
    }
    std::sort(files.begin(), files.end());
    if (files.empty()) MESSAGE("skipped, not beside this checkout: " << folder);
    return files;
}

// At most three issues, for the reader of a failed test.
std::string told(const Issues& issues) {
    std::string out;
    for (std::size_t i = 0; i < std::min<std::size_t>(issues.size(), 3); ++i) out += issues[i].path + ": " + issues[i].text + "\n";
    return out;
}

using Flawed = std::map<std::string, const char*>;  // file name: what its first issue says

void check_files(const std::vector<fs::path>& files, const Flawed& flawed) {
    for (const fs::path& file : files) {
        std::ifstream in(file, std::ios::binary);
        const std::string text(std::istreambuf_iterator<char>(in), {});
        const auto document = json::Document::parse(text);
        const std::string name = file.filename().string();
        CAPTURE(name);
        REQUIRE(document.has_value());
        const Issues issues = check_structure(Definitions::r4(), document->root());
        const auto known = flawed.find(name);
        if (known == flawed.end()) {
            CHECK_MESSAGE(!has_errors(issues), told(issues));
        } else {
            CHECK_MESSAGE(told(issues).find(known->second) != std::string::npos, told(issues));
        }
    }
}

// Their Encounter has the status "completed", which is R5's word for "finished".
Flawed discharge_reports() {
    Flawed flawed;
    for (const char* name : {
             "Bundle-1503bad6-cc06-4ee5-9366-ad2b4ecd07f6.json",
             "Bundle-240db6f4-42d2-46d2-a6b0-b75192d4d489.json",
             "Bundle-41f3fefb-b6a1-4429-b607-1875602918e4.json",
             "Bundle-66dac440-40ca-4e29-ae40-b041aa3cb464.json",
             "Bundle-694a49a5-1462-4be2-ba7c-98a446e6c236.json",
             "Bundle-70bcaf9e-cb46-45ec-a489-cd8e10ee9779.json",
             "Bundle-724b6081-cb0e-4922-b2aa-54f2016fd69b.json",
             "Bundle-7d8349f4-4afe-4dc3-981c-a43de621ce5d.json",
             "Bundle-8be259fe-7e63-422e-8cd5-d91f6e5fdb74.json",
             "Bundle-99571bd8-ca66-49fb-978c-ebe62ac7e89b.json",
             "Bundle-a981acbd-fa53-4319-aac4-5c4e7d438edd.json",
             "Bundle-b3863f4a-f588-404b-bc78-be81b7dbe011.json",
             "Bundle-c0596159-6c3b-4cfb-a1b6-96103516a3a3.json",
             "Bundle-ce92804a-5073-4773-9a4d-74f9c8fb0ea2.json",
             "Bundle-ec4b5901-c51a-4ef4-adb8-a24488c7ee17.json"
         }) {
        flawed.emplace(name, "Bundle.entry[2].resource.status: status must be one of planned");
    }
    return flawed;
}

}  // namespace

TEST_CASE("examples: HL7's own") {
    check_files(json_files("fhir-r4-examples"),
                {// Its parent is a DeviceComponent, a type that R4 no longer has.
                 {"DeviceMetric-example.json", "DeviceMetric.parent.reference: parent may refer to Device only"},
                 // Its narrative breaks txt-2: an empty div.
                 {"Questionnaire-zika-virus-exposure-assessment.json", "must have some text or an image"}});
}

TEST_CASE("examples: Synthea") {
    std::vector<fs::path> files = json_files("synthea-r4");
    files.resize(std::min<std::size_t>(files.size(), 10));
    check_files(files, {});
}

TEST_CASE("examples: SYNDERAI") {
    check_files(json_files("synderai-eehrxf/EPS-2.1.0"), {});
    check_files(json_files("synderai-eehrxf/HDR-2.1.0"), discharge_reports());
    std::vector<fs::path> laboratory = json_files("synderai-eehrxf/LAB-2.0.0");
    laboratory.resize(std::min<std::size_t>(laboratory.size(), 40));
    check_files(laboratory, {});
}
