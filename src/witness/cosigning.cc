#include "witness/cosigning.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>

#include "base/log.h"
#include "base/rounds.h"
#include "crypto/tree_head.h"
#include "http/interruptible.h"
#include "json/writer.h"
#include "ledger/set_back.h"
#include "witness/request.h"

namespace idun::witness {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kAnswerBytesMax = 64u << 10;
constexpr milliseconds kUnsignedTooLong{60'000};

// The checkpoint that the witnesses are asked about.
struct Candidate {
    std::string note;  // as the log signed it
    std::string text;
    std::uint64_t size = 0;
};

// One witness, as the thread knows it.
struct Asked {
    Asked(AskedWitness w, const std::string& log, Metrics& metrics)
        : witness(std::move(w)),
          cosigned(metrics.gauge("idun_log_witness_entries", "Entries of this log that a witness has cosigned",
                                 {{"log", log}, {"witness", witness.key.name()}})),
          trouble(metrics.gauge("idun_log_witness_trouble",
                                "What a witness says of this log: 0 cosigned, 1 away, 2 refused, 3 set back, 4 forked",
                                {{"log", log}, {"witness", witness.key.name()}})),
          failures(metrics.counter("idun_log_witness_failures_total", "Questions to a witness that brought no cosignature",
                                   {{"log", log}, {"witness", witness.key.name()}})) {
        state.url = witness.url;
        state.key = witness.key.text();
        state.name = witness.key.name();
    }

    const AskedWitness witness;
    Gauge& cosigned;
    Gauge& trouble;
    Counter& failures;
    std::uint64_t known = 0;  // the size that it has cosigned, by its word
    std::optional<crypto::NoteSignature> signature;  // of the candidate,
    Instant signed_at{0};                            // and when
    Instant next{0};                                 // to be asked again, after a failure
    milliseconds retry{0};
    Trouble told = Trouble::none;  // in the log
    bool looked = false;           // it has shown what it cosigned before
    Instant look_next{0};          // to be asked for that again, after a failure
    milliseconds look_retry{0};
    WitnessState state;            // guarded by the owner's mutex
};

// What came of one question.
struct Outcome {
    Trouble trouble = Trouble::none;
    std::string reason;
    std::optional<crypto::NoteSignature> signature;
    bool again = false;  // at once, from the size that it has told
    bool later = false;  // it knows more than this candidate, and that is well
};

Outcome trouble(Trouble what, std::string reason) { return {what, std::move(reason), {}, false, false}; }

}  // namespace

std::string_view to_string(Trouble trouble) {
    switch (trouble) {
        case Trouble::none: return "none";
        case Trouble::away: return "away";
        case Trouble::refused: return "refused";
        case Trouble::set_back: return "set-back";
        case Trouble::forked: return "forked";
    }
    return "none";
}

struct Cosigning::Impl {
    Impl(CosigningOptions o, ledger::Ledger& l, http::Client& c, const Clock& k, Metrics& m)
        : options(std::move(o)), ledger(l), client(c), clock(k),
          alone(m.gauge("idun_log_unwitnessed", "1 while the checkpoint is served without the cosignature of any witness",
                        {{"log", ledger.log_id()}})) {
        IDUN_CHECK(options.witnesses.size() <= kWitnessesMax);
        for (const AskedWitness& witness : options.witnesses)
            asked.push_back(std::make_unique<Asked>(witness, ledger.log_id(), m));
        alone.set(1);
    }

    const CosigningOptions options;
    ledger::Ledger& ledger;
    http::Client& client;
    const Clock& clock;
    Gauge& alone;
    http::Interruptible calls;

    // Of the thread:
    std::optional<Candidate> candidate;
    std::uint64_t served = 0;       // entries of the newest checkpoint that was served with a cosignature
    Instant signed_at{0};           // when one came
    std::vector<std::unique_ptr<Asked>> asked;

    mutable std::mutex mutex;  // of their states
    mutable std::condition_variable spoken;
    bool heard = false;            // all were asked once what they had cosigned
    std::optional<Rounds> rounds;  // last: a round uses all of the above

