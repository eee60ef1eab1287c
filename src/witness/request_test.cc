#include "witness/request.h"

#include <doctest/doctest.h>

using namespace idun;
using namespace idun::witness;

namespace {

const std::string kHash = "FZRSVbhTsCwW7EdrN0zMvzPFzY6hXLAbRIsZ8XoYiuE=\n";
const std::string kNote = "log\n1\n" + kHash + "\n— log AAAA\n";

}  // namespace

TEST_CASE("a question to a witness is written as it is read") {
    for (const std::string& body : {"old 0\n\n" + kNote, "old 9223372036854775807\n" + kHash + "\n" + kNote, std::string("old 7\n\n")}) {
        const auto read = AddCheckpoint::parse(body);
        REQUIRE_MESSAGE(read, body);
        CHECK(read->print() == body);
    }
    const auto full = AddCheckpoint::parse("old 1\n" + [] {
        std::string out;
        for (std::size_t i = 0; i < kProofHashesMax; ++i) out += kHash;
        return out;
    }() + "\n" + kNote);
    REQUIRE(full);
    CHECK(full->proof.size() == kProofHashesMax);
    CHECK(full->checkpoint == kNote);
}

TEST_CASE("what no log sends is refused") {
    std::string many = "old 1\n";
    for (std::size_t i = 0; i <= kProofHashesMax; ++i) many += kHash;
    for (const std::string& body :
         {std::string(), std::string("\n"), std::string("old"), std::string("old \n\n"), "old 0\n" + kNote.substr(0, 0), std::string("old 0\n"),
          "Old 0\n\n" + kNote, "old 00\n\n" + kNote, "old 01\n\n" + kNote, "old -1\n\n" + kNote, "old +1\n\n" + kNote, "old  1\n\n" + kNote,
          "old 1 \n\n" + kNote, "old 1\r\n\r\n" + kNote, "old 9223372036854775808\n\n" + kNote, "old 18446744073709551616\n\n" + kNote,
          "old 1\nAAAA\n\n" + kNote, "old 1\n " + kHash + "\n" + kNote, "old 1\n" + kHash.substr(0, 43) + "\n\n" + kNote,
          "old 1\nFZRSVbhTsCwW7EdrN0zMvzPFzY6hXLAbRIsZ8XoYiuF=\n\n" + kNote,  // bits that no byte has
          many + "\n" + kNote})
        CHECK_MESSAGE(!AddCheckpoint::parse(body), body);
    const auto long_one = AddCheckpoint::parse("old 0\n\n" + std::string(kRequestBytesMax, 'x'));
    REQUIRE(!long_one);
    CHECK(long_one.error().category == Category::too_large);
}
