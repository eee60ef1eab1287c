#include "ledger/audit_event.h"

#include <doctest/doctest.h>

#include <set>

#include "json/document.h"

using namespace idun;
using namespace idun::ledger;

namespace {

const Receipt kReceipt{"SE2321000016", 1042, 1050, crypto::sha256("x"), std::string(kNoteSignatureBytes, 's')};
const Names kNames{
    .provider = [](std::string_view id) { return id == "SE1" ? std::string("Region Norr") : std::string(); }};

Access read_of(std::size_t records) {
    Access a;
    a.time = *from_iso("2026-11-23T10:00:00.123Z");
    a.action = Action::read;
    a.person = *crypto::Pseudonym::from(std::string(16, 'p'));
    a.requester = {"u1", "Anna Ek", "clinician", "SE1", "SE1-E1"};
    a.purpose = "TREAT";
    a.care_relation = true;
    a.rule = "shared-care";
    a.ticket_id = "17-x";
    for (std::size_t i = 0; i < records; ++i)
        a.records.push_back({"Observation", "o" + std::to_string(i), "1", "laboratory", "SE2"});
    a.request_id = "r1";
    return a;
}

json::Document event(const Access& access) {
    return json::Document::parse(to_audit_event(access, kReceipt, kNames)).value();
}

std::vector<std::string> codes_of(json::Value list, std::string_view name) {
    std::vector<std::string> out;
    for (const json::Value one : list.elements()) {
        const json::Value concept_of = one[name];
        out.emplace_back((concept_of["coding"] ? concept_of["coding"][std::size_t{0}] : concept_of)["code"].text());
    }
    return out;
}

// What FHIR R4 and the BALP profiles ask of every event of ours.
void check_structure(json::Value e) {
    CHECK(e["resourceType"].text() == "AuditEvent");
    CHECK(e["id"].text().size() <= 64);
    const bool disclosure = e["type"]["code"].text() == "110106";
    CHECK((disclosure || e["type"]["code"].text() == "rest"));
    CHECK(e["subtype"].size() == (disclosure ? 2 : 1));
    CHECK(std::string_view("CRUDE").find(e["action"].text()) != std::string_view::npos);
    CHECK(from_iso(e["recorded"].text()));
    CHECK((e["outcome"].text() == "0" || e["outcome"].text() == "8"));
    CHECK(e["source"]["observer"]["identifier"]["value"].text() == kReceipt.log_id);
    int requestors = 0;
    for (const json::Value agent : e["agent"].elements()) {
        CHECK(agent["requestor"].kind() == json::Kind::boolean);
        CHECK(agent["who"].is_object());
        CHECK(agent["type"]["coding"].size() == 1);
        requestors += agent["requestor"].boolean();
    }
    CHECK(requestors == 1);
    const auto agents = codes_of(e["agent"], "type");
    const bool removes = e["action"].text() == "D";
    for (const char* machine : {removes ? "110150" : "110152", removes ? "custodian" : "110153"})
        CHECK(std::count(agents.begin(), agents.end(), machine) == 1);
    for (const json::Value extension : e["extension"].elements()) CHECK(!extension["valueString"].text().empty());
    // sev-1: an entity has a name or a query, not both.
    for (const json::Value entity : e["entity"].elements()) {
        CHECK(!(entity["name"] && entity["query"]));
        CHECK((entity["what"] || entity["query"]));
    }
    // FHIR knows no empty text, object or list.
    const auto walk = [](auto& self, json::Value v) -> void {
        if (v.is_string()) CHECK(!v.text().empty());
        if (v.is_object() || v.is_array()) CHECK(v.size() > 0);
        for (const json::Value one : v.elements()) self(self, one);
        for (const json::Member& m : v.members()) self(self, m.value);
    };
    walk(walk, e);
}

}  // namespace

TEST_CASE("a read of one record is a BALP PatientRead") {
    const auto document = event(read_of(1));
    const json::Value e = document.root();
    check_structure(e);
    CHECK(e["id"].text() == "SE2321000016-1042");
    CHECK(e["meta"]["profile"][std::size_t{0}].text() ==
          "https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit.PatientRead");
    CHECK(e["action"].text() == "R");
    CHECK(e["recorded"].text() == "2026-11-23T10:00:00.123Z");
    CHECK(e["purposeOfEvent"][std::size_t{0}]["coding"][std::size_t{0}]["code"].text() == "TREAT");
    CHECK(codes_of(e["agent"], "type") == std::vector<std::string>{"IRCP", "PROV", "SDLOC", "110152", "110153"});
    CHECK(e["agent"][std::size_t{0}]["who"]["identifier"]["value"].text() == "u1");
    CHECK(e["agent"][std::size_t{0}]["role"][std::size_t{0}]["coding"][std::size_t{0}]["code"].text() == "clinician");
    CHECK(e["agent"][std::size_t{1}]["who"]["display"].text() == "Region Norr");
    CHECK(codes_of(e["entity"], "type") == std::vector<std::string>{"1", "2", "XrequestId"});
    CHECK(e["entity"][std::size_t{0}]["what"]["identifier"]["system"].text() == kPseudonymSystem);
    CHECK(e["entity"][std::size_t{1}]["what"]["reference"].text() == "Observation/o0/_history/1");
    std::set<std::string_view> extensions;
    for (const json::Value extension : e["extension"].elements()) extensions.insert(extension["url"].text());
    CHECK(extensions == std::set<std::string_view>{"urn:idun:sentence-sv", "urn:idun:sentence-en", "urn:idun:receipt"});
    const std::string counted = to_audit_event(read_of(1), kReceipt, kNames, 17);
    CHECK(counted.find(R"({"url":"urn:idun:sequence","valueString":"17"})") != std::string::npos);
    const std::string unsigned_yet = to_audit_event(read_of(1), {"SE1", 5, 0, {}, {}}, kNames);
    CHECK(unsigned_yet.find("urn:idun:receipt") == std::string::npos);
}

