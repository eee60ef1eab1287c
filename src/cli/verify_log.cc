#include "ledger/verify.h"

#include <cstdio>
#include <filesystem>

#include "cli/commands.h"
#include "crypto/signing.h"
#include "app/compressed.h"
#include "ledger/shipment.h"
#include "trust/key_change.h"

namespace idun::cli {
namespace {

namespace fs = std::filesystem;

// What the owner has signed with before.
Status add_changes(const fs::path& folder, crypto::KeySet& keys) {
    std::error_code error;
    for (std::uint32_t number = 1; fs::exists(folder / std::to_string(number), error); ++number) {
        TRY_ASSIGN(const auto note, app::read_file((folder / std::to_string(number)).string()));
        TRY_ASSIGN(const auto change, trust::open_key_change(note));
        keys.add(change.former);
        keys.add(change.next);
    }
    return {};
}

// The keys to check with: those given, or that of the role whose data folder the log lies in.
Result<crypto::KeySet> keys_of(const VerifyCommand& command) {
    crypto::KeySet keys;
    for (const std::string& text : command.keys) {
        auto key = crypto::PublicKey::from_base64url(text);
        if (!key) return fail(Category::invalid, "--key takes an Ed25519 public key in base64url");
        keys.add(std::move(*key));
    }
    if (!keys.empty()) return keys;
    const fs::path beside = fs::path(command.folder).lexically_normal() / ".." / "keys";
    for (const char* name : {"node.key", "hub.key"}) {
        std::error_code error;
        if (!fs::exists(beside / name, error)) continue;
        TRY_ASSIGN(const auto key, crypto::SigningKey::load_or_create((beside / name).string(), system_random()));
        keys.add(key.public_key());
        TRY(add_changes(beside / "changes", keys));
    }
    if (keys.empty())
        return fail(Category::invalid, "no key beside the log: give the public key of its owner with --key");
    return keys;
}

Result<std::vector<ledger::Receipt>> receipts_of(const VerifyCommand& command) {
    std::vector<ledger::Receipt> out;
    for (const std::string& text : command.receipts) {
        auto receipt = ledger::Receipt::from_text(text);
        if (!receipt) return fail(Category::invalid, "--receipt takes LOG:INDEX:SIZE:ROOT:SIGNATURE as an answer carried it");
        out.push_back(std::move(*receipt));
    }
    return out;
}

void print_entry(const ledger::Entry& entry) {
    if (const auto line = ledger::to_line(ledger::to_ship(entry))) std::printf("%s\n", line->c_str());
}

}  // namespace

int verify_log(const VerifyCommand& command) {
    std::error_code error;
    if (!fs::is_directory(command.folder, error))
        return complain(Error(Category::not_found, command.folder + ": no such folder"));
    const auto keys = keys_of(command);
    if (!keys) return complain(keys.error());
    const auto receipts = receipts_of(command);
    if (!receipts) return complain(receipts.error());
    const auto report = ledger::verify_log(command.folder, *keys, ledger::system_files(), {}, *receipts,
                                           command.entries ? print_entry : std::function<void(const ledger::Entry&)>());
    if (!report) return complain(report.error());
    for (const std::string& problem : report->problems) std::printf("%s\n", problem.c_str());
    if (report->clock_back > 0)
        std::printf("Its clock jumped back %llu times.\n", static_cast<unsigned long long>(report->clock_back));
    if (!report->ok()) {
        std::printf("The log %s does not hold: %zu problems; %llu entries are intact.\n", report->log_id.c_str(),
                    report->problems.size(), static_cast<unsigned long long>(report->entries));
        return kUntrue;
    }
    std::printf("The log %s holds: of %llu entries none was changed or taken out, as far as this log, its checkpoints and "
                "the receipts given (%zu) can show.\n", report->log_id.c_str(),
                static_cast<unsigned long long>(report->entries), receipts->size());
    return kOk;
}

}  // namespace idun::cli
