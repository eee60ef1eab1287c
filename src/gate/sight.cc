#include "gate/sight.h"

#include <algorithm>

#include "gate/record_of.h"

namespace idun::gate {
namespace {

constexpr std::size_t kKnownMax = 10'000;  // persons kept; an export sees all there are

}  // namespace

std::shared_ptr<Sight> Sights::of(Staff staff, std::optional<Glass> glass) const {
    if (!rights_.has_inner_blocks()) return nullptr;
    return std::make_shared<Sight>(*this, std::move(staff), std::move(glass));
}

records::Visible Sights::visible_to(Staff staff) const {
    auto sight = of(std::move(staff));
    if (sight == nullptr) return {};
    return [sight = std::move(sight)](const records::Touched& touched) { return sight->sees(touched); };
}

Sight::Sight(const Sights& by, Staff staff, std::optional<Glass> glass)
    : by_(by), staff_(std::move(staff)), glass_(std::move(glass)) {
    if (glass_) broken_ = rights::BreakGlass{.id = glass_->id, .ground = glass_->ground, .until = glass_->until};
    // Without a snapshot nobody's choices can be known, and all is hidden.
    if (auto snapshot = by_.records_.snapshot()) snapshot_ = std::move(*snapshot);
}

Result<Sight::Persons> Sight::read(const std::string& patient) {
    if (snapshot_ == nullptr) return fail(Category::unavailable, "the store cannot be read");
    TRY_ASSIGN(const auto pseudonyms, by_.records_.persons_behind(patient, *snapshot_));
    Persons out;
    for (const std::string& bytes : pseudonyms) {
        const auto pseudonym = crypto::Pseudonym::from(bytes);
        if (!pseudonym) continue;
        TRY_ASSIGN(auto facts, by_.rights_.known_of(*pseudonym));
        if (facts.blocks.empty()) continue;
        const bool broken = broken_ && glass_->patient == patient;
        // Whoever breaks a glass at her own node says by it that she cares for the person.
        const rights::Request request{.now = by_.clock_.now(),
                                      .purpose = rights::Purpose::TREAT,
                                      .role = staff_.role,
                                      .user_id = staff_.user_id,
                                      .provider_id = by_.provider_id_,
                                      .unit_id = staff_.unit_id,
                                      .care = broken ? rights::Care::declared : rights::Care::none,
                                      .break_glass = broken ? &*broken_ : nullptr};
        auto held = std::make_unique<rights::PersonFacts>(std::move(facts));
        const rights::Facts view = held->facts();
        out.push_back(std::make_unique<Person>(Person{std::move(held), rights::Judge(request, view, by_.rules_)}));
    }
    return out;
}

const Sight::Persons* Sight::persons_of(const std::string& patient) {
    auto at = known_.find(patient);
    if (at == known_.end()) {
        if (known_.size() >= kKnownMax) known_.clear();
        auto persons = read(patient);
        at = known_.emplace(patient, persons ? std::optional(std::move(*persons)) : std::nullopt).first;
    }
    return at->second ? &*at->second : nullptr;
}

bool Sight::sees(const records::Touched& touched, const std::string& patient) {
    const Persons* persons = persons_of(patient);
    if (persons == nullptr) return false;
    if (persons->empty()) return true;
    std::string entry;
    const rights::Record record = record_of(touched, by_.provider_id_, entry);
    for (const auto& person : *persons) {
        const rights::Decision decision = person->judge(record);
        if (decision.rule == rights::Rule::inner_block) return false;
        if (decision.rule == rights::Rule::break_glass_inner) opened_.emplace(touched.type, touched.id);
    }
    return true;
}

bool Sight::sees(const records::Touched& touched) {
    if (touched.type == "Patient" || touched.patient.empty()) return true;
    return sees(touched, touched.patient) &&
           std::ranges::all_of(touched.other_patients, [&](const std::string& other) { return sees(touched, other); });
}

bool Sight::opened(const records::Touched& touched) const { return opened_.contains({touched.type, touched.id}); }

}  // namespace idun::gate
