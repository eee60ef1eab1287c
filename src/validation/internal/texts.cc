// Narratives, strings and attachments: what is shown to people.
#include <algorithm>
#include <set>
#include <span>
#include <vector>

#include "validation/internal/rules.h"

namespace idun::validation {

using fhir::IssueCode;
using json::Value;

namespace {

constexpr std::size_t kLinksMax = 2000;

// The value of an attribute of the tag that starts at `tag`; "" when it has none.
std::string_view attribute(std::string_view tag, std::string_view name) {
    std::size_t at = 0;
    while ((at = tag.find(name, at)) != std::string_view::npos) {
        const bool starts = at > 0 && (tag[at - 1] == ' ' || tag[at - 1] == '\n' || tag[at - 1] == '\t' || tag[at - 1] == '\r');
        std::size_t end = at + name.size();
        while (end < tag.size() && (tag[end] == ' ' || tag[end] == '\n')) ++end;
        if (!starts || end >= tag.size() || tag[end] != '=') {
            at += name.size();
            continue;
        }
        ++end;
        while (end < tag.size() && (tag[end] == ' ' || tag[end] == '\n')) ++end;
        if (end >= tag.size() || (tag[end] != '"' && tag[end] != '\'')) return {};
        const std::size_t close = tag.find(tag[end], end + 1);
        return close == std::string_view::npos ? std::string_view() : tag.substr(end + 1, close - end - 1);
    }
    return {};
}

template <typename Visit>
void each_tag(std::string_view html, Visit visit) {
    std::size_t at = 0;
    while ((at = html.find('<', at)) != std::string_view::npos) {
        std::size_t end = at + 1;
        char quote = 0;
        while (end < html.size() && (quote != 0 || html[end] != '>')) {
            if (quote != 0 ? html[end] == quote : html[end] == '"' || html[end] == '\'') quote = quote != 0 ? 0 : html[end];
            ++end;
        }
        visit(html.substr(at, end - at));
        at = end;
    }
}

void collect_ids(Value value, std::set<std::string_view, std::less<>>& ids, std::size_t depth, std::size_t& left) {
    if (depth > 64 || left == 0) return;
    --left;
    for (const Value element : value.elements()) collect_ids(element, ids, depth + 1, left);
    for (const json::Member& member : value.members()) {
        if (member.name == "id" && member.value.is_string()) ids.insert(member.value.text());
        else collect_ids(member.value, ids, depth + 1, left);
    }
}

bool may_be_followed(std::string_view link) {
    const std::size_t colon = link.find(':');
    if (colon == std::string_view::npos || link.substr(0, colon).find_first_of("/?#") != std::string_view::npos) return true;  // relative
    std::string scheme(link.substr(0, colon));
    std::transform(scheme.begin(), scheme.end(), scheme.begin(), [](char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); });
    for (const char* allowed : {"http", "https", "mailto", "tel", "fax", "sms", "cid", "data", "ftp"}) {
        if (scheme == allowed) return true;
    }
    return false;
}

}  // namespace

void judge_narrative(Run& run, const Item& resource) {
    const Value div = resource.value["text"]["div"];
    const std::string_view html = div.text();
    if (html.find("href") == std::string_view::npos) return;
    std::set<std::string_view, std::less<>> ids;
    bool collected = false;
    std::size_t links = 0;
    const Run::Inside text(run, "text");
    const Run::Inside inside(run, "div");
    each_tag(html, [&](std::string_view tag) {
        if (!tag.starts_with("<a") || tag.size() < 3 || (tag[2] != ' ' && tag[2] != '\n' && tag[2] != '\t') || ++links > kLinksMax) return;
        const std::string_view link = attribute(tag, "href");
        if (link.empty()) return;
        if (!may_be_followed(link)) {
            run.error(IssueCode::invalid, div, "a hyperlink of the narrative has a scheme that cannot be followed; use http, https, mailto or tel");
            return;
        }
        if (link.front() != '#' || link.size() == 1) return;
        if (!collected) {
            collected = true;
            std::size_t left = 100'000;
            collect_ids(resource.value, ids, 0, left);
            each_tag(html, [&](std::string_view other) {
                for (const char* name : {"id", "name"}) {
                    if (const std::string_view id = attribute(other, name); !id.empty()) ids.insert(id);
                }
            });
        }
        if (!ids.contains(link.substr(1))) run.error(IssueCode::invalid, div, "a hyperlink of the narrative points at a place that is not in the resource");
    });
}

