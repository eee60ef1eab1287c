// How pointers look in an answer, prepared. write_pointer says what a pointer looks like; here it is called once for each category, and once
// for each source when something about that source changes. A pointer of an answer is then two pieces that are copied whole, and a
// few texts of one length each (ids, pseudonyms, instants) that are laid into their places: the same bytes, a fraction of the work.
#pragma once

#include <array>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "index/fhir_pointer.h"

namespace idun::index {

struct ShownPointer {
    std::string_view id;      // the content key
    std::string_view person;  // text of the pseudonym
    std::string_view category;
    Instant newest;
    Instant learned;  // these three as in Shown
    Instant heard;
    std::optional<Instant> category_heard;
};

// Immutable; thread-safe.
class ShownForms {
public:
    // What of a pointer's JSON an answer shows, elements of it in their order; empty: all.
    using Cut = std::function<std::string(const std::string& pointer)>;
    explicit ShownForms(Cut cut = {});

    // What every pointer of a source ends with. `listed`: as in Shown.
    std::string end_of(const Source& source, bool listed) const;

    // One DocumentReference. `end` is that of its source.
    void append(std::string& out, const ShownPointer& pointer, std::string_view end) const;

private:
    // A pointer up to where its source is named. Places are std::string::npos for what is cut.
    struct Form {
        std::string category;
        bool with_category_heard = false;
        std::string text;
        std::array<std::size_t, 2> ids{};
        std::size_t person = 0, newest = 0, learned = 0, heard = 0, category_heard = 0;
    };
    Form form_of(std::string_view category, bool with_category_heard) const;
    std::string sample(std::string_view category, const Source& source, bool listed, bool with_category_heard) const;

    const Cut cut_;

    std::vector<Form> forms_;  // of the categories that there are
};

}  // namespace idun::index
