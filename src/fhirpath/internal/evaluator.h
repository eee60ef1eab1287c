// Runs a Program. One Evaluator a run; it is not shared between threads.
//
// Every step appends what it gives to `out` and returns false when the run has failed; then `error()` says why.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/result.h"
#include "fhirpath/environment.h"
#include "fhirpath/internal/equality.h"
#include "fhirpath/internal/program.h"
#include "fhirpath/item.h"

namespace re2 {
class RE2;
}

namespace idun::fhirpath::internal {

class Evaluator {
public:
    // What names and $this stand for while an expression runs.
    struct Frame {
        const Item* items = nullptr;  // $this
        std::size_t count = 0;
        std::int64_t index = -1;      // $index
        const Items* total = nullptr; // $total
    };
    enum class Truth : std::uint8_t { no, yes, unknown };

    Evaluator(const Program& program, const Environment& environment, const Item* context, std::size_t count);
    ~Evaluator();
    Evaluator(const Evaluator&) = delete;

    bool run(Items& out);
    bool test(Truth& out);
    // Does this part of the program hold for the item?
    bool filter(std::uint32_t node, const Item& item, bool& out);
    Error take_error() { return error_ ? std::move(*error_) : Error(Category::internal, "FHIRPath: no error"); }
    Store take_store() { return std::move(store_); }

private:
    using Index = std::uint32_t;

    // evaluator.cc: nodes
    bool node(Index index, const Frame& frame, Items& out);
    bool truth(Index index, const Frame& frame, Truth& out);  // of a node, without making items where it can
    bool truth_of(const Items& items, const Node& at, Truth& out);
    bool focus(const Node& node, const Frame& frame, Items& out);
    bool member(const Node& node, const Frame& frame, Items& out);
    bool type_root(const Node& node, const Frame& frame, Items& out);
    bool variable(const Node& node, Items& out);
    bool item_at(const Node& node, const Frame& frame, Items& out);
    bool sign(const Node& node, const Frame& frame, Items& out);
    bool is_or_as(const Node& node, Index operand, const Frame& frame, Items& out);
    bool logic(const Node& node, const Frame& frame, Truth& out);
    bool compare(const Node& node, const Frame& frame, Truth& out);
    bool equality(const Node& node, const Frame& frame, Truth& out);
    bool membership(const Node& node, const Frame& frame, Truth& out);
    bool arithmetic(const Node& node, const Frame& frame, Items& out);
    bool call(const Node& node, const Frame& frame, Items& out);
    bool call_truth(const Node& node, const Frame& frame, Truth& out, bool& done);

    // evaluate_sets.cc
    bool equal_lists(const Items& a, const Items& b, Truth& out);
    bool equivalent_lists(const Items& a, const Items& b, bool& out);
    bool holds(const Items& list, const Item& item, bool& out);  // by equality
    bool append_distinct(const Items& from, Items& out);
    bool sets(const Node& node, const Items& in, const Frame& frame, Items& out);
    bool lambdas(const Node& node, const Items& in, const Frame& frame, Items& out);
    bool subsets(const Node& node, const Items& in, const Frame& frame, Items& out);
    bool all_any(const Node& node, const Items& in, Items& out);
    bool repeat(const Node& node, const Items& in, const Frame& frame, Items& out);
    bool aggregate(const Node& node, const Items& in, const Frame& frame, Items& out);
    bool sort(const Node& node, const Items& in, Items& out);
    bool iif(const Node& node, const Items& in, const Frame& frame, Items& out);
    bool trace(const Node& node, const Items& in, const Frame& frame, Items& out);
    bool descendants(const Items& in, Items& out);
    bool fold(const Node& node, const Items& in, Items& out);  // sum, min, max, avg

    // evaluate_conversions.cc
    bool convert(const Node& node, const Items& in, const Frame& frame, Items& out);
    bool type_of(const Items& in, Items& out);
    bool boundaries(const Node& node, const Items& in, const Frame& frame, Items& out);

    // evaluate_strings.cc
    bool strings(const Node& node, const Items& in, const Frame& frame, Items& out);
    bool patterns(const Node& node, std::string_view text, const Frame& frame, Items& out);
    bool split(std::string_view text, std::string_view by, Items& out);
    bool join(const Node& node, const Items& in, const Frame& frame, Items& out);
    const re2::RE2* pattern(std::string_view text, const Node& at);

    // evaluate_math.cc
    bool math(const Node& node, const Items& in, const Frame& frame, Items& out);
    bool plus(const Item& a, const Item& b, const Node& at, Items& out);
    bool times(const Item& a, const Item& b, const Node& at, Items& out);
    bool plus_quantity(const Item& moment, const Quantity& quantity, const Node& at, bool minus, Items& out);
    void push_decimal(const std::optional<Decimal>& value, Items& out);
    void push_integer(std::optional<std::int64_t> value, Items& out);  // nothing beyond 32 bits
    void push_quantity(std::optional<Quantity> value, Items& out);

    // evaluate_fhir.cc
    bool fhir(const Node& node, const Items& in, const Frame& frame, Items& out);
    bool extension(const Node& node, const Items& in, const Frame& frame, Items& out);
    bool resolve(const Item& item, Items& out);
    bool member_of(const Node& node, const Item& item, const Frame& frame, Items& out);
    bool subsumes(const Node& node, const Item& item, const Frame& frame, Items& out);
    bool check_modifiers(const Node& node, const Items& in, const Frame& frame, Items& out);

    // helpers
    bool argument(const Node& node, std::uint32_t place, const Frame& frame, Items& out) {
        return this->node(program_.arguments[node.first + place], frame, out);
    }
    // One item or none; several are an error.
    bool single(const Items& items, const Node& at, std::optional<Item>& out);
    bool single_argument(const Node& node, std::uint32_t place, const Frame& frame, std::optional<Item>& out);
    bool text_of(const Items& items, const Node& at, std::optional<std::string_view>& out);
    bool text_argument(const Node& node, std::uint32_t place, const Frame& frame, std::optional<std::string_view>& out);
    bool integer_argument(const Node& node, std::uint32_t place, const Frame& frame, std::optional<std::int64_t>& out);
    bool push_text(std::string text, Items& out);
    bool spend(std::uint64_t steps);
    bool fits(const Items& items);
    bool spent(const Work& work);  // takes over what comparing has used
    Work work() { return {store(), steps_left_}; }
    bool fail(Category category, std::string what, const Node& at);
    Store& store() { return store_; }
    void push(Truth truth, Items& out) {
        if (truth != Truth::unknown) out.push(Item::boolean(truth == Truth::yes));
    }
    const Item& resource_item() const;
    const Item& root_item() const;

    struct Patterns;

    const Program& program_;
    const Environment& environment_;
    Frame context_;
    Item first_;  // of the context
    Store store_;
    std::unique_ptr<Patterns> patterns_;
    std::optional<Error> error_;
    std::uint64_t steps_left_;
    std::size_t bytes_ = 0;
    std::size_t documents_ = 0;
};

}  // namespace idun::fhirpath::internal
