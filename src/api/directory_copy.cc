#include "api/directory_copy.h"

#include "http/problem.h"
#include "json/writer.h"

namespace idun::api {
namespace {

http::Response unknown_here() { return http::problem(Error(Category::not_found, "not known here")); }

http::Response listed(const directory::Snapshot& s, const directory::Listed& one) {
    const std::string& provider = one.organisation.part_of.empty() ? one.organisation.id : one.organisation.part_of;
    json::Writer w;
    w.object().member("id", one.organisation.id).member("name", one.organisation.name).member("active", one.active);
    if (!one.organisation.part_of.empty()) w.member("partOf", one.organisation.part_of);
    if (!one.organisation.organisation_number.empty()) w.member("organisationNumber", one.organisation.organisation_number);
    for (const directory::Address& address : s.addresses)
        if (address.provider == provider) w.member("url", address.url);
    const directory::Speaks speaks = s.speech_of(provider);
    if (!speaks.interfaces.empty()) w.member("interfaces", speaks.interfaces_text());
    if (!speaks.software.empty()) w.member("software", speaks.software);
    w.name("keys").array();
    for (const directory::NodeKey& key : s.keys)
        if (key.provider == provider) w.value(key.key);
    w.end().name("directory").object().member("number", s.number).member("issued", to_iso(s.issued)).end().end();
    http::Response response;
    response.headers.set("Content-Type", "application/json");
    response.body = w.take();
    return response;
}

}  // namespace

void add_directory_copy_routes(http::Router& router, const gate::DirectoryCopy* copy) {
    router.add("GET", "/directory/snapshot", http::answering([copy](const http::Request&) {
                   const auto kept = copy ? copy->kept() : nullptr;
                   if (!kept) return unknown_here();
                   http::Response response;
                   response.headers.set("Content-Type", "application/jwt");
                   response.shared_body = std::shared_ptr<const std::string>(kept, &kept->token);
                   return response;
               }));
    router.add("GET", "/directory/organisations/:id", http::answering([copy](const http::Request& request) {
                   const auto kept = copy ? copy->kept() : nullptr;
                   const directory::Listed* one = kept ? kept->snapshot.organisation(request.parts[0]) : nullptr;
                   return one ? listed(kept->snapshot, *one) : unknown_here();
               }));
}

}  // namespace idun::api
