#include "witness/witness.h"

#include <algorithm>
#include <mutex>
#include <optional>

#include "base/log.h"
#include "crypto/encoding.h"
#include "crypto/hash.h"
#include "crypto/merkle.h"
#include "crypto/tree_head.h"
#include "json/document.h"
#include "json/writer.h"
#include "ledger/receipt.h"
#include "witness/request.h"

namespace idun::witness {
namespace {

constexpr std::size_t kNotShownKept = 4;  // of kRefusedKept
constexpr std::size_t kStateBytesMax = crypto::kNoteBytesMax;
constexpr std::size_t kRefusedBytesMax = 256u << 10;
constexpr std::string_view kPlain = "text/plain; charset=utf-8";

std::string logs_folder(const std::string& folder) { return folder + "/logs"; }
std::string state_file(const std::string& folder, std::string_view origin) {
    return logs_folder(folder) + "/" + crypto::hex(crypto::sha256({origin}).view().substr(0, 16));
}
std::string parent_of(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    return slash == std::string::npos ? "." : path.substr(0, slash);
}

Answer refuse(int status, std::string_view what) { return {status, std::string(kPlain), std::string(what) + "\n"}; }
Answer known_is(std::uint64_t size) { return {409, std::string(kSizeType), std::to_string(size) + "\n"}; }

// The note's text with those of its signatures that one of the keys made.
struct Signed {
    crypto::TreeHead head;
    std::string note;
};
Result<Signed> open_signed(std::string_view note, const std::vector<crypto::VerifierKey>& keys) {
    TRY_ASSIGN(crypto::Note parsed, crypto::Note::parse(note));
    TRY_ASSIGN(crypto::TreeHead head, crypto::TreeHead::from_text(parsed.text));
    if (const auto opened = crypto::open_note(note, keys); !opened)
        return fail(Category::forbidden, "the checkpoint is not signed with the log's key");
    std::erase_if(parsed.signatures, [&](const crypto::NoteSignature& one) {
        return std::none_of(keys.begin(), keys.end(), [&](const crypto::VerifierKey& key) {
            return key.id() == one.key_id && key.name() == one.name;
        });
    });
    return Signed{std::move(head), parsed.print()};
}

void write(json::Writer& w, const Refused& one) {
    w.object().member("at", to_iso(one.at)).member("why", to_string(one.why)).member("size", one.size);
    w.member("root", crypto::base64(one.root.view())).member("cosigned", one.cosigned).member("request", one.request).end();
}

std::optional<Refused> refused_from(std::string_view text) {
    const auto document = json::Document::parse(text);
    if (!document) return std::nullopt;
    const json::Value root = document->root();
    const auto at = from_iso(root["at"].text());
    const auto size = size_from(root["size"].text());
    const auto raw = crypto::from_base64(root["root"].text());
    const auto hash = raw ? crypto::Hash::from(*raw) : std::nullopt;
    if (!at || !size || !hash) return std::nullopt;
    const Why why = root["why"].text() == to_string(Why::two_roots) ? Why::two_roots : Why::not_shown;
    return Refused{*at, why, *size, *hash, std::string(root["cosigned"].text()), std::string(root["request"].text())};
}

// What is known of one log.
struct Known {
    Known(std::string name, std::string where, Metrics& metrics)
        : origin(std::move(name)), file(std::move(where)),
          cosigned(metrics.gauge("idun_witness_log_entries", "Entries of a log's tree that was cosigned last", {{"origin", origin}})),
          two_roots(metrics.counter("idun_witness_refused_total", "Checkpoints signed by a log that were not cosigned",
                                    {{"origin", origin}, {"why", "two-roots"}})),
          not_shown(metrics.counter("idun_witness_refused_total", "Checkpoints signed by a log that were not cosigned",
                                    {{"origin", origin}, {"why", "not-shown"}})) {}

    const std::string origin;
    const std::string file;
    Gauge& cosigned;
    Counter& two_roots;
    Counter& not_shown;

