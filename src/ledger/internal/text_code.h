// Texts within entries, each in its shortest form (docs/formats/ledger.md): plain, or as a word's number, the 16 bytes of a
// UUID, the log's own id, a ticket's number and name, or a receipt.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace idun::ledger {

class TextCode {
public:
    // `home` is the log's id; it lives as long as this.
    explicit TextCode(std::string_view home) : home_(home) {}

    void append(std::string& out, std::string_view text) const;
    std::optional<std::string> read(ByteReader& in) const;

private:
    std::optional<std::string> read_special(ByteReader& in, std::uint64_t what) const;
    std::optional<std::string> read_receipt(ByteReader& in) const;
    bool append_receipt(std::string& out, std::string_view text) const;
    void append_plain(std::string& out, std::string_view text) const;

    const std::string_view home_;
};

}  // namespace idun::ledger
