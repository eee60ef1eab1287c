#include "app/role_blind_key_status.h"

#include <charconv>

#include "app/role_asker.h"
#include "app/role_tables.h"
#include "json/writer.h"

namespace idun::app {
namespace {

constexpr double kShare = 0.25;  // of a thread's time, beside the role's own work
constexpr std::string_view kPath = "/upkeep/blind-keys";

std::string encode(const BlindKeys& keys) {
    const auto numbers = [](json::Writer& w, const std::vector<std::uint64_t>& all) {
        w.array();
        for (const std::uint64_t one : all) w.value(one);
        w.end();
    };
    json::Writer w;
    w.object().name("ring").array();
    for (const std::string& name : keys.ring) w.value(name);
    w.end().member("namedBy", keys.named_by).member("since", keys.since).member("told", keys.told).name("keys").array();
    for (const std::string& name : keys.stands.keys) w.value(name);
    w.end().name("pseudonyms");
    numbers(w, keys.stands.pseudonyms);
    w.name("tables").array();
    for (const auto& rows : keys.stands.tables) {
        w.object().member("name", rows.table).name("under");
        numbers(w, rows.under);
        w.member("unknown", rows.unknown).end();
    }
    w.end().name("others").array();
    for (const BlindKeys::MayLeave& one : keys.others)
        w.object().member("key", one.key).member("mayLeave", one.may).member("because", one.because).end();
    w.end().end();
    return w.take();
}

std::uint64_t whole_number(json::Value value) {
    std::uint64_t out = 0;
    const std::string_view digits = value.text();
    std::from_chars(digits.data(), digits.data() + digits.size(), out);
    return out;
}

std::vector<std::uint64_t> numbers_of(json::Value value) {
    std::vector<std::uint64_t> out;
    for (const json::Value one : value.elements()) out.push_back(whole_number(one));
    return out;
}

std::vector<std::string> texts_of(json::Value value) {
    std::vector<std::string> out;
    for (const json::Value one : value.elements()) out.emplace_back(one.text());
    return out;
}

Result<BlindKeys> decode(json::Value last) {
    BlindKeys out;
    out.ring = texts_of(last["ring"]);
    out.named_by = last["namedBy"].text();
    out.since = last["since"].text();
    out.told = last["told"].text();
    out.stands.keys = texts_of(last["keys"]);
    out.stands.pseudonyms = numbers_of(last["pseudonyms"]);
    bool well = out.stands.pseudonyms.size() == out.stands.keys.size();
    for (const json::Value one : last["tables"].elements()) {
        out.stands.tables.push_back(
            {std::string(one["name"].text()), numbers_of(one["under"]), whole_number(one["unknown"])});
        well = well && out.stands.tables.back().under.size() == out.stands.keys.size();
    }
    for (const json::Value one : last["others"].elements())
        out.others.push_back(
            {std::string(one["key"].text()), one["mayLeave"].boolean(), std::string(one["because"].text())});
    if (!well) return fail(Category::unsupported, "what the role says of its keys cannot be read");
    return out;
}

}  // namespace

RoleBlindKeys::RoleBlindKeys(RolePlace place, store::Store& store, std::span<const std::string> ring)
    : place_(std::move(place)),
      store_(store),
      ring_(ring.begin(), ring.end()),
      task_("counting by keys", [this](std::stop_token stop, std::atomic<std::uint64_t>& done) -> Result<std::string> {
          TRY_ASSIGN(const BlindKeys keys,
                     blind_keys_in(place_, store_, ring_,
                                   {.share = kShare, .stop = std::move(stop), .progress = [&](std::uint64_t rows) {
                                        done = rows;
                                    }}));
          return encode(keys);
      }) {}

void RoleBlindKeys::add_routes(http::Router& router, const api::Operators& operators) {
    task_.add_routes(router, operators, std::string(kPath));
}

Result<BlindKeys> blind_keys_of(const RolePlace& place, const Clock& clock, Random& random,
                                const std::function<void(std::uint64_t)>& progress) {
    if (runs(place)) {
        TRY_ASSIGN(const auto document, ask_task(place, kPath, clock, random, progress));
        return decode(document.root()["last"]);
    }
    TRY_ASSIGN(const auto store, stopped_store(place));
    TRY_ASSIGN(const auto ring, read_blind_key(place.blind_key, random));
    return blind_keys_in(place, *store, ring.names(), {.progress = progress});
}

}  // namespace idun::app
