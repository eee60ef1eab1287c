// JSON Patch (RFC 6902).
#include <algorithm>
#include <deque>
#include <span>

#include "patch/internal/pointer.h"
#include "patch/internal/tree.h"
#include "patch/patch.h"

namespace idun::patch {
namespace {

using Tokens = std::vector<std::string>;

tl::unexpected<Error> malformed(std::string text) { return fail(Category::invalid, std::move(text)); }
tl::unexpected<Error> nowhere() { return fail(Category::conflict, "the path leads to nothing in the document"); }

class JsonPatch {
public:
    JsonPatch(json::Value document, const Limits& limits)
        : root_(Tree::of(document)), budget_(limits.bytes_max, limits.steps_max) {}

    Status apply(json::Value operation) {
        if (!operation.is_object()) return malformed("an operation is an object");
        const std::string_view op = operation["op"].text();
        TRY_ASSIGN(Tokens path, pointer(operation["path"], "path"));
        if (op == "add" || op == "replace" || op == "test") {
            const json::Value value = operation["value"];
            if (!value) return malformed("this operation needs a value");
            if (op == "test") return test(path, value);
            TRY(charge(Tree::of(value)));
            return op == "add" ? add(std::move(path), Tree::of(value)) : replace(path, Tree::of(value));
        }
        if (op == "remove") {
            TRY_ASSIGN(const Tree gone, remove(path));
            return {};
        }
        if (op != "move" && op != "copy") return malformed("op is add, remove, replace, move, copy or test");
        TRY_ASSIGN(const Tokens from, pointer(operation["from"], "from"));
        return op == "move" ? move(from, std::move(path)) : copy(from, std::move(path));
    }

    std::string text() const {
        json::Writer writer;
        write(writer, root_);
        return writer.take();
    }

private:
    static Result<Tokens> pointer(json::Value value, const char* name) {
        if (!value.is_string()) return malformed(std::string("this operation needs the string ") + name);
        auto tokens = parse_pointer(value.text());
        if (!tokens) return malformed(std::string(name) + " is not a JSON Pointer");
        return std::move(*tokens);
    }

    // What is put in or compared counts.
    Status charge(const Tree& tree) {
        const Measure size = measure(tree);
        TRY(budget_.steps(size.nodes));
        return budget_.bytes(size.bytes);
    }

    // So that no chain of copies makes a document that cannot be read back.
    Status check_depth(const Tokens& path, const Tree& value) {
        const Measure size = measure(value);
        TRY(budget_.steps(size.nodes));
        if (path.size() + size.depth > json::Limits().depth_max) return fail(Category::too_large, "the result would be nested too deeply");
        return {};
    }

    // The node at that path, unfolded on the way.
    Result<Tree*> at(std::span<const std::string> path) {
        Tree* node = &root_;
        for (const std::string& token : path) {
            TRY(budget_.steps(node->size() + 1));
            node->unfold();
            if (!node->unfolded) return nowhere();
            const std::size_t place = node->array ? array_index(token).value_or(Tree::npos) : node->find(token);
            if (place >= node->children.size()) return nowhere();
            node = &node->children[place];
        }
        return node;
    }
    // Its parent, unfolded.
    Result<Tree*> parent_of(const Tokens& path) {
        TRY_ASSIGN(Tree* const parent, at(std::span(path).first(path.size() - 1)));
        TRY(budget_.steps(parent->size() + 1));
        parent->unfold();
        if (!parent->unfolded) return nowhere();
        return parent;
    }

    Status add(Tokens path, Tree value) {
        TRY(check_depth(path, value));
        if (path.empty()) {
            value.name = {};
            root_ = std::move(value);
            return {};
        }
        TRY_ASSIGN(Tree* const parent, parent_of(path));
        if (parent->array) {
            const std::size_t place = path.back() == "-" ? parent->children.size() : array_index(path.back()).value_or(Tree::npos);
            if (place > parent->children.size()) return nowhere();
            value.name = {};
            parent->children.insert(parent->children.begin() + static_cast<std::ptrdiff_t>(place), std::move(value));
            return {};
        }
        if (const std::size_t place = parent->find(path.back()); place != Tree::npos) {
            value.name = parent->children[place].name;
            parent->children[place] = std::move(value);
            return {};
        }
        names_.push_back(std::move(path.back()));
        value.name = names_.back();
        parent->children.push_back(std::move(value));
        return {};
    }

    Status replace(const Tokens& path, Tree value) {
        TRY(check_depth(path, value));
        TRY_ASSIGN(Tree* const node, at(path));
        value.name = node->name;
        *node = std::move(value);
        return {};
    }

    Result<Tree> remove(const Tokens& path) {
        if (path.empty()) return malformed("the whole document cannot be removed or moved");
        TRY_ASSIGN(Tree* const parent, parent_of(path));
        const std::size_t place = parent->array ? array_index(path.back()).value_or(Tree::npos) : parent->find(path.back());
        if (place >= parent->children.size()) return nowhere();
        Tree out = std::move(parent->children[place]);
        parent->children.erase(parent->children.begin() + static_cast<std::ptrdiff_t>(place));
        return out;
    }

    Status move(const Tokens& from, Tokens path) {
        if (from == path) {
            TRY_ASSIGN(Tree* const there, at(from));
            return there == nullptr ? Status(nowhere()) : Status();
        }
        if (from.size() < path.size() && std::equal(from.begin(), from.end(), path.begin())) {
            return malformed("a value cannot be moved into itself");
        }
        TRY_ASSIGN(Tree value, remove(from));
        return add(std::move(path), std::move(value));
    }

    Status copy(const Tokens& from, Tokens path) {
        TRY_ASSIGN(Tree* const node, at(from));
        TRY(charge(*node));
        return add(std::move(path), *node);
    }

    Status test(const Tokens& path, json::Value value) {
        TRY_ASSIGN(Tree* const node, at(path));
        const Tree wanted = Tree::of(value);
        TRY(charge(*node));
        TRY(charge(wanted));
        if (canonical(*node) != canonical(wanted)) return fail(Category::conflict, "the document does not hold what the test expects");
        return {};
    }

    Tree root_;
    Budget budget_;
    std::deque<std::string> names_;  // of members that operations added
};

}  // namespace

Result<std::string> json_patch(json::Value document, json::Value operations, const Limits& limits) {
    if (!operations.is_array()) return malformed("a JSON Patch is an array of operations");
    if (operations.size() > limits.operations_max) {
        return fail(Category::too_large, "a patch has at most " + std::to_string(limits.operations_max) + " operations");
    }
    JsonPatch patch(document, limits);
    std::size_t place = 0;
    for (const json::Value operation : operations.elements()) {
        if (const Status done = patch.apply(operation); !done) {
            return fail(done.error().within("operation " + std::to_string(place)));
        }
        ++place;
    }
    return patch.text();
}

}  // namespace idun::patch
