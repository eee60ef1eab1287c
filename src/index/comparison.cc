#include "index/comparison.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <tuple>

#include "base/bytes.h"
#include "crypto/encoding.h"
#include "json/writer.h"

namespace idun::index {
namespace {

constexpr std::size_t kSumBytes = 4 + crypto::kMultisetBytes;
constexpr std::size_t kListAtOnce = 64;  // a prefix with no more pointers is listed, not divided
constexpr std::size_t kManyPointers = 20'000;

Error malformed(std::string_view what) { return Error(Category::invalid, fmt::format("comparison: malformed {}", what)); }

// "a3f": hexadecimal digits.
std::string text_of(const Prefix& prefix) {
    std::string out;
    for (unsigned i = 0; i < prefix.nibbles; ++i) out += "0123456789abcdef"[(prefix.bits >> (60 - 4 * i)) & 15];
    return out;
}

std::optional<Prefix> prefix_from(json::Value value) {
    const std::string_view text = value.text();
    if (!value.is_string() || text.size() > 15) return std::nullopt;
    Prefix out;
    for (const char c : text) {
        const bool digit = c >= '0' && c <= '9';
        if (!digit && (c < 'a' || c > 'f')) return std::nullopt;
        out.bits |= static_cast<std::uint64_t>(digit ? c - '0' : c - 'a' + 10) << (60 - 4 * out.nibbles++);
    }
    return out;
}

template <typename Number>
std::optional<Number> number_from(json::Value value) {
    const std::string_view text = value.text();
    Number out{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return out;
}

std::string raw_of(std::span<const Sum> sums) {
    std::string out;
    out.reserve(sums.size() * kSumBytes);
    for (const Sum& sum : sums) {
        append_be(out, sum.count);
        out += sum.hash.raw();
    }
    return out;
}

std::optional<std::vector<Sum>> sums_from(std::string_view text, std::size_t count) {
    const auto raw = crypto::from_base64url(text);
    if (!raw || raw->size() != count * kSumBytes) return std::nullopt;
    ByteReader in(*raw);
    std::vector<Sum> out(count);
    for (Sum& sum : out) {
        sum.count = in.be<std::uint32_t>();
        sum.hash = *crypto::MultisetHash::from(in.take(crypto::kMultisetBytes));
    }
    return out;
}

// The hub's side.

struct Question {
    crypto::MultisetKey key;
    std::vector<std::pair<Prefix, unsigned>> sums;
    std::vector<Prefix> list;
};

Result<Question> question_from(json::Value root) {
    Question out;
    const auto raw = crypto::from_base64url(root["key"].text());
    const auto key = raw ? crypto::MultisetKey::from(*raw) : std::nullopt;
    if (!key) return fail(malformed("key"));
    out.key = *key;
    if (root["sums"].size() + root["list"].size() > kPrefixesMax)
        return fail(Category::too_large, fmt::format("comparison: at most {} prefixes in a question", kPrefixesMax));
    std::size_t count = 0;
    for (const json::Value one : root["sums"].elements()) {
        const auto prefix = prefix_from(one["prefix"]);
        const auto deeper = number_from<unsigned>(one["deeper"]);
        if (!prefix || !deeper || *deeper < 1 || *deeper > 3) return fail(malformed("prefix"));
        count += std::size_t{1} << (4 * *deeper);
        if (count > kSumsMax) return fail(Category::too_large, fmt::format("comparison: at most {} sums in an answer", kSumsMax));
        out.sums.emplace_back(*prefix, *deeper);
    }
    for (const json::Value one : root["list"].elements()) {
        const auto prefix = prefix_from(one);
        if (!prefix) return fail(malformed("prefix"));
        out.list.push_back(*prefix);
    }
    return out;
}

void write_listed(json::Writer& w, std::span<const Pointer> pointers) {
    w.array();
    for (const Pointer& p : pointers)
        w.array().value(p.person.text()).value(p.category).value(p.newest.ms / 1000).value(std::to_string(p.source_version)).end();
    w.end();
}

// The source's side.

std::uint64_t first_bits_of(const crypto::Pseudonym& person) {
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i < 8; ++i) bits = bits << 8 | person.bytes[i];
    return bits;
}

std::uint64_t last_bits(const Prefix& prefix) {
    const unsigned free_bits = 64 - 4 * prefix.nibbles;
    return free_bits == 64 ? ~std::uint64_t{0} : prefix.bits | ((std::uint64_t{1} << free_bits) - 1);
}

class Comparison {
public:
    Comparison(std::span<const Pointer> own, const crypto::MultisetKey& key, AskIndex ask) : own_(own), key_(key), ask_(ask) {}

    Result<Differences> run() {
        divide_.push_back({{}, own_.size() > kManyPointers ? 3u : 2u});
        while (!divide_.empty() || !list_.empty()) TRY(step());
        std::ranges::sort(out_.found, {}, [](const Difference& d) { return std::tie(d.person, d.category); });
        return std::move(out_);
    }

private:
    struct Divided {
        Prefix prefix;
        unsigned deeper;
    };

