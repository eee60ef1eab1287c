// What a node tells everybody of its copy of the hub's directory.
#pragma once

#include "gate/directory_copy.h"
#include "http/router.h"

namespace idun::api {

// GET /directory/snapshot: the signed document as the hub gave it, so that a node is as good a source as the hub.
// GET /directory/organisations/:id: its name, the provider it is part of, its node's address, and the keys of that node.
// Both 404 while nothing has been taken. `copy` lives as long as the handlers; null: nothing will be.
void add_directory_copy_routes(http::Router& router, const gate::DirectoryCopy* copy);

}  // namespace idun::api
