// The tables of subscriptions, for whoever looks through a node's store (store/table.h).
#pragma once

#include "store/row_forms.h"
#include "store/table.h"

namespace idun::subscriptions {

store::Tables tables();

// Of "subscriptions.states": form 1 did not say who vouches for an owner's user id.
store::FormChange state_form();

}  // namespace idun::subscriptions
