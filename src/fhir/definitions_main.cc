// Compiles data/fhir-r4-core/*.tsv into the blob that the library embeds; a build step.
//
//     fhir_definitions FOLDER BLOB
#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "fhir/internal/blob.h"

namespace {

using namespace idun::fhir::blob;
using Row = std::vector<std::string>;

[[noreturn]] void stop(const std::string& what) {
    fmt::print(stderr, "fhir_definitions: {}\n", what);
    std::exit(1);
}

std::vector<std::string> split(const std::string& text, char mark) {
    std::vector<std::string> parts;
    std::stringstream in(text);
    for (std::string part; std::getline(in, part, mark);) parts.push_back(part);
    return parts;
}

std::vector<std::string> words(const std::string& cell) {
    return cell == "-" ? std::vector<std::string>{} : split(cell, ' ');
}

std::vector<Row> table(const std::string& path, std::size_t columns) {
    std::ifstream in(path);
    if (!in) stop("cannot read " + path);
    std::vector<Row> rows;
    for (std::string line; std::getline(in, line);) {
        if (line.starts_with("#")) continue;
        rows.push_back(split(line, '\t'));
        if (rows.back().size() != columns) stop(fmt::format("{}: a row with {} columns", path, rows.back().size()));
    }
    return rows;
}

// Rows of one section as words.
class Section {
public:
    explicit Section(std::uint32_t width) : width_(width) {}
    std::uint32_t add(std::initializer_list<std::uint32_t> row) {
        if (row.size() != width_) stop("a row of the wrong width");
        words_.insert(words_.end(), row);
        return rows() - 1;
    }
    std::uint32_t rows() const { return static_cast<std::uint32_t>(words_.size()) / width_; }
    std::uint32_t& at(std::uint32_t row, std::uint32_t column) { return words_[row * width_ + column]; }
    void append_to(std::vector<std::uint32_t>& out) const {
        out.push_back(rows());
        out.insert(out.end(), words_.begin(), words_.end());
    }

private:
    std::uint32_t width_;
    std::vector<std::uint32_t> words_;
};

class Compiler {
public:
    explicit Compiler(const std::string& folder) : folder_(folder) {}

    std::string run() {
        read_types();
        read_value_sets();
        read_shapes();
        read_elements();
        link_types();
        read_search_parameters();
        read_compartments();
        return bytes();
    }

private:
    std::vector<Row> rows(const char* file, std::size_t columns) const { return table(folder_ + "/" + file, columns); }

    std::uint32_t string(const std::string& s) {
        const auto [at, is_new] = string_numbers_.try_emplace(s, strings_.rows());
        if (is_new) {
            strings_.add({static_cast<std::uint32_t>(text_.size())});
            text_ += s;
        }
        return at->second;
    }

    static std::uint32_t number(const std::map<std::string, std::uint32_t>& of, const std::string& name, const char* what) {
        const auto at = of.find(name);
        if (at == of.end()) stop(fmt::format("unknown {} {}", what, name));
        return at->second;
    }
    std::uint32_t type(const std::string& name) const { return number(type_numbers_, name, "type"); }
    std::uint32_t shape(const std::string& path) const { return number(shape_numbers_, path, "shape"); }

    void read_types() {
        type_rows_ = rows("types.tsv", 5);
        for (const Row& row : type_rows_) {
            const std::uint32_t kind = row[1] == "primitive" ? 0 : row[1] == "complex" ? 1 : row[1] == "resource" ? 2 : kNone;
            if (kind == kNone) stop("unknown kind " + row[1]);
            type_numbers_[row[0]] = types_.add({string(row[0]), kind, row[2] == "abstract", kNone, kNone});
        }
    }

    void link_types() {
        for (const Row& row : type_rows_) {
            const std::uint32_t t = type(row[0]);
            if (row[3] != "-") types_.at(t, 3) = type(row[3]);
            types_.at(t, 4) = shape(row[1] == "primitive" ? "Element" : row[0]);
        }
    }

