// Any text as a module: refused with file and line, or lived by some people without harm.
#include <cstdint>
#include <memory>

#include "synth/country.h"

namespace {

using namespace idun;
using namespace idun::synth;

const Country& sweden() {
    static const auto country = Country::make({.people = 100}).value();
    return *country;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    Files files;
    files["modules/order.txt"] = "m\n";
    files["modules/m.module"] = std::string(reinterpret_cast<const char*>(data), size);
    const Country& country = sweden();
    const auto modules = Modules::read(files, country.codes(), country.providers());
    if (!modules) {
        IDUN_CHECK(!modules.error().message.empty());
        return 0;
    }
    const Lives lives(country.population(), country.providers(), country.codes(), *modules, country.lives().since());
    const Resources resources(lives);
    Lives::Runner runner(lives);
    Life life;
    Lines lines(country.providers().providers().size());
    const auto parish = country.population().parish(0);
    for (std::size_t i = 0; i < 8; ++i) {
        runner.live(parish[i], life);
        IDUN_CHECK(life.items.size() < 10'000'000);
        lines.clear();
        resources.write(parish[i], parish, life, lines);
    }
    return 0;
}
