// FHIR packages: definitions, value sets, code systems and the like, found by their canonical URL.
//
//     TRY_ASSIGN(const PackageSet set, PackageSet::load(config.packages));      // R4 core, then folders and .tgz files
//     for (const Problem& p : set.problems()) log.warn(p.file, p.message);
//     if (const PackagedResource* found = set.find("http://hl7.org/fhir/ValueSet/observation-status|4.0.1")) {
//         TRY_ASSIGN(const json::Document document, found->parse());
//     }
//
// The texts stay compressed: loading reads every file once, finds what it is, and keeps it packed; parse() unpacks.
// Who needs a resource often keeps what it made of it, not the resource. A package does not change once it is open,
// even when its file does. Any thread may read.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "json/document.h"

namespace idun::fhir {

class Package;

// One resource of a package; lives as long as its package.
class PackagedResource {
public:
    std::string type;     // "ValueSet"
    std::string id;
    std::string url;      // canonical; "" of resources that have none (a NamingSystem, an example)
    std::string version;  // "" when it states none
    std::string file;     // where it was read from: "ValueSet-observation-status.json"

    // `corrupt` only when the program's own memory or the embedded package is damaged.
    Result<std::string> text() const;
    Result<json::Document> parse() const;

private:
    friend class Package;
    friend class PackageReader;
    std::string_view frame_;        // zstd; holds the text at offset_
    std::uint32_t frame_size_ = 0;  // unpacked
    std::uint32_t offset_ = 0;
    std::uint32_t size_ = 0;
};

// A file that could not be taken. Never quotes content.
struct Problem {
    std::string file;
    std::string message;
};

struct PackageLimits {
    std::size_t files_max = 50'000;
    std::size_t file_bytes_max = 64u << 20;
    std::size_t bytes_max = 1u << 30;  // unpacked, of all files together
};

class Package {
public:
    // The canonical resources of hl7.fhir.r4.core 4.0.1: part of the program, its list read at the first call.
    static std::shared_ptr<const Package> r4_core();
    // A folder of *.json (or one that has a folder package/ of them), or an npm package (.tgz). Only files that lie
    // directly in package/ are read: examples/, other/ and the like are not definitions. A file that is no resource
    // becomes a problem, not a failure; package.json, .index.json and the like are passed over.
    // Fails when there is nothing there, the archive is broken or over a limit, or a name in it leads outside.
    static Result<std::shared_ptr<const Package>> open(const std::string& path, const PackageLimits& limits = {});
    // Resources that are already texts (a test, an import): file names and texts.
    static std::shared_ptr<const Package> of(std::span<const std::pair<std::string, std::string>> files);

    Package(const Package&) = delete;
    Package& operator=(const Package&) = delete;

    const std::string& name() const { return name_; }  // as package.json says, else the folder's or file's name
    const std::string& version() const { return version_; }
    std::span<const PackagedResource> resources() const { return resources_; }
    std::span<const Problem> problems() const { return problems_; }

private:
    friend class PackageReader;
    Package() = default;
    void add(std::string file, std::string_view text);

    std::string name_;
    std::string version_;
    std::vector<std::string> frames_;  // of what was loaded; the embedded package lies in the program
    std::vector<PackagedResource> resources_;
    std::vector<Problem> problems_;
};

// Several packages seen as one. Copies share the packages and their index.
class PackageSet {
public:
    // Of two resources with the same URL and version the one of the later package is found.
    explicit PackageSet(std::vector<std::shared_ptr<const Package>> packages);
    // R4 core and then each path in order.
    static Result<PackageSet> load(std::span<const std::string> paths, const PackageLimits& limits = {});
    // R4 core alone.
    static PackageSet r4_core();

    // "url" or "url|version", of any type, or of that type only. Without a version the newest is found: versions of the
    // same manner compare by their numbers ("4.0.10" is after "4.0.9", "2018-08-12" after "2014-03-26"); a date and a
    // release number do not compare, and the later package's is taken. Null when there is none.
    const PackagedResource* find(std::string_view canonical) const;
    const PackagedResource* find(std::string_view type, std::string_view canonical) const;
    // Every version that is there, newest first.
    std::span<const PackagedResource* const> versions(std::string_view url) const;
    // One for each URL and version, in order of URL, newest first. Resources without URL are there too, first.
    std::vector<const PackagedResource*> of_type(std::string_view type) const;

    std::span<const std::shared_ptr<const Package>> packages() const { return packages_; }
    std::vector<Problem> problems() const;

private:
    struct Index;
    const Index& index() const;

    std::vector<std::shared_ptr<const Package>> packages_;
    std::shared_ptr<Index> index_;  // made at the first question
};

// Takes "url|version" apart; the version is "" when there is none.
struct Canonical {
    std::string_view url;
    std::string_view version;
};
Canonical split_canonical(std::string_view canonical);

// Is version `a` newer than `b` by their numbers? False also when they do not compare.
bool newer_version(std::string_view a, std::string_view b);

}  // namespace idun::fhir
