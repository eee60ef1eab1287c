// POST /fhir/Patient/$match (IHE PDQm ITI-119): which of the provider's own patients a description is of.
#include <algorithm>
#include <charconv>
#include <map>

#include "api/asked.h"
#include "fhir/outcome.h"
#include "json/writer.h"
#include "people/match.h"

namespace idun::api {
namespace {

constexpr std::size_t kCountDefault = 10;
constexpr std::size_t kCountMax = 50;
constexpr std::size_t kOfOneSearch = 100;      // candidates that one search may bring
constexpr std::size_t kIdentifiersMax = 8;     // of the description that are looked for

struct MatchQuestion {
    json::Value patient;
    bool only_certain = false;
    std::size_t count = kCountDefault;
};

Result<MatchQuestion> match_question(json::Value parameters) {
    if (parameters["resourceType"].text() != "Parameters") return fail(Category::invalid, "send a Parameters resource", "resourceType");
    MatchQuestion out;
    for (const json::Value one : parameters["parameter"].elements()) {
        const std::string_view name = one["name"].text();
        if (name == "resource") {
            out.patient = one["resource"];
        } else if (name == "onlyCertainMatches") {
            out.only_certain = one["valueBoolean"].boolean();
        } else if (name == "count") {
            const std::string_view text = one["valueInteger"].text();
            const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out.count);
            if (error != std::errc() || end != text.data() + text.size() || out.count == 0)
                return fail(Category::invalid, "count is a number from 1", "Parameters.parameter");
            out.count = std::min(out.count, kCountMax);
        } else {
            return fail(Category::invalid, "parameters are resource, onlyCertainMatches and count", "Parameters.parameter");
        }
    }
    if (out.patient["resourceType"].text() != "Patient") return fail(Category::invalid, "resource is a Patient", "Parameters.parameter");
    return out;
}

// The searches that bring candidates: by identifier, also as a mistaken hand writes it; by birth date and a name; by both names.
std::vector<records::Parameters> searches_for(json::Value patient, const people::Traits& traits) {
    std::vector<records::Parameters> out;
    const std::string count = std::to_string(kOfOneSearch);
    std::size_t identifiers = 0;
    for (const json::Value one : patient["identifier"].elements()) {
        const std::string system(one["system"].text()), value(one["value"].text());
        if (value.empty() || value.find_first_of(",|\\$") != std::string::npos || ++identifiers > kIdentifiersMax) continue;
        out.push_back({{"identifier", system.empty() ? value : system + "|" + value}, {"_count", count}});
    }
    for (const people::PersonId& id : traits.ids) {
        std::string any(id.system());
        any += "|" + std::string(id.value());
        for (const std::string& one : people::transposed(id.value())) any += "," + std::string(id.system()) + "|" + one;
        out.push_back({{"identifier", any}, {"_count", count}});
    }
    const auto first = [](const std::set<std::string>& words) { return words.empty() ? std::string() : *words.begin(); };
    const std::string family = first(traits.family), given = first(traits.given);
    for (const auto& [name, value] : {std::pair("family", family), std::pair("given", given)})
        if (!traits.born.empty() && !value.empty()) out.push_back({{"birthdate", traits.born}, {name, value}, {"_count", count}});
    if (!family.empty() && !given.empty()) out.push_back({{"family", family}, {"given", given}, {"_count", count}});
    std::erase_if(out, [](const records::Parameters& one) {
        return std::ranges::any_of(one, [](const auto& parameter) { return parameter.second.size() > 4096; });
    });
    return out;
}

struct Candidate {
    records::Touched touched;
    std::string body;
    people::Match match;
};

std::string match_bundle(const Node& node, const std::vector<Candidate>& candidates, bool only_certain, std::size_t certain) {
    json::Writer w;
    w.object().member("resourceType", "Bundle").member("type", "searchset").member("total", candidates.size()).name("entry").array();
    for (const Candidate& one : candidates) {
        w.object().member("fullUrl", node.base_url + "/Patient/" + one.touched.id).name("resource").raw(one.body);
        w.name("search").object().name("extension").array().object().member("url", "http://hl7.org/fhir/StructureDefinition/match-grade");
        w.member("valueCode", people::to_string(one.match.grade)).end().end();
        w.member("mode", "match").name("score").raw(people::score_text(one.match)).end().end();
    }
    std::string why;
    if (only_certain && certain > 1) why = "several of the patients here are certainly meant, so none is shown: their records need to be put together first";
    else if (candidates.empty()) why = only_certain ? "none of the patients here is certainly meant" : "none of the patients here is like that";
    if (!why.empty()) {
        const auto code = certain > 1 ? fhir::IssueCode::multiple_matches : fhir::IssueCode::not_found;
        w.object().name("resource").raw(fhir::operation_outcome({{fhir::Severity::information, code, why, "", 0, 0}}));
        w.name("search").object().member("mode", "outcome").end().end();
    }
    w.end().end();
    return w.take();
}

// The best first; at equal scores by id.
std::vector<Candidate> graded(std::map<std::string, Candidate> found) {
    std::vector<Candidate> out;
    for (auto& [id, one] : found)
        if (one.match.grade != people::Grade::certainly_not) out.push_back(std::move(one));
    std::ranges::sort(out, [](const Candidate& a, const Candidate& b) {
        return a.match.score != b.match.score ? a.match.score > b.match.score : a.touched.id < b.touched.id;
    });
    return out;
}

records::Outcome matched_at(Node& node, const MatchQuestion& question, records::Context context, Asked& asked) {
    const Instant now = node.clock.now();
    const people::Traits traits = people::traits_of(question.patient, now);
    context.lenient = false;
    std::map<std::string, Candidate> found;
    records::Outcome out;
    for (const records::Parameters& search : searches_for(question.patient, traits)) {
        const Asked about = asked_in(node, "Patient", search);
        asked.persons.insert(asked.persons.end(), about.persons.begin(), about.persons.end());
        const records::Outcome page = node.records.search("Patient", search, context);
        if (!page.ok()) return page;
        out.seen = page.seen;
        if (!page.body) continue;
        const auto document = json::Document::parse(*page.body);
        if (!document) continue;
        for (const json::Value entry : document->root()["entry"].elements()) {
            const json::Value patient = entry["resource"];
            const std::string id(patient["id"].text());
            if (patient["resourceType"].text() != "Patient" || found.contains(id)) continue;
            const auto touched = std::ranges::find(page.touched, id, &records::Touched::id);
            if (touched == page.touched.end()) continue;
            found.emplace(id, Candidate{*touched, json::to_text(patient), people::compare(traits, people::traits_of(patient, now))});
        }
    }
    auto candidates = graded(std::move(found));
    const auto certain = static_cast<std::size_t>(std::ranges::count(candidates, people::Grade::certain, [](const Candidate& one) { return one.match.grade; }));
    if (question.only_certain && certain != 1) candidates.clear();
    if (question.only_certain) std::erase_if(candidates, [](const Candidate& one) { return one.match.grade != people::Grade::certain; });
    if (candidates.size() > question.count) candidates.resize(question.count);
    for (const Candidate& one : candidates) out.touched.push_back(one.touched);
    out.body = std::make_shared<const std::string>(match_bundle(node, candidates, question.only_certain, certain));
    return out;
}

}  // namespace

http::Handler node_match(Node& node) {
    return [&node](http::Request request, http::Reply reply) {
        const auto user = staff_of(node, request);
        if (!user) return reply.send(refusal(user.error()));
        const auto document = body_of(request);
        if (!document) return reply.send(refusal(document.error()));
        const auto question = match_question(document->root());
        if (!question) return reply.send(refusal(question.error()));
        Asked asked;
        asked.query = "Patient/$match";
        auto outcome = matched_at(node, *question, context_of(node, *user, request), asked);
        answer(node, *user, ledger::Action::search, request, std::move(outcome), std::move(reply), asked);
    };
}

}  // namespace idun::api
