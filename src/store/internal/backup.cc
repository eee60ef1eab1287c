#include "store/internal/backup.h"

#include <zstd.h>

#include <concepts>

#include "base/file.h"
#include "base/stop.h"
#include "crypto/encoding.h"
#include "crypto/hash.h"
#include "store/backup_summary.h"
#include "store/internal/checksum.h"
#include "store/internal/limits.h"

namespace idun::store {
namespace {

constexpr std::string_view kBackup = "backup";  // what is stopped
constexpr std::string_view kFile = "/store.backup";
constexpr std::string_view kMagic = "IDUNBKUP";
constexpr std::uint32_t kFormat = 1;
constexpr Version kVersionMax{INT64_MAX};  // what both engines can hold
constexpr std::size_t kHeadBytes = 8 + 4 + 8 + 8 + 8;
constexpr std::size_t kBlockHeadBytes = 1 + 4 + 4 + 8;
constexpr std::size_t kBlockBytes = 1u << 20;  // of plain payload, about
constexpr std::size_t kPlainBytesMax = kValueBytesMax + kKeyBytesMax + 64 + kBlockBytes;
constexpr int kZstdLevel = 1;

// Numbers reach disk: these stay.
enum class BlockType : std::uint8_t { entries = 1, notes = 2, end = 3 };

template <std::unsigned_integral T>
void add(std::string& out, T number) {
    for (std::size_t i = 0; i < sizeof(T); ++i)
        out.push_back(static_cast<char>((number >> (8 * (sizeof(T) - 1 - i))) & 0xff));
}

// Takes fields off the front; remembers when there was too little.
class Fields {
public:
    explicit Fields(std::string_view bytes) : bytes_(bytes) {}
    template <std::unsigned_integral T>
    T number() {
        T value = 0;
        for (const char c : take(sizeof(T)))
            value = static_cast<T>(static_cast<std::uint64_t>(value) << 8 | static_cast<unsigned char>(c));
        return value;
    }
    std::string_view take(std::size_t count) {
        if (count > bytes_.size()) {
            good_ = false;
            bytes_ = {};
            return {};
        }
        const std::string_view taken = bytes_.substr(0, count);
        bytes_.remove_prefix(count);
        return taken;
    }
    bool good() const { return good_; }
    bool empty() const { return bytes_.empty(); }

private:
    std::string_view bytes_;
    bool good_ = true;
};

tl::unexpected<Error> damaged() { return fail(Category::corrupt, "the backup is damaged or incomplete"); }

struct Totals {
    std::uint64_t entries = 0;
    std::uint64_t notes = 0;
};

std::string encoded(const Totals& totals) {
    std::string payload;
    add(payload, totals.entries);
    add(payload, totals.notes);
    return payload;
}

class Writer {
public:
    static Result<Writer> start(const std::string& path, const BackupHead& head) {
        TRY_ASSIGN(OutFile file, OutFile::create(path));
        Writer writer(std::move(file));
        std::string bytes(kMagic);
        add(bytes, kFormat);
        add(bytes, head.version.number);
        add(bytes, head.trimmed.number);
        TRY(writer.write_with_checksum(std::move(bytes)));
        return writer;
    }

    Status entry(std::string_view key, std::string_view value) {
        add(plain_, static_cast<std::uint32_t>(key.size()));
        add(plain_, static_cast<std::uint32_t>(value.size()));
        plain_ += key;
        plain_ += value;
        ++totals_.entries;
        return plain_.size() >= kBlockBytes ? flush(BlockType::entries) : Status{};
    }

    Status notes(const std::vector<Change>& notes) {
        for (const Change& change : notes) {
            add(plain_, change.version.number);
            add(plain_, static_cast<std::uint32_t>(change.note.size()));
            plain_ += change.note;
            ++totals_.notes;
            if (plain_.size() >= kBlockBytes) TRY(flush(BlockType::notes));
        }
        return {};
    }

    Status flush(BlockType type) {
        if (plain_.empty()) return {};
        std::string packed(ZSTD_compressBound(plain_.size()), '\0');
        const std::size_t size = ZSTD_compress(packed.data(), packed.size(), plain_.data(), plain_.size(), kZstdLevel);
        if (ZSTD_isError(size) != 0) return fail(Category::internal, "backup: compression failed");
        packed.resize(size);
        TRY(block(type, packed, plain_.size()));
        plain_.clear();
        return {};
    }

