// Several packages seen as one: the index by URL, and which of several versions is the newest.
#include <algorithm>
#include <charconv>
#include <optional>

#include "fhir/package.h"

namespace idun::fhir {
namespace {

// "4.0.1" {4, 0, 1}, "2018-08-12" {2018, 8, 12}; what follows the numbers ("-ballot") makes a release earlier.
struct Version {
    bool date = false;
    std::vector<std::uint64_t> numbers;
    std::string_view rest;
};

Version taken_apart(std::string_view text) {
    Version out;
    if (text.starts_with('v') || text.starts_with('V')) text.remove_prefix(1);
    char separator = 0;
    while (!text.empty()) {
        std::uint64_t number = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
        if (error != std::errc()) break;
        out.numbers.push_back(number);
        const auto length = static_cast<std::size_t>(end - text.data());
        if (out.numbers.size() == 1) out.date = length == 4 || length == 8;
        text.remove_prefix(length);
        if (text.empty() || (text[0] != '.' && text[0] != '-') || (separator != 0 && text[0] != separator)) break;
        if (text[0] == '-' && !out.date) break;  // "1.0.0-rc1"
        separator = text[0];
        text.remove_prefix(1);
    }
    out.rest = text;
    return out;
}

// Negative: a is older. Nothing: they do not compare.
std::optional<int> compare(std::string_view a, std::string_view b) {
    const Version x = taken_apart(a);
    const Version y = taken_apart(b);
    if (x.numbers.empty() != y.numbers.empty()) return x.numbers.empty() ? -1 : 1;
    if (x.date != y.date) return std::nullopt;
    if (x.numbers != y.numbers) return x.numbers < y.numbers ? -1 : 1;
    if (x.rest.empty() != y.rest.empty()) return x.rest.empty() ? 1 : -1;
    const int by_text = x.rest.compare(y.rest);
    return by_text < 0 ? -1 : by_text > 0 ? 1 : 0;
}

}  // namespace

bool newer_version(std::string_view a, std::string_view b) { return compare(a, b).value_or(0) > 0; }

struct PackageSet::Index {
    std::once_flag once;
    // Newest first; of those that do not compare, or are the same, the later package's first.
    std::unordered_map<std::string_view, std::vector<const PackagedResource*>> by_url;
    std::vector<const PackagedResource*> without_url;

    void add(const PackagedResource& resource) {
        if (resource.url.empty()) return without_url.push_back(&resource);
        // HL7 writes a version into the URL of a few old tables: "…/v2-0006|2.1".
        auto& all = by_url[split_canonical(resource.url).url];
        const auto hidden = [&](const PackagedResource* one) { return one->url == resource.url && one->version == resource.version && one->type == resource.type; };
        std::erase_if(all, hidden);
        const auto older = [&](const PackagedResource* one) { return !newer_version(one->version, resource.version); };
        all.insert(std::find_if(all.begin(), all.end(), older), &resource);
    }
};

PackageSet::PackageSet(std::vector<std::shared_ptr<const Package>> packages)
    : packages_(std::move(packages)), index_(std::make_shared<Index>()) {}

Result<PackageSet> PackageSet::load(std::span<const std::string> paths, const PackageLimits& limits) {
    std::vector<std::shared_ptr<const Package>> all = {Package::r4_core()};
    for (const std::string& path : paths) {
        TRY_ASSIGN(auto opened, Package::open(path, limits));
        all.push_back(std::move(opened));
    }
    return PackageSet(std::move(all));
}

PackageSet PackageSet::r4_core() { return PackageSet({Package::r4_core()}); }

const PackageSet::Index& PackageSet::index() const {
    std::call_once(index_->once, [this] {
        for (const auto& package : packages_) {
            for (const PackagedResource& resource : package->resources()) index_->add(resource);
        }
    });
    return *index_;
}

std::span<const PackagedResource* const> PackageSet::versions(std::string_view url) const {
    const auto& by_url = index().by_url;
    const auto found = by_url.find(url);
    if (found == by_url.end()) return {};
    return found->second;
}

const PackagedResource* PackageSet::find(std::string_view canonical) const { return find({}, canonical); }

const PackagedResource* PackageSet::find(std::string_view type, std::string_view canonical) const {
    const Canonical wanted = split_canonical(canonical);
    for (const PackagedResource* one : versions(wanted.url)) {
        if (!type.empty() && one->type != type) continue;
        if (wanted.version.empty() || one->version == wanted.version || split_canonical(one->url).version == wanted.version) return one;
    }
    return nullptr;
}

std::vector<const PackagedResource*> PackageSet::of_type(std::string_view type) const {
    std::vector<const PackagedResource*> out;
    std::vector<std::string_view> urls;
    for (const auto& [url, all] : index().by_url) urls.push_back(url);
    std::sort(urls.begin(), urls.end());
    for (const PackagedResource* one : index().without_url) {
        if (one->type == type) out.push_back(one);
    }
    for (const std::string_view url : urls) {
        for (const PackagedResource* one : versions(url)) {
            if (one->type == type) out.push_back(one);
        }
    }
    return out;
}

std::vector<Problem> PackageSet::problems() const {
    std::vector<Problem> out;
    for (const auto& package : packages_) {
        for (const Problem& problem : package->problems()) out.push_back({package->name() + "/" + problem.file, problem.message});
    }
    return out;
}

}  // namespace idun::fhir