    mutable std::mutex mutex;  // of what follows; held over the write, so that states follow each other
    std::vector<crypto::VerifierKey> keys;
    std::uint64_t size = 0;
    crypto::Hash root = crypto::empty_root();
    std::string note;  // "": nothing cosigned yet
    std::optional<Instant> time;
    std::vector<Refused> refused;
};

}  // namespace

bool is_log_of(std::string_view origin, std::string_view owner) {
    constexpr std::string_view kOrigins = "idun/";
    return origin.starts_with(kOrigins) && ledger::owner_of(origin.substr(kOrigins.size())) == owner;
}

bool has_cosigned(const std::string& folder, ledger::FileSystem& files, std::string_view origin) {
    return files.size(state_file(folder, origin)).has_value();
}

std::string_view to_string(Why why) { return why == Why::two_roots ? "two-roots" : "not-shown"; }

Result<crypto::SigningKey> witness_key(const std::string& folder, ledger::FileSystem& files, Random& random) {
    TRY(files.create_folder(folder));
    const bool used = files.size(folder + "/key").has_value();
    TRY_ASSIGN(const std::vector<std::string> names, files.list(folder));
    if (used && std::find(names.begin(), names.end(), "logs") == names.end())
        return fail(Category::corrupt, "witness: what the key in " + folder +
                                           " has signed is not there any more: a witness that has forgotten must take a new key");
    TRY(files.create_folder(logs_folder(folder)));
    TRY(files.sync_folder(folder));
    TRY(files.sync_folder(parent_of(folder)));
    return crypto::SigningKey::load_or_create(folder + "/key", random);
}

struct Witness::Impl {
    Impl(WitnessOptions o, const crypto::SigningKey& k, crypto::VerifierKey v, ledger::FileSystem& f, const Clock& c, Metrics& m)
        : options(std::move(o)), signer(k), verifier(std::move(v)), files(f), clock(c), metrics(m) {}

    const WitnessOptions options;
    const crypto::SigningKey& signer;
    const crypto::VerifierKey verifier;
    ledger::FileSystem& files;
    const Clock& clock;
    Metrics& metrics;
    std::shared_ptr<void> lock;
    std::map<std::string, std::unique_ptr<Known>, std::less<>> logs;

    Status load() {
        TRY(files.create_folder(logs_folder(options.folder)));
        TRY(files.sync_folder(options.folder));
        TRY_ASSIGN(lock, files.lock(options.folder));
        for (const crypto::VerifierKey& key : options.logs) {
            if (key.type() != crypto::SignatureType::ed25519)
                return fail(Category::invalid, "witness: " + key.name() + " is the key of a witness, not of a log");
            auto& known = logs[key.name()];
            if (!known) {
                known = std::make_unique<Known>(key.name(), state_file(options.folder, key.name()), metrics);
            }
            known->keys.push_back(key);
        }
        // What a former process wrote and could not sync would be signed again, and then be lost.
        TRY(files.sync_folder(logs_folder(options.folder)));
        for (const auto& [origin, known] : logs)
            if (const Status loaded = load(*known); !loaded) return fail(loaded.error().within("witness of " + origin));
        return {};
    }

    Status load(Known& known) {
        TRY_ASSIGN(const auto note, content(known.file, kStateBytesMax));
        if (note) {
            const auto state = open_signed(*note, known.keys);
            if (!state || state->head.origin != known.origin)
                return fail(Category::corrupt, known.file + " is not a checkpoint of this log by one of its keys");
            TRY(files.sync_file(known.file));
            keep(known, *state);
        }
        for (std::size_t i = 1; i <= kRefusedKept; ++i) {
            TRY_ASSIGN(const auto text, content(refused_file(known, i), kRefusedBytesMax));
            // Only evidence: one that a crash has torn is passed over.
            if (const auto one = text ? refused_from(*text) : std::nullopt) known.refused.push_back(*one);
        }
        return {};
    }

    Result<std::optional<std::string>> content(const std::string& path, std::size_t bytes_max) {
        const auto size = files.size(path);
        if (!size && size.error().category == Category::not_found) return std::optional<std::string>();
        if (!size) return fail(size.error());
        if (*size > bytes_max) return fail(Category::corrupt, path + " is longer than it can be");
        TRY_ASSIGN(std::string text, files.read(path, 0, static_cast<std::size_t>(*size)));
        return std::optional(std::move(text));
    }

