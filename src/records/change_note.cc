#include "records/change_note.h"

#include <algorithm>
#include <map>

#include "records/internal/bytes.h"

namespace idun::records {
namespace {

constexpr std::string_view kMagic = "IRN1";
constexpr std::uint8_t kKindBits = 3;
constexpr std::uint8_t kMoved = 4;

void put_strings(std::string& out, const std::vector<std::string>& strings) {
    put_varint(out, strings.size());
    for (const std::string& text : strings) put_string(out, text);
}

std::vector<std::string> strings(ByteReader& in) {
    std::vector<std::string> out;
    for (std::uint64_t left = in.count(); left > 0 && in.ok(); --left) out.emplace_back(in.string());
    return out;
}

// The place of each name in a list without repetitions.
class Places {
public:
    std::uint64_t of(const std::string& name) {
        const auto [at, added] = places_.emplace(name, names_.size());
        if (added) names_.push_back(name);
        return at->second;
    }
    const std::vector<std::string>& names() const { return names_; }

private:
    std::map<std::string, std::uint64_t> places_;
    std::vector<std::string> names_;
};

tl::unexpected<Error> malformed() { return fail(Category::corrupt, "a change note of records is malformed"); }

bool known(fhir::PriorityCategory category) {
    return std::ranges::find(fhir::kPriorityCategories, category) != fhir::kPriorityCategories.end();
}

bool read_write(ByteReader& in, const std::vector<std::string>& types, const std::vector<NotedPerson>& persons,
                NotedWrite& out) {
    const std::uint8_t kind = in.byte();
    out.kind = static_cast<WriteKind>(kind & kKindBits);
    out.moved = (kind & kMoved) != 0;
    const std::uint64_t type = in.varint();
    out.id = in.string();
    out.version = in.varint();
    out.last_updated.ms = in.i64();
    const std::uint64_t person = in.varint();
    out.category = static_cast<fhir::PriorityCategory>(in.byte());
    if (out.moved) {
        out.previous_patient = in.string();
        out.previous_category = static_cast<fhir::PriorityCategory>(in.byte());
    }
    const bool fits = in.ok() && type < types.size() && person <= persons.size() && (kind & kKindBits) != 0 &&
                      (kind & ~(kKindBits | kMoved)) == 0 && known(out.category) && known(out.previous_category);
    if (!fits) return false;
    out.type = types[type];
    if (person > 0) out.patient = persons[person - 1].patient;
    return true;
}

}  // namespace

std::string encode(const ChangeNote& note) {
    std::string out(kMagic);
    std::map<std::string_view, std::uint64_t> person_places;  // from 1
    put_varint(out, note.persons.size());
    for (const NotedPerson& person : note.persons) {
        person_places.emplace(person.patient, person_places.size() + 1);
        put_string(out, person.patient);
        out += static_cast<char>(person.repoint ? 1 : 0);
        put_strings(out, person.pseudonyms);
        if (person.repoint) put_strings(out, person.before);
    }
    Places types;
    std::string writes;
    for (const NotedWrite& write : note.writes) {
        writes += static_cast<char>(static_cast<std::uint8_t>(write.kind) | (write.moved ? kMoved : 0));
        put_varint(writes, types.of(write.type));
        put_string(writes, write.id);
        put_varint(writes, write.version);
        put_u64(writes, static_cast<std::uint64_t>(write.last_updated.ms));
        const auto person = person_places.find(write.patient);
        IDUN_CHECK(write.patient.empty() || person != person_places.end());
        put_varint(writes, write.patient.empty() ? 0 : person->second);
        writes += static_cast<char>(write.category);
        if (!write.moved) continue;
        put_string(writes, write.previous_patient);
        writes += static_cast<char>(write.previous_category);
    }
    put_strings(out, types.names());
    put_varint(out, note.writes.size());
    return std::move(out.append(writes));
}

Result<ChangeNote> decode_change_note(std::string_view bytes) {
    if (!bytes.starts_with(kMagic)) return fail(Category::unsupported, "this is not a change note of records");
    ByteReader in(bytes.substr(kMagic.size()));
    ChangeNote out;
    for (std::uint64_t left = in.count(); left > 0 && in.ok(); --left) {
        NotedPerson person;
        person.patient = in.string();
        const std::uint8_t flags = in.byte();
        if (flags > 1) return malformed();
        person.repoint = flags == 1;
        person.pseudonyms = strings(in);
        if (person.repoint) person.before = strings(in);
        out.persons.push_back(std::move(person));
    }
    const std::vector<std::string> types = strings(in);
    for (std::uint64_t left = in.count(); left > 0 && in.ok(); --left) {
        NotedWrite write;
        if (!read_write(in, types, out.persons, write)) return malformed();
        out.writes.push_back(std::move(write));
    }
    if (!in.ok() || !in.rest().empty()) return malformed();
    return out;
}

}  // namespace idun::records