    Status finish() {
        const std::string payload = encoded(totals_);
        TRY(block(BlockType::end, payload, payload.size()));
        return file_.finish();
    }

private:
    explicit Writer(OutFile file) : file_(std::move(file)) {}

    Status block(BlockType type, std::string_view payload, std::size_t plain_bytes) {
        std::string bytes;
        add(bytes, static_cast<std::uint8_t>(type));
        add(bytes, static_cast<std::uint32_t>(payload.size()));
        add(bytes, static_cast<std::uint32_t>(plain_bytes));
        TRY(write_with_checksum(std::move(bytes)));
        std::string body(payload);
        return write_with_checksum(std::move(body));
    }

    // The checksum covers all that came before it in the file, so that no block can be left out or moved.
    Status write_with_checksum(std::string bytes) {
        crc_ = crc64(bytes, crc_);
        add(bytes, crc_);
        return file_.write(bytes);
    }

    OutFile file_;
    std::uint64_t crc_ = 0;
    std::string plain_;
    Totals totals_;
};

class Reader {
public:
    static Result<Reader> start(const std::string& path) {
        TRY_ASSIGN(InFile file, InFile::open(path));
        Reader reader(std::move(file));
        if (reader.file_.left() < kHeadBytes) return damaged();
        TRY_ASSIGN(const std::string bytes, reader.read_with_checksum(kHeadBytes - 8));
        Fields fields(bytes);
        if (fields.take(kMagic.size()) != kMagic) return damaged();
        if (fields.number<std::uint32_t>() != kFormat)
            return fail(Category::unsupported, "the backup was written by a newer program");
        reader.head_.version.number = fields.number<std::uint64_t>();
        reader.head_.trimmed.number = fields.number<std::uint64_t>();
        if (reader.head_.trimmed > reader.head_.version || reader.head_.version > kVersionMax) return damaged();
        reader.last_note_ = reader.head_.trimmed;
        return reader;
    }

    Status all(BackupSink& sink) {
        for (;;) {
            TRY_ASSIGN(const std::string head, read_with_checksum(kBlockHeadBytes - 8));
            Fields fields(head);
            const auto type = static_cast<BlockType>(fields.number<std::uint8_t>());
            const std::size_t packed_bytes = fields.number<std::uint32_t>();
            const std::size_t plain_bytes = fields.number<std::uint32_t>();
            if (plain_bytes > kPlainBytesMax || packed_bytes > ZSTD_compressBound(kPlainBytesMax)) return damaged();
            TRY_ASSIGN(const std::string packed, read_with_checksum(packed_bytes));
            if (type == BlockType::end) return end(packed);
            TRY_ASSIGN(const std::string plain, unpacked(packed, plain_bytes));
            if (type == BlockType::entries && totals_.notes == 0) {
                TRY(entries(plain, sink));
            } else if (type == BlockType::notes) {
                TRY(notes(plain, sink));
            } else {
                return damaged();
            }
        }
    }

    BackupHead head() {
        BackupHead out = head_;
        out.sha256 = crypto::hex(hash_.finish().view());
        return out;
    }

private:
    explicit Reader(InFile file) : file_(std::move(file)) {}

    Result<std::string> read_with_checksum(std::size_t count) {
        if (count + 8 > file_.left()) return damaged();
        TRY_ASSIGN(std::string bytes, file_.read(count));
        TRY_ASSIGN(const std::string sum, file_.read(8));
        hash_.add(bytes);
        hash_.add(sum);
        crc_ = crc64(bytes, crc_);
        if (Fields(sum).number<std::uint64_t>() != crc_) return damaged();
        return bytes;
    }

    static Result<std::string> unpacked(const std::string& packed, std::size_t plain_bytes) {
        std::string plain(plain_bytes, '\0');
        const std::size_t size = ZSTD_decompress(plain.data(), plain.size(), packed.data(), packed.size());
        if (ZSTD_isError(size) != 0 || size != plain_bytes) return damaged();
        return plain;
    }