namespace {

struct Part {
    std::string_view tag;  // of an element right below the narrative's div; empty: text between such elements
};

std::vector<Part> parts_of(std::string_view html) {
    std::vector<Part> out;
    std::size_t depth = 0;
    std::size_t after = 0;
    each_tag(html, [&](std::string_view tag) {
        const std::string_view between = html.substr(after, static_cast<std::size_t>(tag.data() - html.data()) - after);
        const bool blank = between.find_first_not_of(" \n\r\t") == std::string_view::npos;
        if (depth == 1 && !blank && out.size() < kLinksMax) out.push_back({});
        after = static_cast<std::size_t>(tag.data() - html.data()) + tag.size() + 1;
        if (tag.starts_with("<!") || tag.starts_with("<?")) return;
        if (tag.starts_with("</")) {
            if (depth > 0) --depth;
            return;
        }
        if (depth == 1 && out.size() < kLinksMax) out.push_back({.tag = tag});
        if (!tag.ends_with('/')) ++depth;
    });
    return out;
}

bool has_word(std::string_view list, std::string_view word) {
    std::size_t at = 0;
    while ((at = list.find(word, at)) != std::string_view::npos) {
        const bool starts = at == 0 || list[at - 1] == ' ';
        const bool ends = at + word.size() == list.size() || list[at + word.size()] == ' ';
        if (starts && ends) return true;
        at += word.size();
    }
    return false;
}

}  // namespace

// What a profile asks of a narrative (extensions narrative-source-control and narrative-language-control).
void judge_narrative_parts(Run& run, const Rule& rule, const Item& narrative) {
    const Value div = narrative.value["div"];
    std::vector<std::string_view> languages;
    for (const Part& part : parts_of(div.text())) {
        if (rule.narrative_source) {
            const std::string_view words = attribute(part.tag, "class");
            if (!has_word(words, "boilerplate") && !has_word(words, "generated") && !has_word(words, "original")) {
                run.error(IssueCode::business_rule, div, "every part of the narrative must say by its class whether it is boilerplate, generated or original");
                return;
            }
        }
        if (part.tag.starts_with("<div")) {
            std::string_view language = attribute(part.tag, "xml:lang");
            if (language.empty()) language = attribute(part.tag, "lang");
            if (!language.empty()) languages.push_back(language);
        }
    }
    if (rule.narrative_languages == "_no" && !languages.empty()) {
        run.error(IssueCode::business_rule, div, "the narrative may not have sections by language");
    } else if (rule.narrative_languages == "_yes" && languages.empty()) {
        run.error(IssueCode::business_rule, div, "the narrative must have sections by language");
    } else if (rule.narrative_languages == "_resource") {
        const std::string_view own = run.holder().resource["language"].text();
        if (!own.empty() && !languages.empty() && std::find(languages.begin(), languages.end(), own) == languages.end()) {
            run.error(IssueCode::business_rule, div, "the narrative must have a section in the language of the resource");
        }
    } else if (!rule.narrative_languages.empty() && rule.narrative_languages[0] != '_' && !languages.empty() &&
               std::find(languages.begin(), languages.end(), rule.narrative_languages) == languages.end()) {
        run.error(IssueCode::business_rule, div, "the narrative must have a section in {}", rule.narrative_languages);
    }
}

namespace {

// "<b", "</p": what a browser would take for a tag.
bool looks_like_html(std::string_view text) {
    std::size_t at = 0;
    while ((at = text.find('<', at)) != std::string_view::npos) {
        std::size_t next = at + 1;
        if (next < text.size() && (text[next] == '/' || text[next] == '!')) ++next;
        const bool letter = next < text.size() && ((text[next] >= 'a' && text[next] <= 'z') || (text[next] >= 'A' && text[next] <= 'Z'));
        if (letter && text.find('>', next) != std::string_view::npos) return true;
        at = next;
    }
    return false;
}

}  // namespace

