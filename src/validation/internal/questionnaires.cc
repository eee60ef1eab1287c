// Questionnaires, and QuestionnaireResponses against theirs (FHIR R4 §9.9 and §9.10).
#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "base/decimal.h"
#include "fhirpath/expression.h"
#include "units/ucum.h"
#include "validation/internal/rules.h"

namespace idun::validation {

using fhir::IssueCode;
using fhir::Severity;
using json::Kind;
using json::Value;

namespace {

constexpr std::size_t kDepthMax = 40;
constexpr std::uint64_t kCompileSteps = 500;  // what compiling an expression of a form costs
constexpr std::uint64_t kExpressionSteps = 50'000;

Value extension_value(Value element, std::string_view name) {
    for (const Value extension : element["extension"].elements()) {
        const std::string_view url = extension["url"].text();
        if (url.size() <= name.size() || !url.ends_with(name) || url[url.size() - name.size() - 1] != '/') continue;
        for (const json::Member& member : extension.members()) {
            if (member.name.starts_with("value")) return member.value;
        }
    }
    return {};
}

// "valueDecimal" -> value; and the type's name.
Value choice(Value object, std::string_view prefix, std::string_view* type = nullptr) {
    for (const json::Member& member : object.members()) {
        if (!member.name.starts_with(prefix) || member.name.size() == prefix.size()) continue;
        if (type != nullptr) *type = member.name.substr(prefix.size());
        return member.value;
    }
    return {};
}

// The JSON type names that an answer to a question of this kind may have.
std::vector<std::string_view> answer_types(std::string_view kind) {
    if (kind == "boolean") return {"Boolean"};
    if (kind == "decimal") return {"Decimal", "Integer"};
    if (kind == "integer") return {"Integer"};
    if (kind == "date") return {"Date"};
    if (kind == "dateTime") return {"DateTime"};
    if (kind == "time") return {"Time"};
    if (kind == "string" || kind == "text") return {"String"};
    if (kind == "url") return {"Uri"};
    if (kind == "choice") return {"Coding", "String", "Integer", "Date", "Time", "Reference", "Quantity"};
    if (kind == "open-choice") return {"Coding", "String", "Integer", "Date", "Time", "Reference", "Quantity"};
    if (kind == "attachment") return {"Attachment"};
    if (kind == "reference") return {"Reference"};
    if (kind == "quantity") return {"Quantity"};
    return {};
}

// Less, equal, more, of two answers of the same type; nothing when they do not compare.
std::optional<int> compare(std::string_view type, Value a, Value b) {
    if (type == "Decimal" || type == "Integer") {
        const auto x = Decimal::parse(a.text());
        const auto y = Decimal::parse(b.text());
        if (!x || !y) return std::nullopt;
        return Decimal::compare(*x, *y);
    }
    if (type == "Quantity") {
        const auto x = Decimal::parse(a["value"].text());
        const auto y = Decimal::parse(b["value"].text());
        if (!x || !y) return std::nullopt;
        if (a["system"].text().empty() || b["system"].text().empty()) return std::nullopt;
        if (a["system"].text() == b["system"].text() && a["code"].text() == b["code"].text()) return Decimal::compare(*x, *y);
        const auto from = units::Unit::parse(a["code"].text());
        const auto to = units::Unit::parse(b["code"].text());
        if (!from || !to) return std::nullopt;
        const auto converted = units::convert(*x, *from, *to);
        if (!converted) return std::nullopt;
        return Decimal::compare(*converted, *y);
    }
    if (!a.is_string() || !b.is_string()) return std::nullopt;
    // Dates to the precision that both have.
    const std::size_t common = type.starts_with("Date") || type == "Time" ? std::min(a.text().size(), b.text().size()) : std::string_view::npos;
    const int order = a.text().substr(0, common).compare(b.text().substr(0, common));
    return order < 0 ? -1 : order > 0 ? 1 : 0;
}

bool same_coding(Value a, Value b) { return a["code"].text() == b["code"].text() && a["system"].text() == b["system"].text(); }

bool same_answer(std::string_view type, Value a, Value b) {
    if (type == "Coding") return same_coding(a, b);
    if (type == "Boolean") return a.boolean() == b.boolean();
    const auto order = compare(type, a, b);
    return order ? *order == 0 : equal_values(a, b);
}

class Response {
public:
    Response(Run& run, Value response, Value questionnaire) : run_(run), response_(response), questionnaire_(questionnaire) {}

