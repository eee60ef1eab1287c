#include "api/terminology.h"
#include "base/program.h"
#include "json/writer.h"

namespace idun::api {
namespace {

constexpr std::string_view kExpandParameters[] = {"url", "valueSet", "valueSetVersion", "filter", "offset", "count", "includeDesignations",
                                                  "designation", "includeDefinition", "activeOnly", "excludeNested", "excludeNotForUI",
                                                  "displayLanguage", "exclude-system"};

// Versions of one URL stand beside each other, newest first.
void code_systems(json::Writer& w, const fhir::PackageSet& packages) {
    const auto all = packages.of_type("CodeSystem");
    w.name("codeSystem").array();
    for (std::size_t i = 0; i < all.size();) {
        if (all[i]->url.empty()) {
            ++i;
            continue;
        }
        const std::string& url = all[i]->url;
        w.object().member("uri", url);
        bool open = false;
        for (const std::size_t first = i; i < all.size() && all[i]->url == url; ++i) {
            if (all[i]->version.empty()) continue;
            if (!open) w.name("version").array();
            open = true;
            w.object().member("code", all[i]->version).member("isDefault", i == first).end();
        }
        if (open) w.end();
        w.end();
    }
    w.end();
}

}  // namespace

std::string terminology_capabilities(const Node& node) {
    json::Writer w;
    w.object().member("resourceType", "TerminologyCapabilities").member("status", "active").member("date", to_iso(node.clock.now()));
    w.member("publisher", node.provider_name).member("kind", "instance");
    w.name("software").object().member("name", "Idun").member("version", kProgramVersion).end();
    w.name("implementation").object().member("description", "Terminology for " + node.provider_name).member("url", node.base_url).end();
    code_systems(w, node.terms->packages());
    w.name("expansion").object().member("hierarchical", true).member("paging", true).member("incomplete", false);
    w.name("parameter").array();
    for (const std::string_view name : kExpandParameters) w.object().member("name", name).end();
    w.end();
    w.member("textFilter", "Each word of the filter begins a word of the code or of one of its names, without regard to case and marks.").end();
    w.member("codeSearch", "explicit");
    w.name("validateCode").object().member("translations", true).end();
    w.name("translation").object().member("needsMap", false).end();
    w.end();
    return w.take();
}

}  // namespace idun::api
