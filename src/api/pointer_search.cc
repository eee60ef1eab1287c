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

// A source as every one of its pointers shows it.
struct ShownSource {
    std::string_view provider;
    std::shared_ptr<const std::string> end;
    index::WholeFreshness fresh;

    std::optional<Instant> heard_of(std::string_view category) const {
        const auto found = std::ranges::find(fresh.categories, category, &index::CategoryFreshness::category);
        return found != fresh.categories.end() ? std::optional(found->heard) : std::nullopt;
    }
};

// The entries of a searchset, one after the other, each as {"fullUrl": …, "resource": …, "search": {"mode": "match"}}.
class ShownEntries {
public:
    explicit ShownEntries(const Hub& hub) : hub_(hub) {
        json::append_quoted(before_, hub.base_url + "/DocumentReference/");
        before_.pop_back();  // the id follows, and needs no escapes
    }

    std::string of(std::span<const FoundPointer> found) {
        std::string out;
        out.reserve(found.size() * kEntryBytes + 2);
        for (const FoundPointer& one : found) {
            out += out.empty() ? '[' : ',';
            append(out, one);
        }
        out += ']';
        return out;
    }

private:
    static constexpr std::size_t kEntryBytes = 1280;  // about

    void append(std::string& out, const FoundPointer& one) {
        const ShownSource& source = source_of(one.provider);
        if (person_text_.empty() || person_ != one.number) person_text_ = (person_ = one.number).text();
        out.append("{\"fullUrl\":").append(before_).append(one.id).append("\",\"resource\":");
        hub_.pointer_forms.append(out, {one.id, person_text_, one.category, one.newest, one.learned, source.fresh.source.heard, source.heard_of(one.category)},
                                  *source.end);
        out += ",\"search\":{\"mode\":\"match\"}}";
    }

    const ShownSource& source_of(std::string_view provider) {
        const auto known = std::ranges::find(sources_, provider, &ShownSource::provider);
        if (known != sources_.end()) return *known;
        return sources_.emplace_back(ShownSource{provider, hub_.pointer_sources.end_of(hub_.directory, provider), hub_.index.whole_freshness(provider)});
    }

    const Hub& hub_;
    std::string before_;
    std::vector<ShownSource> sources_;
    crypto::Pseudonym person_;
    std::string person_text_;
};

struct PageOfPointers {
    std::span<const FoundPointer> shown;
    std::size_t total = 0;
    std::string next;  // the sealed word; "": this is the last
};

std::string searchset(const Hub& hub, const PointerQuery& query, const PageOfPointers& page) {
    const std::string base = hub.base_url + "/DocumentReference" + query.self;
    const auto with_page = [&](const std::string& word) { return base + (query.self.empty() ? "?_page=" : "&_page=") + word; };
    json::Writer w;
    w.object().member("resourceType", "Bundle").member("type", "searchset").member("total", page.total);
    w.name("link").array().object().member("relation", "self").member("url", query.page.empty() ? base : with_page(query.page)).end();
    if (!page.next.empty()) w.object().member("relation", "next").member("url", with_page(page.next)).end();
    w.end();
    if (!page.shown.empty()) w.name("entry").raw(ShownEntries(hub).of(page.shown));  // FHIR knows no empty arrays
    w.end();
    return w.take();
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
                                      const http::Request& request) {
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
    PointerAnswer out{entries_under_numbers(access, visible), {}};
    if (!visible.general.permit) {
        out.body = fail(exchange::denied(visible.general));
        return out;
    }
    auto found = all_of(visible);
    std::erase_if(found, [&](const FoundPointer& one) {
        return !std::ranges::all_of(query.conditions, [&](const auto& holds) { return holds(one, now); });
    });
    sort_pointers(found, query.sort);
    const auto page = page_of(hub, found, query, from, question.person, user);
    if (!page) {
        out.body = fail(page.error());
        return out;
    }
    out.shown = page->shown.size();
    out.body = searchset(hub, query, *page);
    return out;
}

}  // namespace idun::api