    void judge() {
        index(questionnaire_["item"], 0);
        gather(response_["item"], 0);
        const std::string_view status = response_["status"].text();
        finished_ = status != "in-progress" && status != "entered-in-error" && status != "stopped";
        items(questionnaire_["item"], response_, response_["item"], 0);
    }

private:
    void index(Value items, std::size_t depth) {
        if (depth > kDepthMax) return;
        for (const Value item : items.elements()) {
            questions_[item["linkId"].text()] = item;
            index(item["item"], depth + 1);
        }
    }

    // The answers that were given, by question.
    void gather(Value items, std::size_t depth) {
        if (depth > kDepthMax) return;
        for (const Value item : items.elements()) {
            answers_[item["linkId"].text()].push_back(item);
            gather(item["item"], depth + 1);
            for (const Value answer : item["answer"].elements()) gather(answer["item"], depth + 1);
        }
    }

    // One level: the questions that belong here and the items that were given.
    void items(Value questions, Value holder, Value given, std::size_t depth) {
        if (depth > kDepthMax || !run_.spend(1 + given.size())) return;
        std::unordered_map<std::string_view, std::vector<std::pair<Value, std::uint32_t>>> by_link;
        std::unordered_map<std::string_view, std::size_t> order;
        std::size_t place = 0;
        for (const Value q : questions.elements()) order[q["linkId"].text()] = place++;
        std::size_t last = 0;
        std::uint32_t index = 0;
        for (const Value item : given.elements()) {
            const std::uint32_t own = index++;
            const Value link = item["linkId"];
            const auto at = order.find(link.text());
            const Run::Inside inside(run_, "item", own);
            if (!inside) return;
            if (at == order.end()) {
                if (!link.is_string()) continue;  // check_structure has said so
                if (questions_.contains(link.text())) run_.error(IssueCode::structure, link, "the questionnaire has this item at another place");
                else run_.error(IssueCode::not_found, link, "the questionnaire has no item with this linkId");
                continue;
            }
            if (at->second < last) run_.error(IssueCode::structure, item, "the items are not in the order of the questionnaire");
            last = std::max(last, at->second);
            by_link[link.text()].emplace_back(item, own);
        }
        for (const Value q : questions.elements()) {
            if (run_.stopped()) return;
            const auto at = by_link.find(q["linkId"].text());
            static const std::vector<std::pair<Value, std::uint32_t>> kNone;
            question(q, holder, at == by_link.end() ? kNone : at->second, depth);
        }
    }

    void question(Value q, Value holder, const std::vector<std::pair<Value, std::uint32_t>>& given, std::size_t depth) {
        const std::string_view kind = q["type"].text();
        const bool on = enabled(q);
        if (!on) {
            for (const auto& [item, place] : given) {
                const Run::Inside inside(run_, "item", place);
                if (has_answers(item, 0)) run_.error(IssueCode::invalid, item, "the item is answered, but its enableWhen does not hold");
            }
            return;
        }
        const bool hidden = extension_value(q, "questionnaire-hidden").boolean();
        if (given.empty()) {
            if (q["required"].boolean() && kind != "display" && finished_ && !hidden) {
                if (kind == "group") run_.error(IssueCode::required, holder, "a required group of the questionnaire has no items here");
                else run_.error(IssueCode::required, holder, "a required question of the questionnaire has no answer here");
            }
            // What is required in a group that is not there at all is not asked.
            return;
        }
        if (given.size() > 1 && !(kind == "group" && q["repeats"].boolean())) {
            const Run::Inside inside(run_, "item", given[1].second);
            run_.error(IssueCode::invalid, given[1].first, "only one item with this linkId may be given; several answers stand in one item");
        }
        for (const auto& [item, place] : given) {
            const Run::Inside inside(run_, "item", place);
            if (inside) one(q, item, kind, depth);
        }
    }

    static bool has_answers(Value item, std::size_t depth) {
        if (depth > kDepthMax) return false;
        if (item["answer"].size() > 0) return true;
        for (const Value inner : item["item"].elements()) {
            if (has_answers(inner, depth + 1)) return true;
        }
        return false;
    }

