#include "records/internal/persons.h"

#include <doctest/doctest.h>

namespace idun::records {
namespace {

using Texts = std::vector<std::string>;
using Ended = Persons::Ended;
using store::Version;

TEST_CASE("what was read is found at its version and later ones, until the Patient is written") {
    Persons persons(6400);
    CHECK(!persons.find("a", Version{5}));
    persons.keep("a", Version{5}, {"x", "y"});
    persons.keep("none", Version{5}, {});
    CHECK(persons.find("a", Version{5}) == Texts{"x", "y"});
    CHECK(persons.find("a", Version{9}) == Texts{"x", "y"});
    CHECK(!persons.find("a", Version{4}));
    CHECK(persons.find("none", Version{5}) == Texts{});

    const Texts written{"a"};
    persons.begin(written);
    CHECK(!persons.find("a", Version{9}));
    persons.keep("a", Version{10}, {"z"});  // may be from before or after
    persons.end(written, Ended::written, Version{10});
    CHECK(!persons.find("a", Version{10}));
    persons.keep("a", Version{9}, {"x", "y"});  // read before, told late
    CHECK(!persons.find("a", Version{10}));
    persons.keep("a", Version{10}, {"z"});
    CHECK(persons.find("a", Version{11}) == Texts{"z"});
}

TEST_CASE("a commit that did not take place changes nothing; one in doubt ends it") {
    Persons persons(6400);
    const Texts written{"a"};
    persons.keep("a", Version{5}, {"x"});
    persons.begin(written);
    persons.begin(written);
    persons.end(written, Ended::not_written);
    CHECK(!persons.find("a", Version{5}));  // the other is still on its way
    persons.end(written, Ended::not_written);
    CHECK(persons.find("a", Version{5}) == Texts{"x"});
    persons.begin(written);
    persons.end(written, Ended::unknown);
    persons.keep("a", Version{7}, {"x"});
    CHECK(!persons.find("a", Version{7}));
}

TEST_CASE("it stays within its bound") {
    Persons persons(640);
    std::size_t kept = 0;
    for (int i = 0; i < 10'000; ++i) persons.keep(std::to_string(i), Version{1}, {"x"});
    for (int i = 0; i < 10'000; ++i) kept += persons.find(std::to_string(i), Version{1}) ? 1 : 0;
    CHECK(kept > 0);
    CHECK(kept <= 640);
    Persons nothing(0);
    nothing.keep("a", Version{1}, {"x"});
    CHECK(!nothing.find("a", Version{1}));
}

}  // namespace
}  // namespace idun::records
