// Any bytes as what idun-verify reads: checkpoints, receipts and keys; a person's proof under a checkpoint that is really signed; a
// log whose tiles fit its entries. Nothing crashes, and what holds is what it says. The first byte chooses.
#include <cstdlib>
#include <map>

#include "crypto/encoding.h"
#include "crypto/note.h"
#include "verify/check.h"
#include "verify/map_roots.h"
#include "verify/person.h"
#include "verify/tree.h"
#include "verify/words.h"

using namespace idun;
using namespace idun::verify;

namespace {

const crypto::SigningKey& key() {
    static const crypto::SigningKey instance = *crypto::SigningKey::from_seed(std::string(32, 'o'));
    return instance;
}
std::vector<Key> keys() { return {Key::of("", 1, key().public_key())}; }

std::string signed_note(std::uint64_t size, const crypto::Hash& root) {
    return crypto::sign_note("idun/SE1\n" + std::to_string(size) + "\n" + crypto::base64(root.view()) + "\n", "idun/SE1", key());
}

void signed_words(std::string_view text) {
    (void)open_receipt(text, keys());
    if (const auto head = open_checkpoint(text, keys(), {}))
        if (head->origin.empty()) std::abort();
    (void)Key::from_text(text);
    (void)plain_entry(text);
}

// Size (2 bytes) and root, then the file without its checkpoint; or the file with its own.
void person(std::string_view bytes, bool signs) {
    std::string text(bytes);
    if (signs) {
        if (bytes.size() < 2 + crypto::kHashBytes) return;
        const auto root = crypto::Hash::from(bytes.substr(2, crypto::kHashBytes));
        text = std::string(bytes.substr(2 + crypto::kHashBytes)) + signed_note(big_endian(bytes.substr(0, 2)), *root);
    }
    PersonPage page;
    const auto finding = read_person_file(text, {keys(), {}, 0, {}}, page);
    if (!finding || *finding) return;
    if (page.covered > page.root_at || page.root_at >= page.head.size) std::abort();
    for (std::size_t i = 0; i < page.entries.size(); ++i) {
        const HerEntry& one = page.entries[i];
        if (one.index >= page.covered || one.sequence == 0) std::abort();
        if (i > 0 && (one.index >= page.entries[i - 1].index || one.sequence + 1 != page.entries[i - 1].sequence)) std::abort();
    }
    Question question;
    question.log_keys = keys();
    question.persons = {text};
    const auto verdict = check_person(question);
    if (!verdict || !verdict->holds) return;
    if (page.count != (page.entries.empty() ? 0 : page.entries.front().sequence)) std::abort();
    if (page.count > 0 && page.entries.back().opened != Opened::forgotten && page.entries.back().sequence != 1) std::abort();
}

class Files final : public Source {
public:
    std::map<std::string, std::string> files;
    Result<std::string> read(const std::string& name) override {
        const auto file = files.find(name);
        if (file == files.end()) return fail(Category::not_found, name + " is missing");
        return file->second;
    }
};

// Entries with their lengths; with `fits` the tile and the root are theirs.
void log(std::string_view bundle, bool fits) {
    Files files;
    Tree tree;
    std::string tile;
    std::uint64_t size = 0;
    for (std::string_view rest = bundle; rest.size() >= 2 && size < 255; ++size) {
        const auto length = static_cast<std::size_t>(big_endian(rest.substr(0, 2)));
        if (rest.size() - 2 < length) break;
        const crypto::Hash leaf = hash_of_entry(rest.substr(2, length));
        tree.add(leaf);
        tile += leaf.view();
        rest.remove_prefix(2 + length);
    }
    const std::string width = ".p/" + std::to_string(size);
    files.files["checkpoint"] = fits ? signed_note(size, tree.root()) : std::string(bundle);
    files.files["tile/entries/000" + width] = bundle;
    files.files["tile/0/000" + width] = tile;
    Question question;
    question.log_keys = keys();
    const auto verdict = check(files, question);
    if (verdict && verdict->holds && verdict->checkpoint.empty()) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string_view text(reinterpret_cast<const char*>(data + 1), size - 1);
    switch (data[0] % 5) {
        case 0: signed_words(text); break;
        case 1: person(text, true); break;
        case 2: person(text, false); break;
        case 3: log(text, true); break;
        case 4: log(text, false); break;
    }
    return 0;
}
