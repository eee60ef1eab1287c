#include "terms/table.h"

#include <doctest/doctest.h>

using namespace idun;
using namespace idun::terms;

namespace {

std::string made(std::string_view text, const TableHead& head = {.url = "http://s"}) {
    const auto out = code_system_from_table(text, head);
    return out ? *out : std::string(to_string(out.error().category)) + ": " + out.error().message;
}

}  // namespace

TEST_CASE("a table becomes a code system") {
    CHECK(made("# url: http://icd\n# version: 2024\n# language: sv\n#\n# title: Codes\ncode\tdisplay\tparent\tabstract\tstatus\tproperty.marker\tdesignation.en\n"
               "A00-A09\tTarm\t\ttrue\t\t\t\nA00\tKolera\tA00-A09\t\t\tdagger\tCholera\n\nA01\tTyfoid\tA00-A09\tfalse\tretired\t\t\n", {}) ==
          R"({"resourceType":"CodeSystem","url":"http://icd","language":"sv","version":"2024","title":"Codes","status":"active","caseSensitive":true,"content":"complete","count":3,)"
          R"("property":[{"code":"parent","uri":"http://hl7.org/fhir/concept-properties#parent","type":"code"},{"code":"notSelectable","uri":"http://hl7.org/fhir/concept-properties#notSelectable","type":"boolean"},)"
          R"({"code":"status","uri":"http://hl7.org/fhir/concept-properties#status","type":"code"},{"code":"marker","type":"string"}],"concept":[)"
          R"({"code":"A00-A09","display":"Tarm","property":[{"code":"notSelectable","valueBoolean":true}]},)"
          R"({"code":"A00","display":"Kolera","designation":[{"language":"en","value":"Cholera"}],"property":[{"code":"parent","valueCode":"A00-A09"},{"code":"marker","valueString":"dagger"}]},)"
          R"({"code":"A01","display":"Tyfoid","property":[{"code":"parent","valueCode":"A00-A09"},{"code":"notSelectable","valueBoolean":false},{"code":"status","valueCode":"retired"}]}]})");
}

TEST_CASE("separators, quotes, line ends and a byte order mark") {
    const std::string plain = made("code,display\na,\"one, \"\"two\"\"\nthree\"\nb,x\n");
    CHECK(plain.find(R"("display":"one, \"two\"\nthree")") != std::string::npos);
    CHECK(made("\xEF\xBB\xBF" "code;display\r\na;x, y\r\nb;z") .find(R"("display":"x, y")") != std::string::npos);
    CHECK(made("code\na\n").find(R"("count":1)") != std::string::npos);
    CHECK(made("# url: http://other\ncode\na\n").find("http://s") != std::string::npos);  // the command line wins
}

TEST_CASE("broken tables are refused with the line") {
    CHECK(made("", {.url = "http://s"}).find("empty") != std::string::npos);
    CHECK(made("code\n").find("no rows") != std::string::npos);
    CHECK(made("code\na\n", {}).find("url") != std::string::npos);
    CHECK(made("display\na\n").find("line 1: exactly one column") != std::string::npos);
    CHECK(made("code\tcode\na\tb\n").find("exactly one") != std::string::npos);
    CHECK(made("code\tcolour\na\tb\n").find("line 1: column names are") != std::string::npos);
    CHECK(made("code\tdisplay\na\n").find("line 2: has 1 cells, and the table 2 columns") != std::string::npos);
    CHECK(made("code\tdisplay\na\tb\tc\n").find("line 2: has 3 cells") != std::string::npos);
    CHECK(made("code\tdisplay\n\tx\n").find("line 2: the code is empty") != std::string::npos);
    CHECK(made("code\tdisplay\na\tx\nb\ty\na\tz\n").find("line 4: the code of line 2 again") != std::string::npos);
    CHECK(made("code\tparent\na\tz\n").find("line 2: the parent is not a code") != std::string::npos);
    CHECK(made("code\tparent\na\tb\nb\ta\n").find("loop") != std::string::npos);
    CHECK(made("code\tparent\na\ta\n").find("resourceType") != std::string::npos);  // its own parent is no parent
    CHECK(made("code\tabstract\na\tyes\n").find("line 2: abstract") != std::string::npos);
    CHECK(made("code,display\na,\"open\n").find("line 2: a quote that is not closed") != std::string::npos);
    CHECK(made("code,display\na,\"x\"y\n").find("line 2: something stands behind") != std::string::npos);
    CHECK(made("code\tdisplay\na\t\xFF\n").find("invalid") != std::string::npos);
    CHECK(made("code" + std::string(70, ',')).find("more than 64 columns") != std::string::npos);
}

TEST_CASE("code systems are checked before they are taken") {
    const auto checked = [](std::string_view text) { return checked_code_system(text); };
    CHECK(checked(R"({ "resourceType":"CodeSystem", "url":"http://a","content":"complete","concept":[{"code":"x"}]})") ==
          R"({"resourceType":"CodeSystem","url":"http://a","content":"complete","concept":[{"code":"x"}]})");
    for (const char* text : {"", "{}", "[", R"({"resourceType":"CodeSystem","url":"http://a","content":"complete"})",
                             R"({"resourceType":"CodeSystem","url":"http://a","content":"complete","concept":[{"code":"x"},{"code":"x"}]})",
                             R"({"resourceType":"CodeSystem","content":"complete","concept":[{"code":"x"}]})"}) {
        CAPTURE(text);
        CHECK(checked(text).error().category == Category::invalid);
    }
}