    void one(Value q, Value item, std::string_view kind, std::size_t depth) {
        const Value answers = item["answer"];
        if (kind == "group") {
            if (answers.size() > 0) run_.error(IssueCode::structure, item, "a group cannot have answers");
            if (q["required"].boolean() && item["item"].size() == 0 && finished_) run_.error(IssueCode::invariant, item, "a required group must have items");
            return items(q["item"], item, item["item"], depth + 1);
        }
        if (kind == "display") {
            if (answers.size() > 0) run_.error(IssueCode::structure, item, "an item of type display cannot have answers");
            if (item["item"].size() > 0) run_.error(IssueCode::structure, item, "an item of type display cannot have items");
            return;
        }
        if (item["item"].size() > 0) run_.error(IssueCode::structure, item, "the items below a question stand in its answer");
        count(q, item, answers);
        std::uint32_t place = 0;
        for (const Value answer : answers.elements()) {
            const Run::Inside inside(run_, "answer", place++);
            if (!inside) return;
            this->answer(q, answer, kind);
            if (answer["item"].size() > 0 || q["item"].size() > 0) items(q["item"], answer, answer["item"], depth + 1);
        }
    }

    void count(Value q, Value item, Value answers) {
        if (answers.size() == 0 && q["required"].boolean() && finished_) run_.error(IssueCode::required, item, "a required question has no answer");
        if (answers.size() > 1 && !q["repeats"].boolean()) run_.error(IssueCode::invalid, item, "the question takes one answer only");
        const auto most = Decimal::parse(extension_value(q, "questionnaire-maxOccurs").text());
        const auto least = Decimal::parse(extension_value(q, "questionnaire-minOccurs").text());
        const Decimal size = Decimal::of(static_cast<std::int64_t>(answers.size()));
        if (most && size > *most) run_.error(IssueCode::invalid, item, "there are more answers than the question takes");
        if (least && size < *least && finished_) run_.error(IssueCode::invalid, item, "there are fewer answers than the question asks for");
    }

    void answer(Value q, Value answer, std::string_view kind) {
        std::string_view type;
        const Value value = choice(answer, "value", &type);
        if (!value) return;
        const auto allowed = answer_types(kind);
        if (!allowed.empty() && std::find(allowed.begin(), allowed.end(), type) == allowed.end()) {
            run_.error(IssueCode::invariant, value, "an answer to this question must be of type {}, not {}", kind == "choice" || kind == "open-choice" ? "Coding" : kind, type);
            return;
        }
        options(q, value, type, kind);
        limits(q, value, type);
    }

    void options(Value q, Value value, std::string_view type, std::string_view kind) {
        const Value options = q["answerOption"];
        const bool open = kind == "open-choice" && type == "String";
        if (options.size() > 0 && !open) {
            bool of_type = false;
            for (const Value option : options.elements()) {
                std::string_view option_type;
                const Value allowed = choice(option, "value", &option_type);
                if (option_type != type) continue;
                of_type = true;
                if (same_answer(type, value, allowed)) return;
            }
            if (!of_type) run_.error(IssueCode::invariant, value, "the question has no option of the answer's type");
            else run_.error(IssueCode::invariant, value, "the answer is none of the question's options");
            return;
        }
        const std::string_view set = q["answerValueSet"].text();
        if (set.empty() || open || run_.terminology() == nullptr) return;
        if (type != "Coding" && type != "String") return;
        if (type == "Coding" && !value["code"]) return;
        if (set.starts_with('#')) return contained_set(set.substr(1), value);
        const fhir::Coded coded{.system = value["system"].text(), .version = value["version"].text(), .code = type == "Coding" ? value["code"].text() : value.text(), .display = {}};
        const fhir::Membership in = run_.terminology()->member_of(set, coded);
        if (in == fhir::Membership::out) run_.error(IssueCode::code_invalid, value, "the answer is not in the question's value set");
    }

    // A value set inside the questionnaire that lists its codes.
    void contained_set(std::string_view id, Value value) {
        for (const Value set : questionnaire_["contained"].elements()) {
            if (set["id"].text() != id) continue;
            const Value expanded = set["expansion"]["contains"];
            bool whole = expanded.size() > 0;
            for (const Value code : expanded.elements()) {
                if (same_coding(code, value)) return;
            }
            for (const Value include : set["compose"]["include"].elements()) {
                if (whole) break;
                if (include["concept"].size() == 0) return;  // a whole system or a filter
                for (const Value concept_value : include["concept"].elements()) {
                    if (include["system"].text() == value["system"].text() && concept_value["code"].text() == value["code"].text()) return;
                }
            }
            if (!whole && set["compose"]["include"].size() == 0) return;
            run_.error(IssueCode::code_invalid, value, "the answer is not in the question's value set");
            return;
        }
    }

