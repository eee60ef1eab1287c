#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>

#include "synth/country.h"

using namespace idun;
using namespace idun::synth;

namespace {

// The message of reading `text` as the only module; "" when it is read.
std::string refusal(const std::string& text) {
    Files files = builtin();
    files["modules/order.txt"] = "m\n";
    files["modules/m.module"] = text;
    const auto geography = Geography::read(files);
    const auto providers = Providers::make(files, *geography);
    const auto codes = Codes::read(files);
    const auto modules = Modules::read(files, *codes, *providers);
    return modules ? "" : modules.error().message;
}

std::string with(const std::string& statements) { return "module m\ntitle T\nsource S\n\nstate begin\n" + statements; }

struct Wrong {
    const char* text;
    const char* message;
};

}  // namespace

TEST_CASE("a module is read, and every statement of the format") {
    CHECK(refusal(with(R"(  onset man 30-44 4, woman 30-44 3.5
  wait 1..2 weeks
  age 40..50 years
  month 10..12
  year 2012
  visit primary-care nurse One | Two
  condition I10.9
  condition J06.9 for 3..9 days
  lab creatinine
  lab hba1c 52 8
  vital weight 80 10
  blood-pressure 140 10 80 6
  at-home home-glucose 8 2 10 times every 2 days
  prescribe C08CA01
  prescribe J01CE02 for 10 days
  vaccinate influenza 1
  procedure AF021
  image chest-xray
  image chest-xray 2
  allergy penicillin
  finding smoking
  answer phq-9 3..12
  note A note
  report R: text
  refer hospital Text
  resolve I10.9
  withdraw C08CA01
  set flag
  clear flag
  chance 12.5 go next
  if has flag go next
  unless age 20..30 go next
  go next

# a comment
state next
  call primary-care physician X
  home home-care nurse X
  emergency physician X
  admit 2..4 days X
  discharge X
  admit-far 2..4 days X
  before-birth 200..210 days
  if pregnant go next
  before-death 3..9 days
  stop
)")) == "");
}

TEST_CASE("what is wrong in a module is named with its line and what is allowed") {
    const std::string m = "modules/m.module:";
    const std::vector<Wrong> table = {
        {"", "a module has a state"},
        {"state begin\n  stop\n", "1: module, title and source come before"},
        {"module other\n", "1: the module is named as its file"},
        {"module m\ntitle T\nstate begin\n stop\n", "3: module, title and source come before"},
        {"module m\ntitle T\nsource S\nstate begin\n  stop\nstate begin\n  stop\n", "6: there are two states begin"},
        {"module m\ntitle T\nsource S\nstate begin\n  wait 1..2 days\n", "5: the last state must end"},
        {"module m\ntitle T\nsource S\nstate begin\n  wait 1..2 days\nstate b\n stop\n", "6: the state before must end"},
        {"module m\ntitle T\nsource S\nstate begin\n  stop\n  wait 1..2 days\n", "6: nothing can follow go or stop"},
    };
    for (const Wrong& row : table) {
        CAPTURE(std::string(row.text));
        CHECK(refusal(row.text).find(row.message) != std::string::npos);
    }
    const std::vector<Wrong> statements = {
        {"dance\n stop\n", "6: there is no statement 'dance'"},
        {"go nowhere\n", "6: there is no state nowhere"},
        {"wait 3..1 days\n stop\n", "6: A..B and days"},
        {"wait 1..2 hours\n stop\n", "6: A..B and days"},
        {"wait 1..2 days more\n stop\n", "6: nothing more is expected after wait"},
        {"onset people 1-2 3\n stop\n", "6: a rate is written"},
        {"onset all 1-2 -3\n stop\n", "6: a rate is written"},
        {"onset all 10-20 1, woman 20-30 2\n stop\n", "6: the ages of a sex rise"},
        {"chance 101 go begin\n stop\n", "6: chance is in per cent"},
        {"chance 10 begin\n stop\n", "6: go STATE is expected"},
        {"if tall go begin\n stop\n", "6: man, woman, age"},
        {"month 9..13\n stop\n", "6: months A..B"},
        {"lab creatinine\n stop\n", "6: this belongs to a contact"},
        {"visit primary-care nurse X\n wait 1..2 days\n lab creatinine\n stop\n", "8: this belongs to a contact"},
        {"visit primary-care dentist X\n stop\n", "6: nobody is a 'dentist' at primary-care"},
        {"visit spa nurse X\n stop\n", "6: 'spa' is no service"},
        {"visit primary-care nurse\n stop\n", "6: a text is expected"},
        {"visit primary-care nurse X\n condition Q99.Z\n stop\n", "7: 'Q99Z' is not in icd-10-se.tsv"},
        {"visit primary-care nurse X\n lab weight 80 3\n stop\n", "7: analytes.tsv says another kind"},
        {"visit hospital nurse X\n image mammography 3\n stop\n", "7: images.tsv has wordings 1 to 2"},
        {"visit hospital nurse X\n image mammography 0\n stop\n", "7: images.tsv has wordings 1 to 2"},
        {"visit primary-care nurse X\n answer phq-9 3..99\n stop\n", "7: a sum A..B is expected"},
        {"visit primary-care nurse X\n prescribe C08CA01 for 900 days\n stop\n", "7: for N days"},
        {"if man go other\n visit primary-care nurse X\n go other\nstate other\n lab crp\n stop\n", "10: this belongs to a contact"},
    };
    for (const Wrong& row : statements) {
        CAPTURE(std::string(row.text));
        CHECK(refusal(with(row.text)).find(m + row.message) != std::string::npos);
    }
    const std::string period = "module m\ntitle T\nsource S\nfor period\nstate begin\n visit primary-care nurse X\n ";
    CHECK(refusal(period + "condition I10.9\n stop\n").find("7: a condition without an end lasts") != std::string::npos);
    CHECK(refusal(period + "condition I10.9 for 1..2 days\n stop\n") == "");
    // A contact goes along with go.
    CHECK(refusal(with("visit primary-care nurse X\n go other\nstate other\n lab crp\n stop\n")) == "");
}

TEST_CASE("tables are read strictly") {
    const std::vector<std::array<std::string, 3>> table = {
        {"ages.tsv", "0\t548\n", "has 2 columns, not 5"},
        {"ages.tsv", "0\t548\t51\t0.5\tx\n", "ages.tsv:1: every column is a number"},
        {"regions.tsv", "99\tX\t40\t98\n", "the county of the university hospital is none of these"},
        {"municipalities.tsv", "9901\tX\t10\n", "its county is not in regions.tsv"},
        {"hospitals.tsv", "0180\tX\tpalace\n", "the kind is university"},
        {"roles.tsv", "spa\tnurse\t-\tX\t1\n", "begins with a service"},
        {"medicines.tsv", "C08CA01\tX\tY\tZ\t1\t0\t100\n", "a package lasts"},
        {"findings.tsv", "x\t1-1\tX\texam\tA:0\tX\n", "TEXT:WEIGHT"},
        {"images.tsv", "x\tDX\tX\t1\tX\t1\t2\tWell:3 | Ill\n", "TEXT:WEIGHT"},
        {"analytes.tsv", "x\tlab\tnpu\tNPU1\tX\tg/L\t0\t1\t2\t1\t2\tNPU1\tX\t0.1\t0\tg/dL\t1\n", "another quantity has another code"},
        {"vaccines.tsv", "x\tJ07\tX\tY\tlong ago\n", "vaccines.tsv:1: column 5 is a number"},
        {"names.tsv", "f\t1880\t1929\tAnna\n", "a kind of name is missing"},
        {"test-numbers.txt", "1900010 980\n", "must be YYYYMMDD"},
        {"analytes.tsv", "", "has no rows"},
    };
    const auto folder = std::filesystem::temp_directory_path() / "idun-synth-tables";
    for (const auto& [name, content, message] : table) {
        CAPTURE(name);
        std::filesystem::remove_all(folder);
        std::filesystem::create_directories(folder);
        std::ofstream(folder / name) << content;
        const auto country = Country::make({.folder = folder.string()});
        REQUIRE_FALSE(country.has_value());
        CHECK(country.error().message.find(message) != std::string::npos);
    }
    std::filesystem::remove_all(folder);
}