    void read_value_sets() {
        for (const Row& row : rows("value-sets.tsv", 3)) {
            auto [at, is_new] = set_numbers_.try_emplace(row[0], sets_.rows());
            if (is_new) sets_.add({string(row[0]), codes_.rows(), 0});
            if (at->second + 1 != sets_.rows()) stop("rows of a value set are apart: " + row[0]);
            for (const std::string& code : words(row[2])) {
                codes_.add({string(row[1]), string(code)});
                ++sets_.at(at->second, 2);
            }
        }
    }

    static std::string parent(const std::string& path) { return path.substr(0, path.rfind('.')); }

    // Every path that has children is a shape; its elements are gathered here and written together.
    void read_shapes() {
        element_rows_ = rows("elements.tsv", 5);
        for (const Row& row : element_rows_) {
            const std::string path = parent(row[0]);
            if (shape_numbers_.try_emplace(path, shapes_.rows()).second) {
                shapes_.add({string(path), 0, 0, 0, 0});
                members_.emplace_back();
            }
            members_[shape(path)].push_back(&row);
        }
        if (!shape_numbers_.contains("Element")) stop("no elements of Element");
    }

    void read_elements() {
        for (std::uint32_t s = 0; s < shapes_.rows(); ++s) {
            shapes_.at(s, 1) = elements_.rows();
            shapes_.at(s, 3) = properties_.rows();
            for (const Row* row : members_[s]) read_element(*row);
            shapes_.at(s, 2) = elements_.rows() - shapes_.at(s, 1);
            shapes_.at(s, 4) = properties_.rows() - shapes_.at(s, 3);
        }
    }

    void read_element(const Row& row) {
        const std::string& path = row[0];
        std::string name = path.substr(path.rfind('.') + 1);
        const bool choice = name.ends_with("[x]");
        if (choice) name.resize(name.size() - 3);
        const std::size_t dots = row[1].find("..");
        const std::string max = row[1].substr(dots + 2);
        const bool has = row[2] != "-";
        const std::uint32_t flags = (choice ? kChoice : 0) | (has && row[2].find('S') != row[2].npos ? kSummary : 0) |
                                    (has && row[2].find('M') != row[2].npos ? kModifier : 0);
        std::uint32_t children = kNone;
        std::vector<std::string> names;
        if (row[3].starts_with("#")) {
            children = shape(row[3].substr(1));
        } else {
            names = words(row[3]);
            if (const auto own = shape_numbers_.find(path); own != shape_numbers_.end()) children = own->second;
        }
        const std::uint32_t set = row[4] == "-" ? kNone : number(set_numbers_, row[4], "value set");
        const std::uint32_t first = element_types_.rows();
        const std::uint32_t element =
            elements_.add({string(path), string(name), static_cast<std::uint32_t>(std::stoul(row[1].substr(0, dots))),
                           max == "*" ? 0xFFFFu : static_cast<std::uint32_t>(std::stoul(max)), flags, first,
                           static_cast<std::uint32_t>(names.size()), children, set});
        if (names.empty()) properties_.add({string(name), element, kNone, children});
        for (const std::string& written : names) read_element_type(written, name, choice, element, children);
    }

    // "Reference(Group|Patient)"
    void read_element_type(const std::string& written, const std::string& name, bool choice, std::uint32_t element, std::uint32_t children) {
        const std::size_t open = written.find('(');
        const std::string type_name = written.substr(0, open);
        const std::uint32_t first = targets_.rows();
        if (open != written.npos) {
            for (const std::string& target : split(written.substr(open + 1, written.size() - open - 2), '|')) targets_.add({type(target)});
        }
        const std::uint32_t typed = element_types_.add({type(type_name), first, targets_.rows() - first});
        std::string json = name;
        if (choice) json += static_cast<char>(type_name[0] & ~0x20) + type_name.substr(1);
        properties_.add({string(json), element, typed, children != kNone ? children : shape_of(type_name)});
    }

