// What the files of the embedded engine share: options, errors, encodings. Includes RocksDB; only .cc files of
// this folder may include it.
#pragma once

#include <rocksdb/db.h>

#include "store/embedded.h"

namespace idun::store {

// Column families. `meta` is RocksDB's default one, which always exists.
struct Families {
    rocksdb::ColumnFamilyHandle* meta = nullptr;
    rocksdb::ColumnFamilyHandle* data = nullptr;
    rocksdb::ColumnFamilyHandle* changes = nullptr;
};

inline constexpr std::string_view kDataFamily = "data";
inline constexpr std::string_view kChangesFamily = "changes";
inline constexpr std::string_view kVersionKey = "version";  // newest version, in meta
inline constexpr std::string_view kTrimmedKey = "trimmed";  // newest forgotten note, in meta

rocksdb::DBOptions database_options(const EmbeddedOptions& options, rocksdb::Env* env);
// In the order meta, data, changes.
std::vector<rocksdb::ColumnFamilyDescriptor> families(const EmbeddedOptions& options);

// RocksDB's own words may quote keys and paths, so only the kind of failure is told.
Error to_error(const rocksdb::Status& status, std::string_view doing);

// Big-endian, so that versions sort as bytes.
std::string encode(Version version);
Result<Version> decode_version(std::string_view bytes);

inline rocksdb::Slice slice(std::string_view bytes) { return {bytes.data(), bytes.size()}; }
inline std::string_view view(const rocksdb::Slice& bytes) { return {bytes.data(), bytes.size()}; }

}  // namespace idun::store
