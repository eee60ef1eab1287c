#include "fhir/package.h"

#include <archive.h>
#include <archive_entry.h>
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <thread>

#include "fhir/internal/package_files.h"

using namespace idun;
using namespace idun::fhir;
namespace fs = std::filesystem;

namespace {

std::string canonical(std::string_view type, std::string_view url, std::string_view version, std::string_view title = "") {
    return fmt::format(R"({{"resourceType":"{}","id":"x","url":"{}","version":"{}","title":"{}"}})", type, url, version, title);
}

// A folder of this test alone, gone when it ends.
struct Folder {
    fs::path path = fs::temp_directory_path() / fmt::format("idun-package-test-{}-{}", ::getpid(), next());
    Folder() { fs::create_directories(path); }
    ~Folder() { fs::remove_all(path); }
    void write(const std::string& name, std::string_view text) const {
        fs::create_directories((path / name).parent_path());
        std::ofstream(path / name, std::ios::binary) << text;
    }
    std::string operator/(const char* name) const { return (path / name).string(); }
    static int next() {
        static std::atomic<int> number = 0;
        return ++number;
    }
};

struct Entry {
    std::string name;
    std::string text;
    char kind = 'f';  // l: a symbolic link to text, h: a hard link
};

std::string write_tgz(const std::string& path, const std::vector<Entry>& entries) {
    archive* out = archive_write_new();
    archive_write_add_filter_gzip(out);
    archive_write_set_format_pax_restricted(out);
    REQUIRE(archive_write_open_filename(out, path.c_str()) == ARCHIVE_OK);
    for (const Entry& one : entries) {
        archive_entry* entry = archive_entry_new();
        archive_entry_set_pathname(entry, one.name.c_str());
        archive_entry_set_perm(entry, 0644);
        archive_entry_set_filetype(entry, one.kind == 'l' ? AE_IFLNK : AE_IFREG);
        if (one.kind == 'l') archive_entry_set_symlink(entry, one.text.c_str());
        if (one.kind == 'h') archive_entry_set_hardlink(entry, one.text.c_str());
        if (one.kind == 'f') archive_entry_set_size(entry, static_cast<la_int64_t>(one.text.size()));
        REQUIRE(archive_write_header(out, entry) == ARCHIVE_OK);
        if (one.kind == 'f') archive_write_data(out, one.text.data(), one.text.size());
        archive_entry_free(entry);
    }
    archive_write_close(out);
    archive_write_free(out);
    return path;
}

PackageSet set_of(std::vector<std::vector<std::string>> packages) {
    std::vector<std::shared_ptr<const Package>> all;
    for (const auto& texts : packages) {
        std::vector<std::pair<std::string, std::string>> files;
        for (const std::string& text : texts) files.emplace_back(fmt::format("{}.json", files.size()), text);
        all.push_back(Package::of(files));
    }
    return PackageSet(std::move(all));
}

}  // namespace

TEST_CASE("the embedded package: every resource parses and says what the list says") {
    const auto core = Package::r4_core();
    std::map<std::string, int> count;
    for (const PackagedResource& r : core->resources()) {
        const auto document = r.parse();
        REQUIRE(document.has_value());
        CHECK(document->root()["resourceType"].text() == r.type);
        CHECK(document->root()["id"].text() == r.id);
        CHECK(document->root()["url"].text() == r.url);
        ++count[r.type];
    }
    CHECK(count["StructureDefinition"] == 262);
    CHECK(count["ValueSet"] == 1316);
    CHECK(count["CodeSystem"] == 1062);
    CHECK(count["ConceptMap"] == 80);
    CHECK(core->problems().empty());
}

TEST_CASE("the embedded package keeps what judging needs and no prose") {
    const PackageSet set = PackageSet::r4_core();
    const PackagedResource* bp = set.find("http://hl7.org/fhir/StructureDefinition/bp|4.0.1");
    REQUIRE(bp != nullptr);
    const auto document = bp->parse();
    const json::Value elements = document->root()["snapshot"]["element"];
    bool sliced = false, pattern = false, constrained = false;
    for (const json::Value element : elements.elements()) {
        sliced |= element["slicing"]["discriminator"].size() > 0;
        pattern |= element["fixedCode"].is_string();
        constrained |= element["constraint"][0]["expression"].is_string();
        CHECK(!element["definition"]);
        CHECK(!element["mapping"]);
    }
    CHECK(sliced);
    CHECK(pattern);
    CHECK(constrained);
    CHECK(set.find("StructureDefinition", "http://hl7.org/fhir/ValueSet/observation-status") == nullptr);
    CHECK(set.find("ValueSet", "http://hl7.org/fhir/ValueSet/observation-status") != nullptr);
    CHECK(set.find("http://hl7.org/fhir/ValueSet/observation-status|9.9") == nullptr);
    CHECK(set.find("") == nullptr);
}

