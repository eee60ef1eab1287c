#include "api/search_form.h"

#include <iterator>

namespace idun::api {

Result<http::Parameters> search_form(const http::Request& request) {
    TRY_ASSIGN(auto parameters, http::parameters(request.query));
    if (request.method != "POST") return parameters;
    if (!request.headers.get("Content-Type").starts_with("application/x-www-form-urlencoded"))
        return fail(Category::media_type, "send application/x-www-form-urlencoded");
    TRY_ASSIGN(auto form, http::parameters(request.body));
    parameters.insert(parameters.end(), std::make_move_iterator(form.begin()), std::make_move_iterator(form.end()));
    return parameters;
}

}  // namespace idun::api
