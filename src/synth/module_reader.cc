// From the text of modules to their ops: line by line, each statement by a function of its own.
#include <algorithm>
#include <array>
#include <cmath>
#include <functional>

#include "synth/module.h"
#include "synth/table.h"

namespace idun::synth {
namespace {

struct Range {
    double from = 0;
    double to = 0;
};

// The words of one line, taken from the left.
class Words {
public:
    explicit Words(std::string_view line) : rest_(trimmed(line)) {}

    bool empty() const { return rest_.empty(); }
    std::string_view next() {
        const std::size_t end = rest_.find(' ');
        const std::string_view word = rest_.substr(0, end);
        rest_ = end == std::string_view::npos ? std::string_view() : trimmed(rest_.substr(end));
        return word;
    }
    std::string_view rest() { return std::exchange(rest_, {}); }
    std::optional<double> next_number() { return number(next()); }
    // "3..5" or "3-5".
    std::optional<Range> next_range(std::string_view between) {
        const std::string_view word = next();
        const std::size_t at = word.find(between);
        if (at == std::string_view::npos) return std::nullopt;
        const auto from = number(word.substr(0, at));
        const auto to = number(word.substr(at + between.size()));
        if (!from || !to || *from < 0 || *from > *to || *to > 100'000) return std::nullopt;
        return Range{*from, *to};
    }

private:
    std::string_view rest_;
};

std::optional<double> days_of(std::string_view unit) {
    if (unit == "days") return 1;
    if (unit == "weeks") return 7;
    if (unit == "months") return kDaysAYear / 12;
    if (unit == "years") return kDaysAYear;
    return std::nullopt;
}

constexpr std::string_view kNoContact = "this belongs to a contact, and there is a way here without one: visit, call, home, emergency or admit comes first";

class Reader {
public:
    Reader(const Codes& codes, const Providers& providers, Modules& out) : codes_(codes), providers_(providers), out_(out) {}

    Status read(const std::string& file, std::string_view name, std::string_view text) {
        module_ = Module{};
        module_.name = name;
        states_.clear();
        jumps_.clear();
        open_ = false;
        std::size_t line_number = 0;
        for (const std::string_view line : split(text, '\n')) {
            ++line_number;
            const std::string_view content = trimmed(line);
            if (content.empty() || content.front() == '#') continue;
            line_ = line_number;
            if (const Status done = statement(content); !done) return wrong(file, line_number, done.error().message);
            if (module_.ops.size() > kOpsMax) return wrong(file, line_number, "a module has at most 5,000 statements");
        }
        if (const Status done = finish(); !done) return wrong(file, line_, done.error().message);
        out_.all.push_back(std::move(module_));
        return {};
    }

private:
    // Whether a contact is open at a place: what comes before the state decides (before), or the state itself does.
    enum class Contact : std::uint8_t { before, open, none };
    struct Jump {
        std::size_t op;
        std::string state;
        std::size_t line;
        std::size_t from;  // state
        Contact contact;
    };
    struct State {
        std::string name;
        std::int32_t at;
        std::size_t needs_contact = 0;  // line that needs one open from before; 0: none
        bool without = false;           // may be reached while none is open
    };
    using Handler = Status (Reader::*)(Words&);
    struct Statement {
        std::string_view word;
        Handler handler;
        bool in_contact;  // only within one
    };

    static tl::unexpected<Error> bad(std::string what) { return fail(Category::invalid, std::move(what)); }

    Status statement(std::string_view content) {
        Words words(content);
        const std::string_view word = words.next();
        if (word == "state") return begin_state(words);
        if (states_.empty()) return header(word, words);
        if (!open_) return bad("nothing can follow go or stop in a state");
        const auto& all = statements();
        const auto at = std::ranges::find(all, word, &Statement::word);
        if (at == all.end()) return bad("there is no statement '" + std::string(word.substr(0, 40)) + "'; docs/formats/synth-module.md lists them");
        if (at->in_contact) TRY(needs_contact());
        TRY((this->*at->handler)(words));
        if (!words.empty()) return bad("nothing more is expected after " + std::string(word));
        return {};
    }