TEST_CASE("a folder: files that are no resources are problems, the rest is there") {
    const Folder folder;
    folder.write("ValueSet-a.json", canonical("ValueSet", "http://a", "1"));
    folder.write("broken.json", "{\"resourceType\":");
    folder.write("list.json", "[]");
    folder.write("package.json", R"({"name":"some.guide","version":"0.3"})");
    folder.write("notes.txt", "not ours");
    folder.write("deeper/ValueSet-b.json", canonical("ValueSet", "http://b", "1"));
    const auto package = Package::open(folder.path.string());
    REQUIRE(package.has_value());
    CHECK((*package)->name() == "some.guide");
    CHECK((*package)->version() == "0.3");
    CHECK((*package)->resources().size() == 1);
    CHECK((*package)->resources()[0].file == "ValueSet-a.json");
    REQUIRE((*package)->problems().size() == 2);
    CHECK((*package)->problems()[0].file == "broken.json");
    CHECK((*package)->problems()[1].message.find("resourceType") != std::string::npos);
}

TEST_CASE("a package does not change when its files do") {
    const Folder folder;
    folder.write("a.json", canonical("ValueSet", "http://a", "1", "before"));
    const auto package = Package::open(folder.path.string());
    folder.write("a.json", canonical("ValueSet", "http://a", "1", "after"));
    CHECK((*package)->resources()[0].parse()->root()["title"].text() == "before");
}

TEST_CASE("a folder that holds package/ is read there") {
    const Folder folder;
    folder.write("package/a.json", canonical("ValueSet", "http://a", "1"));
    const auto package = Package::open(folder.path.string());
    REQUIRE(package.has_value());
    CHECK((*package)->resources().size() == 1);
}

TEST_CASE("an npm package: only what lies directly in package/") {
    const Folder folder;
    const std::string path = write_tgz(folder / "guide.tgz", {
        {"package/package.json", R"({"name":"some.guide","version":"1.2.0"})"},
        {"package/ValueSet-a.json", canonical("ValueSet", "http://a", "1")},
        {"./package/ValueSet-c.json", canonical("ValueSet", "http://c", "1")},
        {"package/.index.json", "{}"},
        {"package/example/ValueSet-b.json", canonical("ValueSet", "http://b", "1")},
        {"package/readme.md", "text"},
        {"package/link.json", "/etc/passwd", 'l'},
        {"package/hard.json", "package/ValueSet-a.json", 'h'},
    });
    const auto package = Package::open(path);
    REQUIRE(package.has_value());
    CHECK((*package)->name() == "some.guide");
    CHECK((*package)->version() == "1.2.0");
    REQUIRE((*package)->resources().size() == 2);
    CHECK((*package)->resources()[0].parse()->root()["url"].text() == "http://a");
    CHECK((*package)->resources()[1].url == "http://c");
}

TEST_CASE("names of archives that lead outside are refused") {
    for (const char* name : {"../a.json", "/etc/a.json", "package/../../a.json", "package\\a.json", "package/..", ""}) {
        CAPTURE(name);
        CHECK(!archive_name(name).has_value());
    }
    CHECK(!archive_name(std::string_view("a\0b", 3)).has_value());
    CHECK(!archive_name(std::string(513, 'a')).has_value());
    CHECK(archive_name("package/a..b.json")->file == "a..b.json");
    CHECK(archive_name("./package/x/a.json")->folder == "package/x");

    const Folder folder;
    const auto package = Package::open(write_tgz(folder / "evil.tgz", {{"package/a.json", canonical("ValueSet", "http://a", "1")},
                                                                       {"package/../../b.json", "{}"}}));
    REQUIRE(!package.has_value());
    CHECK(package.error().category == Category::invalid);
}

