// Anything as a subscription, a topic, an endpoint or a row: refused or read, and what is read is within its bounds.
#include <cstddef>
#include <cstdint>

#include "fhir/definitions.h"
#include "store/testing.h"
#include "subscriptions/internal/rows.h"
#include "subscriptions/subscription.h"

using namespace idun;
using namespace idun::subscriptions;

namespace {

struct World {
    store::TemporaryStore store;
    std::unique_ptr<records::Records> records =
        *records::Records::open(*store.store, fhir::Definitions::r4(), system_clock(), system_random(), {});
    std::vector<Topic> topics = *builtin_topics();
    Endpoints endpoints = *Endpoints::of({"https://ehr.example/notify/"});
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const World world;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    if (world.endpoints.check(text)) IDUN_CHECK(text.size() <= 2048 && text.substr(0, text.find('?')).find("/../") == std::string_view::npos);
    if (const auto topic = topic_from_json(text)) IDUN_CHECK(!topic->triggers.empty());
    if (const auto state = decode_state(text)) IDUN_CHECK(encode(*state) == text);
    const auto document = json::Document::parse(text);
    if (!document) return 0;
    const auto read = read_subscription(document->root(), world.topics, world.endpoints, *world.records);
    if (!read) {
        IDUN_CHECK(!read.error().empty());
        return 0;
    }
    IDUN_CHECK(world.endpoints.check(read->endpoint).has_value());
    IDUN_CHECK(read->headers.size() <= kHeadersMax && read->filters.size() <= kFiltersMax && read->events_max <= kEventsInNotificationMax);
    // What is stored reads the same, but for the headers.
    const auto stored = json::Document::parse(stored_form(document->root(), "requested", ""));
    IDUN_CHECK(stored.has_value());
    const auto again = read_subscription(stored->root(), world.topics, world.endpoints, *world.records);
    IDUN_CHECK(again.has_value() && again->endpoint == read->endpoint && again->headers.empty());
    return 0;
}
