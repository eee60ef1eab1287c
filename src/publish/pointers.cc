#include "publish/pointers.h"

#include <map>
#include <set>

#include "publish/own_pointers.h"
#include "records/change_note.h"

namespace idun::publish {
namespace {

using fhir::PriorityCategory;

class Collector {
public:
    Collector(const records::Records& records, const store::Snapshot& snapshot)
        : records_(records), snapshot_(snapshot) {}

    Status add(const records::ChangeNote& note, store::Version version) {
        std::map<std::string_view, const records::NotedPerson*> persons;
        for (const records::NotedPerson& person : note.persons) {
            persons[person.patient] = &person;
            if (person.repoint) repoint(person);
        }
        for (const records::NotedWrite& write : note.writes) {
            if (write.moved && !write.previous_patient.empty())
                TRY(recompute_patient(write.previous_patient, write.previous_category));
            // A Patient alone says nothing about care; who she is arrives as `repoint`.
            if (write.type == "Patient") continue;
            const auto person = persons.find(write.patient);
            if (person == persons.end()) continue;
            for (const std::string& pseudonym : person->second->pseudonyms) {
                if (write.kind == records::WriteKind::remove) look_again_[pseudonym].insert(write.category);
                else newer(pseudonym, write.category, write.last_updated, version);
            }
        }
        return {};
    }

    Result<std::vector<index::Pointer>> finish() {
        for (const auto& [pseudonym, emptied] : look_again_) TRY(recompute(pseudonym, emptied));
        std::vector<index::Pointer> out;
        for (const auto& [key, pointer] : pointers_) out.push_back(pointer);
        return out;
    }

private:
    void newer(const std::string& pseudonym, PriorityCategory category, Instant newest, store::Version version,
               bool withdrawn = false) {
        const auto person = crypto::Pseudonym::from(pseudonym);
        if (!person) return;
        index::Pointer& slot = pointers_[{pseudonym, category}];
        if (slot.source_version > version.number) return;
        slot = {*person, std::string(fhir::to_string(category)), newest, version.number, withdrawn};
    }

    // The person's identifiers changed: everything of the patient goes to the new ones, and away from the old.
    void repoint(const records::NotedPerson& person) {
        for (const std::string& pseudonym : person.pseudonyms) look_again_[pseudonym];
        for (const std::string& pseudonym : person.before)
            look_again_[pseudonym].insert(fhir::kPriorityCategories.begin(), fhir::kPriorityCategories.end());
    }

    Status recompute_patient(const std::string& patient, PriorityCategory category) {
        TRY_ASSIGN(const auto pseudonyms, records_.pseudonyms_of(patient, snapshot_));
        for (const std::string& pseudonym : pseudonyms) look_again_[pseudonym].insert(category);
        return {};
    }

    // What there is now under the pseudonym; of `emptied`, what is not there any more is withdrawn.
    Status recompute(const std::string& pseudonym, const std::set<PriorityCategory>& emptied) {
        TRY_ASSIGN(const auto held, held_under(pseudonym, records_, snapshot_));
        for (const auto& [category, newest] : held) newer(pseudonym, category, newest, snapshot_.version());
        for (const PriorityCategory category : emptied)
            if (!held.contains(category)) newer(pseudonym, category, {}, snapshot_.version(), true);
        return {};
    }

    const records::Records& records_;
    const store::Snapshot& snapshot_;
    std::map<std::pair<std::string, PriorityCategory>, index::Pointer> pointers_;
    std::map<std::string, std::set<PriorityCategory>> look_again_;  // pseudonym -> may have become empty
};

}  // namespace

Result<std::vector<index::Pointer>> pointers_of(std::span<const store::Change> changes, const records::Records& records,
                                                const store::Snapshot& snapshot) {
    Collector collector(records, snapshot);
    for (const store::Change& change : changes) {
        const auto note = records::decode_change_note(change.note);
        if (!note && note.error().category == Category::unsupported) continue;
        if (!note) return fail(note.error());
        TRY(collector.add(*note, change.version));
    }
    return collector.finish();
}

}  // namespace idun::publish