TEST_CASE("a gathering is a BALP PatientQuery with its sources") {
    Access a = read_of(0);
    a.action = Action::gather;
    a.sources = {{"SE1", "answered", "SE1:5:x", 12}, {"SE3", "down", "", 0}};
    const auto document = event(a);
    const json::Value e = document.root();
    check_structure(e);
    CHECK(e["meta"]["profile"][std::size_t{0}].text().ends_with("IHE.BasicAudit.PatientQuery"));
    CHECK(codes_of(e["entity"], "type") ==
          std::vector<std::string>{"1", "2", "Organization", "Organization", "XrequestId"});
    CHECK(e["entity"][std::size_t{1}]["query"].text() == "Z2F0aGVy");
    CHECK(e["entity"][std::size_t{2}]["what"]["display"].text() == "Region Norr");
    CHECK(e["entity"][std::size_t{3}]["what"]["display"].text() == "SE3");
}

TEST_CASE("what leaves for good is a BALP PrivacyDisclosure, and of several records the first is the data") {
    Access a = read_of(3);
    a.action = Action::export_data;
    const auto disclosed = event(a);
    check_structure(disclosed.root());
    CHECK(disclosed.root()["meta"]["profile"][std::size_t{0}].text().ends_with("IHE.BasicAudit.PrivacyDisclosure.Source"));
    CHECK(disclosed.root()["subtype"][std::size_t{0}]["code"].text() == "disclose");
    // It goes to who asked, not to her provider.
    for (const json::Value agent : disclosed.root()["agent"].elements()) {
        const bool recipient = agent["type"]["coding"][std::size_t{0}]["code"].text() == "110152";
        if (recipient) CHECK(agent["who"]["identifier"]["value"].text() == "u1");
    }
    const auto read = event(read_of(3));
    CHECK(read.root()["meta"]["profile"][std::size_t{0}].text().ends_with("IHE.BasicAudit.PatientRead"));
    CHECK(codes_of(read.root()["entity"], "type") ==
          std::vector<std::string>{"1", "2", "Observation", "Observation", "XrequestId"});
    CHECK(actions_of_code("C") == std::vector<Action>{Action::create});
    CHECK(actions_of_code("X").empty());
}

TEST_CASE("entries of before are told too: bundles as what they may have been, exports by what they count") {
    Access a = read_of(2);
    a.action = Action::transaction;
    CHECK(sentence_sv(a).find("läste eller skrev 2 uppgifter") != std::string::npos);
    CHECK(sentence_en(a).find("read or wrote 2 records") != std::string::npos);
    a = read_of(0);
    a.action = Action::export_data;
    a.query = "export 8d0c Condition:3 Observation:12";
    CHECK(sentence_en(a).find("exported 15 records") != std::string::npos);
    a.query = "export 8d0c all";
    CHECK(sentence_en(a).find("exported 0 records") != std::string::npos);
}

TEST_CASE("a denial claims no profile of success") {
    Access a = read_of(0);
    a.permit = false;
    a.rule = "care-relation";
    const auto document = event(a);
    check_structure(document.root());
    CHECK(!document.root()["meta"]);
    CHECK(document.root()["outcome"].text() == "8");
    CHECK(document.root()["outcomeDesc"].text() == "denied by rule care-relation");
}

TEST_CASE("every action, with everything or nothing known, is a whole event") {
    for (int action = 0; action <= static_cast<int>(Action::break_glass); ++action)
        for (const bool permit : {true, false})
            for (const std::size_t records : {0, 1, 3}) {
                Access a = read_of(records);
                a.action = static_cast<Action>(action);
                a.permit = permit;
                check_structure(event(a).root());
                Access bare;
                bare.action = a.action;
                bare.permit = permit;
                bare.requester.user_id = "u1";
                check_structure(event(bare).root());
            }
}

