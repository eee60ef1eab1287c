// Rules of Bundles that R4 states in words: what a fullUrl may be, what an entry of each kind must have, and that a
// document is one whole.
#include <algorithm>
#include <deque>
#include <unordered_map>

#include "fhir/reference.h"
#include "validation/internal/rules.h"

namespace idun::validation {

using fhir::IssueCode;
using fhir::ReferenceKind;
using json::Value;

namespace {

constexpr std::size_t kLinksMax = 500'000;

bool is_uuid(std::string_view text) {
    if (text.size() != 36) return false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash ? text[i] != '-' : !((text[i] >= '0' && text[i] <= '9') || (text[i] >= 'a' && text[i] <= 'f'))) return false;
    }
    return true;
}

bool is_oid(std::string_view text) {
    if (text.size() < 3 || text[0] < '0' || text[0] > '2' || text[1] != '.') return false;
    return std::all_of(text.begin(), text.end(), [](char c) { return c == '.' || (c >= '0' && c <= '9'); }) && text.back() != '.' && text.find("..") == std::string_view::npos;
}

class BundleJudge {
public:
    BundleJudge(Run& run, const Item& bundle) : run_(run), bundle_(bundle.value), type_(bundle.value["type"].text()), place_(run.here()) {}

    void judge() {
        std::uint32_t place = 0;
        for (const Value entry : bundle_["entry"].elements()) {
            if (run_.stopped()) return;
            const Run::Inside inside(run_, "entry", place);
            if (inside) this->entry(entry, place);
            ++place;
        }
        if (type_ == "document" || type_ == "message") whole();
    }

private:
    void entry(Value entry, std::uint32_t place) {
        full_url(entry, place);
        if (type_ == "searchset") search(entry);
        if (type_ == "transaction" || type_ == "batch") request(entry);
    }

    void full_url(Value entry, std::uint32_t place) {
        const Value value = entry["fullUrl"];
        const std::string_view url = value.text();
        const Value resource = entry["resource"];
        if (url.empty()) {
            // References cannot reach an entry without a name; a first entry may stand alone.
            if ((type_ == "document" || type_ == "message" || type_ == "collection") && resource && place > 0) {
                run_.report(type_ == "document" ? fhir::Severity::error : fhir::Severity::warning, IssueCode::required, entry, "fullUrl is missing, so nothing can refer to this entry");
            } else if ((type_ == "document") && resource) {
                run_.error(IssueCode::required, entry, "fullUrl is missing");
            }
            return;
        }
        if (url.starts_with("urn:uuid:")) {
            if (!is_uuid(url.substr(9))) run_.error(IssueCode::invalid, value, "fullUrl must be urn:uuid: and a UUID in lower case");
            return;
        }
        if (url.starts_with("urn:oid:")) {
            if (!is_oid(url.substr(8))) run_.error(IssueCode::invalid, value, "fullUrl must be urn:oid: and an object identifier");
            return;
        }
        if (url.find(':') == std::string_view::npos) {
            run_.error(IssueCode::invalid, value, "fullUrl must be an absolute address, or urn:uuid:, or urn:oid:");
            return;
        }
        restful(value, resource, url);
    }

    // What looks like the address of a resource on a server must end in its type and id.
    void restful(Value value, Value resource, std::string_view url) {
        if (!resource.is_object()) return;
        const auto parsed = fhir::parse_reference(url);
        if (!parsed || parsed->kind != ReferenceKind::absolute || parsed->type.empty() || !fhir::Definitions::r4().is_resource(parsed->type)) return;
        const std::string_view id = resource["id"].text();
        if (parsed->type != resource["resourceType"].text()) {
            run_.error(IssueCode::invalid, value, "fullUrl must end in the type and id of the entry's resource; the type differs");
        } else if (id.empty() ? type_ != "transaction" && type_ != "batch" : parsed->id != id) {
            run_.error(IssueCode::invalid, value, "fullUrl must end in the type and id of the entry's resource; the id differs");
        }
    }

    void search(Value entry) {
        const std::string_view mode = entry["search"]["mode"].text();
        const std::string_view name = entry["resource"]["resourceType"].text();
        if (mode == "outcome" && name != "OperationOutcome") run_.error(IssueCode::invalid, entry["resource"], "an entry of search mode outcome must hold an OperationOutcome");
        if (mode == "match" && name == "OperationOutcome" && !searched_for("OperationOutcome")) run_.error(IssueCode::invalid, entry["resource"], "an OperationOutcome is no match; its search mode is outcome");
        if (name.empty() || name == "OperationOutcome") return;
        if (!entry["resource"]["id"]) run_.error(IssueCode::invalid, entry["resource"], "a resource that a search found must have an id");
        const std::string_view type = searched_type();
        if (mode == "match" && !type.empty() && type != name) run_.error(IssueCode::invalid, entry["resource"], "the search was for another type than this match");
    }

