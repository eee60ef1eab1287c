#include "ledger/entry.h"

#include "ledger/internal/text.h"
#include "ledger/internal/text_code.h"
#include "ledger/internal/varint.h"

namespace idun::ledger {
namespace {

struct Named {
    Action action;
    std::string_view text;
};
// On disk.
constexpr Named kActions[] = {{Action::read, "read"},
                              {Action::vread, "vread"},
                              {Action::history, "history"},
                              {Action::search, "search"},
                              {Action::gather, "gather"},
                              {Action::create, "create"},
                              {Action::update, "update"},
                              {Action::remove, "delete"},
                              {Action::transaction, "transaction"},
                              {Action::export_data, "export"},
                              {Action::rights_change, "rights-change"},
                              {Action::login, "login"},
                              {Action::notify, "notify"},
                              {Action::break_glass, "break-glass"}};

constexpr std::uint8_t kFormat = 1;

// On disk: which of the optional parts follow, in this order.
enum Flag : std::uint32_t {
    kPermit = 1u << 0,
    kCare = 1u << 1,
    kUser = 1u << 2,
    kName = 1u << 3,
    kRole = 1u << 4,
    kProvider = 1u << 5,
    kUnit = 1u << 6,
    kUnitOfProvider = 1u << 7,
    kOnBehalf = 1u << 8,
    kPurpose = 1u << 9,
    kRule = 1u << 10,
    kRules = 1u << 11,
    kGlass = 1u << 12,
    kTicket = 1u << 13,
    kStore = 1u << 14,
    kRecords = 1u << 15,
    kSources = 1u << 16,
    kRequest = 1u << 17,
    kQuery = 1u << 18,
    kCountry = 1u << 19,
    kToken = 1u << 20,
    kClient = 1u << 21,
    kActor = 1u << 22,
    kMandate = 1u << 23,
};

tl::unexpected<Error> corrupt(std::string what) { return fail(Category::corrupt, "log entry: " + std::move(what)); }

// Writes texts and remembers when one breaks a bound.
class Encoder {
public:
    Encoder(const Access& access, std::string_view home) : a_(access), text_(home) {}

