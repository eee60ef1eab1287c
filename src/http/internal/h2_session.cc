#include "http/internal/session.h"

namespace idun::http {

// Not yet: HTTP/2 by prior knowledge is answered as malformed HTTP/1.
std::unique_ptr<Session> make_h2_session(Session::Host& host, ServerContext& context, std::string peer) {
    return make_h1_session(host, context, std::move(peer));
}

}  // namespace idun::http
