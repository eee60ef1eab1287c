// Signed notes (C2SP signed-note) and the cosignatures of witnesses (C2SP tlog-cosignature): a text of lines, an empty
// line, and one line for each signature. With Ed25519 only; what others signed in other ways is passed over.
//
//     std::string note = sign_note("log\n5\n…\n", "idun/SE1", key);
//     TRY_ASSIGN(auto opened, open_note(note, keys));   // opened.text is what one of the keys has signed
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "crypto/signing.h"

namespace idun::crypto {

inline constexpr std::size_t kNoteBytesMax = 256u << 10;
inline constexpr std::size_t kNoteSignaturesMax = 64;

// The byte that C2SP gave each kind of signature.
enum class SignatureType : std::uint8_t {
    ed25519 = 0x01,      // over the text
    cosignature = 0x04,  // over "cosignature/v1", a time and the text
};

// Not empty, valid UTF-8, without spaces, controls and "+".
bool is_key_name(std::string_view name);

// A key as a verifier is given it. A value; thread-safe.
class VerifierKey {
public:
    // `invalid` unless is_key_name(name).
    static Result<VerifierKey> of(std::string name, PublicKey key, SignatureType type = SignatureType::ed25519);
    // "idun/SE1+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW". `unsupported` for another kind of key.
    static Result<VerifierKey> from_text(std::string_view text);
    std::string text() const;

    const std::string& name() const { return name_; }
    std::uint32_t id() const { return id_; }  // together with the name
    SignatureType type() const { return type_; }
    const PublicKey& key() const { return key_; }

private:
    VerifierKey(std::string name, PublicKey key, SignatureType type);
    std::string name_;
    PublicKey key_;
    SignatureType type_;
    std::uint32_t id_;
};

struct NoteSignature {
    std::string name;
    std::uint32_t key_id = 0;
    std::string bytes;
    friend bool operator==(const NoteSignature&, const NoteSignature&) = default;
};

// A note as it is written, nothing of it verified. The text ends with a newline.
struct Note {
    std::string text;
    std::vector<NoteSignature> signatures;

    // Refuses everything that print() does not write: other line ends, controls, bytes that are not UTF-8.
    static Result<Note> parse(std::string_view bytes);
    std::string print() const;
    friend bool operator==(const Note&, const Note&) = default;
};

// `text` is lines of UTF-8 without controls, the last one ended too; `name` is a key name.
NoteSignature sign_note_text(std::string_view text, std::string name, const SigningKey& key);
NoteSignature cosign_note_text(std::string_view text, std::string name, const SigningKey& key, std::uint64_t time_s);
// Its line, as witnesses answer: "— name base64" and a newline.
std::string print_signature(const NoteSignature& signature);
// The whole note with this one signature.
std::string sign_note(std::string_view text, std::string name, const SigningKey& key);

struct VerifiedSignature {
    std::size_t key = 0;       // place among the keys given
    std::uint64_t time_s = 0;  // of a cosignature: seconds since 1970
};

struct OpenedNote {
    std::string text;
    std::vector<VerifiedSignature> signatures;  // at least one; each key once
};

// Signatures by other keys are passed over. `invalid` when the note is malformed, when none of the keys signed it, or
// when a signature under the name and id of one of them is wrong.
Result<OpenedNote> open_note(std::string_view note, std::span<const VerifierKey> keys);

}  // namespace idun::crypto
