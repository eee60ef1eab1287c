// Two stages. simdjson's first stage checks UTF-8 and finds the tokens with SIMD; the second is ours: it
// walks the tokens once and builds the tree. See docs/decisions/0004-json-parser.md.
#include "json/document.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <cstring>
#include <span>
#include <vector>

#include "json/internal/scan.h"

namespace idun::json {

struct Document::Impl {
    std::unique_ptr<char[]> text;       // our copy, padded; strings are decoded in place
    std::unique_ptr<std::byte[]> tree;  // Node and Member arrays
    Node root;
};

namespace {

constexpr std::size_t kDepthCap = 1000;                   // the walk recurses
constexpr std::size_t kKeptScratchBytes = 1u << 20;       // larger texts give their scratch back
constexpr std::size_t kTreeBytesPerToken = 10;            // see Walk::reserve
constexpr std::size_t kPairwiseNamesMax = 16;

using Tokenizer = std::unique_ptr<simdjson::internal::dom_parser_implementation>;

struct Pending {  // a child whose parent is not closed yet
    std::string_view name;
    Node node;
};

// Working memory of one thread, kept between small parses.
struct Scratch {
    Tokenizer tokenizer;
    std::vector<Pending> pending;
    std::vector<std::string_view> names;
};

Scratch& scratch() {
    thread_local Scratch kept;
    return kept;
}

bool whitespace(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }
bool delimiter(char c) { return whitespace(c) || c == ',' || c == ']' || c == '}' || c == ':'; }

class Walk {
public:
    Walk(char* text, std::size_t bytes, const Limits& limits, std::span<const std::uint32_t> tokens, Scratch& scratch)
        : text_(text), bytes_(bytes), limits_(limits), tokens_(tokens), pending_(scratch.pending), names_(scratch.names) {
        pending_.clear();
        depth_max_ = std::min(limits.depth_max, kDepthCap);
        next_escape_ = find_escape(0);
        reserve();
    }

    bool run(Node& root) {
        if (!value(root, 0)) return false;
        if (next_ < tokens_.size()) return refuse(tokens_[next_], "text after the end of the document");
        return true;
    }

    std::unique_ptr<std::byte[]> take_tree() { return std::move(tree_); }
    std::size_t error_offset() const { return error_offset_; }
    const std::string& error_message() const { return error_message_; }
    Category error_category() const { return error_category_; }

private:
    // A member costs 40 bytes (Member and Node) and at least four tokens (name, colon, value, comma or
    // brace), an element 16 bytes and two tokens: ten bytes a token always suffice, so the whole tree is
    // one allocation and pointers into it stay.
    void reserve() {
        static_assert(sizeof(Node) == 16 && sizeof(Member) == 24);
        tree_bytes_ = (tokens_.size() + 1) * kTreeBytesPerToken + 16;
        tree_.reset(new std::byte[tree_bytes_]);
    }

    template <typename T>
    T* carve(std::size_t count) {
        const std::size_t bytes = count * sizeof(T);
        IDUN_CHECK(bytes <= tree_bytes_ - tree_used_);
        auto* at = reinterpret_cast<T*>(tree_.get() + tree_used_);
        tree_used_ += bytes;
        return at;
    }

    bool refuse(std::size_t offset, std::string message, Category category = Category::invalid) {
        error_offset_ = offset;
        error_message_ = std::move(message);
        error_category_ = category;
        return false;
    }

    // Offset of the token that is next, or the end of the text.
    std::size_t here() const { return next_ < tokens_.size() ? tokens_[next_] : bytes_; }
    char peek() const { return next_ < tokens_.size() ? text_[tokens_[next_]] : '\0'; }

    std::size_t find_escape(std::size_t from) const {
        const void* found = std::memchr(text_ + from, '\\', bytes_ - from);
        return found == nullptr ? bytes_ : static_cast<std::size_t>(static_cast<const char*>(found) - text_);
    }

    bool value(Node& out, std::size_t depth) {
        if (next_ >= tokens_.size()) return refuse(bytes_, "the text ends where a value should be");
        if (++nodes_ > limits_.nodes_max) {
            return refuse(here(), fmt::format("more than {} values", limits_.nodes_max), Category::too_large);
        }
        const std::size_t start = tokens_[next_];
        out.offset = static_cast<std::uint32_t>(start);
        switch (text_[start]) {
            case '{': return open(start, depth) && object(out, depth + 1);
            case '[': return open(start, depth) && array(out, depth + 1);
            case '"': return string_value(out);
            case 't': return literal(out, "true", Kind::boolean, 1);
            case 'f': return literal(out, "false", Kind::boolean, 0);
            case 'n': return literal(out, "null", Kind::null, 0);
            default: return number(out);
        }
    }

