#include "rights/facts.h"

#include <algorithm>
#include <limits>

#include "rights/internal/change_json.h"

namespace idun::rights {
namespace {

constexpr json::Limits kLimits{.bytes_max = 1u << 20, .depth_max = 4, .nodes_max = 4 * kBlocksMax + 16};

struct Named {
    ChangeKind kind;
    std::string_view text;
};
constexpr Named kKinds[] = {{ChangeKind::opt_out, "opt-out"},
                            {ChangeKind::opt_in, "opt-in"},
                            {ChangeKind::block, "block"},
                            {ChangeKind::unblock, "unblock"},
                            {ChangeKind::nothing, "nothing"}};

bool is_id(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

bool is_block_change(ChangeKind kind) { return kind == ChangeKind::block || kind == ChangeKind::unblock; }

tl::unexpected<Error> corrupt() { return fail(Category::corrupt, "rights: stored facts are malformed"); }

std::vector<Block>::iterator place_of(std::vector<Block>& blocks, const std::string& fact_id) {
    return std::lower_bound(blocks.begin(), blocks.end(), fact_id,
                            [](const Block& block, const std::string& wanted) { return block.fact_id < wanted; });
}

Status add_block(std::vector<Block>& blocks, const FactChange& change) {
    const auto place = place_of(blocks, change.fact_id);
    if (place != blocks.end() && place->fact_id == change.fact_id) {
        if (place->provider_id != change.provider_id)
            return fail(Category::conflict, "rights: this block hides another provider already");
        return {};
    }
    if (blocks.size() >= kBlocksMax) return fail(Category::too_large, "rights: over 1000 blocks");
    blocks.insert(place, Block{change.fact_id, change.provider_id, "", ""});
    return {};
}

void remove_block(std::vector<Block>& blocks, const std::string& fact_id) {
    const auto place = place_of(blocks, fact_id);
    if (place != blocks.end() && place->fact_id == fact_id) blocks.erase(place);
}

}  // namespace

std::string_view to_string(ChangeKind kind) {
    for (const Named& named : kKinds)
        if (named.kind == kind) return named.text;
    return "";
}

std::optional<ChangeKind> change_kind_from(std::string_view text) {
    for (const Named& named : kKinds)
        if (named.text == text) return named.kind;
    return std::nullopt;
}

FactChange as_seen_by(const FactChange& change, std::string_view provider_id) {
    if (!is_block_change(change.kind) || change.provider_id == provider_id) return change;
    FactChange blank;
    blank.number = change.number;
    blank.kind = ChangeKind::nothing;
    return blank;
}

Status check(const FactChange& change) {
    const auto refuse = [](std::string what) { return fail(Category::invalid, "rights: a change " + std::move(what)); };
    if (change.number == 0) return refuse("must have a number");
    if (change.time.ms < 0) return refuse("must have a time after 1970");
    if (change.fact_id.size() > kFactIdBytesMax || change.provider_id.size() > kProviderIdBytesMax)
        return refuse("has too long an id");
    if (!is_id(change.fact_id) || !is_id(change.provider_id))
        return refuse("has an id with other than printable ASCII letters");
    if (change.kind == ChangeKind::block && change.provider_id.empty())
        return refuse("that blocks must name a provider");
    if (is_block_change(change.kind) == change.fact_id.empty())
        return refuse("of a block must name the block, and no other may");
    if (!is_block_change(change.kind) && !change.provider_id.empty()) return refuse("of an opt-out names no provider");
    return {};
}

Status apply(PersonFacts& facts, const FactChange& change) {
    TRY(check(change));
    if (change.number <= facts.number) return {};
    switch (change.kind) {
        case ChangeKind::opt_out: facts.opted_out = true; break;
        case ChangeKind::opt_in: facts.opted_out = false; break;
        case ChangeKind::block: TRY(add_block(facts.blocks, change)); break;
        case ChangeKind::unblock: remove_block(facts.blocks, change.fact_id); break;
        case ChangeKind::nothing: break;
    }
    facts.number = change.number;
    return {};
}

std::optional<std::uint64_t> read_number(json::Value value) {
    const std::string_view digits = value.text();
    if (value.kind() != json::Kind::number || digits.empty() || digits.size() > 20) return std::nullopt;
    std::uint64_t out = 0;
    for (const char c : digits) {
        if (c < '0' || c > '9') return std::nullopt;
        const auto digit = static_cast<std::uint64_t>(c - '0');
        if (out > (std::numeric_limits<std::uint64_t>::max() - digit) / 10) return std::nullopt;
        out = out * 10 + digit;
    }
    return out;
}

void write(json::Writer& w, const FactChange& change) {
    w.object().member("number", change.number).member("person", change.person.text());
    w.member("kind", std::string(to_string(change.kind)));
    if (!change.provider_id.empty()) w.member("provider", change.provider_id);
    if (!change.fact_id.empty()) w.member("fact", change.fact_id);
    w.member("time", to_iso(change.time)).end();
}

std::optional<FactChange> read_change(json::Value value) {
    const auto number = read_number(value["number"]);
    const auto person = crypto::Pseudonym::from_text(value["person"].text());
    const auto kind = change_kind_from(value["kind"].text());
    const auto time = from_iso(value["time"].text());
    if (!number || !person || !kind || !time) return std::nullopt;
    FactChange out{*number, *person, *kind, std::string(value["provider"].text()), std::string(value["fact"].text()),
                   *time};
    json::Writer again;
    write(again, out);
    if (!check(out) || again.text() != json::to_text(value)) return std::nullopt;
    return out;
}

std::string encode(const FactChange& change) {
    json::Writer w;
    write(w, change);
    return w.take();
}

Result<FactChange> decode_fact_change(std::string_view bytes) {
    const auto document = json::Document::parse(bytes, kLimits);
    if (!document) return corrupt();
    auto change = read_change(document->root());
    if (!change) return corrupt();
    return std::move(*change);
}

std::string encode(const PersonFacts& facts) {
    json::Writer w;
    w.object().member("number", facts.number).member("opted-out", facts.opted_out).name("blocks").array();
    for (const Block& block : facts.blocks) w.array().value(block.fact_id).value(block.provider_id).end();
    w.end().end();
    return w.take();
}

Result<PersonFacts> decode_person_facts(std::string_view bytes) {
    const auto document = json::Document::parse(bytes, kLimits);
    if (!document) return corrupt();
    const json::Value root = document->root();
    const auto number = read_number(root["number"]);
    if (!number || root["blocks"].size() > kBlocksMax) return corrupt();
    PersonFacts out;
    out.number = *number;
    out.opted_out = root["opted-out"].boolean();
    for (const json::Value block : root["blocks"].elements()) {
        Block read{std::string(block[std::size_t{0}].text()), std::string(block[std::size_t{1}].text()), "", ""};
        if (!out.blocks.empty() && out.blocks.back().fact_id >= read.fact_id) return corrupt();
        out.blocks.push_back(std::move(read));
    }
    if (encode(out) != bytes) return corrupt();
    return out;
}

Status FactBook::apply(const std::vector<FactChange>& changes) {
    // Found out before anything is changed.
    std::uint64_t next = number_ + 1;
    std::map<crypto::Pseudonym, PersonFacts> changed;
    for (const FactChange& change : changes) {
        if (change.number < next) continue;
        if (change.number > next)
            return fail(Category::conflict,
                        "rights: changes are missing before number " + std::to_string(change.number));
        PersonFacts& facts = changed.try_emplace(change.person, of(change.person)).first->second;
        TRY(rights::apply(facts, change));
        ++next;
    }
    for (auto& [person, facts] : changed) persons_.insert_or_assign(person, std::move(facts));
    number_ = next - 1;
    return {};
}

const PersonFacts& FactBook::of(const crypto::Pseudonym& person) const {
    static const PersonFacts plain;
    const auto found = persons_.find(person);
    return found == persons_.end() ? plain : found->second;
}

}  // namespace idun::rights
