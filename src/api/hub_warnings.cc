#include "api/hub.h"
#include "api/warnings.h"
#include "json/writer.h"

namespace idun::api {
namespace {

constexpr Warning kWarnings[] = {
    {ChoiceKind::block, "urn:idun:warning:block:1",
     "Det du spärrar kan inte läsas av dem som du spärrar för, inte heller i vården av dig. De ser inte att något är "
     "spärrat. "
     "Viktiga uppgifter, till exempel om allergier eller läkemedel, kan då saknas, och du kan få fel vård eller vård "
     "för sent. "
     "Vid fara för ditt liv eller din hälsa kan spärren brytas; du får då veta det. Du kan häva spärren när du vill.",
     "What you block cannot be read by those you block it from, not even to care for you. They do not see that "
     "something is "
     "blocked. Important data, for example about allergies or medicines, may then be missing, and your care may be "
     "wrong or "
     "late. When your life or health is at risk the block can be broken; you are then told. You can lift the block at "
     "any time."},
    {ChoiceKind::opt_out, "urn:idun:warning:opt-out:1",
     "Ingen annan vårdgivare än den som har skrivit dina uppgifter kan läsa dem, inte heller i en nödsituation. "
     "Viktiga uppgifter "
     "kan då saknas, och du kan få fel vård eller vård för sent. Uppgifter från tiden utanför kan saknas också efter "
     "att du "
     "har gått med igen. Du kan gå med igen när du vill.",
     "No care provider but the one who wrote your data can read them, not even in an emergency. Important data may "
     "then be "
     "missing, and your care may be wrong or late. Data from your time outside may be missing also after you have "
     "joined again. "
     "You can join again at any time."},
    {ChoiceKind::mandate, "urn:idun:warning:mandate:1",
     "Den du ger fullmakt kan se de uppgifter som du väljer, och göra val åt dig om du tillåter det. Du väljer vilka "
     "uppgifter, hur "
     "länge och, om du vill, till vilket ändamål. Allt hon eller han läser och ändrar märks och syns i din lista. Du "
     "kan ändra eller "
     "återkalla fullmakten när du vill, utan kostnad. Du kan också ge fullmakt på papper hos en vårdgivare, och klaga "
     "här om något är fel.",
     "Whoever you authorise can see the data that you choose, and choose for you if you allow it. You decide which "
     "data, for how long "
     "and, if you want, for which purpose. All that she or he reads and changes is marked and shows in your list. You "
     "can change or revoke the "
     "mandate at any time, free of charge. You can also give a mandate on paper at a care provider, and complain here "
     "if something is wrong."},
};

std::string body() {
    json::Writer w;
    w.object().name("warnings").array();
    for (const Warning& warning : kWarnings)
        w.object()
            .member("kind", to_string(warning.kind))
            .member("uri", warning.uri)
            .member("sv", warning.sv)
            .member("en", warning.en)
            .end();
    w.end().end();
    return w.take();
}

}  // namespace

std::span<const Warning> warnings() { return kWarnings; }

const Warning* warning_for(ChoiceKind kind) {
    for (const Warning& warning : kWarnings)
        if (warning.kind == kind) return &warning;
    return nullptr;
}

// GET /rights/warnings: for everybody, without a token.
http::Handler hub_warnings() {
    return http::answering([text = body()](const http::Request&) {
        http::Response response;
        response.headers.set("Content-Type", "application/json");
        response.body = text;
        return response;
    });
}

}  // namespace idun::api
