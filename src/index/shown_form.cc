#include "index/shown_form.h"

#include <algorithm>
#include <cstring>

#include "base/iso.h"
#include "fhir/category.h"

namespace idun::index {
namespace {

// A pointer whose texts of one length are all different, so that each shows its place.
const Instant kNewest{1'000'000'000'001};
const Instant kLearned{1'000'000'000'002};
const Instant kHeard{1'000'000'000'003};
const Instant kCategoryHeard{1'000'000'000'004};

crypto::Pseudonym sample_person() {
    crypto::Pseudonym out;
    for (std::size_t i = 0; i < out.bytes.size(); ++i) out.bytes[i] = static_cast<std::uint8_t>(i + 1);
    return out;
}

// Where the part of the source begins: with the custodian, or with what is always there.
std::size_t end_in(std::string_view pointer) {
    const std::size_t custodian = pointer.find(",\"custodian\":");
    const std::size_t out = custodian != std::string_view::npos ? custodian : pointer.find(",\"content\":");
    IDUN_CHECK(out != std::string_view::npos);
    return out;
}

void lay(std::string& out, std::size_t form, std::size_t place, std::string_view what) {
    if (place != std::string::npos) std::memcpy(out.data() + form + place, what.data(), what.size());
}

void lay(std::string& out, std::size_t form, std::size_t place, Instant time) {
    if (place != std::string::npos) write_iso(out.data() + form + place, time);
}

}  // namespace

ShownForms::ShownForms(Cut cut) : cut_(std::move(cut)) {
    for (const auto category : fhir::kPriorityCategories)
        for (const bool with_category_heard : {false, true}) forms_.push_back(form_of(fhir::to_string(category), with_category_heard));
}

std::string ShownForms::sample(std::string_view category, const Source& source, bool listed, bool with_category_heard) const {
    const Shown shown{kHeard, with_category_heard ? std::optional(kCategoryHeard) : std::nullopt, kLearned, listed};
    json::Writer w;
    write_pointer(w, {sample_person(), std::string(category), kNewest, 0}, source, &shown);
    return cut_ ? cut_(w.take()) : w.take();
}

ShownForms::Form ShownForms::form_of(std::string_view category, bool with_category_heard) const {
    const Source nobody{"", "", ""};
    const std::string whole = sample(category, nobody, false, with_category_heard);
    Form out{std::string(category), with_category_heard, whole.substr(0, end_in(whole)), {}};
    const std::string id = pointer_id(sample_person(), nobody.provider, category);
    out.ids[0] = out.text.find(id);
    IDUN_CHECK(out.ids[0] != std::string::npos);
    out.ids[1] = out.text.find(id, out.ids[0] + 1);
    out.person = out.text.find(sample_person().text());
    out.newest = out.text.find(to_iso(kNewest));
    out.learned = out.text.find(to_iso(kLearned));
    out.heard = out.text.find(to_iso(kHeard));
    out.category_heard = out.text.find(to_iso(kCategoryHeard));
    return out;
}

std::string ShownForms::end_of(const Source& source, bool listed) const {
    std::string whole = sample("", source, listed, false);
    whole.erase(0, end_in(whole));  // nothing of the source stands before
    return whole;
}

void ShownForms::append(std::string& out, const ShownPointer& pointer, std::string_view end) const {
    const bool heard = pointer.category_heard.has_value();
    auto form = std::ranges::find_if(forms_, [&](const Form& one) { return one.with_category_heard == heard && one.category == pointer.category; });
    std::optional<Form> other;
    if (form == forms_.end()) other = form_of(pointer.category, heard);
    const Form& here = other ? *other : *form;
    IDUN_CHECK(pointer.id.size() == kPointerIdBytes && pointer.person.size() == crypto::kPseudonymTextBytes);
    const std::size_t at = out.size();
    out += here.text;
    for (const std::size_t id : here.ids) lay(out, at, id, pointer.id);
    lay(out, at, here.person, pointer.person);
    lay(out, at, here.newest, pointer.newest);
    lay(out, at, here.learned, pointer.learned);
    lay(out, at, here.heard, pointer.heard);
    if (heard) lay(out, at, here.category_heard, *pointer.category_heard);
    out += end;
}

}  // namespace idun::index
