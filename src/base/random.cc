#include "base/random.h"

#include <sys/random.h>

#include <cerrno>

#include "base/result.h"

namespace idun {
namespace {

class SystemRandom final : public Random {
public:
    std::string bytes(std::size_t count) override {
        std::string out(count, '\0');
        for (std::size_t got = 0; got < count;) {
            const ssize_t n = getrandom(out.data() + got, count - got, 0);
            if (n > 0) got += static_cast<std::size_t>(n);
            else IDUN_CHECK(errno == EINTR);
        }
        return out;
    }
};

}  // namespace

Random& system_random() {
    static SystemRandom random;
    return random;
}

std::string uuid(Random& random) {
    static constexpr char kHex[] = "0123456789abcdef";
    std::string raw = random.bytes(16);
    raw[6] = static_cast<char>((raw[6] & 0x0f) | 0x40);
    raw[8] = static_cast<char>((raw[8] & 0x3f) | 0x80);
    std::string out;
    out.reserve(36);
    for (std::size_t i = 0; i < 16; ++i) {
        if (i == 4 || i == 6 || i == 8 || i == 10) out += '-';
        const auto byte = static_cast<unsigned char>(raw[i]);
        out += kHex[byte >> 4];
        out += kHex[byte & 15];
    }
    return out;
}

}  // namespace idun