    Result<std::string> encode() {
        if (a_.records.size() > kRecordsMax) return fail(Category::too_large, "log entry: over 5000 records");
        if (a_.sources.size() > kSourcesMax) return fail(Category::too_large, "log entry: over 1000 sources");
        if (a_.time.ms < 0) return fail(Category::invalid, "log entry: time before 1970");
        out_ += static_cast<char>(kFormat);
        out_ += static_cast<char>(a_.action);
        append_varint(out_, flags());
        requester();
        if (a_.on_behalf_of) add(*a_.on_behalf_of);
        unless_empty(a_.purpose);
        unless_empty(a_.rule);
        unless_empty(a_.rules);
        if (a_.break_glass) {
            add(a_.break_glass->id);
            add(a_.break_glass->ground);
        }
        unless_empty(a_.ticket_id);
        if (a_.store_version != 0) append_varint(out_, a_.store_version);
        records();
        sources();
        unless_empty(a_.request_id);
        unless_empty(a_.query);
        unless_empty(a_.country);
        token();
        if (a_.mandate) {
            add(a_.mandate->id);
            append_varint(out_, a_.mandate->from);
        }
        if (a_.mandate && a_.mandate->id.empty()) return fail(Category::invalid, "log entry: a mandate without an id");
        if (a_.token.actor_id.empty() && !a_.token.actor_name.empty()) return fail(Category::invalid, "log entry: an actor's name without the actor");
        if (!fits_) return fail(Category::invalid, "log entry: a text is over 1024 bytes or not UTF-8");
        if (out_.size() > kAccessBytesMax) return fail(Category::too_large, "log entry: over 65,000 bytes");
        return std::move(out_);
    }

private:
    bool unit_of_provider() const {
        const Actor& who = a_.requester;
        return !who.provider_id.empty() && who.unit_id.starts_with(who.provider_id);
    }
    std::uint32_t flags() const {
        const Actor& who = a_.requester;
        std::uint32_t out = 0;
        const auto set = [&](bool there, Flag flag) { out |= there ? static_cast<std::uint32_t>(flag) : 0u; };
        set(a_.permit, kPermit);
        set(a_.care_relation, kCare);
        set(!who.user_id.empty(), kUser);
        set(!who.name.empty(), kName);
        set(!who.role.empty(), kRole);
        set(!who.provider_id.empty(), kProvider);
        set(!who.unit_id.empty(), kUnit);
        set(unit_of_provider(), kUnitOfProvider);
        set(a_.on_behalf_of.has_value(), kOnBehalf);
        set(!a_.purpose.empty(), kPurpose);
        set(!a_.rule.empty(), kRule);
        set(!a_.rules.empty(), kRules);
        set(a_.break_glass.has_value(), kGlass);
        set(!a_.ticket_id.empty(), kTicket);
        set(a_.store_version != 0, kStore);
        set(!a_.records.empty(), kRecords);
        set(!a_.sources.empty(), kSources);
        set(!a_.request_id.empty(), kRequest);
        set(!a_.query.empty(), kQuery);
        set(!a_.country.empty(), kCountry);
        set(!a_.token.id.empty(), kToken);
        set(!a_.token.client_id.empty(), kClient);
        set(!a_.token.actor_id.empty(), kActor);
        set(a_.mandate.has_value(), kMandate);
        return out;
    }
    void add(std::string_view text) {
        fits_ = fits_ && text.size() <= kTextBytesMax && is_utf8(text);
        if (fits_) text_.append(out_, text);
    }
    void unless_empty(std::string_view text) {
        if (!text.empty()) add(text);
    }
    void requester() {
        const Actor& who = a_.requester;
        for (const std::string* text : {&who.user_id, &who.name, &who.role, &who.provider_id}) unless_empty(*text);
        if (who.unit_id.empty()) return;
        if (who.unit_id.size() > kTextBytesMax) fits_ = false;
        add(std::string_view(who.unit_id).substr(unit_of_provider() ? who.provider_id.size() : 0));
    }
    void token() {
        unless_empty(a_.token.id);
        unless_empty(a_.token.client_id);
        if (a_.token.actor_id.empty()) return;
        add(a_.token.actor_id);
        add(a_.token.actor_name);
    }
    void records() {
        if (a_.records.empty()) return;
        append_varint(out_, a_.records.size());
        for (const Record& r : a_.records)
            for (const std::string* text : {&r.type, &r.id, &r.version, &r.category, &r.provider_id}) add(*text);
    }
    void sources() {
        if (a_.sources.empty()) return;
        append_varint(out_, a_.sources.size());
        for (const Source& s : a_.sources) {
            for (const std::string* text : {&s.provider_id, &s.state, &s.receipt}) add(*text);
            append_varint(out_, s.count);
        }
    }

    const Access& a_;
    const TextCode text_;
    std::string out_;
    bool fits_ = true;
};

// Reads what is there; whether it is said in the one right way is for decode() to find.
class Decoder {
public:
    Decoder(std::string_view bytes, std::string_view home) : in_(bytes), text_(home) {}