    static std::string refused_file(const Known& known, std::size_t number) {
        return known.file + ".refused-" + std::to_string(number);
    }

    static void keep(Known& known, const Signed& state) {
        known.size = state.head.size;
        known.root = state.head.root;
        known.note = state.note;
        known.cosigned.set(static_cast<double>(state.head.size));
    }

    Answer add(std::string_view body) {
        const auto request = AddCheckpoint::parse(body);
        if (!request) return refuse(request.error().category == Category::too_large ? 413 : 400, request.error().message);
        const std::string_view note = request->checkpoint;
        const auto log = logs.find(note.substr(0, note.find('\n')));
        if (const auto parsed = crypto::Note::parse(note); !parsed) return refuse(400, parsed.error().message);
        if (log == logs.end()) return refuse(404, "this witness does not look at that log");
        Known& known = *log->second;
        const auto checkpoint = open_signed(note, keys_of(known));
        if (!checkpoint) {
            const bool forbidden = checkpoint.error().category == Category::forbidden;
            return refuse(forbidden ? 403 : 400, checkpoint.error().message);
        }
        if (request->old_size > checkpoint->head.size) return refuse(400, "the old size is over the checkpoint's");
        return judge(known, *request, *checkpoint, body);
    }

    // Those by which something new may be signed.
    std::vector<crypto::VerifierKey> keys_of(const Known& known) const {
        std::vector<crypto::VerifierKey> out;
        {
            const std::lock_guard guard(known.mutex);
            out = known.keys;
        }
        if (options.still_signs) std::erase_if(out, [&](const crypto::VerifierKey& key) { return !options.still_signs(key); });
        return out;
    }

    Answer judge(Known& known, const AddCheckpoint& request, const Signed& checkpoint, std::string_view body) {
        const crypto::TreeHead& head = checkpoint.head;
        const std::lock_guard guard(known.mutex);
        if (head.size == known.size && head.root != known.root) {
            note_refused(known, Why::two_roots, head, body);
            return known_is(known.size);
        }
        if (request.old_size != known.size) return known_is(known.size);
        if (!grows(known, request, head)) {
            note_refused(known, Why::not_shown, head, body);
            return refuse(422, "the proof does not show that this tree begins with the one that was cosigned");
        }
        if (known.note.empty() || head.size != known.size) {
            if (const Status kept = persist(known, checkpoint); !kept) {
                log::error("a witness could not keep its state, and did not sign", {{"error", kept.error().message}});
                return refuse(500, "the state could not be kept; nothing was signed");
            }
        }
        return cosign(known, head.text());
    }

    static bool grows(const Known& known, const AddCheckpoint& request, const crypto::TreeHead& head) {
        if (known.size == 0 || head.size == known.size) return request.proof.empty();
        return crypto::verify_consistency(known.size, head.size, request.proof, known.root, head.root).has_value();
    }

    // Durable when it returns; until then nothing is known to be changed.
    Status persist(Known& known, const Signed& checkpoint) {
        TRY(files.write_whole(known.file, checkpoint.note, true));
        TRY(files.sync_folder(logs_folder(options.folder)));
        keep(known, checkpoint);
        return {};
    }

    Answer cosign(Known& known, std::string_view text) {
        const Instant now = clock.now();
        known.time = known.time ? std::max(*known.time, now) : now;  // times of cosignatures do not go back
        const auto seconds = static_cast<std::uint64_t>(std::max<std::int64_t>(known.time->ms, 0) / 1000);
        const auto signature = crypto::cosign_note_text(text, options.name, signer, seconds);
        return {200, std::string(kPlain), crypto::print_signature(signature)};
    }

