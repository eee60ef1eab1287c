#include "app/blind_key.h"

#include <filesystem>

#include "app/compressed.h"

namespace idun::app {
namespace {

namespace fs = std::filesystem;

constexpr int kLinksMax = 40;  // as Linux follows

// Follows every link, also one to a file that is not there yet, which keeps its name.
fs::path canonical(const fs::path& path) {
    std::error_code error;
    fs::path file = fs::absolute(path, error);
    for (int links = 0; links < kLinksMax && fs::is_symlink(file, error); ++links)
        file = file.parent_path() / fs::read_symlink(file, error);
    fs::path out = fs::weakly_canonical(file, error);
    return error ? file.lexically_normal() : out;
}

bool is_there(const std::string& path) {
    std::error_code error;
    return fs::exists(fs::symlink_status(path, error));
}

// Whether some folder above the file is that folder, by its name or because the file system says that it is the same.
bool lies_in(const std::string& file, const std::string& folder) {
    if (folder.empty()) return false;
    const fs::path top = canonical(folder);
    fs::path above = canonical(file);
    while (above.has_relative_path()) {
        above = above.parent_path();
        std::error_code error;
        if (above == top || fs::equivalent(above, top, error)) return true;
    }
    return false;
}

bool within_data(const BlindKeyPlace& place, const std::string& file) {
    return lies_in(file, place.data) || lies_in(file, place.backups);
}

std::string shown(const std::string& path) { return canonical(path).string(); }

// Where a key that lies wrong may go to.
std::string better_place(const BlindKeyPlace& place) {
    const bool good = !place.beside.empty() && !within_data(place, place.beside) && !is_there(place.beside);
    return good ? shown(place.beside) : "/ANOTHER/FOLDER/pseudonym.key";
}

KeyMisplaced of_configured(const BlindKeyPlace& place) {
    const std::string better = better_place(place);
    const std::string folder = shown(lies_in(place.file, place.data) ? place.data : place.backups);
    std::string mend = is_there(place.file) ? "run: mv " + place.file + " " + better + "  and" : "";
    mend += (mend.empty() ? "" : " ") + ("set pseudonym_key_file = \"" + better + "\" in the configuration");
    return {"the pseudonym key's file " + place.file + " lies within " + folder +
                ": whoever copies that has the key to whose the data are",
            std::move(mend)};
}

KeyMisplaced of_former(const BlindKeyPlace& place, const std::string& former) {
    KeyMisplaced out{former + " lies within the data: whoever copies them has the key to whose they are", {}};
    if (!is_there(place.file)) {
        out.mend = "run: mv " + former + " " + shown(place.file);
        return out;
    }
    const auto one = read_file(former), other = read_file(place.file);
    const bool same = one && other && *one == *other;
    out.what += "; " + place.file + (same ? ", which counts, is the same" : ", which counts, is another");
    out.mend = same ? "run: rm " + former : "run: mv " + former + " " + shown(place.file) + ".former";
    return out;
}

Result<bool> is_empty(store::Store& store) {
    TRY_ASSIGN(const auto snapshot, store.snapshot());
    TRY_ASSIGN(const auto rows, snapshot->scan({}, {.entries_max = 1}));
    return rows.entries.empty();
}

tl::unexpected<Error> missing(const BlindKeyPlace& place, const std::string& mend) {
    return fail(Category::not_found, "the pseudonym key " + place.file + " is missing: " + mend);
}

}  // namespace

std::optional<KeyMisplaced> misplaced(const BlindKeyPlace& place) {
    if (within_data(place, place.file)) return of_configured(place);
    if (place.data.empty()) return std::nullopt;
    const std::string former = shown(place.data) + "/pseudonym.key";
    if (is_there(former)) return of_former(place, former);
    return std::nullopt;
}

Status lies_apart(const BlindKeyPlace& place) {
    const auto wrong = misplaced(place);
    return wrong ? fail(Category::conflict, wrong->what + "; " + wrong->mend) : Status();
}

Status lies_there(const BlindKeyPlace& place) {
    TRY(lies_apart(place));
    return is_there(place.file) ? Status() : missing(place, "put it back from your copy");
}

Result<crypto::PseudonymRing> read_blind_key(const BlindKeyPlace& place, Random& random) {
    TRY(lies_there(place));
    return crypto::PseudonymRing::load_or_create(place.file, random);
}

Result<crypto::PseudonymRing> blind_key_of_role(const BlindKeyPlace& place, MakesKey makes, store::Store& store,
                                                Random& random) {
    TRY(lies_apart(place));
    if (!is_there(place.file)) {
        if (makes == MakesKey::never)
            return missing(place, "it is the nation's; get it from the hub's operator, or put it back from your copy");
        TRY_ASSIGN(const bool first, is_empty(store));
        if (!first)
            return missing(place,
                           "put it back from your copy (`idun backup --with-keys` has sealed it); with a new one "
                           "nobody whom the store names would be found");
    }
    return crypto::PseudonymRing::load_or_create(place.file, random);
}

}  // namespace idun::app
