#include "crypto/note.h"

#include <doctest/doctest.h>

#include "crypto/encoding.h"
#include "crypto/tree_head.h"

using namespace idun;
using namespace idun::crypto;

namespace {

// The example of the Go package golang.org/x/mod/sumdb/note, where the format comes from.
constexpr std::string_view kGoText =
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n";
constexpr std::string_view kGoLine =
    "\xE2\x80\x94 PeterNeumann "
    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
constexpr std::string_view kGoKey = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
// Of "PRIVATE+KEY+PeterNeumann+c74f20a3+": the type and the seed.
constexpr std::string_view kGoSeed = "AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";

SigningKey key_of(char c) { return *SigningKey::from_seed(std::string(32, c)); }

// A checkpoint of a public Certificate Transparency log, cosigned by public witnesses.
const std::string kPublicCheckpoint =
    "arche2025h1.staging.ct.transparency.dev\n1432088532\nU7WM79jrzyhGZ5/GUBTpM7NzwdyfFx61t3RovgcC4Ro=\n\n"
    "\xE2\x80\x94 arche2025h1.staging.ct.transparency.dev "
    "zTM8sQAAAZ5W0WdjBAMARjBEAiBjW5IQf9pvsYLfQFX6hoGREPMHbdQ3urbllzalApkptQIgIpwtEroeW2BXaHAI4kJXFbon5Ch9MNL5zRNZ55lvGt"
    "0=\n"
    "\xE2\x80\x94 arche2025h1.staging.ct.transparency.dev "
    "ui8GwCF1+kWqZrxGdhj4aX3gcw7XUlXQQabg/27lefwhUkzbC3NygNI75MdhL1bfTW9g8Ei59RA23oHP7Ry1k3ZFWwQ=\n"
    "\xE2\x80\x94 remora.n621.de "
    "2net5wAAAABqEiEgPlfF3V06o0Y+fHM+J5J9s27wgxxcOVSpZ/2g/KSiXCg9DEZI+aVCIobWX9sXTynk5XeU/zZ0WBxtqB0DrAWfBw==\n";
constexpr std::string_view kArche =
    "arche2025h1.staging.ct.transparency.dev+ba2f06c0+AU0vHmlGCS/PdN8b2OaGmKprLI8HKM+dJ472xgFYh15f";
constexpr std::string_view kRemora = "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2";

std::vector<VerifierKey> keys_from(std::initializer_list<std::string_view> texts) {
    std::vector<VerifierKey> out;
    for (const auto text : texts) out.push_back(VerifierKey::from_text(text).value());
    return out;
}

}  // namespace

TEST_CASE("the note of the Go package is signed and opened byte for byte") {
    const auto key = SigningKey::from_seed(from_base64(kGoSeed)->substr(1));
    REQUIRE(key);
    const std::string note = sign_note(kGoText, "PeterNeumann", *key);
    CHECK(note == std::string(kGoText) + "\n" + std::string(kGoLine));
    CHECK(VerifierKey::of("PeterNeumann", key->public_key())->text() == kGoKey);
    const auto opened = open_note(note, keys_from({kGoKey}));
    REQUIRE(opened);
    CHECK(opened->text == kGoText);
    CHECK(opened->signatures.size() == 1);
}

TEST_CASE("the test vector of C2SP signed-note opens") {
    const std::string note =
        "This is an example message.\n\n\xE2\x80\x94 example.com/foo "
        "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";
    const auto keys = keys_from({"example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"});
    CHECK(open_note(note, keys).value().text == "This is an example message.\n");
}

