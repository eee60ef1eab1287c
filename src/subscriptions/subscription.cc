#include "subscriptions/subscription.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <set>

#include "http/message.h"
#include "json/writer.h"

namespace idun::subscriptions {
namespace {

using fhir::IssueCode;

const std::string kGuide = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/";
constexpr std::size_t kHeaderBytesMax = 4096;
constexpr int kHeartbeatMax = 7 * 86'400;
constexpr int kTimeoutMax = 60;

std::optional<std::uint64_t> number(std::string_view text) {
    std::uint64_t out = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return out;
}

// Reads one resource and gathers what is wrong.
class Reader {
public:
    Reader(json::Value resource, const std::vector<Topic>& topics, const Endpoints& endpoints, const records::Records& records)
        : resource_(resource), topics_(topics), endpoints_(endpoints), records_(records) {}

    tl::expected<Subscription, fhir::Issues> run() {
        if (resource_["resourceType"].text() != "Subscription") {
            wrong(IssueCode::invalid, "this must be a Subscription", "");
            return tl::unexpected(std::move(issues_));
        }
        read_status();
        read_topic();
        read_channel();
        if (!issues_.empty()) return tl::unexpected(std::move(issues_));
        return std::move(out_);
    }

private:
    void wrong(IssueCode code, std::string text, std::string_view path) {
        issues_.push_back({fhir::Severity::error, code, std::move(text),
                           path.empty() ? "Subscription" : "Subscription." + std::string(path), 0, 0});
    }

    void read_status() {
        const std::string_view status = resource_["status"].text();
        if (status == "off") out_.off = true;
        else if (status != "requested" && status != "active" && status != "error")
            wrong(IssueCode::value, "status is requested, or off to end it", "status");
        const json::Value end = resource_["end"];
        if (!end) return;
        out_.end = from_iso(end.text());
        if (!out_.end) wrong(IssueCode::value, "end is not an instant", "end");
    }

    void read_topic() {
        out_.topic = resource_["criteria"].text();
        const Topic* topic = topic_of(topics_, out_.topic);
        if (topic == nullptr) {
            std::string known;
            for (const Topic& one : topics_) known += (known.empty() ? "" : ", ") + one.url;
            return wrong(IssueCode::not_supported, "criteria must be the URL of a topic of this node: " + known, "criteria");
        }
        out_.elsewhere = topic->elsewhere;
        std::size_t place = 0;
        for (const json::Value extension : resource_["_criteria"]["extension"].elements()) {
            const std::string path = fmt::format("criteria.extension[{}]", place++);
            if (extension["url"].text() != kGuide + "backport-filter-criteria") {
                wrong(IssueCode::extension, "this extension is not known here", path);
            } else if (out_.filters.size() == kFiltersMax) {
                return wrong(IssueCode::too_costly, fmt::format("at most {} filters", kFiltersMax), path);
            } else if (topic->elsewhere) {
                wrong(IssueCode::not_supported, "this topic has no filters", path);
            } else {
                read_filter(*topic, extension["valueString"].text(), path);
            }
        }
    }

    void read_filter(const Topic& topic, std::string_view text, const std::string& path) {
        Filter filter;
        if (const std::size_t mark = text.find('?'); mark != std::string_view::npos) {
            filter.resource = text.substr(0, mark);
            text = text.substr(mark + 1);
        }
        const auto query = http::parameters(text);
        if (!query || query->empty())
            return wrong(IssueCode::value, "a filter is a search query, such as Encounter?patient=Patient/1", path);
        filter.query = *query;
        const auto judged = [&](const Trigger& trigger) { return filter.resource.empty() || trigger.resource == filter.resource; };
        if (std::ranges::none_of(topic.triggers, judged))
            return wrong(IssueCode::value, "the topic has no trigger of the filter's resource type", path);
        for (const auto& [name, value] : filter.query) {
            const std::string base = name.substr(0, name.find(':'));
            const auto fits = [&](const Topic::Filterable& one) {
                return one.parameter == base && (one.resource.empty() || filter.resource.empty() || one.resource == filter.resource);
            };
            if (std::ranges::none_of(topic.filters, fits))
                return wrong(IssueCode::not_supported, "the topic cannot be filtered by " + printable(base) + "; it can by " + offered(topic), path);
        }
        for (const Trigger& trigger : topic.triggers)
            if (judged(trigger) && !can_be_asked(trigger.resource, filter, path)) return;
        out_.filters.push_back(std::move(filter));
    }

