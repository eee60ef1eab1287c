#include "upkeep/archive.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "store/testing.h"
#include "upkeep/verified.h"

namespace idun::upkeep {
namespace {

struct Gathered final : ledger::CopyTo {
    Status begin(const std::string& name, std::uint64_t size) override {
        at = name;
        files[at] = "";
        left = size;
        return {};
    }
    Status take(std::string_view bytes) override {
        files[at] += bytes;
        left -= bytes.size();
        return {};
    }
    std::map<std::string, std::string> files;
    std::string at;
    std::uint64_t left = 0;
};

std::string read_bytes(const std::string& path) {
    std::ostringstream out;
    out << std::ifstream(path, std::ios::binary).rdbuf();
    return out.str();
}

void put_bytes(const std::string& path, const std::string& bytes) { std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes; }

void add_file(ArchiveWriter& writer, const std::string& name, const std::string& bytes) {
    REQUIRE(writer.begin(name, bytes.size()));
    REQUIRE(writer.take(std::string_view(bytes).substr(0, bytes.size() / 2)));
    REQUIRE(writer.take(std::string_view(bytes).substr(bytes.size() / 2)));
}

TEST_CASE("names that may leave the folder, or surprise somebody, are none") {
    for (const char* good : {"log/keys", "log-2/public/tile/0/x001/x234/067.p/17", "log/journal/00000000000000000000.log", "a"})
        CHECK(is_archive_name(good));
    for (const std::string& bad : {std::string(), std::string("/etc/passwd"), std::string("log/../x"), std::string(".."), std::string("log//x"), std::string("log/"),
                                   std::string("log/.x"), std::string("a b"), std::string("a\\b"), std::string("\xc3\xa5"), std::string("a\0b", 3), std::string(513, 'a')})
        CHECK_FALSE(is_archive_name(bad));
}

TEST_CASE("what goes into an archive comes out of it, and unpacks") {
    store::TemporaryFolder folder;
    auto writer = ArchiveWriter::create(folder.path + "/a");
    REQUIRE(writer);
    const std::map<std::string, std::string> files{{"log/keys", std::string(3u << 20, 'k')}, {"log/heads", ""}, {"log/public/checkpoint", "x\n"}};
    writer->within("log");
    for (const auto& [name, bytes] : files) add_file(*writer, name.substr(4), bytes);
    CHECK_FALSE(writer->begin("keys", 0));  // twice
    CHECK_FALSE(writer->begin("../x", 0));
    REQUIRE(writer->finish());
    Gathered gathered;
    REQUIRE(read_archive(folder.path + "/a", gathered));
    CHECK(gathered.files == files);
    FolderFiller filler(folder.path + "/out", {"log"});
    CHECK(read_archive(folder.path + "/a", filler) == digest_of(folder.path, "a")->sha256);
    for (const auto& [name, bytes] : files) CHECK(read_bytes(folder.path + "/out/" + name) == bytes);
    CHECK(ArchiveWriter::create(folder.path + "/a").error().category == Category::conflict);
}

TEST_CASE("an archive fills the folders it is of, and no file that is there") {
    store::TemporaryFolder folder;
    FolderFiller filler(folder.path + "/out", {"log", "log-2"});
    for (const char* name : {"keys/node.key", "log", "log-3/keys", "logs/x", "log/../keys/x", "store/CURRENT", "x"})
        CHECK(filler.begin(name, 1).error().category == Category::corrupt);
    CHECK_FALSE(std::filesystem::exists(folder.path + "/out"));
    REQUIRE(filler.begin("log-2/keys", 1));
    REQUIRE(filler.take("x"));
    CHECK(filler.begin("log-2/keys", 1).error().category == Category::conflict);
    CHECK(read_bytes(folder.path + "/out/log-2/keys") == "x");
}

TEST_CASE("every cut of an archive, and every wrong head, is found") {
    store::TemporaryFolder folder;
    const std::string path = folder.path + "/a";
    auto writer = ArchiveWriter::create(path);
    add_file(*writer, "log/keys", "0123456789");
    add_file(*writer, "log/heads", "");
    REQUIRE(writer->finish());
    const std::string whole = read_bytes(path);
    for (std::size_t size = 0; size < whole.size(); ++size) {
        put_bytes(path, whole.substr(0, size));
        Gathered ignored;
        CHECK(read_archive(path, ignored).error().category == Category::corrupt);
    }
    put_bytes(path, whole + "x");
    Gathered ignored;
    CHECK(read_archive(path, ignored).error().category == Category::corrupt);
    std::string newer = whole;
    newer[11] = 2;
    put_bytes(path, newer);
    CHECK(read_archive(path, ignored).error().category == Category::unsupported);
    CHECK(read_archive(folder.path + "/none", ignored).error().category == Category::not_found);
}

}  // namespace
}  // namespace idun::upkeep