TEST_CASE("a public checkpoint opens by its log and by a witness, with the witness's time") {
    const auto opened = open_note(kPublicCheckpoint, keys_from({kRemora, kArche}));
    REQUIRE(opened);
    REQUIRE(opened->signatures.size() == 2);
    CHECK(opened->signatures[0].key == 1);
    CHECK(opened->signatures[0].time_s == 0);
    CHECK(opened->signatures[1].key == 0);
    CHECK(opened->signatures[1].time_s == 0x6a122120);
    const auto head = TreeHead::from_text(opened->text);
    REQUIRE(head);
    CHECK(head->origin == "arche2025h1.staging.ct.transparency.dev");
    CHECK(head->size == 1432088532);
    CHECK(head->text() == opened->text);
    // One log id is not another: the text belongs to the signatures.
    std::string other = kPublicCheckpoint;
    other[other.find("1432088532")] = '2';
    CHECK(!open_note(other, keys_from({kArche})));
    CHECK(!open_note(other, keys_from({kRemora})));
    // Nor is another time.
    other = kPublicCheckpoint;
    other.replace(other.find("qEiEg"), 5, "qEiEh");
    CHECK(open_note(other, keys_from({kArche})));
    CHECK(!open_note(other, keys_from({kRemora})));
}

TEST_CASE("keys are known by name and id together; unknown signatures are passed over, wrong ones are not") {
    const auto a = key_of('a');
    const auto b = key_of('b');
    const std::string text = "idun/SE1\n";
    Note note{text, {sign_note_text(text, "a", a), sign_note_text(text, "b", b)}};
    const auto known = VerifierKey::of("b", b.public_key()).value();
    CHECK(open_note(note.print(), std::vector{known}).value().signatures.size() == 1);
    CHECK(!open_note(note.print(), {}));
    CHECK(!open_note(note.print(), std::vector{VerifierKey::of("c", b.public_key()).value()}));
    // The same key for another kind of signature is another key.
    CHECK(!open_note(note.print(),
                     std::vector{VerifierKey::of("b", b.public_key(), SignatureType::cosignature).value()}));
    // A repeated signature counts once.
    note.signatures.push_back(note.signatures[1]);
    CHECK(open_note(note.print(), std::vector{known}).value().signatures.size() == 1);
    // A wrong one by a known key takes the note with it, although another is right.
    note.signatures[2].bytes[5] ^= 1;
    CHECK(!open_note(note.print(), std::vector{known}));
    note.signatures[2] = sign_note_text(text, "a", a);
    note.signatures[2].bytes.pop_back();
    CHECK(open_note(note.print(), std::vector{known}));
    CHECK(!open_note(note.print(), std::vector{known, VerifierKey::of("a", a.public_key()).value()}));
}