    void limits(Value q, Value value, std::string_view type) {
        const auto length = Decimal::parse(q["maxLength"].text());
        const auto shortest = Decimal::parse(extension_value(q, "minLength").text());
        if (value.is_string()) {
            const Decimal characters = Decimal::of(std::count_if(value.text().begin(), value.text().end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
            if (length && characters > *length) run_.error(IssueCode::invariant, value, "the answer is longer than the question allows");
            if (shortest && characters < *shortest) run_.error(IssueCode::invariant, value, "the answer is shorter than the question allows");
            pattern(q, value);
        }
        if (type == "Decimal") {
            const auto places = Decimal::parse(extension_value(q, "maxDecimalPlaces").text());
            const auto number = Decimal::parse(value.text());
            if (places && number && Decimal::of(number->decimals()) > *places) run_.error(IssueCode::invariant, value, "the answer has more decimals than the question allows");
        }
        if (type == "Attachment") attachment(q, value);
        for (const bool least : {true, false}) {
            Value limit = extension_value(q, least ? "minValue" : "maxValue");
            if (!limit) limit = extension_value(q, least ? "sdc-questionnaire-minQuantity" : "sdc-questionnaire-maxQuantity");
            if (!limit) continue;
            const auto order = compare(type, value, limit);
            if (!order) {
                run_.error(IssueCode::invariant, value, "the answer cannot be compared with the {} that the question allows; give a formal unit", least ? "least" : "greatest");
            } else if (least ? *order < 0 : *order > 0) {
                run_.error(IssueCode::invariant, value, "the answer is {} than the question allows", least ? "less" : "greater");
            } else if (*order == 0 && type != "Quantity" && value.is_string() && value.text().size() > limit.text().size() && !least) {
                // "2022-06-30" against a greatest of "2022-06": later than what is allowed for certain.
                run_.error(IssueCode::invariant, value, "the answer is greater than the question allows");
            }
        }
    }

    void pattern(Value q, Value value) {
        const std::string_view regex = extension_value(q, "regex").text();
        if (regex.empty()) return;
        std::string expression = "$this.matches('";
        for (const char c : regex) {
            if (c == '\'' || c == '\\') expression += '\\';
            expression += c;
        }
        expression += "')";
        if (!run_.spend(kCompileSteps)) return;
        const auto invariant = Library::compiled(expression);
        const fhir::Type* string = fhir::Definitions::r4().type("string");
        if (run_.holds(*invariant, Item{.value = value, .companion = {}, .type = string, .shape = string->shape, .json_name = {}}) == Truth::no) {
            run_.error(IssueCode::invariant, value, "the answer does not have the form that the question asks for");
        }
    }

    void attachment(Value q, Value value) {
        const auto most = Decimal::parse(extension_value(q, "maxSize").text());
        const auto size = Decimal::parse(value["size"].text());
        std::int64_t bytes = static_cast<std::int64_t>(value["data"].text().size()) / 4 * 3;
        if (most && ((size && *size > *most) || Decimal::of(bytes) > *most)) run_.error(IssueCode::required, value, "the attachment is larger than the question allows");
        bool any = false;
        bool right = false;
        for (const Value extension : q["extension"].elements()) {
            if (!extension["url"].text().ends_with("/mimeType")) continue;
            any = true;
            right = right || extension["valueCode"].text() == value["contentType"].text();
        }
        if (any && !right) run_.error(IssueCode::invariant, value, "the attachment is of a type that the question does not take");
    }

    // --- enableWhen ---

    // Forms that say it in FHIRPath, over the response.
    bool enabled_by_expression(Value q) {
        for (const Value extension : q["extension"].elements()) {
            const std::string_view url = extension["url"].text();
            std::string_view expression;
            if (url.ends_with("/sdc-questionnaire-enableWhenExpression") && extension["valueExpression"]["language"].text() == "text/fhirpath") expression = extension["valueExpression"]["expression"].text();
            if (url.ends_with("-questionnaire-enablewhen")) expression = extension["valueString"].text();
            if (expression.empty()) continue;
            // The form may come with the document: each expression pays in advance for all that it may do.
            if (!run_.spend(kExpressionSteps)) return true;
            if (run_.holds(*Library::compiled(expression), resource_item(response_), nullptr, kExpressionSteps) == Truth::no) return false;
        }
        return true;
    }

    bool enabled(Value q) {
        if (!enabled_by_expression(q)) return false;
        const Value conditions = q["enableWhen"];
        if (conditions.size() == 0) return true;
        const bool any = q["enableBehavior"].text() == "any";
        for (const Value c : conditions.elements()) {
            const bool holds = condition(c);
            if (any && holds) return true;
            if (!any && !holds) return false;
        }
        return !any;
    }

    bool condition(Value c) const {
        const std::string_view op = c["operator"].text();
        std::vector<std::pair<std::string_view, Value>> given;
        const auto at = answers_.find(c["question"].text());
        if (at != answers_.end()) {
            for (const Value item : at->second) {
                for (const Value answer : item["answer"].elements()) {
                    std::string_view type;
                    const Value value = choice(answer, "value", &type);
                    if (value) given.emplace_back(type, value);
                }
            }
        }
        std::string_view type;
        const Value wanted = choice(c, "answer", &type);
        if (op == "exists") return wanted.boolean() == !given.empty();
        if (op == "!=") {
            return std::none_of(given.begin(), given.end(), [&](const auto& g) { return g.first == type && same_answer(type, g.second, wanted); });
        }
        return std::any_of(given.begin(), given.end(), [&](const auto& g) {
            if (g.first != type && !(g.first == "Integer" && type == "Decimal")) return false;
            if (op == "=") return same_answer(type, g.second, wanted);
            const auto order = compare(type, g.second, wanted);
            if (!order) return false;
            return op == ">" ? *order > 0 : op == "<" ? *order < 0 : op == ">=" ? *order >= 0 : op == "<=" ? *order <= 0 : false;
        });
    }

    Run& run_;
    Value response_;
    Value questionnaire_;
    bool finished_ = true;
    std::unordered_map<std::string_view, Value> questions_;
    std::unordered_map<std::string_view, std::vector<Value>> answers_;
};

Value questionnaire_of(Run& run, Value response) {
    const std::string_view canonical = response["questionnaire"].text();
    if (canonical.empty()) return {};
    if (canonical.front() == '#') return run.find(canonical).resource;
    const std::string_view url = canonical.substr(0, canonical.find('|'));
    for (const Value q : run.options().questionnaires) {
        if (q["url"].text() == url) return q;
    }
    if (const Value found = run.library().source().find("Questionnaire", canonical)) return found;
    if (const Value found = run.find(canonical).resource; found && found["resourceType"].text() == "Questionnaire") return found;
    return {};
}

}  // namespace

void judge_questionnaire_response(Run& run, const Item& resource) {
    const Value canonical = resource.value["questionnaire"];
    if (!canonical.is_string()) {
        run.report(Severity::information, IssueCode::required, resource.value, "no questionnaire is named, so the answers were not judged");
        return;
    }
    const Value questionnaire = questionnaire_of(run, resource.value);
    if (!questionnaire || questionnaire["resourceType"].text() != "Questionnaire") {
        run.warn(IssueCode::not_found, canonical, "the questionnaire is not at hand, so the answers were not judged");
        return;
    }
    Response(run, resource.value, questionnaire).judge();
}

namespace {

// The operator and the answer of an enableWhen must fit the question that it names, which must exist.
class Form {
public:
    Form(Run& run, Value questionnaire) : run_(run), questionnaire_(questionnaire) {}