TEST_CASE("a broken glass is marked, with its ground") {
    Access a = read_of(1);
    a.break_glass = BreakGlass{"g1", "life"};
    const auto document = event(a);
    const json::Value e = document.root();
    check_structure(e);
    CHECK(e["purposeOfEvent"][1]["coding"][0]["code"].text() == "BTG");
    CHECK(e["extension"][e["extension"].size() - 1]["url"].text() == "urn:idun:break-glass");
    CHECK(e["extension"][e["extension"].size() - 1]["valueString"].text() == "life");
    CHECK(sentence_sv(a, kNames).find(", efter nödöppning (fara för liv), för vård.") != std::string::npos);
    a.action = Action::break_glass;
    a.purpose.clear();
    a.records.clear();
    CHECK(sentence_en(a, kNames) ==
          "Anna Ek (care professional), SE1-E1, Region Norr, broke the glass to open blocked data (life at risk).");
    check_structure(event(a).root());
}

TEST_CASE("long and odd log ids still give FHIR ids") {
    const Receipt odd{std::string(100, 'a') + "_b", UINT64_MAX, 0, {}, {}};
    const auto document = json::Document::parse(to_audit_event(read_of(1), odd)).value();
    CHECK(document.root()["id"].text().size() == 64);
    CHECK(document.root()["id"].text().find('_') == std::string_view::npos);
}

TEST_CASE("with which token, through which system, by which mandate") {
    Access a = read_of(2);
    a.token = {"5d1c3ee4-7a08-4f0f-b2a5-3f3f6f3b6d11", "journal", "ehr-1", "Journal North"};
    CHECK(sentence_sv(a, kNames).starts_with("Anna Ek (vårdpersonal) genom Journal North, SE1-E1, Region Norr, läste"));
    CHECK(sentence_en(a, kNames).starts_with("Anna Ek (care professional) through Journal North, SE1-E1, Region Norr, read"));
    const std::string text = to_audit_event(a, {}, kNames);
    CHECK(text.find("urn:ietf:params:oauth:jti:5d1c3ee4-7a08-4f0f-b2a5-3f3f6f3b6d11") != std::string::npos);
    CHECK(text.find("IHE.BasicAudit.OAUTHaccessTokenUse.Minimal") != std::string::npos);
    CHECK(text.find(R"({"system":"urn:idun:client","value":"journal"})") != std::string::npos);
    CHECK(text.find(R"({"system":"urn:idun:user","value":"ehr-1"})") != std::string::npos);
    a.token.actor_name.clear();
    CHECK(sentence_en(a, kNames).starts_with("Anna Ek (care professional) through ehr-1, SE1-E1, Region Norr, read"));

    Access by;
    by.requester = {"u3", "Bo Ek", "representative", "", ""};
    by.purpose = "PWATRNY";
    by.mandate = Mandate{"m1", day_of(*from_iso("2026-11-01T12:00:00Z"))};
    CHECK(sentence_sv(by) == "Bo Ek (företrädare) läste 0 uppgifter, å patientens vägnar, enligt behörigheten från 2026-11-01.");
    CHECK(sentence_en(by) == "Bo Ek (representative) read 0 records, on the patient's behalf, by the mandate of 2026-11-01.");
    CHECK(to_audit_event(by, {}).find("urn:idun:mandate:m1") != std::string::npos);
    by.permit = false;
    CHECK(sentence_en(by) == "Bo Ek (representative) was denied access, under a power of attorney.");
}

TEST_CASE("the patient reads sentences") {
    Access a = read_of(3);
    CHECK(sentence_sv(a, kNames) == "Anna Ek (vårdpersonal), SE1-E1, Region Norr, läste 3 uppgifter hos SE2, för vård.");
    CHECK(sentence_en(a, kNames) == "Anna Ek (care professional), SE1-E1, Region Norr, read 3 records at SE2, for care.");
    a.permit = false;
    a.rule = "care-relation";
    CHECK(sentence_sv(a, kNames) ==
          "Anna Ek (vårdpersonal), SE1-E1, Region Norr, nekades åtkomst, för vård.");
    CHECK(sentence_en(a, kNames) ==
          "Anna Ek (care professional), SE1-E1, Region Norr, was denied access, for care.");
    a = read_of(0);
    a.action = Action::gather;
    a.sources = {{"SE1", "answered", "", 12}, {"SE3", "down", "", 0}};
    CHECK(sentence_sv(a, kNames) ==
          "Anna Ek (vårdpersonal), SE1-E1, Region Norr, hämtade samlat 12 uppgifter från 2 vårdgivare, för vård.");
    CHECK(sentence_en(a, kNames) ==
          "Anna Ek (care professional), SE1-E1, Region Norr, gathered 12 records from 2 providers, for care.");
    a = Access{};
    a.action = Action::rights_change;
    a.requester.role = "patient";
    a.purpose = "PATRQT";
    CHECK(sentence_sv(a) == "Patienten själv ändrade valen om delning, på egen begäran.");
    CHECK(sentence_en(a) == "The patient changed the choices about sharing, at the patient's own request.");
    CHECK(sentence_en(Access{}) == "Unknown read 0 records.");
}
