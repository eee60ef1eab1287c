// Mandates across borders, in a versioned form of our own until the Commission's is there (EHDS Art. 4(4)).
// docs/formats/rights-wire.md.
#include <algorithm>

#include "api/choices.h"
#include "api/fhir_answer.h"
#include "api/strict.h"
#include "crypto/jws.h"
#include "fhir/category.h"
#include "http/problem.h"
#include "json/writer.h"

namespace idun::api {
namespace {

constexpr std::string_view kForm = "idun-mandate";
constexpr std::string_view kMandateType = "idun-mandate+jwt";

tl::unexpected<Error> wrong(std::string message, std::string path) {
    return fail(Category::invalid, std::move(message), std::move(path));
}

struct Foreign {
    Identifier person;
    Identifier representative;
    std::string name;
    std::string reference;
    rights::Mandate mandate;
};

Result<std::string> text_in(json::Value root, std::string_view name, std::size_t bytes_max, bool required) {
    const std::string_view text = root[name].text();
    if (text.size() > bytes_max || (required && text.empty())) return wrong("missing or too long", std::string(name));
    return std::string(text);
}

Result<Identifier> who_in(json::Value root, std::string_view name) {
    TRY_ASSIGN(Identifier out, identifier_of(root[name], std::string(name)));
    if (out.system.empty()) return wrong("an identifier has a system and a value", std::string(name));
    return out;
}

Result<Foreign> foreign_from(json::Value root, Instant now) {
    TRY(only(root,
             {"form", "version", "country", "reference", "person", "representative", "name", "categories", "purpose",
              "manage", "period"},
             "mandate"));
    if (root["form"].text() != kForm || root["version"].text() != "1")
        return fail(Category::unsupported, "the form is idun-mandate, version 1", "form");
    Foreign out;
    TRY_ASSIGN(out.person, who_in(root, "person"));
    TRY_ASSIGN(out.representative, who_in(root, "representative"));
    TRY_ASSIGN(out.name, text_in(root, "name", kNameBytesMax, false));
    TRY_ASSIGN(out.reference, text_in(root, "reference", 128, true));
    TRY_ASSIGN(out.mandate.country, text_in(root, "country", 2, true));
    if (!is_country(out.mandate.country)) return wrong("two capital letters", "country");
    TRY_ASSIGN(out.mandate.purpose, text_in(root, "purpose", 16, false));
    if (!out.mandate.purpose.empty() && rights::purpose_from(out.mandate.purpose) == rights::Purpose::other)
        return wrong("purpose is a code of HL7 v3 PurposeOfUse", "purpose");
    if (root["manage"] && root["manage"].kind() != json::Kind::boolean) return wrong("true or false", "manage");
    out.mandate.may_manage = root["manage"].boolean();
    out.mandate.kind = rights::MandateKind::foreign;
    if (root["categories"].size() > fhir::kPriorityCategories.size())
        return wrong("a category is named twice", "categories");
    for (const json::Value category : root["categories"].elements()) {
        if (!fhir::priority_category(category.text())) return wrong("no such category of records", "categories");
        rights::Scope& scope = out.mandate.scopes.emplace_back();
        scope.category = category.text();
    }
    TRY_ASSIGN(const Period period, period_of(root["period"], "period"));
    out.mandate.from = period.start.value_or(now);
    out.mandate.to = period.end;
    return out;
}

struct Taken {
    Subject subject;
    std::string id;
};

Result<Taken> take(Hub& hub, const http::Request& request, const trust::UserToken& user) {
    if (!is_registrar(user))
        return fail(Category::forbidden, "administrators and supervisors register mandates of other countries");
    TRY_ASSIGN(const auto document, body_of(request));
    TRY_ASSIGN(Foreign read, foreign_from(document.root(), hub.clock.now()));
    TRY_ASSIGN(const auto person, person_named(hub, user, read.person));
    TRY_ASSIGN(read.mandate.representative, person_named(hub, user, read.representative));
    TRY(unambiguous(hub, person));
    TRY(unambiguous(hub, read.mandate.representative));
    if (hub.links.same(read.mandate.representative, person)) return wrong("nobody represents herself", "representative");
    const Subject subject{person, Standing::staff};
    TRY_ASSIGN(std::string id,
               hub.rights.begin(person, rights::ChangeKind::mandate, std::move(read.mandate),
                                author_of(user, subject, "", std::move(read.reference)), {"", read.name}));
    return Taken{subject, std::move(id)};
}

void write_who(json::Writer& w, std::string_view name, const Identifier& who) {
    w.name(name).object().member("system", who.system).member("value", who.value).end();
}

// The mandate as others read it. Only what the form can say whole leaves: scopes by category.
Result<std::string> form_of(const rights::Mandate& m, const Identifier& person, const Identifier& representative,
                            const std::string& name) {
    json::Writer w;
    w.object().member("form", kForm).member("version", 1).member("country", m.country.empty() ? "SE" : m.country);
    w.member("reference", m.fact_id);
    write_who(w, "person", person);
    write_who(w, "representative", representative);
    if (!name.empty()) w.member("name", name);
    if (!m.scopes.empty()) {
        w.name("categories").array();
        for (const rights::Scope& scope : m.scopes) {
            rights::Scope rest = scope;
            rest.category.clear();
            if (scope.category.empty() || !rest.everything())
                return fail(Category::unsupported,
                            "the form says categories only, and this mandate is for something finer");
            w.value(scope.category);
        }
        w.end();
    }
    if (!m.purpose.empty()) w.member("purpose", m.purpose);
    if (m.may_manage) w.member("manage", true);
    w.name("period").object().member("start", to_iso(m.from));
    if (m.to) w.member("end", to_iso(*m.to));
    w.end().end();
    return w.take();
}

// The hub knows people by pseudonym: the person names the two, and the hub signs that it is their mandate.
Result<std::string> give(const Hub& hub, const http::Request& request, const trust::UserToken& user) {
    TRY_ASSIGN(const auto document, body_of(request));
    TRY(only(document.root(), {"person", "representative"}, "mandate"));
    TRY_ASSIGN(const Identifier person, who_in(document.root(), "person"));
    TRY_ASSIGN(const Identifier representative, who_in(document.root(), "representative"));
    TRY_ASSIGN(const auto pseudonym, person_named(hub, user, person));
    TRY_ASSIGN(const auto other, person_named(hub, user, representative));
    TRY(unambiguous(hub, pseudonym));
    if (!hub.links.same(pseudonym, *user.person)) return fail(Category::forbidden, "only the person herself does this");
    TRY_ASSIGN(const auto facts, hub.rights.facts_of(pseudonym));
    for (const rights::Mandate& mandate : facts.mandates) {
        if (mandate.fact_id != request.parts[0] || !hub.links.same(mandate.representative, other)) continue;
        TRY_ASSIGN(const auto names, hub.rights.names_of(pseudonym, mandate.fact_id));
        return form_of(mandate, person, representative, names.representative);
    }
    return fail(Category::not_found, "no such mandate");
}

}  // namespace

http::Handler hub_mandate_import(Hub& hub) {
    return [&hub](http::Request request, http::Reply reply) {
        const auto user = hub.users.caller(request);
        if (!user) return reply.send(http::problem(user.error()));
        const auto done = take(hub, request, *user);
        if (!done) return reply.send(http::problem(done.error()));
        http::Response response;
        response.status = 201;
        response.headers.set("Content-Type", "application/json");
        response.body = json::Writer().object().member("id", done->id).end().take();
        ledger::Access access = access_about(hub, *user, done->subject, ledger::Action::rights_change, request);
        access.query = "mandate " + done->id;
        release(hub, access, std::move(response), std::move(reply));
    };
}

// The answer is a JWS of the hub's over the form.
http::Handler hub_mandate_export(Hub& hub) {
    return [&hub](http::Request request, http::Reply reply) {
        const auto user = hub.users.patient(request);
        if (!user) return reply.send(http::problem(user.error()));
        const auto form = give(hub, request, *user);
        if (!form) return reply.send(http::problem(form.error()));
        http::Response response;
        response.headers.set("Content-Type", "application/jose");
        response.body = crypto::sign_jws(hub.key, kMandateType, *form);
        ledger::Access access = own_access(hub, *user, ledger::Action::export_data, request);
        access.query = "mandate";
        release(hub, access, std::move(response), std::move(reply));
    };
}

}  // namespace idun::api