    void judge() {
        index(questionnaire_["item"], 0);
        items(questionnaire_["item"], 0);
    }

private:
    void index(Value items, std::size_t depth) {
        if (depth > kDepthMax) return;
        for (const Value item : items.elements()) {
            types_.emplace(item["linkId"].text(), item["type"].text());
            index(item["item"], depth + 1);
        }
    }

    void items(Value items, std::size_t depth) {
        if (depth > kDepthMax || !run_.spend(1 + items.size())) return;
        std::uint32_t place = 0;
        for (const Value item : items.elements()) {
            const Run::Inside inside(run_, "item", place++);
            if (!inside) return;
            // que-12 by its words: its expression in R4 counts one too many.
            if (item["enableWhen"].size() == 2 && !item["enableBehavior"]) {
                run_.error(IssueCode::invariant, item, "with more than one enableWhen, enableBehavior must say whether all or any must hold (que-12)");
            }
            std::uint32_t condition = 0;
            for (const Value when : item["enableWhen"].elements()) {
                const Run::Inside in(run_, "enableWhen", condition++);
                const auto at = types_.find(when["question"].text());
                if (!when["question"].is_string()) continue;
                if (at == types_.end()) run_.error(IssueCode::business_rule, when["question"], "no item of the questionnaire has this linkId");
                else if (when["question"].text() == item["linkId"].text()) run_.error(IssueCode::business_rule, when["question"], "an item cannot depend on itself");
            }
            this->items(item["item"], depth + 1);
        }
    }

    Run& run_;
    Value questionnaire_;
    std::unordered_map<std::string_view, std::string_view> types_;
};

}  // namespace

void judge_questionnaire(Run& run, const Item& resource) { Form(run, resource.value).judge(); }

}  // namespace idun::validation