TEST_CASE("cosignatures carry their time, and no other kind of signature passes for one") {
    const auto log = key_of('l');
    const auto witness = key_of('w');
    const std::string text = TreeHead{"idun/SE1", 7, sha256("x")}.text();
    const auto log_key = VerifierKey::of("idun/SE1", log.public_key()).value();
    const auto witness_key = VerifierKey::of("w.example/1", witness.public_key(), SignatureType::cosignature).value();
    CHECK(VerifierKey::from_text(witness_key.text())->type() == SignatureType::cosignature);
    Note note{text,
              {sign_note_text(text, "idun/SE1", log), cosign_note_text(text, "w.example/1", witness, 1'700'000'000)}};
    const auto opened = open_note(note.print(), std::vector{log_key, witness_key});
    REQUIRE(opened);
    CHECK(opened->signatures[1].time_s == 1'700'000'000);
    CHECK(Note::parse(note.print()) == note);
    // A plain signature of the witness under the id of its cosignatures.
    note.signatures[1].bytes = witness.sign(text).view();
    CHECK(!open_note(note.print(), std::vector{witness_key}));
    note.signatures[1] = cosign_note_text(text, "w.example/1", witness, std::uint64_t{1} << 63);
    CHECK(!open_note(note.print(), std::vector{witness_key}));
}

TEST_CASE("what is not a note is refused") {
    const std::string good = std::string(kGoText) + "\n" + std::string(kGoLine);
    const std::string line(kGoLine);
    REQUIRE(Note::parse(good));
    CHECK(Note::parse("a\n\nb\n\n" + line).value().text == "a\n\nb\n");
    CHECK(Note::parse("sm\xC3\xB6r \xF0\x9F\xA7\x88\n\n" + line));
    const std::string bad[] = {
        "",
        "\n",
        "\n\n",
        std::string(kGoText),
        std::string(kGoText) + "\n",
        std::string(kGoText) + line,
        "no end\n" + line,
        good.substr(0, good.size() - 1),
        good + "\n",
        good + "x\n",
        good + "\xE2\x80\x94 x\n",
        good + "\xE2\x80\x94 x AAAAAA==\n",
        good + "\xE2\x80\x94  AAAAAAA=\n",
        good + "\xE2\x80\x94 a+b AAAAAAA=\n",
        good +
            "\xE2\x80\x94 a\xC2\xA0"
            "b AAAAAAA=\n",
        good + "\xE2\x80\x94 a AAAAAAA= \n",
        good + "\xE2\x80\x94 a AAAA AAA=\n",
        good + "\xE2\x80\x94 a AAAAAAA\n",
        good + "\xE2\x80\x94 a AAAAAAB=\n",
        good + "- a AAAAAAA=\n",
        "carriage\r\n\n" + line,
        "tab\t\n\n" + line,
        std::string("nul\0\n\n", 6) + line,
        "\xC0\x80\n\n" + line,
        "\xED\xA0\x80\n\n" + line,
        "\xF4\x90\x80\x80\n\n" + line,
        "\xE2\x80\n\n" + line,
        "\xFF\n\n" + line,
        std::string(kNoteBytesMax, 'a') + "\n\n" + line,
    };
    for (const std::string& text : bad) {
        CAPTURE(text.substr(0, 200));
        CHECK(!Note::parse(text));
    }
    std::string many = good;
    for (std::size_t i = 1; i < kNoteSignaturesMax; ++i) many += line;
    CHECK(Note::parse(many));
    CHECK(!Note::parse(many + line));
}

TEST_CASE("every cut and every changed bit of a verifier key is refused or is another key") {
    const std::string text(kGoKey);
    for (std::size_t begin = 0; begin < text.size(); ++begin)
        for (std::size_t end = begin; end <= text.size(); ++end)
            if (begin != 0 || end != text.size()) CHECK(!VerifierKey::from_text(text.substr(begin, end - begin)));
    for (std::size_t i = 0; i < text.size(); ++i) {
        std::string other = text;
        other[i] ^= 1;
        CHECK(!VerifierKey::from_text(other));
    }
    CHECK(!VerifierKey::from_text(text + " "));
    CHECK(!VerifierKey::from_text("a b+" + text.substr(13)));
    // ECDSA, which is not ours to check.
    CHECK(VerifierKey::from_text("x+00000000+AjBZMBMGByqGSM49").error().category == Category::unsupported);
    CHECK(!VerifierKey::of("", key_of('a').public_key()));
    CHECK(!VerifierKey::of("a b", key_of('a').public_key()));
    CHECK(!VerifierKey::of("a+b", key_of('a').public_key()));
}

TEST_CASE("a checkpoint's text has one spelling") {
    const TreeHead head{"idun/SE1", 12, sha256("x"), "more\n"};
    CHECK(TreeHead::from_text(head.text()).value() == head);
    CHECK(TreeHead::from_text(TreeHead{"o", 0, sha256("")}.text()));
    const std::string root = base64(sha256("x").view());
    for (const std::string& text :
         {std::string(), std::string("o\n"), "o\n1\n" + root, "\n1\n" + root + "\n", "o\n01\n" + root + "\n",
          "o\n-1\n" + root + "\n", "o\n\n" + root + "\n", "o\n1 \n" + root + "\n", "o\n+1\n" + root + "\n",
          "o\n18446744073709551616\n" + root + "\n", "o\n1\n" + root + " \n", "o\n1\n" + root.substr(4) + "\n",
          "o\n1\n" + root.substr(0, 43) + "\n", "o\n1\n" + root + "\n\n", "o\n1\n" + root + "\nx",
          std::string("o\n1\n\n"), "o\n0x1\n" + root + "\n"})
        CHECK(!TreeHead::from_text(text));
    CHECK(TreeHead::from_text("o\n18446744073709551615\n" + root + "\n"));
}
