#include "index/shown_form.h"

#include <algorithm>
#include <cstring>

#include "fhir/category.h"

namespace idun::index {
namespace {

// A pointer whose texts of one length are all different, so that each shows its place.
const Instant kNewest{1'000'000'000'001};
const Instant kLearned{1'000'000'000'002};
const Instant kHeard{1'000'000'000'003};
const Instant kCategoryHeard{1'000'000'000'004};
constexpr std::string_view kCustodian = ",\"custodian\":";  // where the part of the source begins

crypto::Pseudonym sample_person() {
    crypto::Pseudonym out;
    for (std::size_t i = 0; i < out.bytes.size(); ++i) out.bytes[i] = static_cast<std::uint8_t>(i + 1);
    return out;
}

std::string sample(std::string_view category, const Source& source, bool listed, bool with_category_heard) {
    const Shown shown{kHeard, with_category_heard ? std::optional(kCategoryHeard) : std::nullopt, kLearned, listed};
    json::Writer w;
    write_pointer(w, {sample_person(), std::string(category), kNewest, 0}, source, &shown);
    return w.take();
}

std::size_t place_in(std::string_view text, std::string_view what, std::size_t from = 0) {
    const std::size_t at = text.find(what, from);
    IDUN_CHECK(at != std::string_view::npos);
    return at;
}

void lay(std::string& out, std::size_t at, std::string_view what) { std::memcpy(out.data() + at, what.data(), what.size()); }

void lay(std::string& out, std::size_t at, Instant when) {
    const std::string text = to_iso(when);
    IDUN_CHECK(text.size() == 24);
    lay(out, at, text);
}

}  // namespace

ShownForms::ShownForms() {
    for (const auto category : fhir::kPriorityCategories)
        for (const bool with_category_heard : {false, true}) forms_.push_back(form_of(fhir::to_string(category), with_category_heard));
}

ShownForms::Form ShownForms::form_of(std::string_view category, bool with_category_heard) {
    const Source nobody{"", "", ""};
    const std::string whole = sample(category, nobody, false, with_category_heard);
    Form out{std::string(category), with_category_heard, whole.substr(0, place_in(whole, kCustodian)), {}};
    const std::string id = pointer_id(sample_person(), nobody.provider, category);
    out.ids[0] = place_in(out.text, id);
    out.ids[1] = place_in(out.text, id, out.ids[0] + 1);
    out.person = place_in(out.text, sample_person().text());
    out.newest = place_in(out.text, to_iso(kNewest));
    out.learned = place_in(out.text, to_iso(kLearned));
    out.heard = place_in(out.text, to_iso(kHeard));
    if (with_category_heard) out.category_heard = place_in(out.text, to_iso(kCategoryHeard));
    return out;
}

std::string ShownForms::end_of(const Source& source, bool listed) {
    std::string whole = sample("", source, listed, false);
    whole.erase(0, place_in(whole, kCustodian));  // nothing of the source stands before
    return whole;
}

void ShownForms::append(std::string& out, const ShownPointer& pointer, std::string_view end) const {
    const bool fresh = pointer.category_heard.has_value();
    auto form = std::ranges::find_if(forms_, [&](const Form& one) { return one.with_category_heard == fresh && one.category == pointer.category; });
    std::optional<Form> other;
    if (form == forms_.end()) other = form_of(pointer.category, fresh);
    const Form& here = other ? *other : *form;
    IDUN_CHECK(pointer.id.size() == kPointerIdBytes && pointer.person.size() == crypto::kPseudonymTextBytes);
    const std::size_t at = out.size();
    out += here.text;
    for (const std::size_t id : here.ids) lay(out, at + id, pointer.id);
    lay(out, at + here.person, pointer.person);
    lay(out, at + here.newest, pointer.newest);
    lay(out, at + here.learned, pointer.learned);
    lay(out, at + here.heard, pointer.heard);
    if (fresh) lay(out, at + here.category_heard, *pointer.category_heard);
    out += end;
}

}  // namespace idun::index
