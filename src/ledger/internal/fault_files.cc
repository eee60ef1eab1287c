#include "ledger/internal/fault_files.h"

#include <algorithm>

namespace idun::ledger {
namespace {

struct Write {
    std::uint64_t offset;
    std::string bytes;
};

void put(std::string& content, const Write& write) {
    if (content.size() < write.offset + write.bytes.size()) content.resize(write.offset + write.bytes.size(), '\0');
    content.replace(write.offset, write.bytes.size(), write.bytes);
}

std::string parent_of(const std::string& path) {
    const std::size_t end = path.rfind('/');
    return end == std::string::npos ? std::string() : path.substr(0, end);
}

tl::unexpected<Error> injected() { return fail(Category::unavailable, "log file: injected fault"); }
tl::unexpected<Error> absent() { return fail(Category::not_found, "log file: no such file"); }

}  // namespace

struct FaultFiles::Inode {
    std::string content;
    std::string durable;
    std::vector<Write> unsynced;
};

class FaultFiles::Handle final : public File {
public:
    Handle(FaultFiles& files, std::shared_ptr<Inode> inode) : files_(files), inode_(std::move(inode)) {}

    Status append(std::string_view bytes) override {
        const std::lock_guard lock(files_.mutex_);
        return write(inode_->content.size(), bytes);
    }
    Status write_at(std::uint64_t offset, std::string_view bytes) override {
        const std::lock_guard lock(files_.mutex_);
        return write(offset, bytes);
    }
    Status sync() override {
        const std::lock_guard lock(files_.mutex_);
        if (files_.count(false) != Verdict::go) return injected();
        inode_->durable = inode_->content;
        inode_->unsynced.clear();
        return {};
    }

private:
    Status write(std::uint64_t offset, std::string_view bytes) {
        const Verdict verdict = files_.count(true);
        if (verdict == Verdict::fail) return injected();
        Write done{offset, std::string(verdict == Verdict::half ? bytes.substr(0, bytes.size() / 2) : bytes)};
        put(inode_->content, done);
        inode_->unsynced.push_back(std::move(done));
        if (verdict == Verdict::half) return injected();
        return {};
    }

