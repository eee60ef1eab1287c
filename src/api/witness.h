// The HTTP faces of witnesses (C2SP tlog-witness): docs/formats/witness.md.
#pragma once

#include <string>

#include "http/router.h"
#include "witness/cosigning.h"
#include "witness/witness.h"

namespace idun::api {

// POST PREFIX/add-checkpoint and GET PREFIX/witness. `prefix` is "" or begins with "/". `witness` lives as long as the handlers.
void add_witness_routes(http::Router& router, const std::string& prefix, witness::Witness& witness);

// GET /log/witnesses: what the witnesses of a role's log say. Null: the log asks none.
void add_log_witnesses_route(http::Router& router, std::string log_id, const witness::Cosigning* cosigning);

}  // namespace idun::api