TEST_CASE("packages over a limit and broken ones are refused with one clear error") {
    const Folder folder;
    const std::string text = canonical("ValueSet", "http://a", "1", std::string(5000, 'x'));
    const std::string good = write_tgz(folder / "good.tgz", {{"package/a.json", text}, {"package/b.json", text}});

    CHECK(Package::open(good, {.files_max = 1}).error().category == Category::too_large);
    CHECK(Package::open(good, {.bytes_max = 9000}).error().category == Category::too_large);
    const auto long_files = Package::open(good, {.file_bytes_max = 100});
    REQUIRE(long_files.has_value());
    CHECK((*long_files)->problems().size() == 2);
    CHECK((*long_files)->resources().empty());

    std::ifstream in(good, std::ios::binary);
    const std::string bytes((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    folder.write("cut.tgz", bytes.substr(0, bytes.size() / 2));
    folder.write("text.tgz", "this is not an archive");
    folder.write("empty.tgz", "");
    for (const char* name : {"cut.tgz", "text.tgz", "empty.tgz", "absent.tgz"}) {
        CAPTURE(name);
        const auto package = Package::open(folder / name);
        REQUIRE(!package.has_value());
        CHECK(package.error().message.find(name) != std::string::npos);
    }
    fs::create_directories(folder.path / "nothing");
    CHECK(Package::open(folder / "nothing").error().category == Category::invalid);

    folder.write("few/a.json", text);
    folder.write("few/b.json", text);
    CHECK(Package::open(folder / "few", {.files_max = 1}).error().category == Category::too_large);
    CHECK(Package::open(folder / "few", {.bytes_max = 9000}).error().category == Category::too_large);
    CHECK(PackageSet::load(std::vector<std::string>{folder / "few", folder / "absent"}).error().category == Category::not_found);
}

TEST_CASE("the newest version is found when none is named") {
    const PackageSet set = set_of({{canonical("ValueSet", "http://a", "4.0.9"), canonical("ValueSet", "http://a", "4.0.10"),
                                    canonical("ValueSet", "http://a", "4.0.1"), canonical("ValueSet", "http://a", "")}});
    CHECK(set.find("http://a")->version == "4.0.10");
    CHECK(set.find("http://a|4.0.9")->version == "4.0.9");
    CHECK(set.find("http://a|5") == nullptr);
    CHECK(set.versions("http://a").size() == 4);
    CHECK(set.versions("http://a")[3]->version == "");
    CHECK(set.of_type("ValueSet").size() == 4);
}

TEST_CASE("of the same URL and version the later package's is found") {
    const PackageSet set = set_of({{canonical("ValueSet", "http://a", "1", "first")}, {canonical("ValueSet", "http://a", "1", "second")}});
    CHECK(set.find("http://a")->parse()->root()["title"].text() == "second");
    CHECK(set.versions("http://a").size() == 1);
    // A date and a release number do not compare.
    CHECK(set_of({{canonical("ValueSet", "http://a", "2018-08-12")}, {canonical("ValueSet", "http://a", "1.0.0")}}).find("http://a")->version == "1.0.0");
    CHECK(set_of({{canonical("ValueSet", "http://a", "1.0.0")}, {canonical("ValueSet", "http://a", "2018-08-12")}}).find("http://a")->version == "2018-08-12");
}

TEST_CASE("versions") {
    CHECK(newer_version("4.0.10", "4.0.9"));
    CHECK(newer_version("2.0.0", "2.0.0-ballot"));
    CHECK(newer_version("2.0.0-ballot2", "2.0.0-ballot"));
    CHECK(newer_version("2018-08-12", "2014-03-26"));
    CHECK(newer_version("20190901", "20180901"));
    CHECK(newer_version("1.0.1", "1.0"));
    CHECK(newer_version("v2.9", "2.8.2"));
    CHECK(newer_version("1", ""));
    CHECK(!newer_version("", ""));
    CHECK(!newer_version("1.0", "1.0"));
    CHECK(!newer_version("2018-08-12", "4.0.1"));
    CHECK(!newer_version("4.0.1", "2018-08-12"));
    CHECK(!newer_version("99999999999999999999999.1", "abc"));
}

TEST_CASE("canonicals are taken apart at the last bar") {
    CHECK(split_canonical("http://a|1").url == "http://a");
    CHECK(split_canonical("http://a|1").version == "1");
    CHECK(split_canonical("http://a").version == "");
    CHECK(split_canonical("|").url == "");
    CHECK(split_canonical("").url == "");
}

TEST_CASE("resources without a URL are listed, and are not found by one") {
    const PackageSet set = set_of({{R"({"resourceType":"NamingSystem","id":"n"})", R"({"resourceType":"ValueSet","url":5})"}});
    CHECK(set.of_type("NamingSystem").size() == 1);
    CHECK(set.of_type("ValueSet").size() == 1);
    CHECK(set.find("5") == nullptr);
}

TEST_CASE("many threads may ask at once") {
    const PackageSet set = PackageSet::r4_core();
    std::atomic<int> found = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; ++i) {
        threads.emplace_back([&set, &found] {
            const PackagedResource* one = set.find("http://hl7.org/fhir/ValueSet/administrative-gender");
            if (one != nullptr && one->parse().has_value()) ++found;
        });
    }
    for (std::thread& thread : threads) thread.join();
    CHECK(found == 8);
}

TEST_CASE("the European and Swedish guides load" * doctest::skip(!fs::exists(IDUN_SOURCE_DIR "/../shared/data/eu-ig"))) {
    for (const auto& guide : fs::directory_iterator(IDUN_SOURCE_DIR "/../shared/data/eu-ig")) {
        const fs::path folder = guide.path() / "definitions";
        if (!fs::exists(folder)) continue;
        CAPTURE(folder.string());
        const auto package = Package::open(folder.string());
        REQUIRE(package.has_value());
        for (const Problem& problem : (*package)->problems()) {
            CAPTURE(problem.file);
            CHECK(problem.message == "");
        }
    }
}