    Status header(std::string_view word, Words& words) {
        const std::string rest(words.rest());
        if (rest.empty()) return bad("a module begins with module, title and source, then comes state");
        if (word == "module") {
            if (rest != module_.name) return bad("the module is named as its file, " + module_.name);
            named_ = true;
        } else if (word == "title") {
            module_.title = rest;
        } else if (word == "source") {
            module_.sources.push_back(rest);
        } else if (word == "for" && rest == "visitors") {
            module_.for_visitors = true;
        } else if (word == "for" && rest == "period") {
            module_.for_period = true;
        } else {
            return bad("a module begins with module, title and source, then comes state");
        }
        return {};
    }

    Status begin_state(Words& words) {
        const std::string name(words.rest());
        if (name.empty() || name.find(' ') != std::string::npos) return bad("a state has a name of one word");
        if (std::ranges::find(states_, name, &State::name) != states_.end()) return bad("there are two states " + name);
        if (open_) return bad("the state before must end with go or stop");
        const bool first = states_.empty();
        if (first && (!named_ || module_.title.empty() || module_.sources.empty())) return bad("module, title and source come before the first state");
        states_.push_back({name, static_cast<std::int32_t>(module_.ops.size()), 0, first});
        open_ = true;
        contact_ = Contact::before;
        return {};
    }

    Status needs_contact() {
        if (contact_ == Contact::none) return bad(std::string(kNoContact));
        if (contact_ == Contact::before && states_.back().needs_contact == 0) states_.back().needs_contact = line_;
        return {};
    }
    State& state_named(std::string_view name) { return *std::ranges::find(states_, name, &State::name); }
    // A contact stays open over go, as long as no time passes: every way to a state that needs one must bring one.
    Status check_contacts() {
        for (bool changed = true; changed;) {
            changed = false;
            for (const Jump& jump : jumps_) {
                const bool without = jump.contact == Contact::none || (jump.contact == Contact::before && states_[jump.from].without);
                State& to = state_named(jump.state);
                if (!without || to.without) continue;
                to.without = changed = true;
            }
        }
        for (const State& state : states_)
            if (state.without && state.needs_contact != 0) {
                line_ = state.needs_contact;
                return bad(std::string(kNoContact));
            }
        return {};
    }

    Status finish() {
        named_ = false;
        if (states_.empty()) return bad("a module has a state");
        if (open_) return bad("the last state must end with go or stop");
        for (const Jump& jump : jumps_) {
            const auto at = std::ranges::find(states_, jump.state, &State::name);
            if (at == states_.end()) return bad("there is no state " + jump.state + " (line " + std::to_string(jump.line) + ")");
            module_.ops[jump.op].target = at->at;
        }
        return check_contacts();
    }

    Op& add(OpKind kind) {
        module_.ops.push_back({});
        module_.ops.back().kind = kind;
        return module_.ops.back();
    }
    Status go_to(Words& words) {
        const std::string state(words.next());
        if (state.empty()) return bad("go names a state");
        jumps_.push_back({module_.ops.size() - 1, state, line_, states_.size() - 1, contact_});
        return {};
    }
    Status then_go(Words& words) {
        if (words.next() != "go") return bad("go STATE is expected");
        return go_to(words);
    }
    Status text(Op& op, Words& words) {
        op.text = static_cast<std::uint32_t>(out_.texts.size());
        for (const std::string_view one : split(words.rest(), '|'))
            if (!trimmed(one).empty()) out_.texts.emplace_back(trimmed(one));
        op.texts = static_cast<std::uint16_t>(out_.texts.size() - op.text);
        return op.texts == 0 ? bad("a text is expected") : Status{};
    }
    template <typename T>
    Status named(Op& op, Words& words, const std::vector<T>& all, std::string_view table) {
        std::string key(words.next());
        if constexpr (std::is_same_v<T, Coded>) {
            if (&all == &codes_.diagnoses) std::erase(key, '.');
        }
        const auto place = place_of(all, key);
        if (!place) return bad("'" + key.substr(0, 40) + "' is not in " + std::string(table));
        op.place = *place;
        return {};
    }

