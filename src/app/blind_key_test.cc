// The nation's pseudonym key lies apart from the data, and is made once: on real files, through links.
#include "app/blind_key.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>

#include "store/testing.h"

using namespace idun;
using namespace idun::app;

namespace {

namespace fs = std::filesystem;

std::string key_line(char digit) { return "idun-pseudonym-key " + std::string(64, digit) + "\n"; }

// A configuration in FOLDER/etc, data in FOLDER/data, backups in FOLDER/backups.
struct Machine {
    Machine() {
        for (const char* folder : {"etc", "data", "backups"}) fs::create_directories(path(folder));
    }
    std::string path(const std::string& name) const { return disk.path + "/" + name; }
    BlindKeyPlace place(const std::string& file) const {
        return {
            .file = path(file), .data = path("data"), .backups = path("backups"), .beside = path("etc/pseudonym.key")};
    }
    void put(const std::string& name, char digit = 'a') const {
        std::ofstream(path(name), std::ios::trunc) << key_line(digit);
        fs::permissions(path(name), fs::perms::owner_read | fs::perms::owner_write);
    }
    std::string mend(const BlindKeyPlace& at) const {
        const auto wrong = misplaced(at);
        return wrong ? wrong->mend : "";
    }
    std::size_t keys() const {
        std::size_t found = 0;
        for (const auto& one : fs::recursive_directory_iterator(disk.path))
            found += one.path().extension() == ".key" ? 1 : 0;
        return found;
    }
    void write_row() const {
        store::Batch batch;
        batch.put("recordxxPerson", "v");
        REQUIRE(temporary.store->commit(std::move(batch)));
    }
    Result<crypto::PseudonymRing> start(const std::string& file, MakesKey makes) const {
        return blind_key_of_role(place(file), makes, *temporary.store, system_random());
    }

    store::TemporaryFolder disk;
    store::TemporaryStore temporary;
};

}  // namespace

TEST_CASE("a key within data or backups is found through every link, whether it is there yet or not") {
    struct Row {
        const char* file;
        bool apart;
    };
    const Machine m;
    fs::create_directory_symlink(m.path("data"), m.path("etc/link-to-data"));
    fs::create_directory_symlink(m.path("etc"), m.path("data/link-to-etc"));
    fs::create_directories(m.path("data/hub/keys"));
    fs::create_directories(m.path("data-of-another"));
    fs::create_symlink(m.path("data/hub/keys/inside.key"), m.path("etc/link.key"));
    for (const char* file : {"", "written"}) {
        for (const Row& row : {Row{"etc/pseudonym.key", true}, Row{"data-of-another/pseudonym.key", true},
                               Row{"pseudonym.key", true}, Row{"data/link-to-etc/pseudonym.key", true},
                               Row{"data/../etc/pseudonym.key", true}, Row{"data/inside.key", false},
                               Row{"data/hub/keys/inside.key", false}, Row{"etc/../data/inside.key", false},
                               Row{"data/./inside.key", false}, Row{"etc/link-to-data/inside.key", false},
                               Row{"etc/link.key", false}, Row{"data/not/yet/there.key", false},
                               Row{"backups/inside.key", false}, Row{"backups/hub/inside.key", false}}) {
            const Status apart = lies_apart(m.place(row.file));
            CHECK_MESSAGE(apart.has_value() == row.apart, std::string(row.file));
            if (!apart) CHECK(apart.error().category == Category::conflict);
        }
        if (*file == '\0') m.put("data/hub/keys/inside.key");
    }
    // Of the demo, whose folder is all that it has, nothing is asked.
    CHECK_FALSE(misplaced({.file = m.path("data/pseudonym.key")}));
}

