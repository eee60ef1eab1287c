#include "base/file.h"
#include "base/time.h"
#include "store/embedded.h"
#include "store/internal/backup.h"
#include "store/internal/rocks_core.h"

namespace idun::store {
namespace {

// Writes without a log; the flush at the end makes it durable before the folder gets its name.
class RocksSink final : public BackupSink {
public:
    explicit RocksSink(RocksCore& core) : core_(core) { unlogged_.disableWAL = true; }

    Status entries(std::vector<Entry> entries) override {
        rocksdb::WriteBatch batch;
        for (const Entry& entry : entries) batch.Put(core_.family.data, entry.key, entry.value);
        return write(batch);
    }
    Status notes(std::vector<Change> notes) override {
        rocksdb::WriteBatch batch;
        for (const Change& change : notes) batch.Put(core_.family.changes, encode(change.version), change.note);
        return write(batch);
    }
    Status finish(const BackupHead& head) {
        rocksdb::WriteBatch batch;
        batch.Put(core_.family.meta, slice(kVersionKey), encode(head.version));
        batch.Put(core_.family.meta, slice(kTrimmedKey), encode(head.trimmed));
        TRY(write(batch));
        const rocksdb::Status flushed =
            core_.db->Flush(rocksdb::FlushOptions(), {core_.family.meta, core_.family.data, core_.family.changes});
        if (!flushed.ok()) return fail(to_error(flushed, "restore"));
        return core_.health->status();
    }

private:
    Status write(rocksdb::WriteBatch& batch) {
        const rocksdb::Status written = core_.db->Write(unlogged_, &batch);
        if (!written.ok()) return fail(to_error(written, "restore"));
        return {};
    }

    RocksCore& core_;
    rocksdb::WriteOptions unlogged_;
};

}  // namespace

Status restore_embedded(const std::string& backup, const std::string& folder, const std::string& sha256) {
    TRY(verify_backup(backup));
    TRY_ASSIGN(NewFolder made, NewFolder::make(folder));
    {
        EmbeddedOptions options;
        options.folder = made.partial();
        TRY_ASSIGN(const auto core, RocksCore::open(options, nullptr));
        RocksSink sink(*core);
        TRY_ASSIGN(const BackupHead head, read_backup(backup, sink));
        TRY(is_meant(head, sha256));
        TRY(sink.finish(head));
    }
    return made.finish();
}

}  // namespace idun::store