    Status onset(Words& words) {
        Op& op = add(OpKind::onset);
        op.from = static_cast<std::int32_t>(module_.rates.size());
        std::array<double, 2> last{-1, -1};  // age of men and women that the rates before this one reach
        for (const std::string_view part : split(words.rest(), ',')) {
            Words one(part);
            const std::string_view who = one.next();
            const auto ages = one.next_range("-");
            const auto a_year = one.next_number();
            if ((who != "man" && who != "woman" && who != "all") || !ages || !a_year || *a_year < 0 || !one.empty())
                return bad("a rate is written: man, woman or all, AGE-AGE, number a year for 1,000 people");
            for (const std::size_t sex : {std::size_t{0}, std::size_t{1}}) {
                if (who == (sex == 0 ? "woman" : "man")) continue;
                if (ages->from <= last[sex]) return bad("the ages of a sex rise, and do not overlap");
                last[sex] = ages->to;
            }
            module_.rates.push_back({who != "woman", who != "man", static_cast<std::int16_t>(ages->from), static_cast<std::int16_t>(ages->to),
                                     *a_year / 1000 / kDaysAYear});
        }
        op.to = static_cast<std::int32_t>(module_.rates.size()) - op.from;
        contact_ = Contact::none;
        return {};
    }
    Status span(Op& op, Words& words) {
        const auto range = words.next_range("..");
        const auto unit = days_of(words.next());
        if (!range || !unit) return bad("A..B and days, weeks, months or years are expected");
        op.from = static_cast<std::int32_t>(range->from * *unit + 0.5);
        op.to = static_cast<std::int32_t>(range->to * *unit + 0.5);
        contact_ = Contact::none;
        return {};
    }
    Status wait(Words& words) { return span(add(OpKind::wait), words); }
    Status until_age(Words& words) { return span(add(OpKind::until_age), words); }
    Status before_death(Words& words) { return span(add(OpKind::before_death), words); }
    Status before_birth(Words& words) { return span(add(OpKind::before_birth), words); }
    Status until_month(Words& words) {
        Op& op = add(OpKind::until_month);
        const auto range = words.next_range("..");
        if (!range || range->from < 1 || range->to > 12) return bad("months A..B of 1 to 12 are expected");
        op.from = static_cast<std::int32_t>(range->from);
        op.to = static_cast<std::int32_t>(range->to);
        contact_ = Contact::none;
        return {};
    }
    Status until_year(Words& words) {
        Op& op = add(OpKind::until_year);
        const auto year = words.next_number();
        if (!year || *year < 1900 || *year > 2200) return bad("a year is expected");
        op.from = static_cast<std::int32_t>(*year);
        contact_ = Contact::none;
        return {};
    }

