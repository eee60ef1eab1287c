#include "api/pointer_search.h"

#include <algorithm>

#include "api/pointer_query.h"
#include "base/bytes.h"
#include "crypto/hash.h"
#include "index/fhir_pointer.h"
#include "json/writer.h"

namespace idun::api {
namespace {

std::vector<FoundPointer> all_of(const exchange::VisibleHoldings& visible) {
    std::vector<FoundPointer> out;
    for (const exchange::NumberHoldings& under : visible.numbers) {
        const std::string person = under.number.text();
        for (const index::Holding& holding : under.holdings)
            for (const auto& part : holding.parts)
                out.push_back({index::pointer_id(person, holding.provider, part.category), holding.provider, part.category,
                               part.newest, part.learned, under.number});
    }
    return out;
}

int compare(const PointerSort& key, const FoundPointer& a, const FoundPointer& b) {
    const auto order = [&]() -> std::strong_ordering {
        switch (key.by) {
            case PointerSort::By::date: return a.newest.ms <=> b.newest.ms;
            case PointerSort::By::last_updated: return a.learned.ms <=> b.learned.ms;
            case PointerSort::By::category: return a.category <=> b.category;
        }
        return std::strong_ordering::equal;
    }();
    if (order == 0) return 0;
    return (order < 0) == key.descending ? 1 : -1;
}

// In an order that is always the same: what the keys leave open, the id decides.
void sort_pointers(std::vector<FoundPointer>& found, const std::vector<PointerSort>& keys) {
    std::ranges::sort(found, [&](const FoundPointer& a, const FoundPointer& b) {
        for (const PointerSort& key : keys)
            if (const int order = compare(key, a, b); order != 0) return order < 0;
        return a.id < b.id;
    });
}

// What a page must still find when it goes on.
std::uint64_t fingerprint_of(const std::vector<FoundPointer>& found) {
    std::string all;
    for (const FoundPointer& one : found) {
        all += one.id;
        append_be(all, one.newest.ms);
        append_be(all, one.learned.ms);
    }
    const crypto::Hash hash = crypto::sha256(all);
    ByteReader in(hash.view());
    return in.be<std::uint64_t>();
}

struct PageOfPointers {
    std::span<const FoundPointer> shown;
    std::size_t total = 0;
    std::string next;  // the sealed word; "": this is the last
};

void write_searchset(std::string& out, const Hub& hub, PointerWriter& pointers, const PointerQuery& query, const PageOfPointers& page) {
    const std::string base = hub.base_url + "/DocumentReference" + query.self;
    const auto with_page = [&](const std::string& word) { return base + (query.self.empty() ? "?_page=" : "&_page=") + word; };
    json::Writer w;
    w.object().member("resourceType", "Bundle").member("type", "searchset").member("total", page.total);
    w.name("link").array().object().member("relation", "self").member("url", query.page.empty() ? base : with_page(query.page)).end();
    if (!page.next.empty()) w.object().member("relation", "next").member("url", with_page(page.next)).end();
    w.end();
    out += w.text();
    if (!page.shown.empty()) {  // FHIR knows no empty arrays
        out += ",\"entry\":[";
        pointers.append(out, page.shown, query.parts);
        out += ']';
    }
    out += '}';
}

std::string caller_of(const trust::UserToken& user) { return user.provider_id + "\n" + user.subject; }

Result<PageOfPointers> page_of(const Hub& hub, const std::vector<FoundPointer>& found, const PointerQuery& query,
                               const std::optional<PointerPage>& from, const crypto::Pseudonym& person, const trust::UserToken& user) {
    if (from && (from->fingerprint != fingerprint_of(found) || from->place > found.size()))
        return fail(Category::gone, "what is found has changed since the first page; begin anew", "_page");
    PageOfPointers out{{}, found.size(), {}};
    if (query.only_count) return out;
    const std::size_t first = from ? from->place : 0;
    const std::size_t last = std::min(first + query.count, found.size());
    out.shown = std::span(found).subspan(first, last - first);
    if (last < found.size()) out.next = hub.pointer_pages.seal({person, static_cast<std::uint32_t>(last), fingerprint_of(found)}, caller_of(user));
    return out;
}

}  // namespace

Result<PointerAnswer> search_pointers(const Hub& hub, const trust::UserToken& user, const http::Parameters& parameters,
                                      const http::Request& request, PointerWriter& pointers, std::string& out) {
    TRY_ASSIGN(auto query, pointer_query(parameters));
    std::optional<PointerPage> from;
    if (!query.page.empty()) {
        from = hub.pointer_pages.open(query.page, caller_of(user));
        if (!from) return fail(Category::gone, "this link leads nowhere any more; begin anew", "_page");
        if (!query.asked.value.empty()) return fail(Category::invalid, "a next link says by itself whose it is", "_page");
        query.asked.person = from->person;
    }
    if (!query.asked.person && query.asked.value.empty() && !user.person)
        return fail(Category::invalid, "say whom you mean: patient.identifier=SYSTEM|VALUE", "patient.identifier");
    TRY_ASSIGN(const auto question, question_of(hub, user, query.asked, request));
    TRY_ASSIGN(const auto visible, hub.exchange.visible_holdings(question));

    const Instant now = hub.clock.now();
    ledger::Access access = exchange::access_of(question, now);
    access.action = ledger::Action::search;
    access.query = exchange::kPointersQuery;
    access.permit = visible.general.permit;
    access.rule = rights::id(visible.general.rule);
    access.rules = hub.rules.version;
    access.store_version = visible.seen.number;
    PointerAnswer answer{entries_under_numbers(std::move(access), visible), {}};
    if (!visible.general.permit) {
        answer.written = fail(exchange::denied(visible.general));
        return answer;
    }
    auto found = all_of(visible);
    std::erase_if(found, [&](const FoundPointer& one) {
        return !std::ranges::all_of(query.conditions, [&](const auto& holds) { return holds(one, now); });
    });
    sort_pointers(found, query.sort);
    const auto page = page_of(hub, found, query, from, question.person, user);
    if (!page) {
        answer.written = fail(page.error());
        return answer;
    }
    answer.shown = page->shown.size();
    write_searchset(out, hub, pointers, query, *page);
    return answer;
}

}  // namespace idun::api
