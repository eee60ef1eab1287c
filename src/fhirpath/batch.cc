#include "fhirpath/batch.h"

#include "fhirpath/location.h"

namespace idun::fhirpath {
void write_item(json::Writer& out, const Item& item, json::Value root) {
    out.object().member("type", type_name(item));
    if (const auto text = to_text(item)) out.member("text", *text);
    if (item.kind() == Item::Kind::type_info) out.member("text", item.as_type_info().name_space + "." + item.as_type_info().name);
    if (item.value()) out.member("json", item.value());
    if (const auto place = locate(root, item)) out.member("path", place->text());
    out.end();
}

Result<const json::Document*> Batch::document(const std::string& path) {
    const auto known = documents_.find(path);
    if (known != documents_.end()) return known->second.get();
    if (documents_.size() >= kDocumentsMax) documents_.clear();
    TRY_ASSIGN(const std::string text, read_file_(path));
    TRY_ASSIGN(json::Document parsed, json::Document::parse(text));
    auto& kept = documents_[path];
    kept = std::make_unique<json::Document>(std::move(parsed));
    return kept.get();
}

Status Batch::evaluate(json::Value request, json::Writer& out, std::string_view& phase) {
    phase = "read";
    json::Value root = request["resource"];
    if (request["file"]) {
        TRY_ASSIGN(const json::Document* found, document(std::string(request["file"].text())));
        root = found->root();
    }
    const std::string_view type_name_ = request["type"] ? request["type"].text() : root["resourceType"].text();
    Environment environment;
    environment.now = now_;
    environment.resolve_to_types = request["resolve_to_types"].boolean();
    if (request["now"]) {
        const auto now = from_iso(request["now"].text());
        if (!now) return fail(Category::invalid, "now is no instant");
        environment.now = *now;
    }
    Items start;
    if (root) {
        const Item resource = Item::resource(root);
        environment.resource = resource;
        environment.root_resource = resource;
        start.push(resource);
    }
    phase = "compile";
    const bool strict = request["strict"].boolean();
    const fhir::Type* type = environment.definitions->type(type_name_);
    TRY_ASSIGN(const Expression expression,
               Expression::compile(request["expression"].text(), {.context = type, .strict = strict, .ordered = request["ordered"].boolean()}));
    phase = "run";
    out.name("result").array();
    if (!request["context"]) {
        TRY_ASSIGN(const Collection result, expression.evaluate(start, environment));
        for (const Item& item : result) write_item(out, item, root);
    } else {
        TRY_ASSIGN(const Expression context, Expression::compile(request["context"].text()));
        TRY_ASSIGN(const Collection starts, context.evaluate(start, environment));
        for (const Item& from : starts) {
            TRY_ASSIGN(const Collection result, expression.evaluate(from, environment));
            for (const Item& item : result) write_item(out, item, root);
        }
    }
    out.end();
    return {};
}

std::string Batch::run(std::string_view line) {
    const auto parsed = json::Document::parse(line);
    json::Writer answer;
    answer.object();
    if (!parsed) {
        answer.member("error", parsed.error().message).member("category", to_string(parsed.error().category)).member("phase", "read").end();
        return answer.take();
    }
    const json::Value request = parsed->root();
    if (request["id"]) answer.member("id", request["id"]);
    json::Writer body = answer;
    std::string_view phase;
    const Status done = evaluate(request, body, phase);
    if (done) {
        body.end();
        return body.take();
    }
    answer.member("error", done.error().message).member("category", to_string(done.error().category)).member("phase", phase).end();
    return answer.take();
}

}  // namespace idun::fhirpath