    // The checksums have held; what is checked here was wrong when it was written.
    Status entries(std::string_view plain, BackupSink& sink) {
        std::vector<Entry> entries;
        Fields fields(plain);
        while (!fields.empty()) {
            const std::size_t key_bytes = fields.number<std::uint32_t>();
            const std::size_t value_bytes = fields.number<std::uint32_t>();
            Entry entry{std::string(fields.take(key_bytes)), std::string(fields.take(value_bytes))};
            const bool in_order = totals_.entries == 0 || entry.key > last_key_;
            if (!fields.good() || !in_order || !check_key(entry.key)) return damaged();
            last_key_ = entry.key;
            ++totals_.entries;
            entries.push_back(std::move(entry));
        }
        return sink.entries(std::move(entries));
    }

    Status notes(std::string_view plain, BackupSink& sink) {
        std::vector<Change> notes;
        Fields fields(plain);
        while (!fields.empty()) {
            const Version version{fields.number<std::uint64_t>()};
            const std::size_t note_bytes = fields.number<std::uint32_t>();
            const std::string_view note = fields.take(note_bytes);
            if (!fields.good() || version <= last_note_ || version > head_.version) return damaged();
            last_note_ = version;
            ++totals_.notes;
            notes.push_back({version, std::string(note)});
        }
        return sink.notes(std::move(notes));
    }

    Status end(std::string_view payload) const {
        if (payload != encoded(totals_) || file_.left() != 0) return damaged();
        return {};
    }

    InFile file_;
    BackupHead head_;
    crypto::Sha256 hash_;
    std::uint64_t crc_ = 0;
    std::string last_key_;
    Version last_note_;
    Totals totals_;
};

class Counted final : public BackupSink {
public:
    explicit Counted(std::stop_token stop = {}) : stop_(std::move(stop)) {}
    Status entries(std::vector<Entry> some) override {
        summary.entries += some.size();
        return go_on(stop_, kBackup);
    }
    Status notes(std::vector<Change> some) override {
        summary.notes += some.size();
        return go_on(stop_, kBackup);
    }
    BackupSummary summary;

private:
    const std::stop_token stop_;
};

Status write_all(Writer& writer, const Snapshot& snapshot, Version trimmed, const ReadNotes& notes, const std::stop_token& stop) {
    Status written;
    TRY(snapshot.walk({}, [&](std::string_view key, std::string_view value) -> Onward {
        written = go_on(stop, kBackup);
        if (written) written = writer.entry(key, value);
        return {.stop = !written};
    }));
    TRY(std::move(written));
    TRY(writer.flush(BlockType::entries));
    for (Version after = trimmed; after < snapshot.version();) {
        TRY(go_on(stop, kBackup));
        TRY_ASSIGN(auto changes, notes(after, 1000));
        if (changes.empty()) break;
        after = changes.back().version;
        while (!changes.empty() && changes.back().version > snapshot.version()) changes.pop_back();
        TRY(writer.notes(changes));
    }
    TRY(writer.flush(BlockType::notes));
    return writer.finish();
}

}  // namespace

Result<Version> write_backup(const std::string& folder, const Snapshot& snapshot, Version trimmed,
                             const ReadNotes& notes, const std::stop_token& stop) {
    TRY_ASSIGN(NewFolder made, NewFolder::make(folder));
    // A snapshot older than the trim cannot happen to matter: no note up to `trimmed` is left.
    TRY_ASSIGN(Writer writer, Writer::start(made.partial() + std::string(kFile),
                                            {snapshot.version(), std::min(trimmed, snapshot.version())}));
    TRY(write_all(writer, snapshot, trimmed, notes, stop));
    TRY(made.finish());
    return snapshot.version();
}

Result<BackupHead> read_backup(const std::string& folder, BackupSink& sink) {
    TRY_ASSIGN(Reader reader, Reader::start(folder + std::string(kFile)));
    TRY(reader.all(sink));
    return reader.head();
}

Status is_meant(const BackupHead& read, const std::string& sha256) {
    if (sha256.empty() || read.sha256 == sha256) return {};
    return fail(Category::corrupt, "restore: store.backup is not the file that was verified");
}

Result<BackupHead> verify_backup(const std::string& folder) {
    Counted counted;
    return read_backup(folder, counted);
}

Result<BackupSummary> summary_of_backup(const std::string& folder, std::stop_token stop) {
    Counted counted(std::move(stop));
    TRY_ASSIGN(const BackupHead head, read_backup(folder, counted));
    counted.summary.version = head.version;
    return counted.summary;
}

}  // namespace idun::store
