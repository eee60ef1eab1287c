#include "synth/life.h"

#include <algorithm>

namespace idun::synth {
namespace {

constexpr int kStepsMax = 20'000;
constexpr std::size_t kItemsMax = 100'000;     // of a life: a module that makes more is wrong, and ends
constexpr std::uint32_t kElsewhereOneOf = 12;  // emergencies; this and the shares below are own estimates
constexpr int kBeforePeriodDays = 730;         // so that not everybody begins on one day
constexpr double kOtherPharmacy = 12;          // per cent of dispenses
constexpr double kNotFetched = 4;
constexpr Day kPregnancyDays = 280;
constexpr std::uint64_t kMedicinePurpose = 1'000'003;

}  // namespace

fhir::PriorityCategory category_of(ItemKind kind) {
    using enum fhir::PriorityCategory;
    switch (kind) {
    case ItemKind::encounter: case ItemKind::note: case ItemKind::register_report: case ItemKind::guardian: return other;
    case ItemKind::lab: case ItemKind::lab_report: return test_result;
    case ItemKind::prescription: return eprescription;
    case ItemKind::dispense: return edispensation;
    case ItemKind::imaging: case ItemKind::imaging_report: return imaging;
    case ItemKind::discharge: return discharge_report;
    default: return patient_summary;
    }
}

std::vector<LastDay> last_days(const Life& life, const Providers& providers) {
    std::vector<LastDay> out;
    for (const Item& item : life.items) {
        if (item.unit == kNowhere) continue;
        const std::uint16_t provider = providers.units()[item.unit].provider;
        const auto at = std::ranges::find(out, provider, &LastDay::provider);
        if (at == out.end()) out.push_back({provider, item.day});
        else at->day = std::max(at->day, item.day);
    }
    return out;
}

Lives::Lives(const Population& population, const Providers& providers, const Codes& codes, const Modules& modules, Day since)
    : population_(population), providers_(providers), codes_(codes), modules_(modules), since_(since) {
    for (const Module& module : modules.all) {
        // FNV-1a: the same on every machine.
        std::uint64_t hash = 0xcbf29ce484222325;
        for (const char c : module.name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
        purposes_.push_back(hash);
    }
    physician_ = providers.role(Service::primary_care, "physician").value_or(0);
    pharmacist_ = providers.role(Service::pharmacy, "pharmacist").value_or(0);
}

void Lives::Runner::live(const Person& person, Life& out) {
    person_ = &person;
    out_ = &out;
    out.items.clear();
    open_.clear();
    taking_.clear();
    for (auto& units : units_) units.fill(kNowhere);
    flag_from_.fill(kNever);
    flag_until_.fill(kNever);
    end_ = person.alive() ? lives_.population_.today() + 1 : person.died + 1;
    seen_from_ = std::max(lives_.since_, person.arrived);
    const bool visitor = person.stay == Stay::visitor;
    for (std::size_t place = 0; place < lives_.modules_.all.size(); ++place) {
        const Module& module = lives_.modules_.all[place];
        if (module.for_visitors == visitor) run(module, lives_.purposes_[place]);
    }
    expand_medicines();
    guardians();
    forget_what_ended();
}

int Lives::Runner::age() const { return static_cast<int>((time_ - person_->born()) / kDaysAYear); }

std::uint16_t Lives::Runner::municipality_on(Day day) const {
    return day < person_->moved ? person_->former_municipality : person_->municipality;
}

std::uint16_t Lives::Runner::unit_of(Service service, Day day) const {
    std::uint16_t& known = units_[day >= person_->moved][static_cast<std::size_t>(service)];
    if (known == kNowhere)
        known = lives_.providers_.unit_for(service, municipality_on(day), Chance::mixed(person_->number * 16 + static_cast<std::uint64_t>(service)) >> 8);
    return known;
}

void Lives::Runner::run(const Module& module, std::uint64_t purpose) {
    Chance chance(lives_.population_.seed(), person_->number, purpose);
    time_ = module.for_visitors ? person_->arrived : person_->born();
    if (module.for_period) time_ = std::max(time_, seen_from_ - chance.between(0, kBeforePeriodDays));
    encounter_ = -1;
    visible_ = false;
    results_ = 0;
    std::size_t at = 0;
    for (int step = 0; step < kStepsMax && at < module.ops.size() && out_->items.size() < kItemsMax; ++step) {
        const Op& op = module.ops[at++];
        switch (op.kind) {
        case OpKind::onset: case OpKind::wait: case OpKind::until_age: case OpKind::until_month: case OpKind::until_year: case OpKind::before_death:
        case OpKind::before_birth:
            close_contact();
            if (!pass_time(op, module, chance) || time_ >= end_) return;
            break;
        case OpKind::go: at = static_cast<std::size_t>(op.target); break;
        case OpKind::chance_go:
            if (chance.percent(op.mean)) at = static_cast<std::size_t>(op.target);
            break;
        case OpKind::if_go:
            if (holds(op) == (op.sub == 1)) at = static_cast<std::size_t>(op.target);
            break;
        case OpKind::set:
            if (flag_from_[op.place] > time_ || flag_until_[op.place] <= time_) {
                flag_from_[op.place] = time_;
                flag_until_[op.place] = kNever;
            }
            break;
        case OpKind::clear: flag_until_[op.place] = time_; break;
        case OpKind::stop: close_contact(); return;
        default: care(op, chance); break;
        }
    }
    close_contact();
}

// False: it never comes.
bool Lives::Runner::pass_time(const Op& op, const Module& module, Chance& chance) {
    switch (op.kind) {
    case OpKind::onset: return onset(op, module, chance);
    case OpKind::wait: time_ += chance.between(op.from, op.to); return true;
    case OpKind::until_age: time_ = std::max(time_, person_->born() + chance.between(op.from, op.to)); return true;
    case OpKind::until_year: time_ = std::max(time_, day_of(op.from, 1, 1) + chance.between(0, 60)); return true;
    case OpKind::until_month: {
        const auto date = date_of(time_ + 1);
        const int month = static_cast<int>(static_cast<unsigned>(date.month()));
        int year = static_cast<int>(date.year());
        if (month > op.to) ++year;
        const Day first = day_of(year, op.from, 1);
        const Day last = day_of(year, op.to, 28);
        time_ = chance.between(std::max(first, time_ + 1), std::max(last, time_ + 1));
        return true;
    }
    case OpKind::before_birth: {
        const auto births = person_->births.all();
        const auto next = std::ranges::lower_bound(births, time_);
        if (next == births.end()) return false;
        time_ = std::max(time_, *next - chance.between(op.from, op.to));
        return true;
    }
    default:
        if (person_->alive()) return false;
        time_ = std::max(time_, person_->died - chance.between(op.from, op.to));
        return true;
    }
}

// A piecewise constant hazard: an exponential time is used up by the rates, age by age.
bool Lives::Runner::onset(const Op& op, const Module& module, Chance& chance) {
    double left = chance.exponential();
    for (std::int32_t i = op.from; i < op.from + op.to; ++i) {
        const Rate& rate = module.rates[static_cast<std::size_t>(i)];
        if (!(person_->woman() ? rate.women : rate.men)) continue;
        const Day first = std::max(time_, person_->born() + static_cast<Day>(rate.from * kDaysAYear));
        const Day last = std::min(end_, person_->born() + static_cast<Day>((rate.to + 1) * kDaysAYear));
        if (last <= first) continue;
        const double used = rate.a_day * (last - first);
        if (left < used) {
            time_ = first + static_cast<Day>(left / rate.a_day);
            return true;
        }
        left -= used;
    }
    return false;
}

bool Lives::Runner::holds(const Op& op) const {
    const auto within = [&](int value) { return op.from <= value && value <= op.to; };
    switch (static_cast<Ask>(op.service)) {
    case Ask::man: return !person_->woman();
    case Ask::woman: return person_->woman();
    case Ask::age: return within(age());
    case Ask::year: return within(year_of(time_));
    case Ask::has: return flag_from_[op.place] <= time_ && time_ < flag_until_[op.place];
    case Ask::medicines:
        return within(static_cast<int>(std::ranges::count_if(taking_, [&](const Taking& one) { return one.from <= time_ && time_ < one.until; })));
    case Ask::foreign: return person_->foreign_background;
    case Ask::alone: return person_->household_size == 1;
    case Ask::pregnant: return std::ranges::any_of(person_->births.all(), [&](Day day) { return day - kPregnancyDays <= time_ && time_ < day; });
    }
    return false;
}

Item& Lives::Runner::add(ItemKind kind) {
    look_up_contact();
    out_->items.push_back(contact_);
    Item& item = out_->items.back();
    item.kind = kind;
    item.encounter = encounter_;
    return item;
}

// Results of one contact share a report.
void Lives::Runner::close_contact() {
    if (results_ > 0) {
        Item& report = add(ItemKind::lab_report);
        report.link = first_result_;
        report.place = results_;
    }
    results_ = 0;
    first_result_ = -1;
    encounter_ = -1;
    visible_ = false;
}

// Most contacts of a long life lie before the period and leave nothing: where and with whom is worked out when something stays.
void Lives::Runner::contact(const Op& op, Chance& chance) {
    close_contact();
    const Day stays = op.kind == OpKind::admit ? chance.between(op.from, op.to) : 0;
    contact_chance_ = chance.split();
    contact_op_ = &op;
    contact_ = Item{};
    contact_.day = time_;
    visible_ = time_ >= seen_from_;
    if (visible_) {
        look_up_contact();
        encounter_ = static_cast<std::int32_t>(out_->items.size());
        Item& item = add(ItemKind::encounter);
        item.encounter = -1;
        item.sub = op.sub;
        item.text = op.text + contact_chance_.below(op.texts);
        item.until = std::min(time_ + stays, end_ - 1);
    }
    if (stays > 0) {
        time_ = std::min(time_ + stays, end_ - 1);
        contact_.day = time_;
        contact_.minute = 14 * 60;
    }
}

void Lives::Runner::look_up_contact() {
    if (!contact_op_) return;
    const Op& op = *contact_op_;
    contact_op_ = nullptr;
    const auto kind = static_cast<ContactKind>(op.sub);
    const auto service = static_cast<Service>(op.service);
    Chance& chance = contact_chance_;
    if (service == Service::emergency && chance.below(kElsewhereOneOf) == 0)
        contact_.unit = lives_.providers_.unit_for(service, lives_.population_.geography().draw(40, chance), chance.next() >> 8);
    else
        contact_.unit = unit_of(service, contact_.day);
    const bool any_hour = kind == ContactKind::emergency || kind == ContactKind::inpatient;
    contact_.minute = static_cast<std::int16_t>(any_hour ? chance.between(0, 1439) : chance.between(8 * 12, 16 * 12) * 5);
    const Role& role = lives_.providers_.roles()[op.place];
    const bool knows_her = service != Service::emergency && service != Service::hospital && service != Service::university;
    const std::uint32_t any = chance.below(role.count);
    contact_.role = op.place;
    contact_.staff = static_cast<std::uint8_t>(knows_her && any != 0 ? person_->number % role.count : any);
}

void Lives::Runner::care(const Op& op, Chance& chance) {
    switch (op.kind) {
    case OpKind::contact: case OpKind::admit: contact(op, chance); break;
    case OpKind::condition: condition(op, chance); break;
    case OpKind::resolve:
        for (Open& one : open_)
            if (one.place == op.place && one.item >= 0) {
                out_->items[static_cast<std::size_t>(one.item)].until = time_;
                one.item = -1;
            }
        std::erase_if(open_, [](const Open& one) { return one.item < 0; });
        break;
    case OpKind::measure: case OpKind::blood_pressure: measure(op, chance); break;
    case OpKind::at_home: at_home(op, chance); break;
    case OpKind::prescribe: prescribe(op, chance); break;
    case OpKind::withdraw:
        for (Taking& one : taking_)
            if (one.place == op.place && one.from <= time_ && time_ < one.until) one.until = time_;
        break;
    case OpKind::vaccinate: {
        // Vaccinations of those who came later were given elsewhere; before its time nobody had it.
        if (time_ < person_->arrived || year_of(time_) < lives_.codes_.vaccines[op.place].since) break;
        Item& item = add(ItemKind::immunization);
        item.place = op.place;
        item.link = op.from;
        break;
    }
    case OpKind::allergy: add(ItemKind::allergy).place = op.place; break;
    case OpKind::image: image(op, chance); break;
    default: leave(op, chance); break;
    }
}

// What only stays when the contact is within the period.
void Lives::Runner::leave(const Op& op, Chance& chance) {
    Chance own = chance.split();
    if (!visible_) return;
    const std::uint32_t wording = op.texts > 0 ? op.text + own.below(op.texts) : 0;
    const double drawn = own.unit();
    switch (op.kind) {
    case OpKind::procedure: add(ItemKind::procedure).place = op.place; break;
    case OpKind::finding: {
        Item& item = add(ItemKind::finding);
        item.place = op.place;
        item.link = static_cast<std::int32_t>(lives_.codes_.findings[op.place].answers.at(drawn));
        break;
    }
    case OpKind::answer: {
        Item& item = add(ItemKind::answer);
        item.place = op.place;
        item.link = op.from + static_cast<std::int32_t>(drawn * (op.to - op.from + 1));
        break;
    }
    case OpKind::note: add(ItemKind::note).text = wording; break;
    case OpKind::discharge: add(ItemKind::discharge).text = wording; break;
    case OpKind::report: add(ItemKind::register_report).text = wording; break;
    case OpKind::refer: {
        Item& item = add(ItemKind::referral);
        item.text = wording;
        item.sub = op.service;
        break;
    }
    default: IDUN_CHECK(false);
    }
}

void Lives::Runner::condition(const Op& op, Chance& chance) {
    const bool passing = op.sub == 1;
    const Day lasts = passing ? chance.between(op.from, op.to) : 0;
    if (passing && !visible_) return;
    if (!passing && std::ranges::any_of(open_, [&](const Open& one) { return one.place == op.place; })) return;
    if (!passing) open_.push_back({op.place, static_cast<std::int32_t>(out_->items.size())});
    Item& item = add(ItemKind::condition);
    item.place = op.place;
    item.sub = op.sub;
    if (passing && time_ + lasts < end_) item.until = time_ + lasts;
}

void Lives::Runner::measure(const Op& op, Chance& chance) {
    Chance own = chance.split();
    if (!visible_) return;
    const double first = own.normal();
    if (op.kind == OpKind::blood_pressure) {
        Item& item = add(ItemKind::blood_pressure);
        item.value = op.mean + op.deviation * static_cast<float>(first);
        item.value_2 = std::min(op.mean_2 + op.deviation_2 * static_cast<float>(own.normal()), item.value - 15);
        return;
    }
    const Analyte& analyte = lives_.codes_.analytes[op.place];
    const bool lab = analyte.kind == AnalyteKind::lab;
    const std::size_t sex = person_->woman();
    double mean = op.mean;
    double deviation = op.deviation;
    if (op.sub == 0) {
        mean = (analyte.low[sex] + analyte.high[sex]) / 2;
        deviation = (analyte.high[sex] - analyte.low[sex]) / 5;
    }
    if (lab && results_++ == 0) first_result_ = static_cast<std::int32_t>(out_->items.size());
    Item& item = add(lab ? ItemKind::lab : ItemKind::vital);
    item.place = op.place;
    item.value = static_cast<float>(std::max(mean + deviation * first, mean * 0.1));
}

void Lives::Runner::at_home(const Op& op, Chance& chance) {
    Chance own = chance.split();
    for (std::int32_t i = 1; i <= op.from; ++i) {
        const Day day = time_ + i * op.to;
        if (day < seen_from_ || day >= end_) continue;
        const double drawn = own.normal();
        Item& item = add(ItemKind::home);
        item.encounter = -1;
        item.day = day;
        item.minute = static_cast<std::int16_t>(6 * 60 + 5 * (i * 7 % 24));
        item.place = op.place;
        item.value = static_cast<float>(std::max(op.mean + op.deviation * drawn, op.mean * 0.1));
    }
}

void Lives::Runner::prescribe(const Op& op, Chance& chance) {
    const bool fetched = !chance.percent(kNotFetched);
    if (op.from == 0 || visible_) look_up_contact();
    if (op.from == 0) {
        if (std::ranges::any_of(taking_, [&](const Taking& one) { return one.place == op.place && one.until > time_; })) return;
        taking_.push_back({op.place, contact_.unit, contact_.role, contact_.staff, time_, kNever, visible_ ? encounter_ : -1});
        return;
    }
    if (!visible_) return;
    Item& item = add(ItemKind::prescription);
    item.place = op.place;
    item.until = time_ + op.from;
    if (!fetched) return;
    const auto prescription = static_cast<std::int32_t>(out_->items.size()) - 1;
    Item& dispense = add(ItemKind::dispense);
    dispense.encounter = -1;
    dispense.place = op.place;
    dispense.link = prescription;
    dispense.unit = unit_of(Service::pharmacy, time_);
    dispense.role = lives_.pharmacist_;
    dispense.staff = 0;
    dispense.minute = static_cast<std::int16_t>(std::min(contact_.minute + 45, 1439));
}

void Lives::Runner::image(const Op& op, Chance& chance) {
    const double drawn = chance.unit();
    if (!visible_) return;
    // What the course of a life demands, or what such studies show.
    const std::size_t wording = op.sub > 0 ? op.sub - 1u : lives_.codes_.images[op.place].findings.at(drawn);
    const auto study = static_cast<std::int32_t>(out_->items.size());
    Item& item = add(ItemKind::imaging);
    item.place = op.place;
    Item& report = add(ItemKind::imaging_report);
    report.place = op.place;
    report.link = study;
    report.text = static_cast<std::uint32_t>(wording);
}

// A medicine that is taken on is prescribed anew each year, and fetched package by package.
void Lives::Runner::expand_medicines() {
    const Day fetched_from = std::max(seen_from_, lives_.population_.today() - kDispensesKeptDays);
    std::uint64_t which = 0;
    for (const Taking& one : taking_) {
        Chance chance(lives_.population_.seed(), person_->number, kMedicinePurpose + which++);
        const Day last = std::min(one.until, end_);
        const int package_days = lives_.codes_.medicines[one.place].package_days;
        for (Day day = one.from; day < last; day += 365) {
            if (day < seen_from_ && day + 365 <= seen_from_) continue;
            const Day until = std::min(last, day + 365);
            contact_ = Item{};
            contact_op_ = nullptr;
            contact_.day = std::max(day, seen_from_);
            contact_.minute = static_cast<std::int16_t>(9 * 60 + 5 * chance.below(80));
            contact_.place = one.place;
            encounter_ = day == one.from ? one.encounter : -1;
            contact_.unit = day == one.from ? one.unit : unit_of(Service::primary_care, day);
            contact_.role = day == one.from ? one.role : lives_.physician_;
            contact_.staff = day == one.from ? one.staff : static_cast<std::uint8_t>(person_->number % lives_.providers_.roles()[lives_.physician_].count);
            const auto prescription = static_cast<std::int32_t>(out_->items.size());
            add(ItemKind::prescription).until = one.until < end_ && until == last ? one.until : day + 365;
            encounter_ = -1;
            for (Day fetched = day + chance.between(0, 3); fetched < until; fetched += package_days - chance.between(0, 6)) {
                const bool skipped = chance.percent(kNotFetched);
                const bool elsewhere = chance.percent(kOtherPharmacy);
                if (skipped || fetched < fetched_from) continue;
                Item& dispense = add(ItemKind::dispense);
                dispense.day = fetched;
                dispense.link = prescription;
                dispense.unit = elsewhere ? lives_.providers_.unit_for(Service::pharmacy, municipality_on(fetched), person_->number + 1)
                                          : unit_of(Service::pharmacy, fetched);
                dispense.role = lives_.pharmacist_;
                dispense.staff = 0;
            }
        }
    }
}

// Whoever cares for a child knows its guardians.
void Lives::Runner::guardians() {
    if (person_->guardians[0] == kNobody || !person_->alive()) return;
    const Day day = std::max(seen_from_, person_->born() + 7);
    if (day >= end_) return;
    for (std::uint16_t place = 0; place < 2; ++place) {
        if (person_->guardians[place] == kNobody) continue;
        contact_ = Item{};
        contact_op_ = nullptr;
        encounter_ = -1;
        contact_.day = day;
        contact_.minute = 10 * 60;
        contact_.unit = unit_of(Service::primary_care, lives_.population_.today());
        add(ItemKind::guardian).place = place;
    }
}

// Lasting conditions that ended before the period leave nothing.
void Lives::Runner::forget_what_ended() {
    for (Item& item : out_->items)
        if (item.kind == ItemKind::condition && item.encounter < 0 && item.until < seen_from_) item.unit = kNowhere;
}

}  // namespace idun::synth
