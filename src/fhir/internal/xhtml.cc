#include "fhir/xhtml.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace idun::fhir {
namespace {

constexpr std::size_t kDepthMax = 100;
constexpr std::string_view kNamespace = "http://www.w3.org/1999/xhtml";

constexpr std::string_view kTags[] = {
    "a", "abbr", "acronym", "b", "big", "blockquote", "br", "caption", "cite", "code", "col", "colgroup", "dd", "dfn", "div", "dl",
    "dt", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "img", "li", "ol", "p", "pre", "q", "samp", "small", "span",
    "strong", "sub", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "tt", "ul", "var"};

constexpr std::string_view kAttributes[] = {
    "abbr", "accesskey", "align", "alt", "axis", "bgcolor", "border", "cellhalign", "cellpadding", "cellspacing", "cellvalign",
    "char", "charoff", "charset", "cite", "class", "colspan", "compact", "coords", "dir", "frame", "headers", "height", "href",
    "hreflang", "hspace", "id", "lang", "longdesc", "name", "nowrap", "rel", "rev", "rowspan", "rules", "scope", "shape", "span",
    "src", "start", "style", "summary", "tabindex", "title", "type", "valign", "value", "vspace", "width", "xml:lang", "xmlns"};

static_assert(std::is_sorted(std::begin(kTags), std::end(kTags)));
static_assert(std::is_sorted(std::begin(kAttributes), std::end(kAttributes)));

template <std::size_t N>
bool listed(const std::string_view (&list)[N], std::string_view name) {
    return std::binary_search(std::begin(list), std::end(list), name);
}

bool space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool name_byte(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == ':' || c == '-' || c == '_'; }

// Lower case, without what browsers skip inside schemes (spaces and control characters), at most N bytes.
template <std::size_t N>
struct Folded {
    std::array<char, N> bytes{};
    std::size_t size = 0;
    explicit Folded(std::string_view text) {
        for (const char c : text) {
            if (static_cast<unsigned char>(c) <= ' ') continue;
            if (size == N) break;
            bytes[size++] = c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
        }
    }
    std::string_view text() const { return {bytes.data(), size}; }
};

// Links may be relative, fragments, http(s), mailto, tel, urn, cid; images also data:image.
bool safe_link(std::string_view value, bool image) {
    if (value.find('&') != value.npos) {
        // Entities could spell any scheme: only a query's ampersand may be one.
        const std::size_t colon = value.find(':');
        if (value.find('&') < std::min(value.find('?'), colon == value.npos ? value.size() : colon + 1)) return false;
    }
    const Folded<16> folded(value);
    const std::string_view text = folded.text();
    const std::size_t colon = text.find(':');
    if (colon == text.npos || text.substr(0, colon).find_first_of("/?#") != text.npos) {
        // No scheme within the folded piece; a longer one before ':' would be none of the known.
        const std::size_t late = value.find(':');
        return late == value.npos || value.substr(0, late).find_first_of("/?#") != value.npos;
    }
    if (image && text.starts_with("data:image/")) return true;
    for (const std::string_view scheme : {"http:", "https:", "mailto:", "tel:", "urn:", "cid:", "ftp:"}) {
        if (text.starts_with(scheme)) return true;
    }
    return false;
}

// Pictures that lie beside the document or in the style itself, as the tables of implementation guides have them; never
// another server's, which would learn who reads.
bool safe_pictures(std::string_view folded) {
    constexpr std::string_view kStart = "url(";
    for (std::size_t at = folded.find(kStart); at != folded.npos; at = folded.find(kStart, at)) {
        at += kStart.size();
        const std::size_t end = folded.find(')', at);
        if (end == folded.npos) return false;
        std::string_view target = folded.substr(at, end - at);
        if (target.size() >= 2 && target.front() == target.back() && (target.front() == '\'' || target.front() == '"')) {
            target = target.substr(1, target.size() - 2);
        }
        if (target.starts_with("data:image/") && !target.starts_with("data:image/svg")) continue;
        constexpr std::string_view kPlain = "abcdefghijklmnopqrstuvwxyz0123456789_-./";
        if (target.empty() || target.front() == '/' || target.find_first_not_of(kPlain) != target.npos) return false;
    }
    return true;
}

bool safe_style(std::string_view value) {
    if (value.find('\\') != value.npos || value.find("/*") != value.npos || value.find("&#") != value.npos) return false;
    if (value.size() > 4096) return false;
    const Folded<4096> folded(value);
    for (const std::string_view bad : {"expression(", "javascript:", "vbscript:", "-moz-binding", "behavior:", "@import"}) {
        if (folded.text().find(bad) != std::string_view::npos) return false;
    }
    return safe_pictures(folded.text());
}

class Scanner {
public:
    explicit Scanner(std::string_view text) : in_(text) {}

