#include "subscriptions/tables.h"

#include "base/bytes.h"
#include "subscriptions/internal/rows.h"

namespace idun::subscriptions {
namespace {

Status check_progress(std::string_view key, std::string_view value, store::Owed&) {
    TRY_ASSIGN(const Progress progress, decode_progress(value));
    if (key != progress_key()) return fail(Category::corrupt, "the subscriptions' progress lies in another place");
    return store::encodes_to_itself(encode(progress), value);
}

// In the form of now; nothing for one that has it.
Result<std::optional<std::string>> state_in_form(std::string_view value) {
    if (value.empty() || static_cast<std::uint8_t>(value.front()) == kStateFormat) return std::optional<std::string>();
    TRY_ASSIGN(const State state, decode_state(value));
    return std::optional(encode(state));
}

// Every event from the first that is kept to the newest is there.
Status check_state(std::string_view key, std::string_view value, store::Owed& owed) {
    TRY_ASSIGN(const State state, decode_state(value));
    const std::string id(id_of_state_key(key));
    if (id.empty() || state.acknowledged > state.events || state.first_kept > state.events + 1)
        return fail(Category::corrupt, "a subscription's counts contradict each other");
    constexpr std::uint64_t kLooked = 10'000;  // of more the first
    for (std::uint64_t number = state.first_kept; number <= state.events && number < state.first_kept + kLooked; ++number)
        owed.row(event_key(id, number), "an event of it is missing");
    TRY_ASSIGN(const auto newer, state_in_form(value));
    return newer ? Status() : store::encodes_to_itself(encode(state), value);
}

Status check_event(std::string_view key, std::string_view value, store::Owed& owed) {
    TRY_ASSIGN(const Event event, decode_event(key, value));
    const std::size_t head = event_key("", 0).size() - 1 - sizeof(std::uint64_t);
    const std::size_t end = key.size() - 1 - sizeof(std::uint64_t);
    if (key.size() <= head + 1 + sizeof(std::uint64_t) || key[end] != '\0') return fail(Category::corrupt, "an event's key is malformed");
    const bool elsewhere = event.kind == EventKind::elsewhere;
    const bool known = static_cast<std::uint8_t>(event.kind) <= static_cast<std::uint8_t>(EventKind::elsewhere);
    if (!known || event.type.empty() || (event.id.empty() && !elsewhere)) return fail(Category::corrupt, "a subscription's event cannot be read");
    owed.row(state_key(key.substr(head, end - head)), [number = event.number](const store::Snapshot&, const auto& row) -> std::string_view {
        const auto state = row ? decode_state(*row) : Result<State>(fail(Category::not_found, ""));
        return state && number >= state->first_kept && number <= state->events ? "" : "its subscription is missing, or does not count it";
    });
    return store::encodes_to_itself(encode(event), value);
}

Status check_news(std::string_view key, std::string_view value, store::Owed& owed) {
    TRY_ASSIGN(const NewsState news, decode_news(value));
    owed.row(state_key(id_of_news_key(key)), "its subscription is missing");
    return store::encodes_to_itself(encode(news), value);
}

}  // namespace

store::FormChange state_form() {
    return {.table = "subscriptions.states", .prefix = state_key(""), .form = kStateFormat,
            .rewritten = [](std::string_view, std::string_view value) { return state_in_form(value); }};
}

store::Tables tables() {
    store::Tables out;
    out.push_back({.name = "subscriptions.progress", .prefix = progress_key(), .check = check_progress});
    out.push_back({.name = "subscriptions.states", .prefix = state_key(""), .form = kStateFormat, .check = check_state});
    out.push_back({.name = "subscriptions.news", .prefix = news_key(""), .check = check_news});
    std::string events = event_key("", 0);
    events.resize(events.size() - 1 - sizeof(std::uint64_t));
    out.push_back({.name = "subscriptions.events", .prefix = std::move(events), .check = check_event});
    return out;
}

}  // namespace idun::subscriptions
