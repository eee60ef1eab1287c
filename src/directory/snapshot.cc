#include "directory/snapshot.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "directory/fhir_directory.h"
#include "json/writer.h"

namespace idun::directory {
namespace {

constexpr std::chrono::milliseconds kSkew{5'000};
constexpr std::chrono::milliseconds kSignedFor = std::chrono::hours(1);
constexpr std::size_t kRowsMax = 1'000'000;

std::string payload_of(const Snapshot& s) {
    json::Writer w;
    w.object().member("iss", s.hub).member("number", s.number).member("issued", s.issued.ms);
    w.name("organisations").array();
    for (const Listed& one : s.organisations) {
        const Organisation& o = one.organisation;
        w.array().value(o.id).value(o.name).value(o.part_of).value(o.organisation_number).value(one.active).end();
    }
    w.end().name("addresses").array();
    for (const Address& one : s.addresses) w.array().value(one.provider).value(one.url).end();
    w.end().name("keys").array();
    for (const NodeKey& one : s.keys) w.array().value(one.provider).value(one.key).end();
    w.end().name("speaks").array();
    for (const Spoken& one : s.speaks) w.array().value(one.id).value(one.speaks.interfaces_text()).value(one.speaks.software).end();
    w.end().end();
    return w.take();
}

bool whole(json::Value value, auto& out) {
    const std::string_view text = value.kind() == json::Kind::number ? value.text() : std::string_view();
    const auto read = std::from_chars(text.data(), text.data() + text.size(), out);
    return !text.empty() && read.ec == std::errc() && read.ptr == text.data() + text.size();
}

// A list of rows of texts, and of a flag at the end when `flag`.
bool is_table(json::Value table, std::size_t texts, bool flag) {
    if (!table.is_array() || table.size() > kRowsMax) return false;
    for (const json::Value row : table.elements()) {
        if (!row.is_array() || row.size() != texts + (flag ? 1 : 0)) return false;
        for (std::size_t i = 0; i < texts; ++i)
            if (!row[i].is_string()) return false;
        if (flag && row[texts].kind() != json::Kind::boolean) return false;
    }
    return true;
}

}  // namespace

const Listed* Snapshot::organisation(std::string_view id) const {
    const auto place = std::lower_bound(organisations.begin(), organisations.end(), id,
                                        [](const Listed& one, std::string_view wanted) { return one.organisation.id < wanted; });
    return place != organisations.end() && place->organisation.id == id ? &*place : nullptr;
}

Speaks Snapshot::speech_of(std::string_view id) const {
    const auto found = std::ranges::find(speaks, id, &Spoken::id);
    return found == speaks.end() ? Speaks() : found->speaks;
}

Snapshot snapshot_of(const View& view, std::string hub, std::vector<NodeKey> keys, Instant issued) {
    Snapshot out{.hub = std::move(hub), .number = view.number, .issued = issued, .organisations = {}, .addresses = {}, .keys = std::move(keys), .speaks = {}};
    const auto say = [&](std::string id, const Speaks& how) {
        if (!how.interfaces.empty() || !how.software.empty()) out.speaks.push_back({std::move(id), {.interfaces = how.interfaces, .software = how.software}});
    };
    say(out.hub, own_speech());
    for (const ResourcePtr& one : view.of(Type::organization)) {
        auto read = organisation_from_fhir(one->root(), one->id);
        const json::Value active = one->root()["active"];
        if (read) out.organisations.push_back({std::move(*read), active.kind() != json::Kind::boolean || active.boolean()});
    }
    for (const ResourcePtr& one : view.of(Type::endpoint)) {
        auto read = endpoint_from_fhir(one->root(), one->id);
        if (!read || read->id != read->provider || !is_in_force(*one, issued)) continue;
        if (read->id != out.hub) say(read->id, read->speaks);
        out.addresses.push_back({std::move(read->provider), std::move(read->url)});
    }
    std::ranges::sort(out.speaks, {}, &Spoken::id);
    std::ranges::sort(out.keys, {}, [](const NodeKey& one) { return std::tie(one.provider, one.key); });
    return out;
}

std::string sign_snapshot(const crypto::SigningKey& key, const Snapshot& snapshot) {
    return crypto::sign_jws(key, kSnapshotType, payload_of(snapshot));
}

Result<Snapshot> verify_snapshot(std::string_view token, const crypto::KeySet& keys, std::string_view hub, Instant now) {
    TRY_ASSIGN(const auto verified, crypto::verify_jws(token, keys, kSnapshotType, kSnapshotBytesMax));
    TRY_ASSIGN(const auto document, json::Document::parse(verified.payload));
    const json::Value root = document.root();
    Snapshot out;
    out.hub = root["iss"].text();
    if (out.hub != hub) return fail(Category::unauthorized, "the directory is of another hub");
    const bool good = whole(root["number"], out.number) && whole(root["issued"], out.issued.ms) && is_table(root["organisations"], 4, true) &&
                      is_table(root["addresses"], 2, false) && is_table(root["keys"], 2, false) &&
                      (!root["speaks"] || is_table(root["speaks"], 3, false));
    if (!good) return fail(Category::invalid, "the signed directory is malformed");
    if (out.issued > now + kSkew) return fail(Category::unauthorized, "the directory was signed in the future");
    for (const json::Value row : root["organisations"].elements())
        out.organisations.push_back({{std::string(row[0].text()), std::string(row[1].text()), std::string(row[2].text()), std::string(row[3].text())},
                                     row[4].boolean()});
    for (const json::Value row : root["addresses"].elements()) out.addresses.push_back({std::string(row[0].text()), std::string(row[1].text())});
    for (const json::Value row : root["keys"].elements()) out.keys.push_back({std::string(row[0].text()), std::string(row[1].text())});
    for (const json::Value row : root["speaks"].elements()) {
        auto speaks = speaks_from(row[1].text(), row[2].text(), "");
        if (!speaks) return fail(Category::invalid, "the signed directory is malformed");
        out.speaks.push_back({std::string(row[0].text()), std::move(*speaks)});
    }
    if (!std::ranges::is_sorted(out.organisations, {}, [](const Listed& one) -> const std::string& { return one.organisation.id; }))
        return fail(Category::invalid, "the signed directory is out of order");
    return out;
}

void SnapshotSigner::renew() {
    const std::lock_guard lock(mutex_);
    signed_.token.reset();
}

SnapshotSigner::Signed SnapshotSigner::current() {
    const Instant now = clock_.now();
    const std::lock_guard lock(mutex_);
    if (signed_.token && directory_.number() == number_ && now - issued_ < kSignedFor) return signed_;
    const View view = directory_.view();
    number_ = view.number;
    issued_ = now;
    signed_.token = std::make_shared<const std::string>(sign_snapshot(key_, snapshot_of(view, hub_, keys_(), now)));
    signed_.etag = fmt::format("\"{}-{}\"", number_, issued_.ms);
    return signed_;
}

}  // namespace idun::directory