    const char* run() {
        skip_space();
        if (!in_.substr(at_).starts_with("<div")) return "the narrative must be one div element";
        while (at_ < in_.size()) {
            if (const char* flaw = step()) return flaw;
            if (depth_ == 0) break;
        }
        if (depth_ != 0) return "the narrative has an element that is not closed";
        skip_space();
        if (at_ != in_.size()) return "the narrative must end with its div element";
        return visible_ ? nullptr : "the narrative must have some text or an image";
    }

private:
    void skip_space() {
        while (at_ < in_.size() && space(in_[at_])) ++at_;
    }
    std::string_view name() {
        const std::size_t start = at_;
        while (at_ < in_.size() && name_byte(in_[at_])) ++at_;
        return in_.substr(start, at_ - start);
    }
    bool take(char c) {
        if (at_ >= in_.size() || in_[at_] != c) return false;
        ++at_;
        return true;
    }

    // One piece of text, tag or comment.
    const char* step() {
        if (in_[at_] != '<') return text();
        const std::string_view rest = in_.substr(at_);
        if (rest.starts_with("<!--")) {
            const std::size_t end = in_.find("-->", at_ + 4);
            if (end == in_.npos) return "the narrative has a comment that does not end";
            at_ = end + 3;
            return nullptr;
        }
        if (rest.starts_with("<!") || rest.starts_with("<?")) return "the narrative must not hold declarations or instructions";
        ++at_;
        return take('/') ? close() : open();
    }

    const char* text() {
        const std::size_t end = std::min(in_.find('<', at_), in_.size());
        for (; at_ < end; ++at_) {
            if (in_[at_] == '&' && !entity(end)) return "the narrative has an ampersand that is not an entity";
            if (!space(in_[at_])) visible_ = true;
        }
        return nullptr;
    }

    // Leaves at_ on the semicolon.
    bool entity(std::size_t end) {
        const std::size_t stop = in_.find(';', at_);
        if (stop >= end || stop - at_ < 2 || stop - at_ > 12) return false;
        const std::string_view body = in_.substr(at_ + 1, stop - at_ - 1);
        const bool good = std::all_of(body.begin() + (body[0] == '#' ? 1 : 0), body.end(), name_byte);
        at_ = stop;
        return good && body != "#";
    }

    const char* close() {
        const std::string_view tag = name();
        skip_space();
        if (!take('>') || depth_ == 0 || open_[depth_ - 1] != tag) return "the narrative has tags that do not match";
        --depth_;
        return nullptr;
    }

    const char* open() {
        const std::string_view tag = name();
        if (!listed(kTags, tag)) return "the narrative has an element that FHIR does not allow";
        bool namespaced = depth_ > 0;
        while (true) {
            const bool gap = at_ < in_.size() && space(in_[at_]);
            skip_space();
            if (take('>')) {
                if (depth_ == kDepthMax) return "the narrative is nested too deeply";
                open_[depth_++] = tag;
                break;
            }
            if (take('/')) {
                if (!take('>')) return "the narrative has a malformed tag";
                break;
            }
            if (!gap) return "the narrative has a malformed tag";
            if (const char* flaw = attribute(tag, namespaced)) return flaw;
        }
        if (tag == "img") visible_ = true;
        return namespaced ? nullptr : "the div of the narrative must have xmlns=\"http://www.w3.org/1999/xhtml\"";
    }

    const char* attribute(std::string_view tag, bool& namespaced) {
        const std::string_view key = name();
        if (!listed(kAttributes, key)) return "the narrative has an attribute that FHIR does not allow";
        skip_space();
        if (!take('=')) return "the narrative has an attribute without a value";
        skip_space();
        const char quote = at_ < in_.size() ? in_[at_] : '\0';
        if (quote != '"' && quote != '\'') return "the narrative has an attribute without quotes";
        const std::size_t end = in_.find(quote, at_ + 1);
        if (end == in_.npos) return "the narrative has an attribute that does not end";
        const std::string_view value = in_.substr(at_ + 1, end - at_ - 1);
        at_ = end + 1;
        if (value.find('<') != value.npos) return "the narrative has an attribute with < in it";
        if (key == "xmlns") {
            if (value != kNamespace) return "the narrative has an element of another namespace";
            namespaced = true;
        }
        if ((key == "href" || key == "src" || key == "cite" || key == "longdesc") && !safe_link(value, tag == "img")) {
            return "the narrative has a link that may run a script";
        }
        if (key == "style" && !safe_style(value)) return "the narrative has a style that may load or run something";
        return nullptr;
    }

    std::string_view in_;
    std::size_t at_ = 0;
    std::array<std::string_view, kDepthMax> open_;
    std::size_t depth_ = 0;
    bool visible_ = false;
};

}  // namespace

const char* xhtml_flaw(std::string_view div) { return Scanner(div).run(); }

}  // namespace idun::fhir