    bool can_be_asked(const std::string& type, const Filter& filter, const std::string& path) {
        if (type == "Resource") {
            for (const auto& [name, value] : filter.query)
                if (!is_patient_filter(name) || value.empty()) return wrong(IssueCode::value, "this topic is filtered by patient=ID and _type=TYPE", path), false;
            return true;
        }
        const auto empty = json::Document::parse(fmt::format(R"({{"resourceType":"{}"}})", type));
        for (const auto& [name, value] : filter.query) {
            const auto asked = records_.fits(type, empty->root(), {{without_not(name), value}});
            if (!asked) return wrong(IssueCode::value, asked.error().message, path), false;
        }
        return true;
    }

    void read_channel() {
        const json::Value channel = resource_["channel"];
        if (channel["type"].text() != "rest-hook") wrong(IssueCode::not_supported, "the channel must be rest-hook", "channel.type");
        out_.endpoint = channel["endpoint"].text();
        if (const Status allowed = endpoints_.check(out_.endpoint); !allowed)
            wrong(allowed.error().category == Category::forbidden ? IssueCode::forbidden : IssueCode::value, allowed.error().message,
                  "channel.endpoint");
        const std::string_view payload = channel["payload"].text();
        if (payload != "application/fhir+json" && payload != "application/json")
            wrong(IssueCode::not_supported, "the payload must be application/fhir+json", "channel.payload");
        read_content(channel["_payload"]["extension"]);
        read_bounds(channel["extension"]);
        read_headers(channel["header"]);
    }

    void read_content(json::Value extensions) {
        for (const json::Value extension : extensions.elements()) {
            if (extension["url"].text() != kGuide + "backport-payload-content") continue;
            if (const auto content = content_from(extension["valueCode"].text())) {
                out_.content = *content;
                if (out_.elsewhere && *content == Content::full_resource)
                    wrong(IssueCode::not_supported, "what is new at other providers is told by id, or empty", "channel.payload");
                return;
            }
        }
        wrong(IssueCode::required, "say how much a notification tells: the extension backport-payload-content with empty, id-only or full-resource",
              "channel.payload");
    }

    void read_bounds(json::Value extensions) {
        std::size_t place = 0;
        for (const json::Value extension : extensions.elements()) {
            const std::string path = fmt::format("channel.extension[{}]", place++);
            const std::string_view url = extension["url"].text();
            if (url == kGuide + "backport-heartbeat-period")
                out_.heartbeat = std::chrono::seconds(bounded(extension["valueUnsignedInt"], 0, kHeartbeatMax, path));
            else if (url == kGuide + "backport-timeout")
                out_.timeout = std::chrono::seconds(bounded(extension["valueUnsignedInt"], 1, kTimeoutMax, path));
            else if (url == kGuide + "backport-max-count")
                out_.events_max = std::min<std::size_t>(bounded(extension["valuePositiveInt"], 1, 1'000'000, path), kEventsInNotificationMax);
            else
                wrong(IssueCode::extension, "this extension is not known here", path);
        }
    }

    std::uint64_t bounded(json::Value value, std::uint64_t least, std::uint64_t most, const std::string& path) {
        const auto found = number(value.text());
        if (!found || *found < least || *found > most) {
            wrong(IssueCode::value, fmt::format("this must be a number from {} to {}", least, most), path);
            return least;
        }
        return *found;
    }

