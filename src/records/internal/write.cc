// Writing: check, stage into one batch, commit, try again when somebody was faster.
#include <algorithm>
#include <map>
#include <unordered_map>

#include "fhir/resource_id.h"
#include "fhir/structure.h"
#include "records/internal/impl.h"
#include "records/internal/rewrite.h"

namespace idun::records {
namespace {

using Action = PendingWrite::Action;
using fhir::IssueCode;

constexpr std::size_t kBodyInRowMax = 16'384;

Outcome id_taken(const std::string& path) {
    return refused(409, IssueCode::conflict, "this id cannot be used: let the server choose one",
                   path.empty() ? "" : below(path, "resource.id"));
}

// Everything one write needs, from staging to the batch.
struct Staged {
    std::string locator_key;
    std::optional<std::string> locator_value;
    std::optional<Locator> locator;
    std::string old_value;  // of the resource row; "" when there is none
    bool hidden = false;    // the writer may not see what is there
    Header header;          // new
    std::vector<IndexValue> index;  // new
};

// Turns pending writes into one batch and its change note, on one snapshot.
class Stage {
public:
    Stage(const Records::Impl& records, std::span<PendingWrite> writes, const ReferenceMap& references,
          const store::Snapshot& snapshot, const Context& context, bool renaming)
        : records_(records),
          writes_(writes),
          references_(references),
          snapshot_(snapshot),
          context_(context),
          renaming_(renaming),
          staged_(writes.size()),
          now_(records.clock.now()) {}

    Or<store::Batch> run();

private:
    struct Person {
        std::string locator_key;
        std::optional<std::string> locator_value;
        std::optional<std::size_t> write;      // of this batch that writes the Patient
        std::vector<std::string> before;       // pseudonyms in the snapshot
    };

    Or<void> extract();
    Status read_locators();
    Status read_old_rows();
    Status hide();
    Or<void> check_preconditions() const;
    void collect_persons();
    Status read_persons();
    Status put(std::size_t place);
    Status put_body(std::size_t place, Partition partition, bool elsewhere);
    Status put_old_version(std::size_t place, const RowView& old);
    Status put_index(std::size_t place, const RowView* old);
    void put_pseudonyms(std::size_t place, const RowView* old);
    std::string_view settle_unit(const PendingWrite& write, Header& header, const std::optional<RowView>& old) const;
    void note();
    void put_changes();

    bool was_there(std::size_t place) const {
        return staged_[place].locator && !staged_[place].locator->deleted && !staged_[place].hidden;
    }
    // Neither written nor noted: the removal of what is not there.
    bool idle(std::size_t place) const { return writes_[place].action == Action::remove && !was_there(place); }
    Partition partition_of(const PendingWrite& write, const Header& header) const {
        return header.patient.empty() ? own_partition(write.type, write.id) : person_partition(header.patient);
    }

