#pragma once

#include <string_view>

namespace idun::units {

// The bytes of data/ucum/ucum-essence.xml.
std::string_view embedded_essence();

}  // namespace idun::units