    // Of the self link: "base/Patient?name=x" -> "Patient".
    std::string_view searched_type() const {
        for (const Value link : bundle_["link"].elements()) {
            if (link["relation"].text() != "self") continue;
            std::string_view url = link["url"].text();
            url = url.substr(0, url.find('?'));
            url = url.substr(url.rfind('/') == std::string_view::npos ? 0 : url.rfind('/') + 1);
            if (fhir::Definitions::r4().is_resource(url)) return url;
        }
        return {};
    }
    bool searched_for(std::string_view name) const { return searched_type() == name; }

    void request(Value entry) {
        const Value request = entry["request"];
        if (!request.is_object()) return;  // bdl-3
        const std::string_view method = request["method"].text();
        const std::string_view url = request["url"].text();
        const Value resource = entry["resource"];
        const bool carries = method == "POST" || method == "PUT" || method == "PATCH";
        const bool operation = url.find('$') != std::string_view::npos;
        if (carries && !resource && !operation) run_.error(IssueCode::required, entry, "a {} needs a resource", method);
        if ((method == "GET" || method == "DELETE" || method == "HEAD") && resource) run_.error(IssueCode::structure, resource, "a {} takes no resource", method);
        if (operation || !resource.is_object() || method == "PATCH") return;
        const std::string_view path = url.substr(0, url.find('?'));
        const std::string_view type = path.substr(0, path.find('/'));
        if ((method == "POST" || method == "PUT") && fhir::Definitions::r4().is_resource(type) && type != resource["resourceType"].text()) {
            run_.error(IssueCode::value, request["url"], "request.url names another type than the resource has");
        }
        if (method == "PUT" && path.find('/') != std::string_view::npos && resource["id"] && path.substr(path.find('/') + 1) != resource["id"].text()) {
            run_.error(IssueCode::value, request["url"], "request.url names another id than the resource has");
        }
    }

    // --- documents and messages: everything is reached from the first entry ---

    void whole() {
        std::vector<std::uint32_t> entries;  // places among the holders, by entry
        std::unordered_map<std::uint32_t, std::size_t> by_holder;
        for (std::uint32_t i = 0; i < run_.holders().size(); ++i) {
            const Holder& h = run_.holders()[i];
            if (h.parent != place_ || h.contained || h.entry == Holder::kNone) continue;
            by_holder[i] = entries.size();
            entries.push_back(i);
        }
        if (entries.empty()) return;
        std::vector<std::vector<std::size_t>> links(entries.size());
        std::size_t left = kLinksMax;
        for (std::size_t i = 0; i < entries.size(); ++i) {
            const Run::At at(run_, entries[i]);
            collect(run_.holders()[entries[i]].resource, 0, left, [&](std::string_view reference) {
                const Found found = run_.find(reference);
                if (found.where != Found::Where::bundled) return;
                const auto target = by_holder.find(found.holder);
                if (target == by_holder.end()) return;
                links[i].push_back(target->second);
                links[target->second].push_back(i);  // a link backward is a link too
            });
        }
        std::vector<bool> reached(entries.size());
        std::deque<std::size_t> open{0};
        reached[0] = true;
        while (!open.empty()) {
            const std::size_t at = open.front();
            open.pop_front();
            for (const std::size_t next : links[at]) {
                if (reached[next]) continue;
                reached[next] = true;
                open.push_back(next);
            }
        }
        for (std::size_t i = 0; i < entries.size(); ++i) {
            if (reached[i] || left == 0) continue;
            const Holder& h = run_.holders()[entries[i]];
            if (is_stylesheet(h)) continue;
            const Run::Inside inside(run_, "entry", h.entry);
            run_.report(type_ == "document" ? fhir::Severity::error : fhir::Severity::warning, IssueCode::informational, h.resource,
                        "nothing that is reached from the {} leads to this entry, or from it to what is reached", type_ == "document" ? "Composition" : "MessageHeader");
        }
    }

    bool is_stylesheet(const Holder& h) const {
        for (const Value link : bundle_["link"].elements()) {
            if (link["relation"].text() == "stylesheet" && link["url"].text() == h.full_url) return true;
        }
        return false;
    }

    template <typename Visit>
    void collect(Value value, std::size_t depth, std::size_t& left, const Visit& visit) {
        if (left == 0 || depth > 64) return;
        --left;
        for (const Value element : value.elements()) collect(element, depth + 1, left, visit);
        for (const json::Member& member : value.members()) {
            if (member.value.is_string()) {
                // Canonicals and uris lead to entries as well, when one has that name.
                const std::string_view text = member.value.text();
                if (member.name == "reference" || text.starts_with("urn:") || text.starts_with("http")) visit(text);
                continue;
            }
            collect(member.value, depth + 1, left, visit);
        }
    }

    Run& run_;
    Value bundle_;
    std::string_view type_;
    std::uint32_t place_;
};

}  // namespace

void judge_bundle(Run& run, const Item& bundle) { BundleJudge(run, bundle).judge(); }


}  // namespace idun::validation
