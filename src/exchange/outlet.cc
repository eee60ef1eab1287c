#include "exchange/outlet.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <filesystem>

#include "crypto/encoding.h"

namespace idun::exchange {
namespace {

constexpr std::size_t kAddressBytesMax = 254;  // RFC 5321 §4.5.3.1.3
constexpr std::size_t kLocalBytesMax = 64;

bool is_word(std::string_view text, std::string_view also) {
    return !text.empty() && text.front() != '.' && text.back() != '.' && text.find("..") == std::string_view::npos &&
           std::all_of(text.begin(), text.end(), [&](char c) {
               return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || also.find(c) != std::string_view::npos;
           });
}

// "Thu, 26 Nov 2026 05:45:40 +0000"
std::string mail_date(Instant time) {
    const std::time_t seconds = static_cast<std::time_t>(time.ms / 1000);
    std::tm utc{};
    ::gmtime_r(&seconds, &utc);
    static constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    return fmt::format("{}, {:02} {} {} {:02}:{:02}:{:02} +0000", kDays[utc.tm_wday], utc.tm_mday, kMonths[utc.tm_mon],
                       utc.tm_year + 1900, utc.tm_hour, utc.tm_min, utc.tm_sec);
}

std::string words(bool digest, const std::string& login_url) {
    std::string out = digest ? "Någon har tagit del av uppgifter om dig det senaste dygnet." : "Någon har tagit del av uppgifter om dig.";
    out += "\nLogga in för att se vem, när och varför";
    out += login_url.empty() ? ".\n" : ": " + login_url + "\n";
    out += digest ? "\nSomebody has looked at data about you in the last day." : "\nSomebody has looked at data about you.";
    out += "\nLog in to see who, when and why";
    out += login_url.empty() ? ".\n" : ": " + login_url + "\n";
    return out;
}

// Base64 in lines of 76, so that no server on the way changes it.
std::string body_lines(const std::string& text) {
    const std::string encoded = crypto::base64(text);
    std::string out;
    for (std::size_t at = 0; at < encoded.size(); at += 76) out += encoded.substr(at, 76) + "\r\n";
    return out;
}

Status system_failure(const std::string& what) {
    return fail(Category::unavailable, fmt::format("the outlet for messages: {}: {}", what, std::generic_category().message(errno)));
}

class File {
public:
    explicit File(int descriptor) : descriptor_(descriptor) {}
    ~File() {
        if (descriptor_ >= 0) ::close(descriptor_);
    }
    File(const File&) = delete;
    File& operator=(const File&) = delete;
    bool ok() const { return descriptor_ >= 0; }
    bool write_all(std::string_view text) const {
        while (!text.empty()) {
            const ssize_t count = ::write(descriptor_, text.data(), text.size());
            if (count < 0 && errno == EINTR) continue;
            if (count <= 0) return false;
            text.remove_prefix(static_cast<std::size_t>(count));
        }
        return true;
    }
    bool sync() const { return ::fsync(descriptor_) == 0; }

private:
    int descriptor_;
};

class FileOutlet final : public Outlet {
public:
    FileOutlet(std::string folder, LetterStyle style) : folder_(std::move(folder)), style_(std::move(style)) {}

    // The name is the message's id: sent again, it replaces itself.
    Status send(const Letter& letter) override {
        const std::string name = letter.id + ".idun";
        const std::string whole = folder_ + "/tmp/" + name;
        {
            const File file(::open(whole.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
            if (!file.ok()) return system_failure("a file cannot be made");
            if (!file.write_all(to_mail(letter, style_)) || !file.sync()) return system_failure("a file cannot be written");
        }
        if (::rename(whole.c_str(), (folder_ + "/new/" + name).c_str()) != 0) return system_failure("a file cannot be moved");
        const File folder(::open((folder_ + "/new").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        if (!folder.ok() || !folder.sync()) return system_failure("the folder cannot be synced");
        return {};
    }

private:
    const std::string folder_;
    const LetterStyle style_;
};

}  // namespace

bool is_mail_address(std::string_view text) {
    const std::size_t at = text.rfind('@');
    if (at == std::string_view::npos || text.size() > kAddressBytesMax || at > kLocalBytesMax) return false;
    const std::string_view host = text.substr(at + 1);
    return is_word(text.substr(0, at), "!#$%&'*+-/=?^_`{|}~.") && is_word(host, "-.") && host.find('.') != std::string_view::npos;
}

std::string to_mail(const Letter& letter, const LetterStyle& style) {
    std::string out = "From: " + style.from + "\r\nTo: " + letter.to + "\r\nDate: " + mail_date(letter.time);
    out += "\r\nMessage-ID: <" + letter.id + "@" + style.from.substr(style.from.rfind('@') + 1) + ">";
    out += "\r\nSubject: =?utf-8?B?" + crypto::base64("Meddelande från Idun / Message from Idun") + "?=";
    out += "\r\nAuto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8";
    out += "\r\nContent-Transfer-Encoding: base64\r\n\r\n";
    return out + body_lines(words(letter.digest, style.login_url));
}

Result<std::unique_ptr<Outlet>> open_file_outlet(const std::string& folder, LetterStyle style) {
    for (const char* part : {"", "/tmp", "/new", "/cur"}) {
        std::error_code error;
        std::filesystem::create_directories(folder + part, error);
        if (error) return fail(Category::unavailable, "the folder for messages cannot be made: " + error.message());
        std::filesystem::permissions(folder + part, std::filesystem::perms::owner_all, error);
    }
    return std::unique_ptr<Outlet>(std::make_unique<FileOutlet>(folder, std::move(style)));
}

}  // namespace idun::exchange
