#include "store/internal/wal_check.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <filesystem>
#include <vector>

#include "base/file.h"

namespace idun::store {
namespace {

// RocksDB's log format: blocks of 32 KiB; records of crc (4, masked CRC-32C of type and payload), length (2),
// type (1), payload; little-endian. No record spans blocks; a tail of less than a header is zeros.
constexpr std::size_t kBlock = 32u << 10;
constexpr std::size_t kHead = 7;
enum RecordType : std::uint8_t { kFull = 1, kFirst = 2, kMiddle = 3, kLast = 4 };

constexpr std::array<std::uint32_t, 256> make_table() {
    std::array<std::uint32_t, 256> table{};
    for (std::uint32_t byte = 0; byte < 256; ++byte) {
        std::uint32_t crc = byte;
        for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0x82F63B78u : 0);
        table[byte] = crc;
    }
    return table;
}
constexpr std::array<std::uint32_t, 256> kTable = make_table();

std::uint32_t masked_crc32c(std::string_view bytes) {
    std::uint32_t crc = ~0u;
    for (const char c : bytes) crc = kTable[(crc ^ static_cast<unsigned char>(c)) & 0xff] ^ (crc >> 8);
    crc = ~crc;
    return ((crc >> 15) | (crc << 17)) + 0xa282ead8u;
}

std::uint32_t little(std::string_view bytes) {
    std::uint32_t number = 0;
    for (std::size_t i = bytes.size(); i > 0; --i) number = number << 8 | static_cast<unsigned char>(bytes[i - 1]);
    return number;
}

// What the walk over a log has seen so far.
struct Seen {
    bool bad = false;              // a record that is not whole
    bool start_after_bad = false;  // a later group behind it, which means that the bad one was acknowledged
    bool sound = false;            // at least one record
};

// Length of the sound record at the start of `rest`; 0 when there is none.
std::size_t sound_record(std::string_view rest, std::uint8_t& type) {
    if (rest.size() < kHead) return 0;
    const std::size_t length = little(rest.substr(4, 2));
    type = static_cast<std::uint8_t>(rest[6]);
    if (type < kFull || type > kLast || kHead + length > rest.size()) return 0;
    if (little(rest.substr(0, 4)) != masked_crc32c(rest.substr(6, 1 + length))) return 0;
    return kHead + length;
}

bool all_zero(std::string_view bytes) {
    return std::all_of(bytes.begin(), bytes.end(), [](char c) { return c == '\0'; });
}

void walk(std::string_view block, Seen& seen) {
    std::size_t at = 0;
    while (at < block.size()) {
        const std::string_view rest = block.substr(at);
        if (rest.size() < kHead || all_zero(rest)) return;
        std::uint8_t type = 0;
        if (const std::size_t length = sound_record(rest, type); length != 0) {
            const bool starts = type == kFull || type == kFirst;
            seen.sound = true;
            seen.start_after_bad = seen.start_after_bad || (starts && seen.bad);
            at += length;
            continue;
        }
        seen.bad = true;
        // Goes on where the record says that it ends, or else with the next block. A search for the next sound
        // record would find those that somebody put into a value.
        at += kHead + little(rest.substr(4, 2));
    }
}

Result<Seen> look_through(const std::string& path) {
    TRY_ASSIGN(InFile file, InFile::open(path));
    Seen seen;
    while (file.left() > 0) {
        TRY_ASSIGN(const std::string block, file.read(std::min<std::uint64_t>(kBlock, file.left())));
        walk(block, seen);
    }
    return seen;
}

}  // namespace

Status check_logs(const std::string& folder) {
    std::error_code error;
    std::vector<std::string> logs;
    for (const auto& entry : std::filesystem::directory_iterator(folder, error))
        if (entry.path().extension() == ".log") logs.push_back(entry.path().string());
    if (error) return fail(Category::unavailable, "open store: the folder cannot be read");
    // Their names are numbers with leading zeros, so this is the order in which they were written.
    std::sort(logs.begin(), logs.end());
    bool bad = false;
    for (const std::string& log : logs) {
        TRY_ASSIGN(const Seen seen, look_through(log));
        if (seen.start_after_bad || (bad && seen.sound))
            return fail(Category::corrupt, "open store: a log is damaged before its end");
        bad = bad || seen.bad;
    }
    return {};
}

}  // namespace idun::store
