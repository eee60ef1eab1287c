// The pages of web/dist, as the hub serves them.
#pragma once

#include <vector>

#include "api/common.h"

namespace idun::app {

std::vector<api::Page> embedded_pages();

}  // namespace idun::app
