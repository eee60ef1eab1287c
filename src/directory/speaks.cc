#include "directory/speaks.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>

#include "base/program.h"

namespace idun::directory {
namespace {

constexpr std::size_t kInterfacesMax = 8;
constexpr unsigned kInterfaceMax = 65'535;
constexpr std::size_t kSoftwareMax = 64;
constexpr std::size_t kFhirMax = 16;
constexpr std::string_view kPayloads = "http://terminology.hl7.org/CodeSystem/endpoint-payload-type";
constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
constexpr std::string_view kDigits = "0123456789";

bool only_of(std::string_view text, std::initializer_list<std::string_view> allowed) {
    return std::ranges::all_of(text, [&](char c) { return std::ranges::any_of(allowed, [&](std::string_view some) { return some.find(c) != some.npos; }); });
}

std::optional<unsigned> interface_in(std::string_view text) {
    unsigned out = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), out);
    const bool good = !text.empty() && text.front() != '0' && read.ec == std::errc() && read.ptr == text.data() + text.size() && out <= kInterfaceMax;
    return good ? std::optional(out) : std::nullopt;
}

// False when it is none, or one too many.
bool add_interface(Speaks& to, std::string_view text) {
    const auto one = interface_in(text);
    if (!one || to.interfaces.size() == kInterfacesMax) return false;
    const auto place = std::ranges::lower_bound(to.interfaces, *one);
    if (place == to.interfaces.end() || *place != *one) to.interfaces.insert(place, *one);
    return true;
}

bool is_software(std::string_view text) { return text.size() <= kSoftwareMax && only_of(text, {kLetters, kDigits, " ._+/-"}); }
bool is_fhir(std::string_view text) { return text.size() <= kFhirMax && only_of(text, {kLetters, kDigits, ".-"}); }

tl::unexpected<Error> wrong(std::string_view what, std::string_view element) { return fail(Category::invalid, std::string(what), std::string(element)); }

constexpr std::string_view kInterfaceRule = "an interface is a number from 1 to 65535; at most 8";
constexpr std::string_view kSoftwareRule = "software is up to 64 letters, digits, spaces and any of ._+/-";
constexpr std::string_view kFhirRule = "a FHIR version is like 4.0.1";

void write_coding(json::Writer& w, std::string_view system, std::string_view code) {
    w.object().name("coding").array().object().member("system", system).member("code", code).end().end().end();
}

}  // namespace

std::string Speaks::interfaces_text() const { return fmt::format("{}", fmt::join(interfaces, " ")); }

const Speaks& own_speech() {
    static const Speaks own{.interfaces = {kInterface}, .software = std::string(kProgram), .fhir = std::string(kFhirVersion)};
    return own;
}

Status understood(const Speaks& theirs, std::string_view who) {
    const auto& own = own_speech().interfaces;
    const bool known = theirs.interfaces.empty() || std::ranges::any_of(theirs.interfaces, [&](unsigned one) { return std::ranges::binary_search(own, one); });
    if (known) return {};
    return fail(Category::unsupported, fmt::format("{} speaks interface {}{}, this program ({}) speaks {}: one of the two needs another version", who, theirs.interfaces_text(),
                                                   theirs.software.empty() ? "" : " (" + theirs.software + ")", kProgram, own_speech().interfaces_text()));
}

Result<Speaks> speaks_from(std::string_view interfaces, std::string_view software, std::string_view fhir) {
    Speaks out{.interfaces = {}, .software = std::string(software), .fhir = std::string(fhir)};
    while (!interfaces.empty()) {
        const std::size_t end = std::min(interfaces.find(' '), interfaces.size());
        if (end > 0 && !add_interface(out, interfaces.substr(0, end))) return wrong(kInterfaceRule, "interface");
        interfaces.remove_prefix(std::min(end + 1, interfaces.size()));
    }
    if (!is_software(software)) return wrong(kSoftwareRule, "software");
    if (!is_fhir(fhir)) return wrong(kFhirRule, "fhir_version");
    return out;
}

Result<Speaks> speaks_of_endpoint(json::Value endpoint) {
    Speaks out;
    for (const json::Value payload : endpoint["payloadType"].elements())
        for (const json::Value coding : payload["coding"].elements())
            if (coding["system"].text() == kInterfaceSystem && !add_interface(out, coding["code"].text())) return wrong(kInterfaceRule, "Endpoint.payloadType");
    for (const json::Value extension : endpoint["extension"].elements()) {
        const std::string_view url = extension["url"].text();
        if (url == kSoftwareUrl) out.software = extension["valueString"].text();
        if (url == kFhirVersionUrl && out.fhir.empty()) out.fhir = extension["valueCode"].text();
    }
    if (!is_software(out.software)) return wrong(kSoftwareRule, "Endpoint.extension");
    if (!is_fhir(out.fhir)) return wrong(kFhirRule, "Endpoint.extension");
    return out;
}

void write_in_endpoint(json::Writer& w, const Speaks& speaks) {
    if (!speaks.software.empty() || !speaks.fhir.empty()) {
        w.name("extension").array();
        if (!speaks.fhir.empty()) w.object().member("url", kFhirVersionUrl).member("valueCode", speaks.fhir).end();
        if (!speaks.software.empty()) w.object().member("url", kSoftwareUrl).member("valueString", speaks.software).end();
        w.end();
    }
    w.name("payloadType").array();
    if (speaks.interfaces.empty()) write_coding(w, kPayloads, "any");
    for (const unsigned one : speaks.interfaces) write_coding(w, kInterfaceSystem, std::to_string(one));
    w.end();
}

Speaks speaks_of_capability(json::Value capability) {
    Speaks out;
    for (const json::Value one : capability["instantiates"].elements()) {
        const std::string_view text = one.text();
        if (text.starts_with(kCapabilityUrl)) add_interface(out, text.substr(std::min(text.rfind('|'), text.size() - 1) + 1));
    }
    const std::string_view version = capability["software"]["version"].text(), fhir = capability["fhirVersion"].text();
    if (is_software(version)) out.software = version;
    if (is_fhir(fhir)) out.fhir = fhir;
    return out;
}

void write_in_capability(json::Writer& w, std::string_view role) {
    w.name("instantiates").array();
    for (const unsigned one : own_speech().interfaces) w.value(fmt::format("{}{}|{}", kCapabilityUrl, role, one));
    w.end();
    w.name("software").object().member("name", "Idun").member("version", kProgramVersion).end();
}

}  // namespace idun::directory
