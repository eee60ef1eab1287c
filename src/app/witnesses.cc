#include "app/witnesses.h"

#include "api/common.h"
#include "api/fhir_answer.h"
#include "api/witness.h"
#include "base/log.h"
#include "ledger/file_system.h"
#include "ledger/receipt.h"
#include "witness/request.h"

namespace idun::app {

Result<std::unique_ptr<OwnWitness>> OwnWitness::load(std::string name, std::string folder, Random& random) {
    TRY_ASSIGN(crypto::SigningKey key, witness::witness_key(folder, ledger::system_files(), random));
    TRY_ASSIGN(crypto::VerifierKey verifier,
               crypto::VerifierKey::of(std::move(name), key.public_key(), crypto::SignatureType::cosignature));
    return std::unique_ptr<OwnWitness>(new OwnWitness(std::move(folder), std::move(key), std::move(verifier)));
}

Status OwnWitness::open(std::vector<crypto::VerifierKey> logs, StillSigns still_signs, const Clock& clock, Metrics& metrics) {
    TRY_ASSIGN(witness_, witness::Witness::open({verifier_.name(), folder_, std::move(logs), std::move(still_signs)}, key_, ledger::system_files(),
                                                clock, metrics));
    return {};
}

std::vector<crypto::VerifierKey> keys_of_logs(const OwnWitness& witness, const std::string& owner,
                                              const crypto::KeySet& keys) {
    constexpr std::uint32_t kMore = 3;
    std::uint32_t last = 1;
    while (witness::has_cosigned(witness.folder(), ledger::system_files(),
                                 ledger::origin_of(ledger::log_id_of(owner, last))))
        ++last;
    std::vector<crypto::VerifierKey> out;
    for (const crypto::PublicKey& key : keys.keys())
        for (std::uint32_t place = 1; place < last + kMore; ++place)
            out.push_back(ledger::verifier_key(ledger::log_id_of(owner, place), key));
    return out;
}

OwnWitness::StillSigns still_signs(const trust::PeerKeys& peers) {
    return [&peers](const crypto::VerifierKey& key) {
        constexpr std::string_view kOrigins = "idun/";
        const std::string_view name = key.name();
        if (!name.starts_with(kOrigins)) return true;
        const std::string owner(ledger::owner_of(name.substr(kOrigins.size())));
        const std::string& id = key.key().id().text;
        return peers.all(owner).find(id) == nullptr || peers.live(owner).find(id) != nullptr;
    };
}

std::string witness_name(const std::string& log_id) { return ledger::origin_of(log_id) + "/witness"; }

Result<std::unique_ptr<WitnessRole>> WitnessRole::start(Runtime& runtime, WitnessOptions options) {
    std::unique_ptr<WitnessRole> role(new WitnessRole);
    TRY(make_folder(options.folder));
    options.listen.body_bytes_max = witness::kRequestBytesMax;
    TRY_ASSIGN(role->own_, OwnWitness::load(std::move(options.name), options.folder, runtime.random));
    TRY(role->own_->open(std::move(options.logs), {}, runtime.clock, role->metrics_));
    TRY_ASSIGN(role->door_, Door::listen(runtime, options.listen, "witness", role->metrics_));
    http::Router router;
    api::add_witness_routes(router, "", role->own_->witness());
    api::add_common_routes(router, {}, role->metrics_, [] { return crypto::KeySet(); });
    role->door_->open(std::move(router).handler());
    log::info("listening", {{"role", "witness"}, {"name", role->key().name()}, {"url", role->url()}});
    return role;
}

WitnessRole::~WitnessRole() {
    if (door_) stop(std::chrono::milliseconds(0));
    door_.reset();  // joins the handlers
}

}  // namespace idun::app