    Result<milliseconds> round() {
        look();
        const std::string note = ledger.published_checkpoint();
        const auto parsed = crypto::Note::parse(note);
        const auto head = parsed ? crypto::TreeHead::from_text(parsed->text) : Result<crypto::TreeHead>(fail(parsed.error()));
        if (!head) return options.every / 4;  // nothing is published yet
        if (!candidate || candidate->size != head->size) {
            candidate = Candidate{note, parsed->text, head->size};
            for (const auto& one : asked) one->signature.reset();
        }
        const bool any = ask_all();
        serve(any);
        return options.every;
    }

    // What each has cosigned of this owner's logs: before its first question, and again when it says that it knows
    // another log. One that does not tell is asked for a checkpoint all the same, and for this later.
    void look() {
        std::vector<http::Call> requests;
        std::vector<Asked*> sent;
        for (const auto& one : asked) {
            if (!options.set_back || one->looked || one->look_next > clock.now()) continue;
            requests.push_back(ask_shown(one->witness.url, ledger::owner_of(ledger.log_id()), options.timeout));
            sent.push_back(one.get());
        }
        const auto answers = calls.fetch_all(client, std::move(requests));
        for (std::size_t i = 0; i < sent.size(); ++i) {
            Asked& one = *sent[i];
            one.looked = answers[i] && judge_report(one, *answers[i]);
            one.look_retry = one.looked ? milliseconds(0) : longer(one.look_retry);
            one.look_next = clock.now() + one.look_retry;
        }
        {
            const std::lock_guard lock(mutex);
            heard = true;
        }
        spoken.notify_all();
    }

    // True when all that it says was looked at. A witness without this page, which is ours, shows nothing.
    bool judge_report(const Asked& one, const http::Response& answer) const {
        if (answer.status != 200) return answer.status / 100 == 4;
        const auto shown = shown_checkpoints(answer.body);
        if (!shown) return false;
        for (std::size_t i = shown->size(); i > 0; --i) {  // by name: a log that came after tells more
            const auto back =
                ledger::set_back(ledger, (*shown)[i - 1], options.own_keys, "the witness " + one.state.name);
            if (!back) return false;  // tiles are not there yet
            if (*back) options.set_back(**back);
        }
        return true;
    }

    milliseconds longer(milliseconds retry) const { return std::clamp(retry * 2, options.every, options.retry_max); }

    // True when one has signed now.
    bool ask_all() {
        std::vector<Asked*> due;
        const Instant now = clock.now();
        for (const auto& one : asked) {
            const bool fresh = one->signature && now - one->signed_at < options.idle;
            if (!fresh && one->next <= now) due.push_back(one.get());
        }
        bool any = false;
        // Once more for those who have told which size they know.
        for (int pass = 0; pass < 2 && !due.empty(); ++pass) {
            std::vector<http::Call> requests;
            std::vector<Asked*> sent;
            for (Asked* one : due) {
                const auto request = request_to(*one);
                if (!request) continue;  // the tiles are not there yet
                requests.push_back(call_of(*one, *request));
                sent.push_back(one);
            }
            const auto answers = calls.fetch_all(client, std::move(requests));
            if (calls.interrupted()) return false;
            due.clear();
            for (std::size_t i = 0; i < sent.size(); ++i) {
                Outcome outcome = judge(*sent[i], answers[i]);
                if (outcome.again && pass == 0) due.push_back(sent[i]);
                else any = settle(*sent[i], std::move(outcome)) || any;
            }
        }
        return any;
    }

    Result<AddCheckpoint> request_to(const Asked& one) const {
        AddCheckpoint out;
        out.old_size = one.known;
        out.checkpoint = candidate->note;
        if (one.known > candidate->size) out.old_size = 0;  // to hear again what it knows
        if (out.old_size > 0 && out.old_size < candidate->size) {
            TRY_ASSIGN(out.proof, ledger.consistency_proof(out.old_size, candidate->size));
        }
        return out;
    }

