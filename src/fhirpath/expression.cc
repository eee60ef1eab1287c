#include "fhirpath/expression.h"

#include "fhirpath/internal/evaluator.h"
#include "fhirpath/internal/paths.h"
#include "fhirpath/internal/program.h"

namespace idun::fhirpath {

using internal::Evaluator;

Result<Expression> Expression::compile(std::string_view text, const Options& options) {
    TRY_ASSIGN(internal::Program program, internal::parse(text, *options.definitions));
    TRY(internal::check_types(program, options));
    auto kept = std::make_unique<const internal::Program>(std::move(program));
    auto paths = internal::compile_paths(*kept, options);
    return Expression(std::move(kept), paths ? std::make_unique<const internal::Paths>(std::move(*paths)) : nullptr);
}

Expression::Expression(std::unique_ptr<const internal::Program> program, std::unique_ptr<const internal::Paths> paths)
    : program_(std::move(program)), paths_(std::move(paths)) {}
Expression::Expression(Expression&&) noexcept = default;
Expression& Expression::operator=(Expression&&) noexcept = default;
Expression::~Expression() = default;

std::string_view Expression::text() const { return program_->text; }

Result<Collection> Expression::evaluate(const Item& context, const Environment& environment) const {
    Evaluator evaluator(*program_, environment, &context, 1);
    Items out;
    if (!evaluator.run(out)) return fail(evaluator.take_error());
    return Collection(std::move(out), evaluator.take_store());
}

Result<Collection> Expression::evaluate(const Items& context, const Environment& environment) const {
    Evaluator evaluator(*program_, environment, context.begin(), context.size());
    Items out;
    if (!evaluator.run(out)) return fail(evaluator.take_error());
    return Collection(std::move(out), evaluator.take_store());
}

Result<std::optional<bool>> Expression::test(const Item& context, const Environment& environment) const {
    Evaluator evaluator(*program_, environment, &context, 1);
    Evaluator::Truth truth = Evaluator::Truth::unknown;
    if (!evaluator.test(truth)) return fail(evaluator.take_error());
    if (truth == Evaluator::Truth::unknown) return std::optional<bool>();
    return std::optional<bool>(truth == Evaluator::Truth::yes);
}

bool Expression::is_paths() const { return paths_ != nullptr; }

Status Expression::collect(const Item& start, const Environment& environment, FunctionRef<void(const Item&)> found) const {
    if (paths_ != nullptr && start.shape() == paths_->shape) {
        std::optional<Error> error;
        if (!internal::collect(*paths_, *program_, start, environment, found, error)) return fail(std::move(*error));
        return {};
    }
    TRY_ASSIGN(const Collection all, evaluate(start, environment));
    for (const Item& item : all) {
        if (item.value()) found(item);
    }
    return {};
}

}  // namespace idun::fhirpath
