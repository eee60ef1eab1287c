// Where messages to people leave the hub. They say that somebody has looked and nothing else: no health data, no
// personal number, no name of who looked.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/random.h"
#include "base/result.h"
#include "base/time.h"

namespace idun::exchange {

struct Letter {
    std::string id;  // of this message: the same when it is sent again
    std::string to;  // an e-mail address
    Instant time;
    bool digest = false;  // of a day
};

struct LetterStyle {
    std::string from = "idun@localhost";
    std::string login_url;  // where she reads the rest; "": not said
};

// The message as RFC 5322 has it, in Swedish and English, with lines that end in CR LF.
std::string to_mail(const Letter& letter, const LetterStyle& style);
// One address of plain ASCII, such as a@b.example; no display name, no comments, nothing that ends a line.
bool is_mail_address(std::string_view text);

// One thread at a time.
class Outlet {
public:
    virtual ~Outlet() = default;
    // When it returns, somebody else has taken responsibility. `invalid`: this address is refused for good; `busy`: this
    // letter is not taken now, others may be; anything else: nothing is taken now.
    virtual Status send(const Letter& letter) = 0;
    // From any thread: a letter under way is given up (`unavailable`), and so is every later one.
    virtual void interrupt() {}
};

// A Maildir: each message a file, whole in `folder`/tmp before it stands in `folder`/new.
Result<std::unique_ptr<Outlet>> open_file_outlet(const std::string& folder, LetterStyle style);

struct SmtpOptions {
    std::string url;  // smtp://host:port or smtps://host:port
    std::string user, password;
    enum class Tls { needed, tried, none } tls = Tls::needed;  // STARTTLS, with smtp://
    std::string ca_file;                                       // "": the system's
    std::chrono::milliseconds timeout{20'000};
};
std::unique_ptr<Outlet> make_smtp_outlet(SmtpOptions options, LetterStyle style);

}  // namespace idun::exchange
