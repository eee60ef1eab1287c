#include "exchange/connection_report.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <set>

#include "base/bytes.h"
#include "exchange/people_counted.h"
#include "exchange/tables.h"
#include "fhir/category.h"
#include "json/document.h"

namespace idun::exchange {
namespace {

const std::string kNationalRows = "natfigurN";
constexpr std::size_t kTypesMax = 200;
constexpr std::size_t kMeasuresMax = 100;
constexpr std::size_t kTextBytesMax = 2'000;
constexpr std::uint64_t kEntriesMax = 20'000'000;  // of logs, looked at
constexpr std::uint64_t kCasesGapMax = 100;        // numbers that were let go

tl::unexpected<Error> wrong_figure(std::string_view member, std::string why) { return fail(Category::invalid, std::move(why), std::string(member)); }

Result<std::optional<std::uint64_t>> whole_number(json::Value value, std::string_view member) {
    if (!value) return std::optional<std::uint64_t>();
    std::uint64_t out = 0;
    const std::string_view text = value.text();
    const auto read = std::from_chars(text.data(), text.data() + text.size(), out);
    if (value.kind() != json::Kind::number || read.ec != std::errc() || read.ptr != text.data() + text.size() || out == 0 || out > 1'000'000'000)
        return wrong_figure(member, "a whole number from 1 to 1,000,000,000");
    return std::optional(out);
}

Result<std::string> short_text(json::Value value, std::string_view member) {
    if (!value.is_string() || value.text().empty() || value.text().size() > kTextBytesMax) return wrong_figure(member, "a text of 1 to 2000 bytes");
    return std::string(value.text());
}

Result<NationalFigures::ProviderType> provider_type(json::Value value) {
    for (const json::Member& member : value.members())
        if (member.name != "code" && member.name != "name" && member.name != "total") return wrong_figure("providerTypes", "a type has code, name and total");
    NationalFigures::ProviderType out;
    TRY_ASSIGN(out.code, short_text(value["code"], "providerTypes.code"));
    TRY_ASSIGN(out.name, short_text(value["name"], "providerTypes.name"));
    TRY_ASSIGN(out.total, whole_number(value["total"], "providerTypes.total"));
    return out;
}

std::string type_of(const directory::Resource& organization) {
    const std::string_view code = organization.root()["type"][0]["coding"][0]["code"].text();
    return std::string(code.empty() ? "unknown" : code);
}

bool is_active_now(const directory::Resource& organization) {
    const json::Value active = organization.root()["active"];
    return active.kind() != json::Kind::boolean || active.boolean();
}

ProvidersByType connected_in(const directory::View& view, Instant at) {
    ProvidersByType out;
    for (const directory::ResourcePtr& one : view.of(directory::Type::organization)) {
        if (one->root()["partOf"] || !is_active_now(*one)) continue;
        const auto endpoint = view.find(directory::Type::endpoint, one->id);
        if (endpoint && endpoint->root()["status"].text() == "active" && directory::is_in_force(*endpoint, at)) out[type_of(*one)].push_back(one->id);
    }
    return out;
}

// Builds the list of figures.
class Reporter {
public:
    Reporter(const ReportParts& parts, Instant from, Instant to) : parts_(parts) { report_.from = from, report_.to = to; }

    Result<ConnectionReport> report() {
        TRY_ASSIGN(const auto snapshot, parts_.store.snapshot());
        TRY_ASSIGN(national_, newest_national_figures(*snapshot));
        report_.national = national_.version;
        report_.directory_number = parts_.directory.number_at({report_.to.ms - 1});
        TRY_ASSIGN(const auto view, parts_.directory.view_at(report_.directory_number));
        connected_ = connected_in(view, {report_.to.ms - 1});
        count_people();
        measures();
        access();
        TRY(requests());
        providers();
        TRY(volumes());
        TRY(non_compliance());
        return std::move(report_);
    }

private:
    bool in_period(Instant time) const { return time >= report_.from && time < report_.to; }
    Figure& add(std::string measure, std::string name, std::string of, std::string from) {
        return report_.figures.emplace_back(Figure{.measure = std::move(measure), .name = std::move(name), .of = std::move(of), .from = std::move(from)});
    }

    void count_people() {
        auto counted = people_at(parts_.index, connected_);
        if (counted) people_ = std::move(*counted);
        else if (counted.error().category == Category::busy) people_unknown_ = "the index is being read into memory; ask again soon";
        else people_unknown_ = "the index could not be read: " + counted.error().message;
    }

    void measures() {
        for (const std::string& text : national_.measures) add("a", "measure-taken", "", "written by the operator").text = text;
        if (national_.measures.empty()) add("a", "measure-taken", "", "written by the operator").unknown = "the operator has written none";
    }

    void share_of_people(Figure& figure, std::uint64_t count) const {
        figure.about_people = true;
        figure.unknown = people_unknown_;
        if (people_unknown_.empty()) figure.count = count;
        figure.out_of = national_.population;
        if (!national_.population && figure.unknown.empty()) figure.unknown = "share: the operator has not written how many people there are";
    }

    void access() {
        const std::string from = "people with a pointer in the index from a connected provider, when the report was made";
        share_of_people(add("b", "people-with-access", "", from), people_.all);
        for (const fhir::PriorityCategory category : fhir::kPriorityCategories) {
            const std::string word(fhir::to_string(category));
            const auto found = people_.by_category.find(word);
            share_of_people(add("b", "people-with-access", word, from), found == people_.by_category.end() ? 0 : found->second);
        }
    }

    Status requests() {
        std::array<std::uint64_t, 4> by_status{};
        std::uint64_t received = 0, right = 0, forwarded = 0, gap = 0;
        for (std::uint64_t number = 1; gap < kCasesGapMax; ++number) {
            const auto one = parts_.cases.find(number);
            if (!one && one.error().category != Category::not_found) return fail(one.error());
            gap = one ? 0 : gap + 1;
            if (!one || one->kind != CaseKind::complaint || !in_period(one->steps.front().time)) continue;
            ++received;
            right += one->category == "right";
            forwarded += !one->forwarded.empty();
            ++by_status[static_cast<std::size_t>(one->status())];
        }
        const std::string from = "complaints that came to the hub within the period, as they stood when the report was made";
        const auto count = [&](std::string name, std::string of, std::uint64_t value) {
            Figure& figure = add("c", std::move(name), std::move(of), from);
            figure.count = value;
            figure.about_people = true;
        };
        count("requests-received", "", received);
        count("requests-received", "right", right);
        count("requests-forwarded", "", forwarded);
        for (const CaseStatus status : {CaseStatus::received, CaseStatus::in_progress, CaseStatus::completed, CaseStatus::rejected})
            count("requests", std::string(to_string(status)), by_status[static_cast<std::size_t>(status)]);
        add("c", "requests-at-providers", "", "requests that people send to providers").unknown = "they do not come to the hub";
        return {};
    }

    void providers() {
        std::set<std::string> types;
        for (const auto& [type, all] : connected_) types.insert(type);
        for (const NationalFigures::ProviderType& type : national_.types) types.insert(type.code);
        for (const std::string& type : types) {
            const auto known = std::ranges::find(national_.types, type, &NationalFigures::ProviderType::code);
            const auto connected = connected_.find(type);
            Figure& figure = add("d", "providers-connected", type, "active Organizations of that type with an active Endpoint, as the directory stood at the end of the period");
            figure.count = connected == connected_.end() ? 0 : connected->second.size();
            if (known != national_.types.end()) figure.out_of = known->total;
            if (!figure.out_of) figure.unknown = "share: the operator has not written how many providers of that type there are";
            const auto people = people_.by_type.find(type);
            share_of_people(add("d", "people-who-can-use", type, "people with a pointer in the index from a connected provider of that type, when the report was made"),
                            people == people_.by_type.end() ? 0 : people->second);
        }
    }

    // What nodes' logs say was disclosed to others, with a ticket.
    Status volumes() {
        std::map<std::string, std::uint64_t> home, abroad;
        TRY_ASSIGN(const bool whole, parts_.accesses.each_since(report_.from, kEntriesMax, [&](const LoggedEntry& one) {
            const ledger::Access& access = one.entry.access;
            if (!in_period(access.time) || !access.permit || access.ticket_id.empty() ||
                ledger::owner_of(one.log_id) == parts_.hub)
                return true;
            for (const ledger::Record& record : access.records)
                ++(access.country.empty() ? home : abroad)[record.category];
            return true;
        }));
        const std::string from = "records that nodes' logs say were disclosed to others with a ticket within the period";
        const auto by_category = [&](const std::string& name, std::map<std::string, std::uint64_t>& counted) {
            for (const fhir::PriorityCategory category : fhir::kPriorityCategories) {
                Figure& figure = add("e", name, std::string(fhir::to_string(category)), from);
                if (whole) figure.count = counted[figure.of];
                else figure.unknown = "there are more than 20 million entries since the period began";
            }
        };
        by_category("records-shared-across-borders", abroad);
        by_category("records-shared-at-home", home);
        return {};
    }

    Status non_compliance() {
        TRY_ASSIGN(const auto accounts, parts_.accesses.accounts());
        std::map<std::string, std::uint64_t> faults;
        std::uint64_t missing = 0;
        for (const LogAccount& account : accounts) {
            for (const FaultSeen& seen : account.faults)
                if (in_period(seen.first)) ++faults[std::string(to_string(seen.fault))];
            if (account.missing_since && in_period(*account.missing_since)) ++missing;
        }
        const std::string logs = "logs of nodes that were first seen to break a rule within the period";
        for (const auto& [fault, count] : faults) add("f", "log-faults", fault, logs).count = count;
        if (faults.empty()) add("f", "log-faults", "", logs).count = 0;
        add("f", "logs-with-missing-entries", "", "logs of which a receipt has had no entry since within the period").count = missing;
        const auto withdrawn = parts_.withdrawals.all();
        add("f", "providers-withdrawn", "", "providers that the operator withdrew within the period").count =
            static_cast<std::uint64_t>(std::ranges::count_if(withdrawn, [&](const Withdrawal& one) { return in_period(one.since); }));
        add("f", "decisions-of-authorities", "", "decisions of supervisory authorities").unknown = "they do not come to the hub";
        return {};
    }

    const ReportParts& parts_;
    ConnectionReport report_;
    NationalFigures national_;
    ProvidersByType connected_;
    PeopleCounted people_;
    std::string people_unknown_;  // why they could not be counted
};

}  // namespace

Result<ConnectionReport> connection_report(const ReportParts& parts, Instant from, Instant to) { return Reporter(parts, from, to).report(); }

Result<NationalFigures> national_figures_from(std::string_view text) {
    if (text.size() > kNationalBytesMax) return fail(Category::too_large, "at most 64 KiB");
    TRY_ASSIGN(const auto document, json::Document::parse(text));
    const json::Value root = document.root();
    for (const json::Member& member : root.members())
        if (member.name != "population" && member.name != "measures" && member.name != "providerTypes" && member.name != "source") return wrong_figure(member.name, "not known here");
    NationalFigures out;
    TRY_ASSIGN(out.population, whole_number(root["population"], "population"));
    TRY_ASSIGN(out.source, short_text(root["source"], "source"));
    if (root["measures"].size() > kMeasuresMax || root["providerTypes"].size() > kTypesMax) return wrong_figure("measures", "at most 100 measures and 200 types");
    for (const json::Value one : root["measures"].elements()) {
        TRY_ASSIGN(out.measures.emplace_back(), short_text(one, "measures"));
    }
    for (const json::Value one : root["providerTypes"].elements()) {
        TRY_ASSIGN(auto type, provider_type(one));
        if (std::ranges::find(out.types, type.code, &NationalFigures::ProviderType::code) != out.types.end()) return wrong_figure("providerTypes.code", "a code comes once");
        out.types.push_back(std::move(type));
    }
    return out;
}

Result<std::uint64_t> write_national_figures(store::Store& store, std::string_view text) {
    TRY(national_figures_from(text));
    TRY_ASSIGN(const auto snapshot, store.snapshot());
    TRY_ASSIGN(const NationalFigures newest, newest_national_figures(*snapshot));
    std::string key = kNationalRows;
    append_be(key, newest.version + 1);
    store::Batch batch;
    batch.expect(key, std::nullopt);
    batch.put(key, std::string(text));
    TRY(store.commit(std::move(batch)));
    return newest.version + 1;
}

Result<NationalFigures> newest_national_figures(const store::Snapshot& snapshot) {
    store::Range range = store::prefix_range(kNationalRows);
    range.reverse = true;
    TRY_ASSIGN(const auto rows, snapshot.scan(range, {.entries_max = 1}));
    if (rows.entries.empty()) return NationalFigures();
    auto out = national_figures_from(rows.entries.front().value);
    if (!out) return fail(Category::corrupt, "the national figures cannot be read");
    out->version = ByteReader(std::string_view(rows.entries.front().key).substr(kNationalRows.size())).be<std::uint64_t>();
    return out;
}

store::Table figures_table() {
    return {.name = "report.national-figures", .prefix = kNationalRows, .check = [](std::string_view key, std::string_view value, store::Owed& owed) -> Status {
                ByteReader place(key.substr(kNationalRows.size()));
                const auto version = place.be<std::uint64_t>();
                if (!place.done() || version == 0 || !national_figures_from(value)) return fail(Category::corrupt, "the national figures cannot be read");
                std::string before = kNationalRows;
                append_be(before, version - 1);
                if (version > 1) owed.row(std::move(before), "the figures before them are missing");
                return {};
            }};
}

}  // namespace idun::exchange
