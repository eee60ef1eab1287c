// Reads ucum-essence.xml into rows. It knows the shape of that one file and is not a reader of XML in general.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace idun::units {

struct EssencePrefix {
    std::string code, name, value;
};

struct EssenceUnit {
    std::string code, name, property;
    bool base = false;
    bool metric = false;
    bool arbitrary = false;
    std::string function;    // "": none; as the specification prints it, "degf", "2lg"
    std::string value;       // "5"
    std::string definition;  // "K/9"
};

struct Essence {
    std::string version, date;
    std::vector<EssencePrefix> prefixes;
    std::vector<EssenceUnit> units;
};

// Category::corrupt when the file is not what it should be.
Result<Essence> read_essence(std::string_view xml);

}  // namespace idun::units
