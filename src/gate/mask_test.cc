#include "gate/mask.h"

#include <doctest/doctest.h>

using idun::gate::without_contact;

TEST_CASE("where a person is to be found is left out, wherever she stands") {
    CHECK(
        without_contact(
            R"({"resourceType":"Patient","id":"p","text":{"div":"Storgatan 1"},"telecom":[{"value":"070"}],"_address":null,"address":[{"city":"X"}],"contact":[{}],"gender":"other"})") ==
        R"({"resourceType":"Patient","id":"p","gender":"other"})");
    CHECK(
        without_contact(
            R"({"resourceType":"Condition","contained":[{"resourceType":"RelatedPerson","telecom":[{"value":"070"}],"id":"r"}],"text":{"div":"t"}})") ==
        R"({"resourceType":"Condition","contained":[{"resourceType":"RelatedPerson","id":"r"}],"text":{"div":"t"}})");
    CHECK(
        without_contact(
            R"({"resourceType":"Bundle","type":"document","entry":[{"resource":{"resourceType":"Patient","address":[{"city":"X"}]}}]})") ==
        R"({"resourceType":"Bundle","type":"document","entry":[{"resource":{"resourceType":"Patient"}}]})");
}

TEST_CASE("all else stays as it is, to the byte") {
    const std::string organization = R"({"resourceType":"Organization","address":[{"city":"X"}],"n":1.10})";
    CHECK(without_contact(organization) == organization);
    CHECK(without_contact(R"({"resourceType":"Patient","birthDate":"1.10","multipleBirthInteger":10})") ==
          R"({"resourceType":"Patient","birthDate":"1.10","multipleBirthInteger":10})");
    CHECK(without_contact(R"({"resourceType":"Patient")").empty());
}