    Status go(Words& words) {
        add(OpKind::go);
        open_ = false;
        return go_to(words);
    }
    Status stop(Words&) {
        add(OpKind::stop);
        open_ = false;
        return {};
    }
    Status chance_go(Words& words) {
        Op& op = add(OpKind::chance_go);
        const auto percent = words.next_number();
        if (!percent || *percent < 0 || *percent > 100) return bad("chance is in per cent, 0 to 100");
        op.mean = static_cast<float>(*percent);
        return then_go(words);
    }
    Result<std::uint16_t> flag(std::string_view name) {
        if (name.empty()) return bad("a flag has a name");
        auto at = std::ranges::find(out_.flags, name);
        if (at == out_.flags.end()) {
            if (out_.flags.size() == kFlagsMax) return bad("there are at most 64 flags");
            out_.flags.emplace_back(name);
            at = out_.flags.end() - 1;
        }
        return static_cast<std::uint16_t>(at - out_.flags.begin());
    }
    Status asked(Words& words, bool wanted) {
        Op& op = add(OpKind::if_go);
        op.sub = static_cast<std::uint8_t>(wanted);
        static constexpr std::array<std::string_view, 9> kAsks = {"man", "woman", "age", "year", "has", "medicines", "foreign", "alone", "pregnant"};
        const auto at = std::ranges::find(kAsks, words.next());
        if (at == kAsks.end()) return bad("man, woman, age, year, has, medicines, foreign, alone or pregnant is expected");
        const auto ask = static_cast<Ask>(at - kAsks.begin());
        op.service = static_cast<std::uint8_t>(ask);
        if (ask == Ask::has) {
            TRY_ASSIGN(op.place, flag(words.next()));
        } else if (ask == Ask::age || ask == Ask::year || ask == Ask::medicines) {
            const auto range = words.next_range("..");
            if (!range) return bad("A..B is expected");
            op.from = static_cast<std::int32_t>(range->from);
            op.to = static_cast<std::int32_t>(range->to);
        }
        return then_go(words);
    }
    Status if_go(Words& words) { return asked(words, true); }
    Status unless_go(Words& words) { return asked(words, false); }
    Status set(Words& words) {
        TRY(lasts("a flag"));
        TRY_ASSIGN(add(OpKind::set).place, flag(words.next()));
        return {};
    }
    Status clear(Words& words) {
        TRY_ASSIGN(add(OpKind::clear).place, flag(words.next()));
        return {};
    }

    Status role(Op& op, Service service, Words& words) {
        const std::string_view name = words.next();
        const auto place = providers_.role(service, name);
        if (!place) return bad("nobody is a '" + std::string(name.substr(0, 40)) + "' at " + std::string(to_string(service)) + " (roles.tsv)");
        op.service = static_cast<std::uint8_t>(service);
        op.place = *place;
        contact_ = Contact::open;
        return {};
    }
    Status contact(Words& words, ContactKind kind) {
        Op& op = add(OpKind::contact);
        op.sub = static_cast<std::uint8_t>(kind);
        const std::string_view word = words.next();
        const auto service = service_of(word);
        if (!service) return bad("'" + std::string(word.substr(0, 40)) + "' is no service");
        TRY(role(op, *service, words));
        return text(op, words);
    }
    Status visit(Words& words) { return contact(words, ContactKind::visit); }
    Status call(Words& words) { return contact(words, ContactKind::call); }
    Status home(Words& words) { return contact(words, ContactKind::home); }
    Status emergency(Words& words) {
        Op& op = add(OpKind::contact);
        op.sub = static_cast<std::uint8_t>(ContactKind::emergency);
        TRY(role(op, Service::emergency, words));
        return text(op, words);
    }
    Status admitted(Words& words, Service service) {
        Op& op = add(OpKind::admit);
        op.sub = static_cast<std::uint8_t>(ContactKind::inpatient);
        TRY(span(op, words));
        const auto place = providers_.role(service, "physician");
        if (!place) return bad("roles.tsv: a hospital has physicians");
        op.service = static_cast<std::uint8_t>(service);
        op.place = *place;
        contact_ = Contact::open;
        return text(op, words);
    }
    Status admit(Words& words) { return admitted(words, Service::hospital); }
    Status admit_far(Words& words) { return admitted(words, Service::university); }

