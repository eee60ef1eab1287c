#include "fhirpath/expression.h"

#include "fhirpath/internal/evaluator.h"
#include "fhirpath/internal/program.h"

namespace idun::fhirpath {

using internal::Evaluator;

Result<Expression> Expression::compile(std::string_view text, const Options& options) {
    TRY_ASSIGN(internal::Program program, internal::parse(text, *options.definitions));
    TRY(internal::check_types(program, options));
    return Expression(std::make_unique<const internal::Program>(std::move(program)));
}

Expression::Expression(std::unique_ptr<const internal::Program> program) : program_(std::move(program)) {}
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

}  // namespace idun::fhirpath