    const Records::Impl& records_;
    std::span<PendingWrite> writes_;
    const ReferenceMap& references_;
    const store::Snapshot& snapshot_;
    const Context& context_;
    const bool renaming_;  // when the snapshot was taken
    std::vector<Staged> staged_;
    const Instant now_;  // one for the whole commit
    std::map<std::string, Person, std::less<>> persons_;
    std::map<std::string, std::size_t, std::less<>> patients_written_;
    store::Batch batch_;
    ChangeNote note_;
    Cut cut_;  // the body that is being written
};

Or<store::Batch> Stage::run() {
    batch_.read_at(snapshot_.version());
    if (auto done = extract(); !done) return tl::unexpected(std::move(done.error()));
    if (auto done = read_locators(); !done) return tl::unexpected(refused(done.error()));
    if (auto done = read_old_rows(); !done) return tl::unexpected(refused(done.error()));
    if (auto done = hide(); !done) return tl::unexpected(refused(done.error()));
    if (auto done = check_preconditions(); !done) return tl::unexpected(std::move(done.error()));
    collect_persons();
    if (auto done = read_persons(); !done) return tl::unexpected(refused(done.error()));
    for (std::size_t i = 0; i < writes_.size(); ++i) {
        if (auto done = put(i); !done) return tl::unexpected(refused(done.error()));
    }
    note();
    put_changes();
    return std::move(batch_);
}

Or<void> Stage::extract() {
    for (std::size_t i = 0; i < writes_.size(); ++i) {
        const PendingWrite& write = writes_[i];
        if (write.type == "Patient") patients_written_.emplace(write.id, i);
        if (write.action == Action::remove) continue;
        auto extracted = records_.extractor.extract(write.type, write.id, write.resource, {&references_, write.full_url});
        if (!extracted) {
            Error error = extracted.error();
            error.path = below(write.path, "resource");
            return tl::unexpected(refused(error));
        }
        staged_[i].header = std::move(extracted->header);
        staged_[i].index = std::move(extracted->index);
    }
    return {};
}

Status Stage::read_locators() {
    std::vector<std::string> keys;
    keys.reserve(writes_.size());
    for (const PendingWrite& write : writes_) keys.push_back(locator_key(write.type, write.id));
    TRY_ASSIGN(auto values, snapshot_.multi_get(keys));
    for (std::size_t i = 0; i < writes_.size(); ++i) {
        staged_[i].locator_key = std::move(keys[i]);
        staged_[i].locator_value = std::move(values[i]);
        if (!staged_[i].locator_value) continue;
        TRY_ASSIGN(staged_[i].locator, decode_locator(*staged_[i].locator_value));
    }
    return {};
}

Status Stage::hide() {
    if (!context_.visible) return {};
    for (std::size_t i = 0; i < writes_.size(); ++i) {
        if (staged_[i].old_value.empty()) continue;
        TRY_ASSIGN(const RowView row, RowView::parse(staged_[i].old_value));
        staged_[i].hidden = !context_.visible(row.touched(writes_[i].type, writes_[i].id));
    }
    return {};
}

Or<void> Stage::check_preconditions() const {
    for (std::size_t i = 0; i < writes_.size(); ++i) {
        const PendingWrite& write = writes_[i];
        const std::uint64_t version = was_there(i) ? staged_[i].locator->version : 0;
        const bool in_bundle = !write.path.empty();
        if (write.if_match && *write.if_match != version) {
            return tl::unexpected(refused(412, IssueCode::conflict, "the resource is not at the version that If-Match names",
                                          in_bundle ? below(write.path, "request.ifMatch") : ""));
        }
        if (write.if_none_match && version != 0) {
            return tl::unexpected(refused(412, IssueCode::conflict, "If-None-Match says there is no such resource, but there is",
                                          in_bundle ? below(write.path, "request.ifNoneMatch") : ""));
        }
        if (write.seen && *write.seen != version) {
            return tl::unexpected(refused(kStale, IssueCode::lock_error, "somebody else was faster"));
        }
        // What the writer may not see is not written over. That tells that the id is taken, and no more.
        if (staged_[i].hidden && write.action == Action::put) return tl::unexpected(id_taken(write.path));
        if (write.action == Action::create && staged_[i].locator) {
            return tl::unexpected(refused(500, IssueCode::exception, "a new id was taken already"));
        }
    }
    return {};
}

Status Stage::read_old_rows() {
    std::vector<std::string> keys;
    std::vector<std::size_t> places;
    for (std::size_t i = 0; i < writes_.size(); ++i) {
        if (!staged_[i].locator) continue;
        keys.push_back(resource_key(staged_[i].locator->partition, writes_[i].type, writes_[i].id));
        places.push_back(i);
    }
    if (keys.empty()) return {};
    TRY_ASSIGN(auto values, snapshot_.multi_get(keys));
    for (std::size_t i = 0; i < keys.size(); ++i) {
        if (!values[i]) return fail(Category::corrupt, "a located resource is missing");
        staged_[places[i]].old_value = std::move(*values[i]);
    }
    return {};
}

void Stage::collect_persons() {
    for (std::size_t i = 0; i < writes_.size(); ++i) {
        if (idle(i)) continue;
        const std::string& now = staged_[i].header.patient;
        if (!now.empty()) persons_.try_emplace(now);
        if (staged_[i].old_value.empty()) continue;
        if (const auto old = RowView::parse(staged_[i].old_value); old && !old->patient().empty()) {
            persons_.try_emplace(std::string(old->patient()));
        }
    }
}

Status Stage::read_persons() {
    std::vector<std::string> keys;
    for (auto& [id, person] : persons_) {
        keys.push_back(locator_key("Patient", id));
        keys.push_back(resource_key(person_partition(id), "Patient", id));
    }
    if (keys.empty()) return {};
    TRY_ASSIGN(auto values, snapshot_.multi_get(keys));
    std::size_t next = 0;
    for (auto& [id, person] : persons_) {
        person.locator_key = std::move(keys[next]);
        person.locator_value = std::move(values[next]);
        if (values[next + 1]) {
            TRY_ASSIGN(const RowView row, RowView::parse(*values[next + 1]));
            if (!row.deleted()) person.before = row.pseudonyms();
        }
        if (renaming_) batch_.expect(keys[next + 1], values[next + 1]);
        next += 2;
        if (const auto at = patients_written_.find(id); at != patients_written_.end()) {
            person.write = at->second;
        } else {
            // So that the pseudonyms in the note are the ones of this very commit.
            batch_.expect(person.locator_key, person.locator_value);
        }
    }
    return {};
}


// A deleted Patient's row still says whose record it was, for the log; no index row leads to it.
Header tombstone(Header header, const RowView& old) {
    header.pseudonyms = old.pseudonyms();
    return header;
}

Status Stage::put(std::size_t place) {
    PendingWrite& write = writes_[place];
    Staged& staged = staged_[place];
    write.written = false;  // an earlier attempt may have left its marks
    write.body = nullptr;
    batch_.expect(staged.locator_key, staged.locator_value);
    if (idle(place)) {
        write.status = 204;
        return {};
    }
    std::optional<RowView> old;
    if (!staged.old_value.empty()) {
        TRY_ASSIGN(old, RowView::parse(staged.old_value));
        TRY(put_old_version(place, *old));
    }
    Header& header = staged.header;
    header.version = old ? old->version() + 1 : 1;
    header.last_updated = now_;
    if (old) header.last_updated = std::max(header.last_updated, old->last_updated());
    const bool removing = write.action == Action::remove;
    const std::string_view unit = removing ? std::string_view() : settle_unit(write, header, old);
    if (removing) {
        // Whoever could not see it does not see that it is gone.
        const Header made = std::exchange(header, old->header());
        header.deleted = true;
        header.version = made.version;
        header.last_updated = made.last_updated;
        header.pseudonyms.clear();
    }
    const Partition partition = partition_of(write, header);
    const Partition old_partition = staged.locator ? staged.locator->partition : partition;

    bool elsewhere = false;
    if (!removing) {
        rewrite(records_.definitions, write.resource, {&references_, write.full_url}, unit, cut_);
        elsewhere = cut_.text.size() > kBodyInRowMax;
    }
    TRY(put_index(place, old ? &*old : nullptr));
    put_pseudonyms(place, old ? &*old : nullptr);
    if (old && old_partition != partition) batch_.erase(resource_key(old_partition, write.type, write.id));
    const bool had_elsewhere = old && old->body_elsewhere();
    if (had_elsewhere && (!elsewhere || old_partition != partition)) {
        batch_.erase(body_key(old_partition, write.type, write.id));
    }
    if (removing) {
        batch_.put(resource_key(partition, write.type, write.id), encode_header(tombstone(header, *old), false));
    } else {
        TRY(put_body(place, partition, elsewhere));
    }
    batch_.put(staged.locator_key, encode(Locator{removing, partition, header.version, header.last_updated.ms}));

    write.written = true;
    write.status = removing ? 204 : was_there(place) ? 200 : 201;
    write.version = header.version;
    write.last_modified = header.last_updated;
    write.touched = touched_of(header, write.type, write.id);
    write.touched.way = removing ? Way::remove : write.status == 201 ? Way::create : Way::update;
    if (old && write.type == "Patient") write.touched.before = old->pseudonyms();
    return {};
}

// The unit that the header is to name: the one that made the entry stays, unless a writer without a unit names another.
// The tag to write for it; "" when the resource has it already. Demographics belong to the whole provider.
std::string_view Stage::settle_unit(const PendingWrite& write, Header& header,
                                    const std::optional<RowView>& old) const {
    if (header.patient.empty() || write.type == "Patient") return {};
    const bool kept = old && !old->deleted() && !old->unit().empty() && (header.unit.empty() || !context_.unit.empty());
    const std::string_view unit = kept ? old->unit() : std::string_view(context_.unit);
    if (unit.empty() || unit == header.unit || (!kept && !header.unit.empty())) return {};
    header.unit = unit;
    const std::uint16_t mark = records_.extractor.mark(unit);
    const auto at = std::ranges::lower_bound(header.signature, mark);
    if (header.signature_whole && (at == header.signature.end() || *at != mark)) header.signature.insert(at, mark);
    return header.unit;
}

// The row, with the body that has just been written, or with that in a row of its own.
Status Stage::put_body(std::size_t place, Partition partition, bool elsewhere) {
    PendingWrite& write = writes_[place];
    const Header& header = staged_[place].header;
    constexpr std::size_t kPlacesBytes = 10;
    std::string row = encode_header(header, elsewhere, elsewhere ? 0 : cut_.text.size() + kPlacesBytes);
    std::string apart;
    std::string& holder = elsewhere ? apart : row;
    const std::size_t at = holder.size();
    append_section(holder, cut_);
    if (write.shows_body) {
        TRY_ASSIGN(auto text,
                   body_text(std::string_view(holder).substr(at), write.id, header.version, header.last_updated));
        write.body = std::make_shared<const std::string>(std::move(text));
    }
    batch_.put(resource_key(partition, write.type, write.id), std::move(row));
    if (elsewhere) batch_.put(body_key(partition, write.type, write.id), std::move(apart));
    return {};
}

Status Stage::put_old_version(std::size_t place, const RowView& old) {
    const PendingWrite& write = writes_[place];
    std::string value = staged_[place].old_value;
    if (old.body_elsewhere()) {
        TRY_ASSIGN(const auto section, snapshot_.get(body_key(staged_[place].locator->partition, write.type, write.id)));
        if (!section) return fail(Category::corrupt, "a stored body is missing");
        TRY_ASSIGN(value, with_body_inside(value, *section));
    }
    batch_.put(history_key(write.type, write.id, old.version()), std::move(value));
    return {};
}

Status Stage::put_index(std::size_t place, const RowView* old) {
    const PendingWrite& write = writes_[place];
    const Staged& staged = staged_[place];
    const Partition partition = partition_of(write, staged.header);
    std::vector<std::string> now;
    for (const IndexValue& value : staged.index) now.push_back(index_key(value, write.type, partition, write.id));
    std::vector<std::string> before;
    if (old != nullptr && !old->deleted()) {
        // The old rows are read off the old body: nothing else remembers them.
        const Place at{staged.locator->partition, write.type, write.id};
        TRY_ASSIGN(const std::string text, records_.body_of(snapshot_, *old, at));
        TRY_ASSIGN(const auto document, json::Document::parse(text));
        TRY_ASSIGN(const auto extracted, records_.extractor.extract(write.type, write.id, document.root(), {}));
        for (const IndexValue& value : extracted.index) before.push_back(index_key(value, write.type, at.partition, write.id));
        std::ranges::sort(before);
        std::ranges::sort(now);
    }
    for (const std::string& key : before) {
        if (!std::ranges::binary_search(now, key)) batch_.erase(key);
    }
    for (std::string& key : now) batch_.put(std::move(key), index_value(staged.header.version));
    return {};
}

void Stage::put_pseudonyms(std::size_t place, const RowView* old) {
    const PendingWrite& write = writes_[place];
    if (write.type != "Patient") return;
    const std::vector<std::string>& now = staged_[place].header.pseudonyms;
    const std::vector<std::string> before = old == nullptr || old->deleted() ? std::vector<std::string>() : old->pseudonyms();
    for (const std::string& pseudonym : before) {
        if (!std::ranges::binary_search(now, pseudonym)) batch_.erase(pseudonym_key(records_.hash, pseudonym, write.id));
    }
    for (const std::string& pseudonym : now) {
        if (!std::ranges::binary_search(before, pseudonym)) batch_.put(pseudonym_key(records_.hash, pseudonym, write.id), "");
    }
}

void Stage::note() {
    for (const auto& [id, person] : persons_) {
        NotedPerson noted{id, person.before, false, {}};
        if (person.write && !idle(*person.write)) {
            noted.pseudonyms = staged_[*person.write].header.pseudonyms;
            noted.repoint = noted.pseudonyms != person.before;
            if (noted.repoint) noted.before = person.before;
        }
        note_.persons.push_back(std::move(noted));
    }
    for (std::size_t i = 0; i < writes_.size(); ++i) {
        if (idle(i)) continue;
        const PendingWrite& write = writes_[i];
        const Header& header = staged_[i].header;
        NotedWrite noted;
        noted.kind = header.deleted ? WriteKind::remove : was_there(i) ? WriteKind::update : WriteKind::create;
        noted.type = write.type;
        noted.id = write.id;
        noted.version = header.version;
        noted.last_updated = header.last_updated;
        noted.patient = header.patient;
        noted.category = header.category;
        if (was_there(i)) {
            const auto old = RowView::parse(staged_[i].old_value);
            noted.moved = old && (old->patient() != header.patient || old->category() != header.category);
            if (noted.moved) {
                noted.previous_patient = old->patient();
                noted.previous_category = old->category();
            }
        }
        note_.writes.push_back(std::move(noted));
    }
    if (!note_.writes.empty()) batch_.note(encode(note_));
}

// For the histories of types.
void Stage::put_changes() {
    std::map<std::pair<std::string_view, std::int64_t>, std::vector<ChangedVersion>> rows;
    for (const PendingWrite& write : writes_) {
        if (write.written) rows[{write.type, write.last_modified.ms}].push_back({write.id, write.version});
    }
    for (const auto& [place, changed] : rows) {
        const ChangePlace at{place.second, change_tie(changed.front())};
        batch_.put(change_key(place.first, at), encode(changed));
    }
}

// "Observation.code" of a resource in an entry: "Bundle.entry[3].resource.code".
void lead_paths(fhir::Issues& issues, std::string_view path) {
    if (path.empty()) return;
    for (fhir::Issue& issue : issues) {
        const std::size_t dot = issue.path.find('.');
        issue.path = std::string(path) + ".resource" + (dot == std::string::npos ? "" : issue.path.substr(dot));
        issue.line = issue.column = 0;
    }
}

}  // namespace

std::optional<Outcome> Records::Impl::misaddressed(std::string_view type, std::string_view id, json::Value resource,
                                                   std::string_view path) const {
    const std::string where = std::string(path) + (path.empty() ? "" : ".resource");
    const auto member = [&](std::string_view name) { return where.empty() ? std::string(type) + "." + std::string(name) : where + "." + std::string(name); };
    if (!definitions.is_resource(type)) return refused(404, IssueCode::not_supported, "there is no such resource type in FHIR R4");
    if (!resource.is_object()) return refused(400, IssueCode::structure, "a resource is expected", where);
    if (resource["resourceType"].text() != type) {
        return refused(400, IssueCode::invalid, "the resource is not of the type that the address names", member("resourceType"));
    }
    if (!id.empty()) {
        if (!fhir::valid_id(id)) return refused(400, IssueCode::value, "an id has 1 to 64 of A-Z, a-z, 0-9, - and dot");
        if (!resource["id"]) return refused(400, IssueCode::required, "an update needs the id in the resource too", member("id"));
        if (resource["id"].text() != id) {
            return refused(400, IssueCode::value, "the id in the resource is not the one in the address", member("id"));
        }
    }
    return std::nullopt;
}

std::optional<Outcome> Records::Impl::unfit(std::string_view type, std::string_view id, json::Value resource,
                                            std::string_view path) const {
    if (auto wrong = misaddressed(type, id, resource, path)) return wrong;
    fhir::Issues issues = fhir::check_structure(definitions, resource);
    if (options.judge && !fhir::has_errors(issues)) issues = options.judge(resource);
    if (!fhir::has_errors(issues)) return std::nullopt;
    lead_paths(issues, path);
    return refused(422, std::move(issues));
}

Result<store::Version> Records::Impl::commit(store::Batch batch, std::span<const PendingWrite> writes) {
    std::vector<std::string> patients;
    for (const PendingWrite& write : writes)
        if (write.type == "Patient") patients.push_back(write.id);
    persons.begin(patients);
    auto committed = store.commit(std::move(batch));
    using enum Persons::Ended;
    if (committed) persons.end(patients, written, *committed);
    else persons.end(patients, committed.error().category == Category::conflict ? not_written : unknown);
    return committed;
}

Or<store::Version> Records::Impl::apply(std::span<PendingWrite> writes, const ReferenceMap& references,
                                        const Context& context) {
    for (int attempt = 0; attempt < kAttemptsMax; ++attempt) {
        const bool may_rename = renaming;  // before the snapshot: it may end in between, and what it did last be missing there
        const auto snapshot = store.snapshot();
        if (!snapshot) return tl::unexpected(refused(snapshot.error()));
        auto batch = Stage(*this, writes, references, **snapshot, context, may_rename).run();
        if (!batch) return tl::unexpected(std::move(batch.error()));
        if (batch->writes().empty()) return (*snapshot)->version();
        const auto committed = commit(std::move(*batch), writes);
        if (committed) return *committed;
        if (committed.error().category != Category::conflict) return tl::unexpected(refused(committed.error()));
    }
    return tl::unexpected(refused(503, IssueCode::lock_error, "too many writers at once on the same resource; try again"));
}

Outcome outcome_of(PendingWrite& write) {
    Outcome out;
    out.status = write.status;
    if (!write.written) return out;
    out.wrote = true;
    out.version = write.version;
    out.last_modified = write.last_modified;
    out.body = std::move(write.body);
    out.location = write.type + "/" + write.id + "/_history/" + std::to_string(write.version);
    out.touched.push_back(std::move(write.touched));
    return out;
}

Outcome Records::Impl::single(PendingWrite write, const Context& context) {
    static const ReferenceMap kNone;
    const auto version = apply({&write, 1}, kNone, context);
    if (!version) {
        Outcome wrong = version.error();
        if (wrong.status != 412 && wrong.status != 409) return wrong;
        // That a version does or does not hold tells of the resource; so does it that an id is taken, also by what is
        // hidden.
        if (const auto now = store.snapshot())
            name_touched(wrong, **now, write.type, write.id, wrong.status == 409 ? Visible() : context.visible);
        return wrong;
    }
    Outcome out = outcome_of(write);
    out.seen = *version;
    return out;
}

namespace {

PendingWrite pending(Action action, std::string_view type, std::string id, json::Value resource) {
    PendingWrite out;
    out.action = action;
    out.type = type;
    out.id = std::move(id);
    out.resource = resource;
    return out;
}

}  // namespace

Outcome Records::Impl::create(std::string_view type, json::Value resource, const Context& context,
                              std::string_view if_none_exist) {
    if (auto wrong = unfit(type, "", resource, "")) return std::move(*wrong);
    auto write = pending(Action::create, type, uuid(random), resource);
    if (if_none_exist.empty()) return single(std::move(write), context);

    const std::lock_guard lock(condition_lock(type, if_none_exist));
    const auto snapshot = store.snapshot();
    if (!snapshot) return refused(snapshot.error());
    const auto found = find_one(type, if_none_exist, **snapshot, context, "");
    if (!found) return found.error();
    if (!*found) return single(std::move(write), context);
    Context there = context;
    there.snapshot = *snapshot;
    Outcome out = read(type, (*found)->id, there);
    mark(out, Way::read);
    if (out.ok()) out.location = std::string(type) + "/" + (*found)->id + "/_history/" + std::to_string(out.version.value_or(0));
    return out;
}

Outcome Records::Impl::update(std::string_view type, std::string_view id, json::Value resource, const Context& context,
                              const Preconditions& conditions) {
    if (id.empty()) return refused(400, fhir::IssueCode::required, "an update needs an id");
    if (auto wrong = unfit(type, id, resource, "")) return std::move(*wrong);
    auto write = pending(Action::put, type, std::string(id), resource);
    write.if_match = conditions.if_match;
    write.if_none_match = conditions.if_none_match;
    return single(std::move(write), context);
}

Outcome Records::Impl::remove(std::string_view type, std::string_view id, const Context& context,
                              const Preconditions& conditions) {
    if (!definitions.is_resource(type) || !fhir::valid_id(id)) return not_found();
    auto write = pending(Action::remove, type, std::string(id), {});
    write.if_match = conditions.if_match;
    return single(std::move(write), context);
}

}  // namespace idun::records
