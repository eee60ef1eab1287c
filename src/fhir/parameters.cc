#include "fhir/parameters.h"

namespace idun::fhir {

void write_coding(json::Writer& w, std::string_view system, std::string_view version, std::string_view code, std::string_view display) {
    w.object();
    if (!system.empty()) w.member("system", system);
    if (!version.empty()) w.member("version", version);
    if (!code.empty()) w.member("code", code);
    if (!display.empty()) w.member("display", display);
    w.end();
}

ParametersWriter& ParametersWriter::text(std::string_view name, std::string_view kind, std::string_view value) {
    if (!value.empty()) w_.object().member("name", name).member(kind, value).end();
    return *this;
}

ParametersWriter& ParametersWriter::flag(std::string_view name, bool value) {
    w_.object().member("name", name).member("valueBoolean", value).end();
    return *this;
}

ParametersWriter& ParametersWriter::count(std::string_view name, std::size_t value) {
    w_.object().member("name", name).member("valueInteger", value).end();
    return *this;
}

ParametersWriter& ParametersWriter::identifier(std::string_view name, std::string_view system, std::string_view value) {
    w_.object().member("name", name).name("valueIdentifier").object().member("system", system).member("value", value).end().end();
    return *this;
}

ParametersWriter& ParametersWriter::coding(std::string_view name, std::string_view system, std::string_view version, std::string_view code,
                                           std::string_view display) {
    w_.object().member("name", name).name("valueCoding");
    write_coding(w_, system, version, code, display);
    w_.end();
    return *this;
}

ParametersWriter& ParametersWriter::open(std::string_view name) {
    w_.object().member("name", name).name("part").array();
    return *this;
}

ParametersWriter& ParametersWriter::close() {
    w_.end().end();
    return *this;
}

std::string ParametersWriter::take() {
    w_.end().end();
    return w_.take();
}

}  // namespace idun::fhir
