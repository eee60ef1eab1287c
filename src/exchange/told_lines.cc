#include "exchange/told_lines.h"

#include "base/bytes.h"
#include "crypto/encoding.h"
#include "exchange/access_rows.h"
#include "exchange/line_head.h"
#include "exchange/names.h"
#include "exchange/withholding.h"

namespace idun::exchange {
namespace {

constexpr std::size_t kLinesLookedAtMax = 50'000;

Notice notice_of(std::string_view place, const ledger::Access& access, const ledger::Names& names) {
    return {crypto::hex(place), access.time, NoticeKind::access, ledger::sentence_sv(access, names),
            ledger::sentence_en(access, names)};
}

}  // namespace

Result<NoticePage> ToldLines::of_number(const store::Snapshot& snapshot, const crypto::Pseudonym& number,
                                        std::string_view before, std::size_t count_max) const {
    const std::string prefix = list_prefix(number);
    store::Range range = store::prefix_range(prefix);
    range.reverse = true;
    append_be(range.from, static_cast<std::uint64_t>(std::max<std::int64_t>((clock_.now() - keep_).ms, 0)));
    if (!before.empty()) range.to = std::min(range.to, prefix + std::string(before));
    TRY_ASSIGN(const auto withheld, withheld_of(snapshot, number, clock_.now()));
    const ledger::Names names = names_from(directory_);
    NoticePage out;
    std::size_t looked_at = 0;
    for (bool more = range.from < range.to; more;) {
        TRY_ASSIGN(const auto chunk, snapshot.scan(range, {.entries_max = 500}));
        for (const store::Entry& row : chunk.entries) {
            const auto head = LineHead::read(row.value);
            if (head && !head->told) continue;
            TRY_ASSIGN(const LoggedEntry line, logged_entry_from(row.key, row.value));  // refuses a row without a head
            if (!withheld.empty() && withheld.contains(line_withholding_key(line, hub_log_))) continue;
            const std::string_view place = std::string_view(row.key).substr(prefix.size());
            if (out.notices.size() == count_max) {
                out.next = out.notices.back().id;
                return out;
            }
            out.notices.push_back(notice_of(place, line.entry.access, names));
        }
        more = chunk.more;
        if (!more) break;
        range = store::rest_of(range, chunk.entries.back().key);
        looked_at += chunk.entries.size();
        if (looked_at < kLinesLookedAtMax) continue;
        out.next = crypto::hex(std::string_view(chunk.entries.back().key).substr(prefix.size()));
        break;
    }
    return out;
}

}  // namespace idun::exchange