    void read_headers(json::Value headers) {
        static const std::set<std::string> kOurs = {"host", "connection", "transfer-encoding", "content-length", "content-type", "te",
                                                    "trailer", "upgrade", "expect", "keep-alive", "proxy-authorization", "proxy-connection"};
        std::size_t place = 0;
        for (const json::Value header : headers.elements()) {
            const std::string path = fmt::format("channel.header[{}]", place++);
            const std::string_view text = header.text();
            const std::size_t colon = text.find(':');
            std::string name(text.substr(0, colon));
            std::string_view value = colon == std::string_view::npos ? "" : text.substr(colon + 1);
            while (value.starts_with(' ')) value.remove_prefix(1);
            const auto is_token = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_'; };
            const auto is_visible = [](char c) { return c >= 0x20 && c < 0x7f; };
            std::string lower = name;
            std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
            if (out_.headers.size() == kHeadersMax) return wrong(IssueCode::too_costly, fmt::format("at most {} headers", kHeadersMax), path);
            if (name.empty() || text.size() > kHeaderBytesMax || !std::ranges::all_of(name, is_token) || !std::ranges::all_of(value, is_visible))
                wrong(IssueCode::value, "a header is written as Name: value", path);
            else if (kOurs.contains(lower))
                wrong(IssueCode::value, "this header is set by the node", path);
            else
                out_.headers.emplace_back(std::move(name), std::string(value));
        }
    }

    static std::string without_not(const std::string& name) { return name.ends_with(":not") ? name.substr(0, name.size() - 4) : name; }
    static std::string printable(const std::string& name) {
        const bool plain = name.size() <= 40 && std::ranges::all_of(name, [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_' || c == '.'; });
        return plain ? "'" + name + "'" : std::string("this parameter");
    }
    static std::string offered(const Topic& topic) {
        std::string out;
        for (const auto& one : topic.filters) out += (out.empty() ? "" : ", ") + (one.resource.empty() ? "" : one.resource + "?") + one.parameter;
        return out.empty() ? "nothing" : out;
    }

    json::Value resource_;
    const std::vector<Topic>& topics_;
    const Endpoints& endpoints_;
    const records::Records& records_;
    Subscription out_;
    fhir::Issues issues_;
};

}  // namespace

std::string_view to_string(Content content) {
    return content == Content::empty ? "empty" : content == Content::id_only ? "id-only" : "full-resource";
}

std::optional<Content> content_from(std::string_view code) {
    for (const Content content : {Content::empty, Content::id_only, Content::full_resource})
        if (code == to_string(content)) return content;
    return std::nullopt;
}

const Topic* topic_of(const std::vector<Topic>& topics, std::string_view url) {
    const auto found = std::ranges::find(topics, url, &Topic::url);
    return found == topics.end() ? nullptr : &*found;
}

bool is_patient_filter(std::string_view parameter) { return parameter == "patient" || parameter == "_type"; }

tl::expected<Subscription, fhir::Issues> read_subscription(json::Value resource, const std::vector<Topic>& topics,
                                                           const Endpoints& endpoints, const records::Records& records) {
    return Reader(resource, topics, endpoints, records).run();
}

std::string stored_form(json::Value resource, std::string_view status, std::string_view error) {
    json::Writer w;
    w.object();
    for (const json::Member& member : resource.members()) {
        if (member.name == "error" || member.name == "_error" || member.name == "_status") continue;
        if (member.name == "status") {
            w.member("status", status);
            if (!error.empty()) w.member("error", error);
        } else if (member.name == "channel" && member.value.is_object()) {
            w.name("channel").object();
            for (const json::Member& inner : member.value.members())
                if (inner.name != "header" && inner.name != "_header") w.name(inner.name).value(inner.value);
            w.end();
        } else {
            w.name(member.name).value(member.value);
        }
    }
    w.end();
    return w.take();
}

}  // namespace idun::subscriptions