    Status step() {
        std::vector<Divided> divided;
        std::vector<Prefix> listed;
        for (std::size_t sums = 0; !divide_.empty(); divide_.pop_back()) {
            sums += std::size_t{1} << (4 * divide_.back().deeper);
            if (divided.size() == kPrefixesMax / 2 || sums > kSumsMax) break;
            divided.push_back(divide_.back());
        }
        for (std::size_t pointers = 0; !list_.empty(); list_.pop_back()) {
            pointers += list_.back().second;
            if (!listed.empty() && (listed.size() == kPrefixesMax / 2 || pointers > kListedMax)) break;
            listed.push_back(list_.back().first);
        }
        const std::string question = written(divided, listed);
        TRY_ASSIGN(const std::string answer, ask_(question));
        ++out_.questions;
        out_.bytes += question.size() + answer.size();
        TRY_ASSIGN(const auto document, json::Document::parse(answer));
        return read(document.root(), divided, listed);
    }

    std::string written(const std::vector<Divided>& divided, const std::vector<Prefix>& listed) const {
        json::Writer w;
        w.object().member("key", crypto::base64url({reinterpret_cast<const char*>(key_.bytes.data()), key_.bytes.size()}));
        w.name("sums").array();
        for (const Divided& one : divided)
            w.object().member("prefix", text_of(one.prefix)).member("deeper", one.deeper).end();
        w.end().name("list").array();
        for (const Prefix& prefix : listed) w.value(text_of(prefix));
        w.end().end();
        return w.take();
    }

    Status read(json::Value answer, const std::vector<Divided>& divided, const std::vector<Prefix>& listed) {
        const auto version = number_from<std::uint64_t>(answer["version"]);
        if (!version || answer["sums"].size() != divided.size() || answer["list"].size() != listed.size())
            return fail(malformed("answer"));
        out_.heard_version = *version;
        for (std::size_t i = 0; i < divided.size(); ++i) {
            const auto sums = sums_from(answer["sums"][i].text(), std::size_t{1} << (4 * divided[i].deeper));
            if (!sums) return fail(malformed("answer"));
            compare(divided[i], *sums);
        }
        for (std::size_t i = 0; i < listed.size(); ++i) TRY(compare(listed[i], answer["list"][i]));
        return {};
    }

    std::span<const Pointer> own_in(const Prefix& prefix) const {
        const auto bits = [](const Pointer& p) { return first_bits_of(p.person); };
        const auto from = std::ranges::lower_bound(own_, prefix.bits, {}, bits);
        const auto to = std::ranges::upper_bound(from, own_.end(), last_bits(prefix), {}, bits);
        return {from, to};
    }

    void compare(const Divided& divided, std::span<const Sum> there) {
        const unsigned nibbles = divided.prefix.nibbles + divided.deeper;
        for (std::size_t i = 0; i < there.size(); ++i) {
            const Prefix prefix{divided.prefix.bits | std::uint64_t{i} << (64 - 4 * nibbles), nibbles};
            const auto own = own_in(prefix);
            Sum here;
            for (const Pointer& p : own) here.add(key_, sum_item(p.person, p.category, p.newest));
            if (here == there[i]) continue;
            if (there[i].count == 0) {
                for (const Pointer& p : own) out_.found.push_back({p.person, p.category, p.newest, {}});
            } else if (there[i].count <= kListAtOnce || nibbles + 1 > 15) {
                list_.emplace_back(prefix, there[i].count);
            } else {
                divide_.push_back({prefix, 1});
            }
        }
    }

    Status compare(const Prefix& prefix, json::Value listed) {
        using Both = std::pair<std::optional<Instant>, std::optional<Pointer>>;
        std::map<std::pair<crypto::Pseudonym, std::string>, Both> all;
        for (const Pointer& p : own_in(prefix)) all[{p.person, p.category}].first = Instant{p.newest.ms / 1000 * 1000};
        for (const json::Value one : listed.elements()) {
            const auto person = crypto::Pseudonym::from_text(one[0].text());
            const auto newest = number_from<std::uint32_t>(one[2]);
            const auto version = number_from<std::uint64_t>(one[3]);
            if (!person || !newest || !version) return fail(malformed("answer"));
            const std::string category(one[1].text());
            all[{*person, category}].second = Pointer{*person, category, {std::int64_t{*newest} * 1000}, *version};
        }
        for (auto& [key, both] : all) {
            auto& [here, there] = both;
            if (here && there && *here == there->newest) continue;
            out_.found.push_back({key.first, key.second, here, std::move(there)});
        }
        return {};
    }

    const std::span<const Pointer> own_;
    const crypto::MultisetKey key_;
    const AskIndex ask_;
    std::vector<Divided> divide_;
    std::vector<std::pair<Prefix, std::size_t>> list_;
    Differences out_;
};

}  // namespace

Result<std::string> answer_comparison(const Index& index, std::string_view provider, json::Value root) {
    TRY_ASSIGN(const Question question, question_from(root));
    const Freshness source = index.freshness(provider);
    json::Writer w;
    w.object().member("heard", to_iso(source.heard)).member("version", std::to_string(source.source_version));
    w.name("sums").array();
    for (const auto& [prefix, deeper] : question.sums) {
        TRY_ASSIGN(const auto sums, index.sums(provider, question.key, prefix, deeper));
        w.value(crypto::base64url(raw_of(sums)));
    }
    w.end().name("list").array();
    std::size_t left = kListedMax;
    for (const Prefix& prefix : question.list) {
        TRY_ASSIGN(const auto pointers, index.pointers(provider, prefix, left));
        left -= pointers.size();
        write_listed(w, pointers);
    }
    w.end().end();
    return w.take();
}

Result<Differences> find_differences(std::span<const Pointer> own, const crypto::MultisetKey& key, AskIndex ask) {
    return Comparison(own, key, ask).run();
}

}  // namespace idun::index