void judge_text(Run& run, const Item& primitive) {
    const bool markdown = primitive.type->primitive == fhir::Primitive::markdown;
    const Level level = markdown ? run.options().html_in_markdown : run.options().html_in_text;
    if (level == Level::ignore || !looks_like_html(primitive.text())) return;
    run.at_level(level, IssueCode::invalid, primitive.value, "the text holds what looks like an HTML tag; plain text is meant here");
}

void judge_attachment(Run& run, const Item& attachment) {
    const Value data = attachment.value["data"];
    const Value size = attachment.value["size"];
    if (!data.is_string() || !size) return;
    std::size_t characters = 0;
    std::size_t padding = 0;
    for (const char c : data.text()) {
        if (c == ' ' || c == '\n' || c == '\r' || c == '\t') continue;
        ++characters;
        if (c == '=') ++padding;
    }
    const std::size_t bytes = characters / 4 * 3 - std::min(padding, characters / 4 * 3);
    if (size.text() != std::to_string(bytes)) run.error(IssueCode::structure, attachment.value, "size says another number of bytes than data holds");
}

void judge_canonical(Run& run, const Item& resource) {
    const Value url = resource.value["url"];
    if (!url.is_string() || resource.shape == nullptr) return;
    const fhir::Property* property = resource.shape->find("url");
    if (property == nullptr || property->type == nullptr || property->type->primitive != fhir::Primitive::uri) return;
    const std::string_view text = url.text();
    const Run::Inside inside(run, "url");
    if (text.starts_with("urn:uuid:")) {
        const std::string_view id = text.substr(9);
        bool ok = id.size() == 36;
        for (std::size_t i = 0; ok && i < id.size(); ++i) {
            const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
            ok = dash ? id[i] == '-' : (id[i] >= '0' && id[i] <= '9') || (id[i] >= 'a' && id[i] <= 'f');
        }
        if (!ok) run.error(IssueCode::invalid, url, "url must be urn:uuid: and a UUID in lower case");
        return;
    }
    if (text.find(':') == std::string_view::npos && !text.starts_with('#')) run.error(IssueCode::invalid, url, "url must be an absolute address");
}

namespace {

bool is_vital_sign(Value observation) {
    for (const Value category : observation["category"].elements()) {
        for (const Value coding : category["coding"].elements()) {
            if (coding["code"].text() == "vital-signs") return true;
        }
    }
    return false;
}

}  // namespace

void judge_observation(Run& run, const Item& resource) {
    // R4 §10.2.1: these codes make an observation a vital sign, whatever profiles it declares.
    static constexpr std::pair<std::string_view, std::string_view> kVitalSigns[] = {
        {"29463-7", "bodyweight"}, {"39156-5", "bmi"},      {"8302-2", "bodyheight"}, {"8310-5", "bodytemp"}, {"85353-1", "vitalspanel"},
        {"85354-9", "bp"},         {"8867-4", "heartrate"}, {"9279-1", "resprate"},   {"9843-4", "headcircum"}, {"2708-6", "oxygensat"},
    };
    // Their counterparts in SNOMED CT, where the observation says that it is a vital sign.
    static constexpr std::pair<std::string_view, std::string_view> kSnomed[] = {
        {"27113001", "bodyweight"}, {"60621009", "bmi"},      {"50373000", "bodyheight"}, {"386725007", "bodytemp"}, {"276885007", "bodytemp"},
        {"75367002", "bp"},         {"364075005", "heartrate"}, {"86290005", "resprate"},
    };
    if (!run.options().declared) return;
    const bool vital = is_vital_sign(resource.value);
    for (const Value coding : resource.value["code"]["coding"].elements()) {
        const bool loinc = coding["system"].text() == "http://loinc.org";
        if (!loinc && (!vital || coding["system"].text() != "http://snomed.info/sct")) continue;
        for (const auto& [code, profile] : loinc ? std::span<const std::pair<std::string_view, std::string_view>>(kVitalSigns) : kSnomed) {
            if (coding["code"].text() != code) continue;
            std::string url = "http://hl7.org/fhir/StructureDefinition/";
            if (const Program* program = run.library().program(url.append(profile))) judge_profile(run, *program, resource);
            return;
        }
    }
}

}  // namespace idun::validation
