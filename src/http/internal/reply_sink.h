// Carries answers from any thread to the session of a request, as long as it is there.
#pragma once

#include <memory>

#include "http/internal/connection.h"

namespace idun::http {

std::unique_ptr<Reply::Sink> make_sink(const std::shared_ptr<Connection>& connection, std::shared_ptr<Mailbox> mailbox,
                                       ExchangeId id, AnswerTraits traits, std::weak_ptr<ServerContext> context);

}  // namespace idun::http