    bool open(std::size_t start, std::size_t depth) {
        ++next_;
        if (depth < depth_max_) return true;
        return refuse(start, fmt::format("nested deeper than {}", depth_max_), Category::too_large);
    }

    static void set(Node& out, Kind kind, const void* data, std::size_t size) {
        out.data = data;
        out.size_and_kind = static_cast<std::uint32_t>(size) << 3 | static_cast<std::uint32_t>(kind);
    }

    bool ends_at(std::size_t end) const { return end == bytes_ || delimiter(text_[end]); }

    bool literal(Node& out, std::string_view word, Kind kind, std::size_t size) {
        const std::size_t start = tokens_[next_++];
        if (std::string_view(text_ + start, bytes_ - start).substr(0, word.size()) != word || !ends_at(start + word.size())) {
            return refuse(start, "expected a value, such as true, false, null, a number or a string");
        }
        set(out, kind, nullptr, size);
        return true;
    }

    bool number(Node& out) {
        const std::size_t start = tokens_[next_++];
        const char first = text_[start];
        if (first != '-' && (first < '0' || first > '9')) return refuse(start, "expected a value");
        const std::size_t length = number_length({text_ + start, bytes_ - start});
        if (length == 0 || !ends_at(start + length)) return refuse(start, "malformed number");
        set(out, Kind::number, text_ + start, length);
        return true;
    }

    bool string_value(Node& out) {
        std::string_view content;
        if (!string(content)) return false;
        set(out, Kind::string, content.data(), content.size());
        return true;
    }

    // Only opening quotes are tokens: the closing one is the last character before the next token that is
    // not whitespace.
    bool string(std::string_view& out) {
        const std::size_t start = tokens_[next_++];
        std::size_t end = here();
        while (end > start + 1 && whitespace(text_[end - 1])) --end;
        if (end <= start + 1 || text_[end - 1] != '"') return refuse(end, "expected a comma, a colon or an end after a string");
        --end;
        char* first = text_ + start + 1;
        char* last = text_ + end;
        if (next_escape_ < start) next_escape_ = find_escape(start);
        if (next_escape_ < end) {
            const char* bad = nullptr;
            last = unescape(first, last, bad);
            if (last == nullptr) return refuse(static_cast<std::size_t>(bad - text_), "malformed escape in a string");
            next_escape_ = find_escape(end);
        }
        out = {first, static_cast<std::size_t>(last - first)};
        return true;
    }

    bool array(Node& out, std::size_t depth) {
        const std::size_t base = pending_.size();
        if (peek() == ']') {
            ++next_;
        } else {
            do {
                Pending child;
                if (!value(child.node, depth)) return false;
                pending_.push_back(child);
            } while (comma());
            if (!close(']', "expected a comma or ] in an array")) return false;
        }
        const std::size_t count = pending_.size() - base;
        Node* elements = carve<Node>(count);
        for (std::size_t i = 0; i < count; ++i) new (elements + i) Node(pending_[base + i].node);
        pending_.resize(base);
        set(out, Kind::array, elements, count);
        return true;
    }

    bool object(Node& out, std::size_t depth) {
        const std::size_t base = pending_.size();
        if (peek() == '}') {
            ++next_;
        } else {
            do {
                Pending child;
                if (peek() != '"') return refuse(here(), "expected a member name in quotes");
                if (!string(child.name)) return false;
                if (peek() != ':') return refuse(here(), "expected a colon after a member name");
                ++next_;
                if (!value(child.node, depth)) return false;
                pending_.push_back(child);
            } while (comma());
            if (!close('}', "expected a comma or } in an object")) return false;
        }
        const std::size_t count = pending_.size() - base;
        const std::span<const Pending> children(pending_.data() + base, count);
        if (!distinct_names(children)) return false;
        Node* nodes = carve<Node>(count);
        Member* members = carve<Member>(count);
        for (std::size_t i = 0; i < count; ++i) {
            new (nodes + i) Node(children[i].node);
            new (members + i) Member{children[i].name, Value(nodes + i)};
        }
        pending_.resize(base);
        set(out, Kind::object, members, count);
        return true;
    }

    bool comma() {
        if (peek() != ',') return false;
        ++next_;
        return true;
    }

    bool close(char bracket, const char* message) {
        if (peek() != bracket) return refuse(here(), message);
        ++next_;
        return true;
    }

    bool twice(const Pending& child) { return refuse(child.node.offset, "a member name that this object already has"); }

    bool distinct_names(std::span<const Pending> children) {
        if (children.size() > kPairwiseNamesMax) return distinct_sorted(children);
        for (std::size_t i = 1; i < children.size(); ++i) {
            for (std::size_t k = 0; k < i; ++k) {
                if (children[i].name == children[k].name) return twice(children[i]);
            }
        }
        return true;
    }

