#include "subscriptions/topic.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <iterator>
#include <set>

#include "json/document.h"
#include "json/writer.h"
#include "subscriptions/internal/builtin_topics.h"

namespace idun::subscriptions {
namespace {

constexpr json::Limits kLimits{.bytes_max = 1u << 20, .depth_max = 16, .nodes_max = 10'000};
constexpr std::size_t kTopicsMax = 200;

Status only(json::Value object, std::initializer_list<std::string_view> names, std::string_view where) {
    if (!object.is_object()) return fail(Category::invalid, fmt::format("{} is not an object", where));
    for (const json::Member& member : object.members())
        if (std::ranges::find(names, member.name) == names.end())
            return fail(Category::invalid, fmt::format("{} has an unknown member '{}'", where, member.name));
    return {};
}

Result<bool> test_passes(json::Value code, bool otherwise) {
    if (!code) return otherwise;
    if (code.text() == "test-passes") return true;
    if (code.text() == "test-fails") return false;
    return fail(Category::invalid, "resultForCreate and resultForDelete are test-passes or test-fails");
}

Result<Trigger> trigger_from(json::Value value) {
    TRY(only(value, {"description", "resource", "supportedInteraction", "queryCriteria"}, "resourceTrigger"));
    Trigger out;
    out.resource = value["resource"].text();
    if (out.resource.empty()) return fail(Category::invalid, "resourceTrigger.resource is missing");
    if (out.resource == "Subscription") return fail(Category::invalid, "a topic cannot be about subscriptions");
    for (const json::Value one : value["supportedInteraction"].elements()) {
        const std::string_view code = one.text();
        if (code != "create" && code != "update" && code != "delete")
            return fail(Category::invalid, "supportedInteraction is create, update or delete");
        (code == "create" ? out.on_create : code == "update" ? out.on_update : out.on_delete) = true;
    }
    if (!out.on_create && !out.on_update && !out.on_delete) out.on_create = out.on_update = out.on_delete = true;
    const json::Value query = value["queryCriteria"];
    if (!query) return out;
    TRY(only(query, {"previous", "current", "resultForCreate", "resultForDelete", "requireBoth"}, "queryCriteria"));
    out.previous = query["previous"].text();
    out.current = query["current"].text();
    if (out.previous.empty() && out.current.empty())
        return fail(Category::invalid, "queryCriteria has neither previous nor current");
    TRY_ASSIGN(out.create_passes_previous, test_passes(query["resultForCreate"], true));
    TRY_ASSIGN(out.delete_passes_current, test_passes(query["resultForDelete"], false));
    out.require_both = query["requireBoth"].boolean();
    return out;
}

// The one event that no written resource makes.
Status check_event_trigger(json::Value value) {
    TRY(only(value, {"description", "event", "resource"}, "eventTrigger"));
    TRY(only(value["event"], {"coding", "text"}, "eventTrigger.event"));
    const json::Value coding = value["event"]["coding"][0];
    const bool known = coding["system"].text() == "urn:idun:subscription-event" && coding["code"].text() == "new-at-another-provider";
    if (!known || value["resource"].text() != "Patient")
        return fail(Category::invalid, "the only event that is known is new-at-another-provider, about Patient");
    return {};
}

Result<Topic::Filterable> filterable_from(json::Value value) {
    TRY(only(value, {"description", "resource", "filterParameter"}, "canFilterBy"));
    Topic::Filterable out{std::string(value["resource"].text()), std::string(value["filterParameter"].text())};
    if (out.parameter.empty()) return fail(Category::invalid, "canFilterBy.filterParameter is missing");
    return out;
}

Result<std::string> read_text(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    if (!file) return fail(Category::unavailable, "a topic file cannot be read");
    return text;
}

Status add(std::vector<Topic>& topics, Topic topic) {
    for (const Topic& other : topics)
        if (other.url == topic.url) return fail(Category::invalid, "two topics have the URL " + topic.url);
    if (topics.size() == kTopicsMax) return fail(Category::too_large, fmt::format("over {} topics", kTopicsMax));
    topics.push_back(std::move(topic));
    return {};
}

}  // namespace

Result<Topic> topic_from_json(std::string_view text) {
    TRY_ASSIGN(const auto document, json::Document::parse(text, kLimits));
    const json::Value root = document.root();
    TRY(only(root, {"resourceType", "url", "title", "status", "description", "resourceTrigger", "eventTrigger", "canFilterBy"}, "the topic"));
    if (root["resourceType"].text() != "SubscriptionTopic") return fail(Category::invalid, "a topic's resourceType is SubscriptionTopic");
    Topic out;
    out.url = root["url"].text();
    if (out.url.find(':') == std::string::npos) return fail(Category::invalid, "the topic's url is not absolute");
    out.title = root["title"].text();
    out.description = root["description"].text();
    for (const json::Value one : root["resourceTrigger"].elements()) {
        TRY_ASSIGN(Trigger trigger, trigger_from(one));
        out.triggers.push_back(std::move(trigger));
    }
    for (const json::Value one : root["eventTrigger"].elements()) {
        TRY(check_event_trigger(one));
        out.elsewhere = true;
    }
    if (root["resourceTrigger"] && root["eventTrigger"]) return fail(Category::invalid, "the topic has both resourceTrigger and eventTrigger");
    if (out.triggers.empty() && !out.elsewhere) return fail(Category::invalid, "the topic has neither resourceTrigger nor eventTrigger");
    for (const json::Value one : root["canFilterBy"].elements()) {
        TRY_ASSIGN(auto filterable, filterable_from(one));
        out.filters.push_back(std::move(filterable));
    }
    if (out.elsewhere && !out.filters.empty()) return fail(Category::invalid, "a topic by eventTrigger has no filters");
    out.json = json::to_text(root);
    return out;
}

Result<std::vector<Topic>> builtin_topics() { return topics_with(""); }

Result<std::vector<Topic>> topics_with(const std::string& folder) {
    std::vector<Topic> out;
    for (const std::string_view text : builtin_topic_texts()) {
        TRY_ASSIGN(Topic topic, topic_from_json(text));
        TRY(add(out, std::move(topic)));
    }
    if (folder.empty()) return out;
    std::error_code error;
    std::set<std::filesystem::path> files;  // in the order of their names
    for (std::filesystem::directory_iterator at(folder, error), end; !error && at != end; at.increment(error))
        if (at->path().extension() == ".json") files.insert(at->path());
    if (error) return fail(Category::unavailable, "the folder of topics cannot be read");
    for (const auto& file : files) {
        TRY_ASSIGN(const std::string text, read_text(file));
        auto topic = topic_from_json(text);
        if (!topic) return fail(topic.error().within(file.filename().string()));
        TRY(add(out, std::move(*topic)));
    }
    return out;
}

}  // namespace idun::subscriptions