    http::Call call_of(const Asked& one, const AddCheckpoint& request) const {
        http::Call call;
        call.method = "POST";
        call.url = one.witness.url + "/add-checkpoint";
        call.body = request.print();
        call.timeout = options.timeout;
        call.answer_bytes_max = kAnswerBytesMax;
        call.headers.set("Content-Type", "text/plain; charset=utf-8");
        return call;
    }

    Outcome judge(Asked& one, const Result<http::Response>& answer) const {
        if (!answer) return trouble(Trouble::away, answer.error().message);
        switch (answer->status) {
            case 200: return judge_signature(one, answer->body);
            case 409: return judge_size(one, *answer);
            case 422:
                if (one.known == 0) return trouble(Trouble::refused, "it answered 422 to a first checkpoint");
                return trouble(Trouble::forked, "it has cosigned another tree of this log with " + std::to_string(one.known) +
                                                    " entries: this is not the log that it knows");
            case 400: case 403: case 404: case 413:
                return trouble(Trouble::refused, "it answered " + std::to_string(answer->status));
            default: return trouble(Trouble::away, "it answered " + std::to_string(answer->status));
        }
    }

    Outcome judge_signature(Asked& one, std::string_view lines) const {
        const std::string whole = candidate->text + "\n" + std::string(lines);
        const auto opened = crypto::open_note(whole, {&one.witness.key, 1});
        const auto note = crypto::Note::parse(whole);
        if (!opened || !note) return trouble(Trouble::refused, "its answer is not its cosignature");
        for (const crypto::NoteSignature& signature : note->signatures)
            if (signature.name == one.witness.key.name() && signature.key_id == one.witness.key.id()) {
                one.known = candidate->size;
                Outcome out;
                out.signature = signature;
                return out;
            }
        return trouble(Trouble::refused, "its answer is not its cosignature");
    }

    // It knows another size than the one that the question went out from.
    Outcome judge_size(Asked& one, const http::Response& answer) const {
        std::string_view digits = answer.body;
        if (digits.ends_with('\n')) digits.remove_suffix(1);
        const auto size = size_from(digits);
        if (!size || answer.headers.get("Content-Type") != kSizeType)
            return trouble(Trouble::away, "it answered 409 without the size that it knows");
        const std::uint64_t ours = ledger.size();
        if (*size > ours)
            return trouble(Trouble::set_back, "it has cosigned " + std::to_string(*size) + " entries of this log, which has " +
                                                  std::to_string(ours));
        if (*size == candidate->size && one.known == *size)
            return trouble(Trouble::forked, "it has cosigned another tree of this log with the same " + std::to_string(*size) +
                                                " entries");
        if (one.known == *size) return trouble(Trouble::away, "it answered 409 to the size that it knows");
        one.known = *size;
        Outcome out;
        out.again = *size <= candidate->size;
        out.later = !out.again;  // somebody else has shown it a newer checkpoint of ours
        return out;
    }

    bool settle(Asked& one, Outcome outcome) {
        const Instant now = clock.now();
        if (outcome.again || outcome.later) return false;  // in the next round
        const bool well = outcome.signature.has_value();
        one.retry = well ? milliseconds(0) : longer(one.retry);
        one.next = now + one.retry;
        if (well) {
            one.signature = outcome.signature;
            one.signed_at = now;
        }
        if (outcome.trouble == Trouble::set_back || outcome.trouble == Trouble::forked) one.looked = false;
        one.trouble.set(static_cast<double>(outcome.trouble));
        if (well) one.cosigned.set(static_cast<double>(candidate->size));
        else one.failures.add();
        note_state(one, outcome, now);
        return well;
    }