    std::optional<Access> decode() {
        if (in_.be<std::uint8_t>() != kFormat) return std::nullopt;
        const auto action = in_.be<std::uint8_t>();
        if (action > static_cast<std::uint8_t>(Action::break_glass)) return std::nullopt;
        out_.action = static_cast<Action>(action);
        flags_ = number();
        out_.permit = has(kPermit);
        out_.care_relation = has(kCare);
        requester();
        if (has(kOnBehalf)) out_.on_behalf_of = text();
        text_if(kPurpose, out_.purpose);
        text_if(kRule, out_.rule);
        text_if(kRules, out_.rules);
        if (has(kGlass)) {
            BreakGlass& glass = out_.break_glass.emplace();
            glass.id = text();
            glass.ground = text();
        }
        text_if(kTicket, out_.ticket_id);
        if (has(kStore)) out_.store_version = number();
        records();
        sources();
        text_if(kRequest, out_.request_id);
        text_if(kQuery, out_.query);
        text_if(kCountry, out_.country);
        text_if(kToken, out_.token.id);
        text_if(kClient, out_.token.client_id);
        if (has(kActor)) {
            out_.token.actor_id = text();
            out_.token.actor_name = text();
        }
        mandate();
        if (!good_ || !in_.done()) return std::nullopt;
        return std::move(out_);
    }

private:
    bool has(Flag flag) const { return (flags_ & flag) != 0; }
    std::uint64_t number() { return read_varint(in_, good_); }
    std::string text() {
        auto read = good_ ? text_.read(in_) : std::nullopt;
        if (!read) good_ = false;
        return read ? std::move(*read) : std::string();
    }
    void text_if(Flag flag, std::string& target) {
        if (has(flag)) target = text();
    }
    void requester() {
        Actor& who = out_.requester;
        text_if(kUser, who.user_id);
        text_if(kName, who.name);
        text_if(kRole, who.role);
        text_if(kProvider, who.provider_id);
        text_if(kUnit, who.unit_id);
        if (has(kUnitOfProvider)) who.unit_id.insert(0, who.provider_id);
    }
    void mandate() {
        if (!has(kMandate)) return;
        Mandate& one = out_.mandate.emplace();
        one.id = text();
        const std::uint64_t from = number();
        if (from > UINT32_MAX) good_ = false;
        one.from = static_cast<std::uint32_t>(from);
    }
    void records() {
        const std::uint64_t count = has(kRecords) ? number() : 0;
        if (count > kRecordsMax) good_ = false;
        for (std::uint64_t i = 0; good_ && i < count; ++i) {
            Record& r = out_.records.emplace_back();
            for (std::string* target : {&r.type, &r.id, &r.version, &r.category, &r.provider_id}) *target = text();
        }
    }
    void sources() {
        const std::uint64_t count = has(kSources) ? number() : 0;
        if (count > kSourcesMax) good_ = false;
        for (std::uint64_t i = 0; good_ && i < count; ++i) {
            Source& s = out_.sources.emplace_back();
            for (std::string* target : {&s.provider_id, &s.state, &s.receipt}) *target = text();
            s.count = number();
        }
    }

    ByteReader in_;
    const TextCode text_;
    std::uint64_t flags_ = 0;
    bool good_ = true;
    Access out_;
};

// Appends the parts of an access that is too large as a whole.
Status halve(const Access& access, std::string_view home, std::vector<std::string>& out) {
    auto whole = encode(access, home);
    if (whole) {
        out.push_back(std::move(*whole));
        return {};
    }
    const std::size_t records = access.records.size(), sources = access.sources.size();
    if (whole.error().category != Category::too_large || (records <= 1 && sources <= 1)) return fail(whole.error());
    Access first = access, second = access;
    first.records.resize(records / 2);
    first.sources.resize(sources / 2);
    second.records.erase(second.records.begin(), second.records.begin() + static_cast<std::ptrdiff_t>(records / 2));
    second.sources.erase(second.sources.begin(), second.sources.begin() + static_cast<std::ptrdiff_t>(sources / 2));
    TRY(halve(first, home, out));
    return halve(second, home, out);
}

}  // namespace

std::string_view to_string(Action action) {
    for (const Named& named : kActions)
        if (named.action == action) return named.text;
    return "";
}

std::optional<Action> action_from(std::string_view text) {
    for (const Named& named : kActions)
        if (named.text == text) return named.action;
    return std::nullopt;
}

std::uint32_t day_of(Instant time) { return time.ms < 0 ? 0 : static_cast<std::uint32_t>(time.ms / 86'400'000); }

Result<std::string> encode(const Access& access, std::string_view home) { return Encoder(access, home).encode(); }

Result<Access> decode(std::string_view bytes, std::string_view home) {
    auto out = bytes.size() <= kAccessBytesMax ? Decoder(bytes, home).decode() : std::nullopt;
    if (!out) return corrupt("malformed");
    // One access has one form: what does not encode back to itself is something else.
    const auto again = encode(*out, home);
    if (!again || *again != bytes) return corrupt("not in the one form of its content");
    return std::move(*out);
}

Result<std::vector<std::string>> encode_parts(const Access& access, std::string_view home) {
    if (access.records.size() > kRecordsMax) return fail(Category::too_large, "log entry: over 5000 records");
    if (access.sources.size() > kSourcesMax) return fail(Category::too_large, "log entry: over 1000 sources");
    std::vector<std::string> out;
    TRY(halve(access, home, out));
    return out;
}

}  // namespace idun::ledger