    FaultFiles& files_;
    std::shared_ptr<Inode> inode_;
};

void FaultFiles::fail_at(std::uint64_t call, Fault fault) {
    const std::lock_guard lock(mutex_);
    calls_ = 0;
    fail_call_ = call;
    fault_ = fault;
    tripped_ = false;
}

std::uint64_t FaultFiles::calls() const {
    const std::lock_guard lock(mutex_);
    return calls_;
}

bool FaultFiles::tripped() const {
    const std::lock_guard lock(mutex_);
    return tripped_;
}

FaultFiles::Verdict FaultFiles::count(bool writes) {
    ++calls_;
    if (fault_ == Fault::none || calls_ < fail_call_) return Verdict::go;
    if (fault_ == Fault::full_disk) {
        if (!writes) return Verdict::go;
    } else if (calls_ > fail_call_) {
        return Verdict::go;
    }
    tripped_ = true;
    return writes && fault_ != Fault::once ? Verdict::half : Verdict::fail;
}

void FaultFiles::power_cut(unsigned seed) {
    const std::lock_guard lock(mutex_);
    std::mt19937 random(seed);
    std::map<std::string, std::shared_ptr<Inode>> survivors = durable_names_;
    for (const auto& [name, inode] : names_)
        if (!durable_names_.contains(name) && random() % 2 == 0) survivors.emplace(name, inode);
    for (const auto& [name, inode] : durable_names_) {
        const auto now = names_.find(name);
        if (now == names_.end() ? random() % 2 == 0 : now->second != inode && random() % 2 == 0) survivors.erase(name);
        // A name that was given to another file has one of the two.
        if (now != names_.end()) survivors.emplace(name, now->second);
    }
    for (const std::string& folder : loose_folders_)
        if (random() % 2 == 0)
            std::erase_if(survivors, [&](const auto& it) { return it.first.starts_with(folder + "/"); });
    loose_folders_.clear();
    names_.clear();
    for (const auto& [name, inode] : survivors) {
        auto after = std::make_shared<Inode>();
        after->content = inode->durable;
        for (const Write& write : inode->unsynced) {
            switch (random() % 3) {
                case 0: break;
                case 1: put(after->content, write); break;
                case 2:
                    put(after->content, {write.offset, write.bytes.substr(0, random() % (write.bytes.size() + 1))});
                    break;
            }
        }
        after->durable = after->content;
        names_.emplace(name, after);
    }
    durable_names_ = names_;
    locks_.clear();
}

std::string FaultFiles::bytes(const std::string& path) const {
    const std::lock_guard lock(mutex_);
    const auto found = names_.find(path);
    return found == names_.end() ? std::string() : found->second->content;
}

void FaultFiles::set_bytes(const std::string& path, std::string bytes) {
    const std::lock_guard lock(mutex_);
    auto inode = std::make_shared<Inode>();
    inode->content = bytes;
    inode->durable = std::move(bytes);
    names_[path] = durable_names_[path] = inode;
}

std::vector<std::string> FaultFiles::paths() const {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> out;
    for (const auto& [name, inode] : names_) out.push_back(name);
    return out;
}

void FaultFiles::drop(const std::string& path) {
    const std::lock_guard lock(mutex_);
    names_.erase(path);
    durable_names_.erase(path);
}

bool FaultFiles::is_folder(const std::string& path) const {
    if (firm_folders_.contains(path)) return true;
    const auto next = names_.lower_bound(path + "/");
    return next != names_.end() && next->first.starts_with(path + "/");
}

Status FaultFiles::create_folder(const std::string& folder) {
    const std::lock_guard lock(mutex_);
    for (std::string path = folder; path.find('/') != std::string::npos && !is_folder(path); path = parent_of(path))
        loose_folders_.insert(path);
    return {};
}

Result<std::vector<std::string>> FaultFiles::list(const std::string& folder) {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> out;
    // Files only: nobody asks here for folders.
    for (const auto& [name, inode] : names_)
        if (parent_of(name) == folder) out.push_back(name.substr(folder.size() + 1));
    return out;
}

Result<std::uint64_t> FaultFiles::size(const std::string& path) {
    const std::lock_guard lock(mutex_);
    const auto found = names_.find(path);
    if (found == names_.end()) return absent();
    return found->second->content.size();
}

Result<std::string> FaultFiles::read(const std::string& path, std::uint64_t offset, std::size_t length) {
    const std::lock_guard lock(mutex_);
    const auto found = names_.find(path);
    if (found == names_.end()) return absent();
    const std::string& content = found->second->content;
    return offset >= content.size() ? std::string() : content.substr(offset, length);
}

Result<std::unique_ptr<File>> FaultFiles::open(const std::string& path) {
    const std::lock_guard lock(mutex_);
    if (count(true) != Verdict::go) return injected();
    auto& inode = names_[path];
    if (!inode) inode = std::make_shared<Inode>();
    return std::make_unique<Handle>(*this, inode);
}

Status FaultFiles::truncate(const std::string& path, std::uint64_t size) {
    const std::lock_guard lock(mutex_);
    if (count(false) != Verdict::go) return injected();
    const auto found = names_.find(path);
    if (found == names_.end()) return absent();
    Inode& inode = *found->second;
    inode.content.resize(size, '\0');
    inode.durable = inode.content;
    inode.unsynced.clear();
    return {};
}

Status FaultFiles::remove(const std::string& path) {
    const std::lock_guard lock(mutex_);
    if (count(false) != Verdict::go) return injected();
    if (names_.erase(path) == 0) return absent();
    return {};
}

Status FaultFiles::write_whole(const std::string& path, std::string_view bytes, bool synced) {
    const std::lock_guard lock(mutex_);
    // Writing beside it, then the name.
    if (count(true) != Verdict::go) return injected();
    auto inode = std::make_shared<Inode>();
    inode->content = bytes;
    if (synced)
        inode->durable = bytes;
    else
        inode->unsynced.push_back({0, std::string(bytes)});
    if (count(false) != Verdict::go) return injected();
    names_[path] = std::move(inode);
    return {};
}

Status FaultFiles::sync_file(const std::string& path) {
    const std::lock_guard lock(mutex_);
    if (count(false) != Verdict::go) return injected();
    const auto found = names_.find(path);
    if (found == names_.end()) return absent();
    found->second->durable = found->second->content;
    found->second->unsynced.clear();
    return {};
}

Status FaultFiles::remove_folder(const std::string&) {
    const std::lock_guard lock(mutex_);
    if (count(false) != Verdict::go) return injected();
    return {};
}

Status FaultFiles::sync_folder(const std::string& folder) {
    const std::lock_guard lock(mutex_);
    if (count(false) != Verdict::go) return injected();
    const auto here = [&](const std::string& name) { return parent_of(name) == folder; };
    for (const std::string& path : loose_folders_)
        if (here(path)) firm_folders_.insert(path);
    std::erase_if(loose_folders_, here);
    std::erase_if(durable_names_, [&](const auto& it) { return here(it.first) && !names_.contains(it.first); });
    for (const auto& [name, inode] : names_)
        if (here(name)) durable_names_[name] = inode;
    return {};
}

Result<std::shared_ptr<void>> FaultFiles::lock(const std::string& folder) {
    const std::lock_guard lock(mutex_);
    if (!locks_[folder].expired()) return fail(Category::conflict, "log file: the folder is open elsewhere");
    auto held = std::make_shared<int>(0);
    locks_[folder] = held;
    return std::shared_ptr<void>(held);
}

}  // namespace idun::ledger
