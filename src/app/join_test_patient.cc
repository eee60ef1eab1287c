// The whole way once: a test patient is written, registered, read by the hub with a ticket, and removed.
#include <fmt/format.h>

#include <charconv>
#include <thread>

#include "app/internal/join_guide.h"
#include "json/writer.h"
#include "people/test_person.h"

namespace idun::app {
namespace {

constexpr std::string_view kPatient = "Patient/idun-connection-test";
constexpr std::string_view kRecord = "Observation/idun-connection-test";
constexpr std::chrono::milliseconds kAskAgain{500};

json::Writer& marked(json::Writer& w, std::string_view type) {
    w.object().member("resourceType", type).member("id", "idun-connection-test").name("meta").object().name("security").array().object();
    w.member("system", people::kTestMarkSystem).member("code", people::kTestMark).member("display", "test health data").end().end().end();
    return w;
}

std::string test_patient() {
    json::Writer w;
    marked(w, "Patient").name("identifier").array().object();
    w.member("system", people::kTestPersonSystem).member("value", people::kTestPersonNumber).end().end();
    w.name("name").array().object().member("family", "Test").name("given").array().value("Anslutning").end().end().end().end();
    return w.take();
}

std::string test_record() {
    json::Writer w;
    marked(w, "Observation").member("status", "final").name("category").array().object().name("coding").array().object();
    w.member("system", "http://terminology.hl7.org/CodeSystem/observation-category").member("code", "laboratory").end().end().end().end();
    w.name("code").object().member("text", "Test of a connection. Nobody's result.").end();
    w.name("subject").object().member("reference", kPatient).end().member("valueString", "test").end();
    return w.take();
}

// One passage of the test patient.
class Passage {
public:
    explicit Passage(JoinGuide& g) : g_(g), until_(steady() + g.wish.bound * 6) {}

    Finding run() {
        Finding found = there();
        // Whatever came of it, nothing stays.
        const std::string left = remove();
        if (!left.empty() && found.mend.empty())
            return fault(found.fact + "; " + left, "delete " + std::string(kRecord) + " and " + std::string(kPatient) + " at this node with a system's token");
        if (!left.empty()) found.fact += "; " + left;
        return found;
    }

private:
    static std::chrono::milliseconds steady() {
        return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now().time_since_epoch());
    }

    Result<int> send(std::string method, std::string_view path, std::string body) {
        http::Call one;
        one.method = std::move(method);
        one.url = g_.near_url + "/fhir/" + std::string(path);
        one.headers.set("Authorization", "Bearer " + g_.wish.token);
        one.headers.set("Content-Type", "application/fhir+json");
        one.body = std::move(body);
        TRY_ASSIGN(const auto answer, g_.call(std::move(one)));
        return answer.status;
    }

    // Somebody else's record must not be written over.
    std::optional<Finding> write() {
        const std::pair<std::string_view, std::string> both[] = {{kPatient, test_patient()}, {kRecord, test_record()}};
        for (const auto& [path, body] : both) {
            const auto status = send("PUT", path, body);
            if (!status) return fault("writing: " + status.error().message, "look whether the node still runs");
            if (*status == 401 || *status == 403) return fault(fmt::format("the node answers {} to the token", *status), "give --token-file a fresh access token of a system of " + g_.node.provider.id);
            if (*status / 100 != 2) return fault(fmt::format("the node answers {} to {}", *status, path), "send that resource by hand and read the OperationOutcome");
            written_ = true;
        }
        return std::nullopt;
    }

    // Waits until the hub's index has that many pointers of the test person, or at least one.
    std::optional<std::uint64_t> wait_for_pointers(bool any) {
        while (steady() < until_) {
            if (const auto answer = g_.ask_hub("")) {
                const std::string_view text = answer->root()["index"]["testPerson"].text();
                std::uint64_t pointers = 0;
                std::from_chars(text.data(), text.data() + text.size(), pointers);
                if ((pointers > 0) == any) return pointers;
            }
            std::this_thread::sleep_for(kAskAgain);
        }
        return std::nullopt;
    }

    Finding there() {
        if (auto wrong = write()) return *wrong;
        const auto begun = steady();
        if (!wait_for_pointers(true)) return fault("written, but its pointer did not come to the hub in time", "look at \"not published\" in the node's log");
        const auto arrived = steady() - begun;
        auto answer = g_.ask_hub(",\"readTestPerson\":true");
        while (!answer && answer.error().status == 503 && steady() < until_) {
            std::this_thread::sleep_for(kAskAgain);
            answer = g_.ask_hub(",\"readTestPerson\":true");
        }
        if (!answer) return fault("the hub did not read it: " + answer.error().why, "try again in a minute");
        const json::Value read = answer->root()["read"];
        if (read["state"].text() != "answered")
            return fault(fmt::format("the hub read it with a ticket and got: {} {}", read["state"].text(), read["reason"].text()), "look at the node's log at this time; what it refuses it says there");
        return well(fmt::format("written, at the hub after {} ms, read by it in {} ms ({} records, receipt {})", arrived.count(), read["ms"].text(), read["records"].text(),
                                std::string(read["receipt"].text()).substr(0, 24) + "…"));
    }

    // "" when nothing is left.
    std::string remove() {
        if (!written_) return {};
        until_ = std::max(until_, steady() + g_.wish.bound);
        for (const std::string_view path : {kRecord, kPatient}) {
            const auto status = send("DELETE", path, {});
            if (!status || (*status / 100 != 2 && *status != 404 && *status != 410)) return std::string(path) + " could not be removed";
        }
        if (!wait_for_pointers(false)) return "removed, but the hub still has its pointer";
        return {};
    }

    JoinGuide& g_;
    std::chrono::milliseconds until_;
    bool written_ = false;
};

}  // namespace

void join_step_test_patient(JoinGuide& g) {
    g.step("test patient", {"pseudonym key", "reached from the hub", "rights feed", "own log"}, [&]() -> Finding {
        if (g.wish.token.empty())
            return fault("no token was given", "give --token-file (or IDUN_TOKEN) an access token of a system of " + g.node.provider.id + ", or --without-test-patient");
        return Passage(g).run();
    });
}

}  // namespace idun::app