    Status lasts(std::string_view what) {
        if (!module_.for_period) return {};
        return bad(std::string(what) + " lasts, and a module for the period leaves nothing that does");
    }
    Status condition(Words& words) {
        Op& op = add(OpKind::condition);
        TRY(named(op, words, codes_.diagnoses, "icd-10-se.tsv (tools/make-synth-data)"));
        if (words.empty()) return lasts("a condition without an end");
        if (words.next() != "for") return bad("for A..B days is expected");
        const Contact contact = contact_;
        TRY(span(op, words));
        contact_ = contact;
        op.sub = 1;
        return {};
    }
    Status resolve(Words& words) { return named(add(OpKind::resolve), words, codes_.diagnoses, "icd-10-se.tsv"); }
    Status mean_deviation(Words& words, float& mean, float& deviation) {
        const auto a = words.next_number();
        const auto b = words.next_number();
        if (!a || !b || *b < 0) return bad("a mean and a deviation are expected");
        mean = static_cast<float>(*a);
        deviation = static_cast<float>(*b);
        return {};
    }
    Status measure(Words& words, AnalyteKind kind) {
        Op& op = add(OpKind::measure);
        TRY(named(op, words, codes_.analytes, "analytes.tsv"));
        if (codes_.analytes[op.place].kind != kind) return bad("analytes.tsv says another kind");
        if (words.empty()) return {};
        op.sub = 1;
        return mean_deviation(words, op.mean, op.deviation);
    }
    Status lab(Words& words) { return measure(words, AnalyteKind::lab); }
    Status vital(Words& words) { return measure(words, AnalyteKind::vital); }
    Status blood_pressure(Words& words) {
        Op& op = add(OpKind::blood_pressure);
        TRY(mean_deviation(words, op.mean, op.deviation));
        return mean_deviation(words, op.mean_2, op.deviation_2);
    }
    Status at_home(Words& words) {
        Op& op = add(OpKind::at_home);
        TRY(named(op, words, codes_.analytes, "analytes.tsv"));
        if (codes_.analytes[op.place].kind != AnalyteKind::home) return bad("analytes.tsv says another kind");
        TRY(mean_deviation(words, op.mean, op.deviation));
        const auto times = words.next_number();
        const bool well = times && *times >= 1 && *times <= 400 && words.next() == "times" && words.next() == "every";
        const auto days = well ? words.next_number() : std::nullopt;
        if (!days || *days < 1 || *days > 400 || words.next() != "days") return bad("N times every D days is expected");
        op.from = static_cast<std::int32_t>(*times);
        op.to = static_cast<std::int32_t>(*days);
        return {};
    }
    Status prescribe(Words& words) {
        Op& op = add(OpKind::prescribe);
        TRY(named(op, words, codes_.medicines, "medicines.tsv"));
        if (words.empty()) return lasts("a medicine without an end");
        const bool well = words.next() == "for";
        const auto days = well ? words.next_number() : std::nullopt;
        if (!days || *days < 1 || *days > 365 || words.next() != "days") return bad("for N days is expected, up to 365");
        op.from = static_cast<std::int32_t>(*days);
        return {};
    }
    Status withdraw(Words& words) { return named(add(OpKind::withdraw), words, codes_.medicines, "medicines.tsv"); }
    Status vaccinate(Words& words) {
        TRY(lasts("a vaccination"));
        Op& op = add(OpKind::vaccinate);
        TRY(named(op, words, codes_.vaccines, "vaccines.tsv"));
        const auto dose = words.next_number();
        if (!dose || *dose < 1 || *dose > 99) return bad("the number of the dose is expected");
        op.from = static_cast<std::int32_t>(*dose);
        return {};
    }
    Status procedure(Words& words) { return named(add(OpKind::procedure), words, codes_.procedures, "procedures.tsv"); }
    Status image(Words& words) {
        Op& op = add(OpKind::image);
        TRY(named(op, words, codes_.images, "images.tsv"));
        if (words.empty()) return {};
        const auto wording = words.next_number();
        const std::size_t count = codes_.images[op.place].findings.texts.size();
        if (!wording || *wording < 1 || *wording > static_cast<double>(count) || *wording != std::floor(*wording))
            return bad("images.tsv has wordings 1 to " + std::to_string(count) + " of it");
        op.sub = static_cast<std::uint8_t>(*wording);
        return {};
    }
    Status allergy(Words& words) {
        TRY(lasts("an allergy"));
        return named(add(OpKind::allergy), words, codes_.allergies, "allergies.tsv");
    }
    Status finding(Words& words) { return named(add(OpKind::finding), words, codes_.findings, "findings.tsv"); }
    Status answer(Words& words) {
        Op& op = add(OpKind::answer);
        TRY(named(op, words, codes_.questionnaires, "questionnaires.tsv"));
        const auto range = words.next_range("..");
        const Questionnaire& one = codes_.questionnaires[op.place];
        if (!range || range->to > one.item_max * static_cast<double>(one.items.size())) return bad("a sum A..B is expected, within what the items allow");
        op.from = static_cast<std::int32_t>(range->from);
        op.to = static_cast<std::int32_t>(range->to);
        return {};
    }
    Status note(Words& words) { return text(add(OpKind::note), words); }
    Status discharge(Words& words) { return text(add(OpKind::discharge), words); }
    Status report(Words& words) { return text(add(OpKind::report), words); }
    Status refer(Words& words) {
        Op& op = add(OpKind::refer);
        const auto service = service_of(words.next());
        if (!service) return bad("a service is expected");
        op.service = static_cast<std::uint8_t>(*service);
        return text(op, words);
    }

