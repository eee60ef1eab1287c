#include "api/upkeep.h"

#include <charconv>

#include "http/problem.h"
#include "json/document.h"
#include "json/writer.h"

namespace idun::api {
namespace {

constexpr std::size_t kKeptMax = 1000;

// {"keep": 7}; nothing at all keeps everything.
Result<std::size_t> keep_in(const std::string& body) {
    if (body.empty()) return 0;
    const auto document = json::Document::parse(body);
    const auto wrong = [] { return fail(Category::invalid, "send {\"keep\": N} with N from 1 to 1000, or nothing"); };
    if (!document || document->root().size() != 1 || document->root()["keep"].kind() != json::Kind::number) return wrong();
    const std::string_view digits = document->root()["keep"].text();
    std::size_t keep = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), keep);
    if (error != std::errc() || end != digits.data() + digits.size() || keep < 1 || keep > kKeptMax) return wrong();
    return keep;
}

http::Response json_answer(std::string body, int status) {
    http::Response response;
    response.status = status;
    response.headers.set("Content-Type", "application/json");
    response.body = std::move(body);
    return response;
}

http::Response told(const BackupState& state, int status) {
    json::Writer w;
    w.object();
    if (!state.running.empty()) w.member("running", state.running);
    if (state.last) {
        w.name("last").object().member("name", state.last->name).name("seconds").raw(std::to_string(state.last->seconds));
        if (state.last->error.empty()) w.member("bytes", state.last->bytes);
        else w.member("error", state.last->error);
        if (!state.last->warning.empty()) w.member("warning", state.last->warning);
        w.end();
    }
    w.end();
    return json_answer(w.take(), status);
}

}  // namespace

Status Operators::admit(const http::Request& request) const {
    const std::string_view token = request.bearer();
    if (token.empty()) return fail(Category::unauthorized, "send an assertion of this role's own key: Authorization: Bearer TOKEN");
    const Instant now = clock_.now();
    TRY_ASSIGN(const auto assertion, trust::verify_assertion(token, own_, audience_, now));
    return replays_.admit(assertion.id, assertion.expires + std::chrono::seconds(10), now);
}

void add_upkeep_routes(http::Router& router, Upkeep upkeep) {
    const auto shared = std::make_shared<const Upkeep>(std::move(upkeep));
    router.add("POST", "/upkeep/backups", http::answering([shared](const http::Request& request) {
        if (const Status who = shared->operators.admit(request); !who) return http::problem(who.error());
        const auto keep = keep_in(request.body);
        if (!keep) return http::problem(keep.error());
        const Status begun = shared->begin_backup(*keep);
        return begun ? told(shared->backup_state(), 202) : http::problem(begun.error());
    }));
    router.add("GET", "/upkeep/backups", http::answering([shared](const http::Request& request) {
        if (const Status who = shared->operators.admit(request); !who) return http::problem(who.error());
        return told(shared->backup_state(), 200);
    }));
}

void add_task_routes(http::Router& router, UpkeepTask task) {
    const auto shared = std::make_shared<const UpkeepTask>(std::move(task));
    router.add("POST", shared->path, http::answering([shared](const http::Request& request) {
        if (const Status who = shared->operators.admit(request); !who) return http::problem(who.error());
        if (!request.body.empty()) return http::problem(Error(Category::invalid, "send nothing"));
        const Status begun = shared->begin();
        return begun ? json_answer(shared->state(), 202) : http::problem(begun.error());
    }));
    router.add("GET", shared->path, http::answering([shared](const http::Request& request) {
        if (const Status who = shared->operators.admit(request); !who) return http::problem(who.error());
        return json_answer(shared->state(), 200);
    }));
}

}  // namespace idun::api