    void note_refused(Known& known, Why why, const crypto::TreeHead& head, std::string_view body) {
        (why == Why::two_roots ? known.two_roots : known.not_shown).add();
        const bool again = std::any_of(known.refused.begin(), known.refused.end(), [&](const Refused& one) {
            return one.why == why && one.size == head.size && one.root == head.root;
        });
        const auto place = again ? std::nullopt : place_for(known, why);
        if (!place) return;
        const bool proof = why == Why::two_roots;  // of the other kind anybody can make one
        log::write(proof ? log::Level::error : log::Level::warn,
                   proof ? "a log has signed two histories" : "a log's tree was not shown to grow out of what it had shown",
                   {{"origin", known.origin}, {"cosigned", known.size}, {"refused", head.size}});
        Refused one{clock.now(), why, head.size, head.root, known.note, std::string(body)};
        json::Writer w;
        write(w, one);
        if (*place == known.refused.size()) known.refused.push_back(std::move(one));
        else known.refused[*place] = std::move(one);
        const auto written = files.write_whole(refused_file(known, *place + 1), w.take(), proof);
        if (!written) log::warn("what a witness refused could not be kept", {{"error", written.error().message}});
    }

    // Anybody can make the lesser kind with a wrong proof: a few of them, the newest, and never in the place of the other.
    static std::optional<std::size_t> place_for(const Known& known, Why why) {
        std::size_t lesser = 0;
        std::optional<std::size_t> oldest;
        for (std::size_t i = 0; i < known.refused.size(); ++i) {
            if (known.refused[i].why != Why::not_shown) continue;
            ++lesser;
            if (!oldest || known.refused[i].at < known.refused[*oldest].at) oldest = i;
        }
        const bool room = known.refused.size() < kRefusedKept && (why == Why::two_roots || lesser < kNotShownKept);
        return room ? std::optional(known.refused.size()) : oldest;
    }
};

Witness::Witness(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Witness::~Witness() = default;

Result<std::unique_ptr<Witness>> Witness::open(WitnessOptions options, const crypto::SigningKey& key,
                                               ledger::FileSystem& files, const Clock& clock, Metrics& metrics) {
    TRY_ASSIGN(crypto::VerifierKey verifier,
               crypto::VerifierKey::of(options.name, key.public_key(), crypto::SignatureType::cosignature));
    auto impl = std::make_unique<Impl>(std::move(options), key, std::move(verifier), files, clock, metrics);
    TRY(impl->load());
    return std::unique_ptr<Witness>(new Witness(std::move(impl)));
}

Status Witness::trust(const crypto::VerifierKey& key) {
    const auto found = impl_->logs.find(key.name());
    if (found == impl_->logs.end()) return fail(Category::not_found, "this witness does not look at that log");
    Known& known = *found->second;
    const std::lock_guard guard(known.mutex);
    const bool there = std::ranges::any_of(known.keys, [&](const crypto::VerifierKey& one) { return one.id() == key.id(); });
    if (!there) known.keys.push_back(key);
    return {};
}

Answer Witness::add_checkpoint(std::string_view body) {
    Answer answer = impl_->add(body);
    impl_->metrics.counter("idun_witness_requests_total", "Checkpoints that a witness was asked to cosign",
                           {{"status", std::to_string(answer.status)}}).add();
    return answer;
}

const crypto::VerifierKey& Witness::key() const { return impl_->verifier; }

std::vector<LogSeen> Witness::logs(std::string_view owner) const {
    std::vector<LogSeen> out;
    for (const auto& [origin, known] : impl_->logs) {
        if (!owner.empty() && !is_log_of(origin, owner)) continue;
        const std::lock_guard guard(known->mutex);
        out.push_back({origin, known->size, known->root, known->note, known->time, known->refused});
    }
    return out;
}

std::string Witness::report(std::string_view owner) const {
    json::Writer w;
    w.object().member("name", impl_->options.name).member("key", impl_->verifier.text()).name("logs").array();
    for (const LogSeen& log : logs(owner)) {
        w.object()
            .member("origin", log.origin)
            .member("size", log.size)
            .member("root", crypto::base64(log.root.view()));
        if (!log.checkpoint.empty()) w.member("checkpoint", log.checkpoint);
        if (log.time) w.member("time", to_iso(*log.time));
        w.name("refused").array();
        for (const Refused& one : log.refused) write(w, one);
        w.end().end();
    }
    w.end().end();
    return w.take();
}

}  // namespace idun::witness
