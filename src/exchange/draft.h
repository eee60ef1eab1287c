// Writes that read what they have written before they are committed together.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "store/store.h"

namespace idun::exchange {

// One thread at a time.
class Draft {
public:
    explicit Draft(std::shared_ptr<const store::Snapshot> snapshot) : snapshot_(std::move(snapshot)) {}

    Result<std::optional<std::string>> get(const std::string& key) const {
        if (const auto row = rows_.find(key); row != rows_.end()) return row->second;
        return snapshot_->get(key);
    }
    const store::Snapshot& snapshot() const { return *snapshot_; }
    // The writes of a batch; its expectations and note are left out.
    void add(const store::Batch& batch) {
        for (const store::Batch::Write& write : batch.writes()) rows_[write.key] = write.value;
    }
    void put(std::string key, std::string value) { rows_[std::move(key)] = std::move(value); }
    void erase(std::string key) { rows_[std::move(key)] = std::nullopt; }

    store::Batch batch() {
        store::Batch out;
        while (!rows_.empty()) {
            auto row = rows_.extract(rows_.begin());
            if (row.mapped()) out.put(std::move(row.key()), std::move(*row.mapped()));
            else out.erase(std::move(row.key()));
        }
        return out;
    }

private:
    std::shared_ptr<const store::Snapshot> snapshot_;
    std::map<std::string, std::optional<std::string>> rows_;
};

}  // namespace idun::exchange
