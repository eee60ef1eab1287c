#include "subscriptions/internal/rows.h"

#include "base/bytes.h"

namespace idun::subscriptions {
namespace {

constexpr std::uint8_t kFormat = 1;
const std::string kPartition = "subscrib";
static_assert(store::kPartitionBytes == 8);

Error corrupt(const char* what) { return Error(Category::corrupt, what); }

}  // namespace

std::string_view to_string(Stage status) {
    switch (status) {
        case Stage::requested: return "requested";
        case Stage::active: return "active";
        case Stage::error: return "error";
        case Stage::off: return "off";
    }
    return "off";
}

std::string progress_key() { return kPartition + "P"; }

std::string encode(const Progress& progress) {
    std::string out(1, static_cast<char>(kFormat));
    append_be(out, progress.version);
    append_be(out, progress.writes);
    return out;
}

Result<Progress> decode_progress(std::string_view value) {
    ByteReader reader(value);
    const auto format = reader.be<std::uint8_t>();
    Progress out;
    out.version = reader.be<std::uint64_t>();
    out.writes = reader.be<std::uint64_t>();
    if (!reader.done() || format != kFormat) return fail(corrupt("the subscriptions' progress cannot be read"));
    return out;
}

std::string state_key(std::string_view id) { return kPartition + "S" + std::string(id); }
store::Range state_range() { return store::prefix_range(kPartition + "S"); }
std::string_view id_of_state_key(std::string_view key) { return key.substr(kPartition.size() + 1); }

std::string encode(const State& state) {
    std::string out(1, static_cast<char>(kStateFormat));
    append_be(out, static_cast<std::uint8_t>(state.status));
    append_be(out, static_cast<std::uint8_t>(state.greeted ? 1 : 0));
    for (const std::uint64_t number : {state.resource_version, state.start, state.events, state.acknowledged, state.first_kept})
        append_be(out, number);
    append_be(out, static_cast<std::uint64_t>(state.failing_since.ms));
    const ledger::Actor& owner = state.owner;
    for (const std::string* text : {&state.error, &owner.user_id, &owner.name, &owner.role, &owner.provider_id, &owner.unit_id})
        append_text(out, *text);
    append_be(out, static_cast<std::uint32_t>(state.headers.size()));
    for (const auto& [name, value] : state.headers) {
        append_text(out, name);
        append_text(out, value);
    }
    append_text(out, state.issuer);
    return out;
}

Result<State> decode_state(std::string_view value) {
    ByteReader reader(value);
    const auto format = reader.be<std::uint8_t>();
    const auto status = reader.be<std::uint8_t>();
    State out;
    out.greeted = reader.be<std::uint8_t>() == 1;
    for (std::uint64_t* number : {&out.resource_version, &out.start, &out.events, &out.acknowledged, &out.first_kept})
        *number = reader.be<std::uint64_t>();
    out.failing_since.ms = static_cast<std::int64_t>(reader.be<std::uint64_t>());
    ledger::Actor& owner = out.owner;
    for (std::string* text : {&out.error, &owner.user_id, &owner.name, &owner.role, &owner.provider_id, &owner.unit_id})
        *text = reader.text();
    const auto headers = reader.be<std::uint32_t>();
    for (std::uint32_t i = 0; i < headers && reader.ok(); ++i) {
        std::string name(reader.text());
        out.headers.emplace_back(std::move(name), std::string(reader.text()));
    }
    if (format == kStateFormat) out.issuer = reader.text();
    if (!reader.done() || format < 1 || format > kStateFormat || status < 1 || status > 4) return fail(corrupt("a subscription's state cannot be read"));
    out.status = static_cast<Stage>(status);
    return out;
}

std::string event_key(std::string_view id, std::uint64_t number) {
    std::string out = kPartition + "E" + std::string(id) + '\0';
    append_be(out, number);
    return out;
}

store::Range event_range(std::string_view id, std::uint64_t first, std::uint64_t last) {
    return {event_key(id, first), event_key(id, last + 1)};
}

std::string news_key(std::string_view id) { return kPartition + "N" + std::string(id); }
store::Range news_range() { return store::prefix_range(kPartition + "N"); }
std::string_view id_of_news_key(std::string_view key) { return id_of_state_key(key); }

std::string encode(const NewsState& news) {
    std::string out(1, static_cast<char>(kFormat));
    append_be(out, static_cast<std::uint64_t>(news.decided.ms));
    for (const std::string* text : {&news.after, &news.before, &news.assurance, &news.task}) append_text(out, *text);
    return out;
}

Result<NewsState> decode_news(std::string_view value) {
    ByteReader reader(value);
    const auto format = reader.be<std::uint8_t>();
    NewsState out;
    out.decided.ms = static_cast<std::int64_t>(reader.be<std::uint64_t>());
    for (std::string* text : {&out.after, &out.before, &out.assurance, &out.task}) *text = reader.text();
    if (!reader.done() || format != kFormat) return fail(corrupt("a subscription's place at the hub cannot be read"));
    return out;
}

std::string encode(const Event& event) {
    std::string out(1, static_cast<char>(kFormat));
    append_be(out, static_cast<std::uint8_t>(event.kind));
    append_be(out, static_cast<std::uint64_t>(event.time.ms));
    append_be(out, event.version);
    append_be(out, static_cast<std::uint8_t>(event.category));
    for (const std::string* text : {&event.type, &event.id, &event.patient}) append_text(out, *text);
    return out;
}

Result<Event> decode_event(std::string_view key, std::string_view value) {
    ByteReader reader(value);
    const auto format = reader.be<std::uint8_t>();
    Event out;
    out.kind = static_cast<EventKind>(reader.be<std::uint8_t>());
    out.time.ms = static_cast<std::int64_t>(reader.be<std::uint64_t>());
    out.version = reader.be<std::uint64_t>();
    out.category = static_cast<fhir::PriorityCategory>(reader.be<std::uint8_t>());
    for (std::string* text : {&out.type, &out.id, &out.patient}) *text = reader.text();
    if (!reader.done() || format != kFormat || key.size() < 8) return fail(corrupt("a subscription's event cannot be read"));
    ByteReader number(key.substr(key.size() - 8));
    out.number = number.be<std::uint64_t>();
    return out;
}

}  // namespace idun::subscriptions
