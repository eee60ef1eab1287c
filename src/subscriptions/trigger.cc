#include "subscriptions/trigger.h"

#include <algorithm>

#include "base/log.h"
#include "http/message.h"

namespace idun::subscriptions {
namespace {

using records::WriteKind;

// "p1" of "p1" and "Patient/p1".
std::string_view bare_id(std::string_view value) { return value.substr(value.rfind('/') + 1); }

bool one_of(std::string_view list, std::string_view wanted, bool references) {
    for (std::size_t at = 0; at <= list.size();) {
        const std::size_t end = std::min(list.find(',', at), list.size());
        const std::string_view one = list.substr(at, end - at);
        if ((references ? bare_id(one) : one) == wanted) return true;
        at = end + 1;
    }
    return false;
}

}  // namespace

const records::Records::Question* Questions::find(const std::string& type, const std::string& name, const std::string& value) {
    const std::string key = type + '\0' + name + '\0' + value;
    auto at = kept_.find(key);
    if (at == kept_.end()) {
        if (kept_.size() >= kKeptMax) kept_.clear();
        ++read_;
        auto question = records_.question(type, {{name, value}});
        if (!question) log::warn("a subscription's query could not be judged", {{"type", type}, {"error", question.error().message}});
        at = kept_.emplace(key, question ? std::optional(std::move(*question)) : std::nullopt).first;
    }
    return at->second ? &*at->second : nullptr;
}

Status WrittenResource::read(Version& version, std::uint64_t number) {
    if (version.read) return {};
    version.read = true;
    if (number == 0) return {};
    const records::Outcome outcome = records_.vread(write_.type, write_.id, number, {});
    if (outcome.status >= 500) return fail(Category::unavailable, "a version of a record cannot be read");
    if (!outcome.ok() || outcome.body == nullptr) return {};
    TRY_ASSIGN(auto document, json::Document::parse(*outcome.body));
    version.document = std::move(document);
    return {};
}

Result<bool> WrittenResource::fits(Version& version, std::uint64_t number, const records::Parameters& query, bool absent) {
    TRY(read(version, number));
    if (!version.document) return absent;
    for (const auto& [name, value] : query) {
        // Asked one by one, and :not turned round here, so that both are asked alike of one resource.
        const bool negated = name.ends_with(":not");
        const std::string base = negated ? name.substr(0, name.size() - 4) : name;
        const records::Records::Question* question = questions_.find(write_.type, base, value);
        if (question == nullptr) return false;
        const auto found = records_.fits(*question, version.document->root());
        if (!found) {
            log::warn("a subscription's query could not be judged", {{"type", write_.type}, {"error", found.error().message}});
            return false;
        }
        if (*found == negated) return false;
    }
    return true;
}

Result<bool> WrittenResource::fits(Version& version, std::uint64_t number, const std::string& query, bool absent) {
    TRY_ASSIGN(const auto parameters, http::parameters(query));
    return fits(version, number, parameters, absent);
}

Result<bool> WrittenResource::triggers(const Trigger& trigger) {
    const bool about_somebody = trigger.resource == "Resource" && !write_.patient.empty();
    if (trigger.resource != write_.type && !about_somebody) return false;
    const bool kind = write_.kind == WriteKind::create   ? trigger.on_create
                      : write_.kind == WriteKind::remove ? trigger.on_delete
                                                         : trigger.on_update;
    if (!kind) return false;
    if (trigger.previous.empty() && trigger.current.empty()) return true;
    bool previous = trigger.require_both;
    bool current = trigger.require_both;
    if (!trigger.previous.empty()) {
        const std::uint64_t number = write_.kind == WriteKind::create ? 0 : write_.version - 1;
        TRY_ASSIGN(previous, fits(before_, number, trigger.previous, trigger.create_passes_previous));
    }
    if (!trigger.current.empty()) {
        const std::uint64_t number = write_.kind == WriteKind::remove ? 0 : write_.version;
        TRY_ASSIGN(current, fits(after_, number, trigger.current, trigger.delete_passes_current));
    }
    return trigger.require_both ? previous && current : previous || current;
}

Result<bool> WrittenResource::triggers(const Topic& topic) {
    for (const Trigger& trigger : topic.triggers) {
        TRY_ASSIGN(const bool triggered, triggers(trigger));
        if (triggered) return true;
    }
    return false;
}

Result<bool> WrittenResource::passes(const Filter& filter) {
    if (!filter.resource.empty() && filter.resource != "Resource" && filter.resource != write_.type) return true;
    // What the note tells needs no resource, and holds for every type.
    records::Parameters rest;
    for (const auto& [name, value] : filter.query) {
        if (name == "_type") {
            if (!one_of(value, write_.type, false)) return false;
        } else if (name == "patient" && !write_.patient.empty() && one_of(value, write_.patient, true)) {
            continue;
        } else if (name == "patient" && (filter.resource.empty() || filter.resource == "Resource")) {
            return false;
        } else {
            rest.emplace_back(name, value);
        }
    }
    if (rest.empty()) return true;
    // Of a delete the version before it is judged.
    if (write_.kind == WriteKind::remove) return fits(before_, write_.version - 1, rest, false);
    return fits(after_, write_.version, rest, false);
}

Result<bool> WrittenResource::passes(const Subscription& subscription) {
    for (const Filter& filter : subscription.filters) {
        TRY_ASSIGN(const bool passed, passes(filter));
        if (!passed) return false;
    }
    return true;
}

}  // namespace idun::subscriptions
