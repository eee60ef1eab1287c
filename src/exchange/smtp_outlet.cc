#include <curl/curl.h>

#include <atomic>
#include <cstring>

#include "exchange/outlet.h"

namespace idun::exchange {
namespace {

struct Upload {
    std::string text;
    std::size_t sent = 0;
};

std::size_t next_bytes(char* target, std::size_t size, std::size_t count, void* context) {
    auto& upload = *static_cast<Upload*>(context);
    const std::size_t bytes = std::min(size * count, upload.text.size() - upload.sent);
    std::memcpy(target, upload.text.data() + upload.sent, bytes);
    upload.sent += bytes;
    return bytes;
}

std::size_t dropped(char*, std::size_t size, std::size_t count, void*) { return size * count; }

struct CurlEnd {
    void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

// Who was refused: the first answer that was no success, and whether it was to the command that named her.
struct Talk {
    bool asking = false;  // the last command named her
    bool recipient = false;
    std::string refusal;

    static int heard(CURL*, curl_infotype type, char* text, std::size_t bytes, void* context) {
        auto& talk = *static_cast<Talk*>(context);
        const std::string_view line(text, bytes);
        if (type == CURLINFO_HEADER_OUT) talk.asking = line.starts_with("RCPT ");
        const bool refused = type == CURLINFO_HEADER_IN && (line.starts_with('4') || line.starts_with('5'));
        if (!refused || !talk.refusal.empty()) return 0;
        talk.refusal = line.substr(0, 64);
        talk.recipient = talk.asking;
        return 0;
    }
    // There is no such recipient and never will be: RFC 5321 §4.2.1, and where the server says more, RFC 3463 §3.2.
    bool refuses_address() const {
        if (!recipient || refusal.size() < 4) return false;
        const std::string_view code(refusal.data(), 3), more = std::string_view(refusal).substr(4);
        if (code != "550" && code != "551" && code != "553") return false;
        return !more.starts_with("5.") || more.starts_with("5.1.") || more.starts_with("5.2.1");
    }
};

// What the library or the server said, without the address.
Status failure(CURLcode code, long reply, const Talk& talk) {
    const std::string what = std::string("the mail server: ") + curl_easy_strerror(code) +
                             (reply > 0 ? " (" + std::to_string(reply) + ")" : std::string());
    if (talk.refuses_address()) return fail(Category::invalid, what);
    const bool this_letter = talk.recipient && !talk.refusal.starts_with("421");
    return fail(this_letter ? Category::busy : Category::unavailable, what);
}

class SmtpOutlet final : public Outlet {
public:
    SmtpOutlet(SmtpOptions options, LetterStyle style) : options_(std::move(options)), style_(std::move(style)) {
        static const CURLcode once = curl_global_init(CURL_GLOBAL_DEFAULT);
        IDUN_CHECK(once == CURLE_OK);
        handle_.reset(curl_easy_init());
        IDUN_CHECK(handle_ != nullptr);
    }

    void interrupt() override { interrupted_ = true; }

    // Over the connection of the letter before, where that still stands.
    Status send(const Letter& letter) override {
        const std::unique_ptr<curl_slist, CurlEnd> to(curl_slist_append(nullptr, ("<" + letter.to + ">").c_str()));
        if (!to) return fail(Category::internal, "out of memory");
        Upload upload{to_mail(letter, style_)};
        Talk talk;
        prepare(handle_.get(), to.get(), upload, talk);
        const CURLcode code = curl_easy_perform(handle_.get());
        if (code == CURLE_OK) return {};
        long reply = 0;
        curl_easy_getinfo(handle_.get(), CURLINFO_RESPONSE_CODE, &reply);
        return failure(code, reply, talk);
    }

private:
    static int going_on(void* outlet, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
        return static_cast<SmtpOutlet*>(outlet)->interrupted_ ? 1 : 0;
    }

    void prepare(CURL* handle, curl_slist* to, Upload& upload, Talk& talk) {
        curl_easy_reset(handle);
        curl_easy_setopt(handle, CURLOPT_URL, options_.url.c_str());
        curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
        curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
        curl_easy_setopt(handle, CURLOPT_PROXY, "");
        curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, static_cast<long>(options_.timeout.count()));
        curl_easy_setopt(handle, CURLOPT_NOPROGRESS, 0L);
        curl_easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, going_on);
        curl_easy_setopt(handle, CURLOPT_XFERINFODATA, this);
        curl_easy_setopt(handle, CURLOPT_VERBOSE, 1L);  // to talk, nowhere else
        curl_easy_setopt(handle, CURLOPT_DEBUGFUNCTION, Talk::heard);
        curl_easy_setopt(handle, CURLOPT_DEBUGDATA, &talk);
        curl_easy_setopt(handle, CURLOPT_MAIL_FROM, ("<" + style_.from + ">").c_str());
        curl_easy_setopt(handle, CURLOPT_MAIL_RCPT, to);
        curl_easy_setopt(handle, CURLOPT_READFUNCTION, next_bytes);
        curl_easy_setopt(handle, CURLOPT_READDATA, &upload);
        curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, dropped);
        curl_easy_setopt(handle, CURLOPT_UPLOAD, 1L);
        const long tls = options_.tls == SmtpOptions::Tls::needed  ? CURLUSESSL_ALL
                         : options_.tls == SmtpOptions::Tls::tried ? CURLUSESSL_TRY
                                                                   : CURLUSESSL_NONE;
        curl_easy_setopt(handle, CURLOPT_USE_SSL, tls);
        if (!options_.ca_file.empty()) curl_easy_setopt(handle, CURLOPT_CAINFO, options_.ca_file.c_str());
        if (options_.user.empty()) return;
        curl_easy_setopt(handle, CURLOPT_USERNAME, options_.user.c_str());
        curl_easy_setopt(handle, CURLOPT_PASSWORD, options_.password.c_str());
    }

    const SmtpOptions options_;
    const LetterStyle style_;
    std::atomic<bool> interrupted_ = false;
    std::unique_ptr<CURL, CurlEnd> handle_;
};

}  // namespace

std::unique_ptr<Outlet> make_smtp_outlet(SmtpOptions options, LetterStyle style) {
    return std::make_unique<SmtpOutlet>(std::move(options), std::move(style));
}

}  // namespace idun::exchange
