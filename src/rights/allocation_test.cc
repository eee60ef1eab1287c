// That a decision allocates nothing: this file counts what the program asks for. Under the address sanitizer, which has
// an operator new of its own and watches that nobody else's is mixed with it, the sanitizer is asked to count.
#include <doctest/doctest.h>

#include <atomic>
#include <cstdlib>
#include <new>

#include "rights/decide.h"

#if defined(__SANITIZE_ADDRESS__)
#define IDUN_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define IDUN_SANITIZED 1
#endif
#endif

namespace {
std::atomic<std::size_t> allocations{0};
}

#ifdef IDUN_SANITIZED

#include <sanitizer/allocator_interface.h>

namespace {
void count(const volatile void*, std::size_t) { allocations.fetch_add(1, std::memory_order_relaxed); }
[[maybe_unused]] const int hooked = __sanitizer_install_malloc_and_free_hooks(count, [](const volatile void*) {});
}  // namespace

#else

namespace {

void* counted(std::size_t bytes) {
    allocations.fetch_add(1, std::memory_order_relaxed);
    if (void* memory = std::malloc(bytes == 0 ? 1 : bytes)) return memory;
    std::abort();
}

}  // namespace

void* operator new(std::size_t bytes) { return counted(bytes); }
void* operator new[](std::size_t bytes) { return counted(bytes); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }

#endif

using namespace idun;
using namespace idun::rights;

TEST_CASE("neither preparing nor deciding allocates") {
    const RuleTable table = sweden();
    constexpr Instant kNow{1'795'428'000'000};
    const crypto::Pseudonym maja{};
    std::vector<Block> blocks;
    for (std::size_t i = 0; i < LiveBlocks::kInline; ++i)
        blocks.push_back({.fact_id = "b" + std::to_string(i), .scope = {.provider_id = "SE9", .category = "imaging"}});
    // Over and not yet begun: these cost nothing at all.
    for (int i = 0; i < 50; ++i) blocks.push_back({.fact_id = "c", .from = {0}, .to = kNow});
    const std::vector<Lift> lifts = {{.fact_id = "l1", .provider_id = "SE5", .from = {0}, .to = kNow}};
    const std::vector<Mandate> mandates = {{.fact_id = "m1",
                                            .representative = maja,
                                            .kind = MandateKind::parent,
                                            .born = Instant{kNow.ms - 400'000'000'000}}};
    const Facts facts{
        .opted_out = false, .protected_identity = false, .blocks = blocks, .lifts = lifts, .mandates = mandates};
    const BreakGlass glass{.id = "g1", .until = {kNow.ms + 1}};
    const Record record{.provider_id = "SE1", .unit_id = "U1", .category = "test-result", .entry = "Observation/o1"};
    Request clinician{.now = kNow,
                      .purpose = Purpose::TREAT,
                      .role = Role::clinician,
                      .user_id = "u1",
                      .provider_id = "SE2",
                      .unit_id = "U2",
                      .task = "physician",
                      .care = Care::declared,
                      .break_glass = &glass};
    Request parent{.now = kNow, .purpose = Purpose::FAMRQT, .role = Role::representative, .representative = &maja};

    const std::size_t before = allocations;
    std::size_t permitted = 0;
    for (const Request& request : {clinician, parent}) {
        const Judge judge(request, facts, table);
        permitted += judge(record).permit ? 1 : 0;
        permitted += judge.question("SE1").permit ? 1 : 0;
        permitted += judge.may_ask("SE1", "test-result") ? 1 : 0;
    }
    const std::size_t after = allocations;
    CHECK(after == before);
    CHECK(permitted == 6);
    CHECK(before > 0);  // it does count
}
