#include <algorithm>

#include "api/fhir_answer.h"
#include "api/given.h"
#include "api/hub.h"
#include "api/log_proof.h"
#include "api/subject.h"

namespace idun::api {
namespace {

struct ProofAsked {
    std::string site;
    std::optional<std::uint64_t> before;
    Subject subject;
};

Result<ProofAsked> proof_asked(Hub& hub, const trust::UserToken& user, const http::Request& request) {
    TRY_ASSIGN(const Given given, given_in_query(request, {"site", "before", "patient.identifier"}));
    ProofAsked out;
    TRY_ASSIGN(out.site, given.required("site", ledger::kLogIdBytesMax));
    TRY_ASSIGN(out.before, entry_number(given.text("before")));
    TRY_ASSIGN(out.subject, subject_of(hub, user, given.identifier("patient.identifier"), Reach::everything));
    return out;
}

// What a decision withholds, or the rules leave out of the list of whoever represents her, is in the proof, and not opened.
Status close_withheld(Hub& hub, const Subject& asked_by, ledger::PersonProof& proof) {
    std::vector<std::uint64_t> indexes;
    for (const ledger::ProvenEntry& entry : proof.entries) indexes.push_back(entry.leaf.index);
    TRY_ASSIGN(const auto closed, hub.accesses.kept_closed(proof.person, proof.log_id, indexes, filter_for(hub, asked_by)));
    for (ledger::ProvenEntry& entry : proof.entries) {
        if (entry.opens != ledger::Opens::yes || !closed.contains(entry.leaf.index)) continue;
        entry.opens = ledger::Opens::closed;
        entry.key.clear();
    }
    return {};
}

// From the hub's own log, or one that it has closed.
Result<ledger::PersonProof> prove_here(const Hub& hub, const ProofAsked& asked) {
    if (asked.site == hub.ledger.log_id()) return hub.ledger.prove(asked.subject.person, asked.before);
    for (const auto& closed : hub.closed_logs)
        if (closed->log_id() == asked.site) return closed->prove(asked.subject.person, asked.before);
    return fail(Category::not_found, "there is no such log here");
}

http::Response as_file(const Hub& hub, const ProofAsked& asked, const ledger::PersonProof& proof) {
    http::Response response = proof_file(proof);
    response.headers.set("Content-Disposition", "attachment; filename=\"accesses-proof.txt\"");
    if (proof.more)
        response.headers.set("Link", "<" + hub.base_url + "/AuditEvent/$proof?site=" + asked.site + "&before=" +
                                         std::to_string(*proof.more) + link_to(asked.subject) + ">; rel=\"next\"");
    return response;
}

}  // namespace

// GET /fhir/AuditEvent/$proof?site=LOG: for the person, or who represents her in everything, that the log holds these entries about her and
// no other. See docs/formats/person-proof.md.
http::Handler hub_access_proof(Hub& hub) {
    return [&hub](http::Request request, http::Reply reply) {
        const auto user = hub.users.caller(request);
        if (!user) return reply.send(refusal(user.error()));
        const auto asked = proof_asked(hub, *user, request);
        if (!asked) return reply.send(refusal(asked.error()));
        ledger::Access access = access_about(hub, *user, asked->subject, ledger::Action::export_data, request);
        access.query = "AuditEvent/$proof";
        exchange::ProofQuestion question{asked->site, asked->subject.person, user->subject, asked->before, access.request_id};
        const auto shared = std::make_shared<http::Reply>(std::move(reply));
        const auto finish = [&hub, asked = *asked, access, shared](Result<ledger::PersonProof> proof) {
            if (proof) {
                if (const Status closed = close_withheld(hub, asked.subject, *proof); !closed) proof = fail(closed.error());
            }
            if (!proof) return shared->send(try_again(refusal(proof.error())));
            release(hub, access, as_file(hub, asked, *proof), std::move(*shared));
        };
        if (ledger::owner_of(asked->site) == hub.id) return finish(prove_here(hub, *asked));
        hub.proofs.ask(std::move(question), finish);
    };
}

}  // namespace idun::api