    bool distinct_sorted(std::span<const Pending> children) {
        names_.clear();
        for (const Pending& child : children) names_.push_back(child.name);
        const auto less = [](std::string_view a, std::string_view b) {
            return a.size() != b.size() ? a.size() < b.size() : std::memcmp(a.data(), b.data(), a.size()) < 0;
        };
        std::sort(names_.begin(), names_.end(), less);
        const auto same = std::adjacent_find(names_.begin(), names_.end());
        if (same == names_.end()) return true;
        const std::string_view name = *same;
        const auto is_it = [&](const Pending& child) { return child.name == name; };
        const auto first = std::find_if(children.begin(), children.end(), is_it);
        return twice(*std::find_if(first + 1, children.end(), is_it));
    }

    char* text_;
    std::size_t bytes_;
    const Limits& limits_;
    std::span<const std::uint32_t> tokens_;
    std::vector<Pending>& pending_;
    std::vector<std::string_view>& names_;
    std::size_t next_ = 0;
    std::size_t nodes_ = 0;
    std::size_t depth_max_ = 0;
    std::size_t next_escape_ = 0;  // first backslash at or after the string being read, when known
    std::unique_ptr<std::byte[]> tree_;
    std::size_t tree_bytes_ = 0;
    std::size_t tree_used_ = 0;
    std::size_t error_offset_ = 0;
    std::string error_message_;
    Category error_category_ = Category::invalid;
};

tl::unexpected<Error> refuse_at(std::string_view text, std::size_t offset, std::string_view what, Category category = Category::invalid) {
    const Position at = position(text, offset);
    return fail(category, fmt::format("JSON line {}, column {}: {}", at.line, at.column, what));
}

Status prepare(Tokenizer& tokenizer, std::size_t bytes) {
    if (tokenizer && tokenizer->capacity() >= bytes) return {};
    const std::size_t capacity = std::max<std::size_t>(bytes, 64u << 10);
    tokenizer.reset();
    const auto error = simdjson::get_active_implementation()->create_dom_parser_implementation(capacity, 1, tokenizer);
    if (error != simdjson::SUCCESS) {
        tokenizer.reset();
        return fail(Category::busy, "no memory to read this JSON text");
    }
    return {};
}

void release_if_large(Scratch& kept, std::size_t bytes) {
    if (bytes > kKeptScratchBytes) kept = {};
}

}  // namespace

Result<Document> Document::parse(std::string_view text, const Limits& limits) {
    const std::size_t bytes_max = std::min<std::size_t>(limits.bytes_max, Node::kSizeMax);
    if (text.size() > bytes_max) return fail(Category::too_large, fmt::format("JSON text of more than {} bytes", bytes_max));
    if (text.empty()) return fail(Category::invalid, "empty text where JSON should be");
    if (text.starts_with("\xEF\xBB\xBF")) return refuse_at(text, 0, "byte order mark");

    auto impl = std::make_unique<Impl>();
    impl->text.reset(new char[text.size() + simdjson::SIMDJSON_PADDING]);
    std::memcpy(impl->text.get(), text.data(), text.size());
    std::memset(impl->text.get() + text.size(), 0, simdjson::SIMDJSON_PADDING);

    Scratch& kept = scratch();
    TRY(prepare(kept.tokenizer, text.size()));
    const auto* raw = reinterpret_cast<const std::uint8_t*>(impl->text.get());
    const auto error = kept.tokenizer->stage1(raw, text.size(), simdjson::stage1_mode::regular);
    if (error == simdjson::EMPTY) return fail(Category::invalid, "only whitespace where JSON should be");
    if (error != simdjson::SUCCESS) {
        const Flaw flaw = first_flaw(text);
        return refuse_at(text, flaw.offset, flaw.message);
    }
    const std::span<const std::uint32_t> tokens(kept.tokenizer->structural_indexes.get(), kept.tokenizer->n_structural_indexes);
    Walk walk(impl->text.get(), text.size(), limits, tokens, kept);
    const bool good = walk.run(impl->root);
    release_if_large(kept, text.size());
    if (!good) return refuse_at(text, walk.error_offset(), walk.error_message(), walk.error_category());
    impl->tree = walk.take_tree();
    return Document(std::move(impl));
}

Document::Document(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Document::Document(Document&&) noexcept = default;
Document& Document::operator=(Document&&) noexcept = default;
Document::~Document() = default;

Value Document::root() const { return impl_ ? Value(&impl_->root) : Value(); }

Position position(std::string_view text, std::size_t offset) {
    const std::string_view before = text.substr(0, std::min(offset, text.size()));
    const auto newlines = std::count(before.begin(), before.end(), '\n');
    const std::size_t line_start = before.rfind('\n') == std::string_view::npos ? 0 : before.rfind('\n') + 1;
    return {static_cast<std::size_t>(newlines) + 1, before.size() - line_start + 1};
}

}  // namespace idun::json