TEST_CASE("who has a key in the data is told what to run, and what runs then is well") {
    const Machine m;
    const std::string etc = m.path("etc/pseudonym.key"), data = m.path("data/pseudonym.key");
    // As it lay by default before November 2026.
    m.put("data/pseudonym.key");
    CHECK(m.mend(m.place("etc/pseudonym.key")) == "run: mv " + data + " " + etc);
    fs::rename(data, etc);
    CHECK(m.mend(m.place("etc/pseudonym.key")) == "");
    // Copied instead of moved.
    m.put("data/pseudonym.key");
    CHECK(m.mend(m.place("etc/pseudonym.key")) == "run: rm " + data);
    // Another one, which may still be needed.
    m.put("data/pseudonym.key", 'b');
    CHECK(m.mend(m.place("etc/pseudonym.key")) == "run: mv " + data + " " + etc + ".former");
    fs::remove(data);
    // Where the configuration names it.
    m.put("data/hub.secret");
    CHECK(m.mend(m.place("data/hub.secret")) == "run: mv " + m.path("data/hub.secret") +
                                                    " /ANOTHER/FOLDER/pseudonym.key  and set pseudonym_key_file = "
                                                    "\"/ANOTHER/FOLDER/pseudonym.key\" in the configuration");
    fs::remove(etc);
    CHECK(m.mend(m.place("data/hub.secret")) == "run: mv " + m.path("data/hub.secret") + " " + etc +
                                                    "  and set pseudonym_key_file = \"" + etc +
                                                    "\" in the configuration");
    CHECK(m.mend(m.place("data/none.secret")) == "set pseudonym_key_file = \"" + etc + "\" in the configuration");
    CHECK(misplaced(m.place("backups/hub.secret"))->what.find("lies within " + m.path("backups")) != std::string::npos);
    // A configuration that lies in the data itself.
    const BlindKeyPlace inside{.file = data, .data = m.path("data"), .beside = data};
    CHECK(m.mend(inside) == "set pseudonym_key_file = \"/ANOTHER/FOLDER/pseudonym.key\" in the configuration");
}

TEST_CASE("a role with a key in its data does not start, and makes none beside it") {
    const Machine m;
    m.put("data/pseudonym.key");
    for (const MakesKey makes : {MakesKey::never, MakesKey::at_first})
        for (const char* file : {"data/pseudonym.key", "etc/pseudonym.key"}) {
            const auto started = m.start(file, makes);
            REQUIRE_FALSE(started);
            CHECK(started.error().category == Category::conflict);
            CHECK(started.error().message.find("run: mv ") != std::string::npos);
            CHECK(m.keys() == 1);
            CHECK(m.start("backups/pseudonym.key", makes).error().category == Category::conflict);
        }
}

TEST_CASE("a key is made at the first start of a hub or of a node by itself, and never again") {
    struct Row {
        MakesKey makes;
        bool rows;
        bool made;
        const char* says;
    };
    for (const Row& row :
         {Row{MakesKey::at_first, false, true, ""}, Row{MakesKey::at_first, true, false, "put it back from your copy"},
          Row{MakesKey::never, false, false, "from the hub's operator"},
          Row{MakesKey::never, true, false, "from the hub's operator"}}) {
        const Machine m;
        if (row.rows) m.write_row();
        const auto started = m.start("etc/pseudonym.key", row.makes);
        CHECK(started.has_value() == row.made);
        CHECK(m.keys() == (row.made ? 1 : 0));
        if (!started) {
            CHECK(started.error().category == Category::not_found);
            CHECK_MESSAGE(started.error().message.find(row.says) != std::string::npos, started.error().message);
        }
        // Once it is there everybody reads it.
        m.put("etc/pseudonym.key");
        CHECK(m.start("etc/pseudonym.key", row.makes));
        CHECK(read_blind_key(m.place("etc/pseudonym.key"), system_random()));
    }
}

TEST_CASE("a command that needs the key makes none") {
    const Machine m;
    const auto read = read_blind_key(m.place("etc/pseudonym.key"), system_random());
    REQUIRE_FALSE(read);
    CHECK(read.error().category == Category::not_found);
    CHECK(m.keys() == 0);
}
