// POST /directory/import: a table (text/csv) by the operator, all of it or nothing. docs/formats/directory.md.
#include "api/fhir_answer.h"
#include "api/hub.h"
#include "directory/csv.h"
#include "json/writer.h"

namespace idun::api {
namespace {

constexpr std::size_t kNamedMax = 1'000;  // resources of each kind of change that the answer names

http::Response wrong_lines(int status, const std::vector<directory::WrongLine>& wrong) {
    json::Writer w;
    w.object().member("type", "about:blank").member("title", "nothing was stored").member("status", status).name("wrong").array();
    for (const directory::WrongLine& one : wrong) w.object().member("line", one.line).member("problem", one.problem).end();
    w.end().end();
    http::Response response;
    response.status = status;
    response.headers.set("Content-Type", "application/problem+json");
    response.body = w.take();
    return response;
}

void named(json::Writer& w, std::string_view name, directory::Did did, const directory::CsvTable& table, const std::vector<directory::Written>& written) {
    w.name(name).array();
    std::size_t count = 0;
    for (std::size_t i = 0; i < written.size(); ++i)
        if (written[i].did == did && ++count <= kNamedMax)
            w.value(std::string(directory::to_string(table.rows()[i].type)) + "/" + table.rows()[i].id);
    w.end();
}

std::string what_changed(const directory::CsvTable& table, const std::vector<directory::Written>& written, std::uint64_t number) {
    std::size_t created = 0, changed = 0;
    for (const directory::Written& one : written) {
        created += one.did == directory::Did::created;
        changed += one.did == directory::Did::changed;
    }
    json::Writer w;
    w.object().member("resources", written.size()).member("created", created).member("changed", changed);
    w.member("unchanged", written.size() - created - changed).member("number", number);
    named(w, "createdResources", directory::Did::created, table, written);
    named(w, "changedResources", directory::Did::changed, table, written);
    w.end();
    return w.take();
}

}  // namespace

http::Handler hub_directory_import(Hub& hub) {
    return [&hub](http::Request request, http::Reply reply) {
        const auto user = operator_of(hub, request);
        if (!user) return reply.send(refusal(user.error()));
        if (!request.headers.get("Content-Type").starts_with("text/csv")) return reply.send(refusal(Error(Category::media_type, "send text/csv")));
        const auto table = directory::read_csv(request.body);
        if (!table) return reply.send(wrong_lines(400, table.error()));
        const auto written = hub.directory.write(table->writes(), {directory::Writer::Kind::operator_, user->subject});
        if (!written) {
            const Error& first = written.error().front().error;
            if (first.category != Category::invalid && first.category != Category::conflict) return reply.send(refusal(first));
            std::vector<directory::WrongLine> wrong;
            for (const directory::Refused& one : written.error())
                wrong.push_back({table->rows()[one.place].line, one.error.path.empty() ? one.error.message : one.error.path + ": " + one.error.message});
            return reply.send(wrong_lines(400, wrong));
        }
        http::Response response;
        response.headers.set("Content-Type", "application/json");
        response.body = what_changed(*table, *written, hub.directory.number());
        release(hub, operator_access(hub, *user, ledger::Action::update, request, "directory import"), std::move(response), std::move(reply));
    };
}

}  // namespace idun::api