    static const std::vector<Statement>& statements() {
        static const std::vector<Statement> all = {
            {"onset", &Reader::onset, false},         {"wait", &Reader::wait, false},
            {"age", &Reader::until_age, false},       {"month", &Reader::until_month, false},
            {"year", &Reader::until_year, false},     {"before-death", &Reader::before_death, false},
            {"before-birth", &Reader::before_birth, false},
            {"go", &Reader::go, false},               {"stop", &Reader::stop, false},
            {"chance", &Reader::chance_go, false},    {"if", &Reader::if_go, false},
            {"unless", &Reader::unless_go, false},    {"set", &Reader::set, false},
            {"clear", &Reader::clear, false},         {"visit", &Reader::visit, false},
            {"call", &Reader::call, false},           {"home", &Reader::home, false},
            {"emergency", &Reader::emergency, false}, {"admit", &Reader::admit, false},
            {"admit-far", &Reader::admit_far, false}, {"condition", &Reader::condition, true},
            {"resolve", &Reader::resolve, false},     {"lab", &Reader::lab, true},
            {"vital", &Reader::vital, true},          {"blood-pressure", &Reader::blood_pressure, true},
            {"at-home", &Reader::at_home, true},      {"prescribe", &Reader::prescribe, true},
            {"withdraw", &Reader::withdraw, false},   {"vaccinate", &Reader::vaccinate, true},
            {"procedure", &Reader::procedure, true},  {"image", &Reader::image, true},
            {"allergy", &Reader::allergy, true},      {"finding", &Reader::finding, true},
            {"answer", &Reader::answer, true},        {"note", &Reader::note, true},
            {"discharge", &Reader::discharge, true},  {"report", &Reader::report, true},
            {"refer", &Reader::refer, true},
        };
        return all;
    }

    const Codes& codes_;
    const Providers& providers_;
    Modules& out_;
    Module module_;
    std::vector<State> states_;
    std::vector<Jump> jumps_;
    std::size_t line_ = 0;
    bool named_ = false;
    bool open_ = false;        // a state that has not ended
    Contact contact_ = Contact::none;
};

}  // namespace

Result<Modules> Modules::read(const Files& files, const Codes& codes, const Providers& providers) {
    Modules out;
    Reader reader(codes, providers, out);
    TRY_ASSIGN(const auto order, table(files, "modules/order.txt", 1));
    if (order.size() > kModulesMax) return fail(Category::too_large, "modules/order.txt: at most 200 modules");
    for (const Row& row : order) {
        const std::string name(trimmed(row.cells[0]));
        const std::string file = "modules/" + name + ".module";
        const auto at = files.find(file);
        if (at == files.end()) return wrong("modules/order.txt", row.line, "there is no " + file);
        if (at->second.size() > kModuleBytesMax) return fail(Category::too_large, file + ": over 64 KiB");
        TRY(reader.read(file, name, at->second));
    }
    return out;
}

}  // namespace idun::synth