    // A resource inside a resource says its own type.
    std::uint32_t shape_of(const std::string& type_name) {
        const std::uint32_t kind = types_.at(type(type_name), 1);
        return kind == 0 ? shape("Element") : kind == 1 ? shape(type_name) : kNone;
    }

    void read_search_parameters() {
        const std::vector<std::string> kinds = {"number", "date", "string", "token", "reference", "composite", "quantity", "uri", "special"};
        for (const Row& row : rows("search-parameters.tsv", 7)) {
            std::uint32_t kind = 0;
            while (kind < kinds.size() && kinds[kind] != row[1]) ++kind;
            if (kind == kinds.size()) stop("unknown search type " + row[1]);
            const std::uint32_t bases = targets_.rows();
            for (const std::string& base : words(row[2])) targets_.add({type(base)});
            const std::uint32_t targets = targets_.rows();
            for (const std::string& target : words(row[3])) targets_.add({type(target)});
            const std::uint32_t components = components_.rows();
            if (row[6] != "-") read_components(row[6]);
            search_.add({string(row[0]), string(row[4]), kind, string(row[5] == "-" ? "" : row[5]), bases, targets - bases,
                         targets, targets_.rows() - targets, components, components_.rows() - components});
        }
    }

    void read_components(const std::string& cell) {
        for (std::size_t at = 0; at < cell.size();) {
            const std::size_t end = std::min(cell.find(" ; ", at), cell.size());
            const std::string one = cell.substr(at, end - at);
            const std::size_t equals = one.find(" = ");
            if (equals == one.npos) stop("malformed component " + one);
            components_.add({string(one.substr(0, equals)), string(one.substr(equals + 3))});
            at = end + 3;
        }
    }

    void read_compartments() {
        for (const Row& row : rows("compartments.tsv", 3)) {
            const std::uint32_t first = compartment_parameters_.rows();
            for (const std::string& code : words(row[2])) compartment_parameters_.add({string(code)});
            compartments_.add({string(row[0]), type(row[1]), first, compartment_parameters_.rows() - first});
        }
    }

    std::string bytes() {
        strings_.add({static_cast<std::uint32_t>(text_.size())});
        std::vector<std::uint32_t> out = {kMagic, 0};
        for (const Section* section : {&strings_, &types_, &sets_, &codes_, &targets_, &shapes_, &elements_, &element_types_,
                                       &properties_, &search_, &components_, &compartments_, &compartment_parameters_}) {
            section->append_to(out);
        }
        out[1] = static_cast<std::uint32_t>(out.size());
        std::string blob;
        for (const std::uint32_t word : out) {
            for (int shift = 0; shift < 32; shift += 8) blob += static_cast<char>(word >> shift & 0xFF);
        }
        return blob + text_;
    }

    std::string folder_;
    std::vector<Row> type_rows_;
    std::vector<Row> element_rows_;
    std::vector<std::vector<const Row*>> members_;  // rows of each shape
    std::map<std::string, std::uint32_t> string_numbers_;
    std::map<std::string, std::uint32_t> type_numbers_;
    std::map<std::string, std::uint32_t> set_numbers_;
    std::map<std::string, std::uint32_t> shape_numbers_;
    std::string text_;
    Section strings_{kStringWords};
    Section types_{kTypeWords};
    Section sets_{kValueSetWords};
    Section codes_{kCodeWords};
    Section targets_{kTargetWords};
    Section shapes_{kShapeWords};
    Section elements_{kElementWords};
    Section element_types_{kElementTypeWords};
    Section properties_{kPropertyWords};
    Section search_{kSearchWords};
    Section components_{kComponentWords};
    Section compartments_{kCompartmentWords};
    Section compartment_parameters_{kCompartmentParameterWords};
};

}  // namespace

int main(int argc, char** argv) {
    if (argc != 3) stop("usage: fhir_definitions FOLDER BLOB");
    const std::string blob = Compiler(argv[1]).run();
    std::ofstream out(argv[2], std::ios::binary);
    out.write(blob.data(), static_cast<std::streamsize>(blob.size()));
    if (!out.flush()) stop("cannot write the blob");
}
