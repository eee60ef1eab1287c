#include "verify/source.h"

#include <filesystem>
#include <fstream>
#include <sstream>

#include "http/client.h"

namespace idun::verify {
namespace {

constexpr std::size_t kFileBytesMax = 17u << 20;  // 256 entries of 64 KiB and a little

class FolderSource final : public Source {
public:
    explicit FolderSource(std::string folder) : folder_(std::move(folder)) {}

    Result<std::string> read(const std::string& name) override {
        const std::filesystem::path path = std::filesystem::path(folder_) / name;
        std::error_code error;
        if (!std::filesystem::exists(path, error)) return fail(Category::not_found, name + " is missing");
        std::ifstream file(path, std::ios::binary);
        std::ostringstream out;
        if (!file || !(out << file.rdbuf() || file.peek() == std::ifstream::traits_type::eof()))
            return fail(Category::unavailable, name + " cannot be read");
        return std::move(out).str();
    }

private:
    std::string folder_;
};

class WebSource final : public Source {
public:
    WebSource(std::string url, std::string ca_file)
        : url_(std::move(url)), client_(loop_, http::Client::Options{.ca_file = std::move(ca_file)}) {
        while (url_.ends_with('/')) url_.pop_back();
    }

    Result<std::string> read(const std::string& name) override {
        http::Call call;
        call.url = url_ + "/" + name;
        call.answer_bytes_max = kFileBytesMax;
        auto answer = client_.fetch(std::move(call));
        if (!answer) return fail(answer.error().within(name));
        if (answer->status == 404 || answer->status == 410) return fail(Category::not_found, name + " is missing");
        if (answer->status != 200)
            return fail(Category::unavailable, name + ": the answer is " + std::to_string(answer->status));
        return answer->shared_body ? *answer->shared_body : std::move(answer->body);
    }

private:
    std::string url_;
    http::Loop loop_{1};
    http::Client client_;
};

}  // namespace

std::unique_ptr<Source> folder_source(std::string folder) { return std::make_unique<FolderSource>(std::move(folder)); }

std::unique_ptr<Source> web_source(std::string url, std::string ca_file) {
    return std::make_unique<WebSource>(std::move(url), std::move(ca_file));
}

}  // namespace idun::verify
