#include "records/internal/impl.h"

namespace idun::records {
namespace {

constexpr char kKeyFormat = 3;

// The store's own key for hashes, made when it is not there yet.
Result<std::string> hash_key(store::Store& store, Random& random) {
    const std::string key = hash_key_key();
    for (int attempt = 0; attempt < 2; ++attempt) {
        TRY_ASSIGN(const auto snapshot, store.snapshot());
        TRY_ASSIGN(const auto value, snapshot->get(key));
        if (value) {
            if (!value->empty() && (*value)[0] != kKeyFormat) {
                return fail(Category::unsupported, "the records in this store have another layout than this program's: export them with the "
                                                   "program that wrote them and load them again");
            }
            if (value->size() != 1 + TextHash::kKeyBytes) {
                return fail(Category::corrupt, "the key row of the records is malformed");
            }
            return value->substr(1);
        }
        store::Batch batch;
        batch.expect(key, std::nullopt);
        batch.put(key, std::string(1, kKeyFormat) + random.bytes(TextHash::kKeyBytes));
        const auto committed = store.commit(std::move(batch));
        if (!committed && committed.error().category != Category::conflict) return fail(committed.error());
    }
    return fail(Category::internal, "the key row of the records cannot be made");
}

}  // namespace

Records::Impl::Impl(store::Store& s, const fhir::Definitions& d, const Clock& c, Random& r, Options o,
                    std::string_view key)
    : store(s),
      definitions(d),
      clock(c),
      random(r),
      options(std::move(o)),
      known(search::Registry::r4()),
      hash(key),
      extractor(known, hash, options.base_url, options.person_key, &options.other_keys),
      search_limits{.base_url = options.base_url, .terminology = options.terminology},
      sessions({options.page_sessions_max, options.page_sessions_bytes_max, options.page_session_time}, c, r),
      cache(options.cache_bytes) {}

Result<std::unique_ptr<Records>> Records::open(store::Store& store, const fhir::Definitions& definitions,
                                               const Clock& clock, Random& random, Options options) {
    TRY_ASSIGN(const std::string key, hash_key(store, random));
    auto impl = std::make_unique<Impl>(store, definitions, clock, random, std::move(options), key);
    TRY(impl->look_for_renaming());
    return std::unique_ptr<Records>(new Records(std::move(impl)));
}

Records::Records(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Records::~Records() = default;

}  // namespace idun::records
