// A file system in memory for tests: it fails any chosen call, and a power cut takes what was not synced.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "ledger/file_system.h"

namespace idun::ledger {

enum class Fault {
    none,
    once,         // the call fails and does nothing
    short_write,  // a write keeps half of its bytes and fails; other calls fail
    full_disk,    // this and every later write and creation fails, writes keep half
};

// Thread-safe. Files may be made in folders that are not; but a folder that was made and whose parent was not synced may
// be lost in a power cut with all that is in it.
class FaultFiles final : public FileSystem {
public:
    // The call with that number (from 1, counted since here) fails. Reads and listings are not counted.
    void fail_at(std::uint64_t call, Fault fault);
    void heal() { fail_at(0, Fault::none); }
    std::uint64_t calls() const;
    bool tripped() const;

    // What was not synced survives in part: each write whole, cut, or not at all; each new name or not. Open files
    // of before go on into nothing.
    void power_cut(unsigned seed);

    // For damage by hand.
    std::string bytes(const std::string& path) const;
    void set_bytes(const std::string& path, std::string bytes);
    std::vector<std::string> paths() const;
    void drop(const std::string& path);

    Status create_folder(const std::string& folder) override;
    Result<std::vector<std::string>> list(const std::string& folder) override;
    Result<std::uint64_t> size(const std::string& path) override;
    Result<std::string> read(const std::string& path, std::uint64_t offset, std::size_t length) override;
    Result<std::unique_ptr<File>> open(const std::string& path) override;
    Status truncate(const std::string& path, std::uint64_t size) override;
    Status write_whole(const std::string& path, std::string_view bytes, bool synced) override;
    Status sync_file(const std::string& path) override;
    Status remove(const std::string& path) override;
    Status remove_folder(const std::string& folder) override;
    Status sync_folder(const std::string& folder) override;
    Result<std::shared_ptr<void>> lock(const std::string& folder) override;

    struct Inode;
    class Handle;

private:
    enum class Verdict { go, fail, half };
    Verdict count(bool writes);
    bool is_folder(const std::string& path) const;

    mutable std::mutex mutex_;
    std::map<std::string, std::shared_ptr<Inode>> names_;
    std::map<std::string, std::shared_ptr<Inode>> durable_names_;
    std::set<std::string> firm_folders_;   // made, and their parents synced: they are there without files too
    std::set<std::string> loose_folders_;  // made, and their parents not synced
    std::map<std::string, std::weak_ptr<void>> locks_;
    std::uint64_t calls_ = 0;
    std::uint64_t fail_call_ = 0;
    Fault fault_ = Fault::none;
    bool tripped_ = false;
};

}  // namespace idun::ledger