    void note_state(Asked& one, const Outcome& outcome, Instant now) {
        WitnessState& state = one.state;
        {
            const std::lock_guard lock(mutex);
            if (state.trouble != outcome.trouble) state.since = now;
            if (outcome.trouble == Trouble::none) {
                state.size = candidate->size;
                state.time = now;
                state.since.reset();
            }
            state.trouble = outcome.trouble;
            state.reason = outcome.reason;
        }
        // One that is starting, or busy for a moment, is no news.
        const bool first = outcome.trouble == Trouble::away && one.retry <= options.every;
        if (one.told == outcome.trouble || first) return;
        one.told = outcome.trouble;
        const auto tell = outcome.trouble == Trouble::none ? log::info
                          : outcome.trouble == Trouble::set_back || outcome.trouble == Trouble::forked ? log::error
                                                                                                        : log::warn;
        const char* what = outcome.trouble == Trouble::none       ? "a witness cosigns the log again"
                           : outcome.trouble == Trouble::set_back ? "a witness says that the log was set back"
                           : outcome.trouble == Trouble::forked   ? "a witness says that the log was forked"
                                                                  : "a witness does not cosign the log";
        tell(what, {{"log", ledger.log_id()}, {"witness", state.name}, {"reason", outcome.reason}});
    }

    // The candidate with what there is, or after a while without: the newest as it is.
    void serve(bool any) {
        const Instant now = clock.now();
        if (any) {
            auto note = crypto::Note::parse(candidate->note);
            IDUN_CHECK(note.has_value());
            for (const auto& one : asked)
                if (one->signature) note->signatures.push_back(*one->signature);
            // Refused when a newer one was shown meanwhile: then that one's cosignatures come in the next round.
            if (ledger.hold_checkpoint(note->print())) {
                served = candidate->size;
                signed_at = now;
                alone.set(0);
            }
            return;
        }
        if (served == candidate->size || now - signed_at < options.alone_after) return;
        (void)ledger.hold_checkpoint(std::nullopt);
        alone.set(1);
    }
};

Cosigning::Cosigning(CosigningOptions options, ledger::Ledger& ledger, http::Client& client, const Clock& clock,
                     Metrics& metrics)
    : impl_(std::make_unique<Impl>(std::move(options), ledger, client, clock, metrics)) {
    impl_->rounds.emplace(RoundsOptions{.failing = "the log's witnesses are not asked",
                                        .again = "the log's witnesses are asked again",
                                        .about = {"log", ledger.log_id()},
                                        .interrupt = [this] { impl_->calls.interrupt(); }},
                          clock, [this] { return impl_->round(); });
}

Cosigning::~Cosigning() = default;

void Cosigning::wait_for_word(milliseconds longest) const {
    std::unique_lock lock(impl_->mutex);
    impl_->spoken.wait_for(lock, longest, [this] { return impl_->heard; });
}

std::vector<WitnessState> Cosigning::witnesses() const {
    std::vector<WitnessState> out;
    const std::lock_guard lock(impl_->mutex);
    for (const auto& one : impl_->asked) out.push_back(one->state);
    return out;
}

std::string Cosigning::report() const {
    json::Writer w;
    w.object().member("log", impl_->ledger.log_id()).name("witnesses").array();
    for (const WitnessState& one : witnesses()) {
        w.object().member("name", one.name).member("url", one.url).member("key", one.key);
        if (one.size) w.member("size", *one.size);
        if (one.time) w.member("time", to_iso(*one.time));
        w.member("trouble", to_string(one.trouble));
        if (one.trouble != Trouble::none) w.member("reason", one.reason);
        if (one.since) w.member("since", to_iso(*one.since));
        w.end();
    }
    w.end().end();
    return w.take();
}

Status Cosigning::healthy() const {
    const Instant now = impl_->clock.now();
    Status out;
    for (const WitnessState& one : witnesses()) {
        if (one.trouble == Trouble::none) continue;
        const std::string what = "the witness " + one.name + ": " + one.reason;
        if (one.trouble == Trouble::set_back || one.trouble == Trouble::forked) return fail(Category::corrupt, what);
        if (one.since && now - *one.since > kUnsignedTooLong) out = fail(Category::unavailable, what);
    }
    return out;
}

}  // namespace idun::witness
