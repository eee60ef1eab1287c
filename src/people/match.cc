#include "people/match.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "search/fold.h"

namespace idun::people {
namespace {

enum class Likeness : std::uint8_t { unknown, same, near, differs };

template <typename Set>
bool meet(const Set& a, const Set& b) {
    return std::ranges::any_of(a, [&](const auto& one) { return b.contains(one); });
}
template <typename Set>
Likeness of_sets(const Set& a, const Set& b) {
    if (a.empty() || b.empty()) return Likeness::unknown;
    return meet(a, b) ? Likeness::same : Likeness::differs;
}

// One digit wrong, or two neighbours changed round.
bool nearly(std::string_view a, std::string_view b) {
    if (a.size() != b.size()) return false;
    std::vector<std::size_t> wrong;
    for (std::size_t i = 0; i < a.size(); ++i)
        if (a[i] != b[i]) wrong.push_back(i);
    if (wrong.size() == 1) return true;
    return wrong.size() == 2 && wrong[1] == wrong[0] + 1 && a[wrong[0]] == b[wrong[1]] && a[wrong[1]] == b[wrong[0]];
}

bool is_dated(const PersonId& id) { return id.kind() == Kind::personal_number || id.kind() == Kind::coordination_number; }

// The birth date within a coordination number has 60 days more: to be compared with a personal number.
std::string birth_part(const PersonId& id) {
    std::string out(id.value().substr(0, 8));
    if (id.kind() == Kind::coordination_number && out[6] >= '6') out[6] = static_cast<char>(out[6] - 6);
    return out;
}

// Two identifiers of one kind and country are two persons, but for a slip of the hand. Of different kinds they may be hers both; a coordination and a personal
// number only when the birth date is the same.
Likeness of_ids(const Traits& a, const Traits& b) {
    Likeness out = Likeness::unknown;
    for (const PersonId& one : a.ids)
        for (const PersonId& other : b.ids) {
            if (one == other) return Likeness::same;
            const bool alike = one.kind() == other.kind() && one.system() == other.system();
            if (alike) out = nearly(one.value(), other.value()) ? Likeness::near : std::max(out, Likeness::differs);
            else if (is_dated(one) && is_dated(other) && birth_part(one) != birth_part(other)) out = Likeness::differs;
        }
    if (out == Likeness::unknown && meet(a.other_ids, b.other_ids)) return Likeness::near;
    return out;
}

// The same; day and month changed round, or one digit wrong; another.
Likeness of_birth(const Traits& a, const Traits& b) {
    if (a.born.empty() || b.born.empty()) return Likeness::unknown;
    if (a.born == b.born) return Likeness::same;
    const bool round = a.born.substr(0, 4) == b.born.substr(0, 4) && a.born.substr(5, 2) == b.born.substr(8, 2) && a.born.substr(8, 2) == b.born.substr(5, 2);
    return round || nearly(a.born, b.born) ? Likeness::near : Likeness::differs;
}

Likeness of_gender(const Traits& a, const Traits& b) {
    for (const Traits* one : {&a, &b})
        if (one->gender.empty() || one->gender == "unknown") return Likeness::unknown;
    return a.gender == b.gender ? Likeness::same : Likeness::differs;
}

// What is compared, and how much it says. Downside: estimates, not learned from errors of registration.
struct Feature {
    Likeness (*compare)(const Traits&, const Traits&);
    int same, near, differs;
};
constexpr std::array kFeatures{
    Feature{of_ids, 12, 5, -8},
    Feature{of_birth, 5, 2, -6},
    Feature{[](const Traits& a, const Traits& b) { return of_sets(a.family, b.family); }, 4, 0, -2},
    Feature{[](const Traits& a, const Traits& b) { return of_sets(a.given, b.given); }, 3, 0, -3},
    Feature{of_gender, 1, 0, -2},
    Feature{[](const Traits& a, const Traits& b) { return of_sets(a.places, b.places); }, 1, 0, 0},
    Feature{[](const Traits& a, const Traits& b) { return of_sets(a.contacts, b.contacts); }, 3, 0, 0},
};
constexpr std::string_view kFirstLivingYear = "1890";
constexpr int kProbable = 12;  // as birth date and both names, or a mistyped number with birth date and a name
constexpr int kPossible = 7;
constexpr int kWhole = 17;     // of all but an identifier that is the same

void add_words(std::string_view text, std::set<std::string>& out) {
    const std::string folded = search::folded(text);
    for (std::size_t from = 0; from < folded.size();) {
        const std::size_t end = std::min(folded.find_first_of(" -", from), folded.size());
        if (end > from) out.insert(folded.substr(from, end - from));
        from = end + 1;
    }
}

}  // namespace

std::string_view to_string(Grade grade) {
    switch (grade) {
        case Grade::certain: return "certain";
        case Grade::probable: return "probable";
        case Grade::possible: return "possible";
        case Grade::certainly_not: return "certainly-not";
    }
    return "";
}

Traits traits_of(json::Value patient, Instant now) {
    Traits out;
    for (const json::Value one : patient["identifier"].elements()) {
        const std::string_view system = one["system"].text(), value = one["value"].text();
        if (value.empty()) continue;
        if (const auto id = identify(system, value, now)) out.ids.push_back(*id);
        else out.other_ids.insert(std::string(system) + "|" + std::string(value));
    }
    for (const json::Value name : patient["name"].elements()) {
        add_words(name["family"].text(), out.family);
        for (const json::Value given : name["given"].elements()) add_words(given.text(), out.given);
    }
    if (patient["birthDate"].text().size() == 10) out.born = patient["birthDate"].text();
    out.gender = patient["gender"].text();
    for (const json::Value address : patient["address"].elements()) {
        std::string code;
        for (const char c : address["postalCode"].text())
            if (c != ' ') code += c;
        if (!code.empty()) out.places.insert(code);
        if (!address["city"].text().empty()) out.places.insert(search::folded(address["city"].text()));
    }
    for (const json::Value telecom : patient["telecom"].elements()) {
        if (telecom["system"].text() == "email") out.contacts.insert(search::lower(telecom["value"].text()));
        if (telecom["system"].text() != "phone") continue;
        std::string digits;
        for (const char c : telecom["value"].text())
            if (c >= '0' && c <= '9') digits += c;
        if (digits.starts_with("46")) digits = "0" + digits.substr(2);
        if (!digits.empty()) out.contacts.insert(digits);
    }
    return out;
}

Traits said_by(const PersonId& id) {
    Traits out;
    out.ids.push_back(id);
    if (!is_dated(id)) return out;
    const std::string born = birth_part(id);
    if (born.substr(0, 4) < kFirstLivingYear) return out;
    // The month or the day of a coordination number may not be known.
    if (born.substr(4, 2) != "00" && born.substr(6, 2) != "00") out.born = born.substr(0, 4) + "-" + born.substr(4, 2) + "-" + born.substr(6, 2);
    out.gender = (id.value()[10] - '0') % 2 == 0 ? "female" : "male";
    return out;
}

Match compare(const Traits& asked, const Traits& candidate) {
    int score = 0;
    for (const Feature& feature : kFeatures) {
        switch (feature.compare(asked, candidate)) {
            case Likeness::unknown: break;
            case Likeness::same: score += feature.same; break;
            case Likeness::near: score += feature.near; break;
            case Likeness::differs: score += feature.differs; break;
        }
    }
    const bool by_id = of_ids(asked, candidate) == Likeness::same;
    const bool contradicted = of_birth(asked, candidate) == Likeness::differs || of_gender(asked, candidate) == Likeness::differs;
    if (by_id && !contradicted) return {Grade::certain, 1};
    const Grade grade = score >= kProbable || by_id ? Grade::probable : score >= kPossible ? Grade::possible : Grade::certainly_not;
    return {grade, std::clamp(static_cast<double>(score) / kWhole, 0.0, 0.99)};
}

std::string score_text(const Match& match) {
    char out[8];
    std::snprintf(out, sizeof out, "%.2f", match.score);
    return out;
}

std::vector<std::string> transposed(std::string_view digits) {
    std::vector<std::string> out;
    for (std::size_t i = 0; i + 1 < digits.size(); ++i) {
        if (digits[i] == digits[i + 1]) continue;
        std::string one(digits);
        std::swap(one[i], one[i + 1]);
        out.push_back(std::move(one));
    }
    return out;
}

}  // namespace idun::people
