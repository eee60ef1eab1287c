#include "terms/grammar.h"

#include <algorithm>
#include <vector>

#include "json/writer.h"
#include "units/ucum.h"

namespace idun::terms {
namespace {

bool alpha(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool digit(char c) { return c >= '0' && c <= '9'; }
bool alnum(char c) { return alpha(c) || digit(c); }

template <typename Holds>
bool all(std::string_view text, Holds holds) {
    for (const char c : text) {
        if (!holds(c)) return false;
    }
    return true;
}

// RFC 6838 §4.2: restricted-name.
bool restricted_name(std::string_view name) {
    if (name.empty() || name.size() > 127 || !alnum(name[0])) return false;
    return all(name, [](char c) { return alnum(c) || std::string_view("!#$&-^_.+").find(c) != std::string_view::npos; });
}

bool token(std::string_view text) {
    return !text.empty() && all(text, [](char c) { return c > 0x20 && c < 0x7F && std::string_view("()<>@,;:\\\"/[]?=").find(c) == std::string_view::npos; });
}

bool quoted(std::string_view text) {
    if (text.size() < 2 || text.front() != '"' || text.back() != '"') return false;
    return all(text.substr(1, text.size() - 2), [](char c) { return c >= 0x20 && c != '"' && c != 0x7F; });
}

// "text/plain;charset=utf-8". A range ("image/*") is no type, but wide use has made it one in FHIR's examples: not here.
bool mime_type(std::string_view code) {
    const std::size_t slash = code.find('/');
    if (slash == code.npos || !restricted_name(code.substr(0, slash))) return false;
    std::string_view rest = code.substr(slash + 1);
    std::size_t end = std::min(rest.find(';'), rest.size());
    std::string_view subtype = rest.substr(0, end);
    while (subtype.ends_with(' ')) subtype.remove_suffix(1);
    if (!restricted_name(subtype)) return false;
    while (end < rest.size()) {
        rest.remove_prefix(end + 1);
        while (rest.starts_with(' ')) rest.remove_prefix(1);
        end = std::min(rest.find(';'), rest.size());
        const std::string_view parameter = rest.substr(0, end);
        const std::size_t equals = parameter.find('=');
        if (equals == parameter.npos || !token(parameter.substr(0, equals))) return false;
        const std::string_view value = parameter.substr(equals + 1);
        if (!token(value) && !quoted(value)) return false;
    }
    return true;
}

// RFC 5646 §2.1, with the tags that were registered before it.
class LanguageTag {
public:
    explicit LanguageTag(std::string_view text) {
        for (std::size_t at = 0; at <= text.size() && parts_.size() < 32;) {
            const std::size_t end = std::min(text.find('-', at), text.size());
            parts_.push_back(text.substr(at, end - at));
            at = end + 1;
        }
    }

    bool well_formed() {
        for (const std::string_view part : parts_) {
            if (part.empty() || part.size() > 8 || !all(part, alnum)) return false;
        }
        if (one_of(parts_[0], "xX") || one_of(parts_[0], "iI")) return parts_.size() > 1;
        if (parts_[0].size() < 2 || !all(parts_[0], alpha)) return false;
        const bool short_language = parts_[0].size() <= 3;
        next();
        for (int extended = 0; short_language && extended < 3 && size() == 3 && all(part(), alpha); ++extended) next();
        if (size() == 4 && all(part(), alpha)) next();                                            // script
        if ((size() == 2 && all(part(), alpha)) || (size() == 3 && all(part(), digit))) next();  // region
        while (size() >= 5 || (size() == 4 && digit(part()[0]))) next();                          // variants
        while (size() == 1 && !one_of(part(), "xX")) {
            next();
            if (size() < 2) return false;
            while (size() >= 2) next();
        }
        if (size() == 1) {  // private use
            next();
            if (size() == 0) return false;
            while (size() > 0) next();
        }
        return at_ >= parts_.size();
    }

private:
    static bool one_of(std::string_view part, std::string_view letters) { return part.size() == 1 && letters.find(part[0]) != letters.npos; }
    std::string_view part() const { return at_ < parts_.size() ? parts_[at_] : std::string_view(); }
    std::size_t size() const { return part().size(); }
    void next() { ++at_; }

    std::vector<std::string_view> parts_;
    std::size_t at_ = 0;
};

bool language_tag(std::string_view code) { return code.size() <= 128 && LanguageTag(code).well_formed(); }

// RFC 3986 §3: a scheme, a colon, and something after it without spaces and the like.
bool uri(std::string_view code) {
    const std::size_t colon = code.find(':');
    if (colon == code.npos || colon == 0 || !alpha(code[0]) || colon + 1 == code.size()) return false;
    if (!all(code.substr(0, colon), [](char c) { return alnum(c) || c == '+' || c == '-' || c == '.'; })) return false;
    return all(code.substr(colon + 1), [](char c) { return static_cast<unsigned char>(c) > 0x20 && c != 0x7F && std::string_view("<>\"{}|\\^`").find(c) == std::string_view::npos; });
}

bool unit(std::string_view code) { return !code.empty() && units::Unit::parse(code).has_value(); }

constexpr Grammar kGrammars[] = {
    {"http://unitsofmeasure.org", "Units of measure (UCUM)", unit},
    {"urn:ietf:bcp:13", "MIME types (BCP 13)", mime_type},
    {"urn:ietf:bcp:47", "Language tags (BCP 47)", language_tag},
    {"urn:ietf:rfc:3986", "URIs (RFC 3986)", uri},
};

// ISO 3166-1: two letters, three letters and the number of each country.
constexpr std::string_view kCountries =
    "ADAND020 AEARE784 AFAFG004 AGATG028 AIAIA660 ALALB008 AMARM051 AOAGO024 AQATA010 ARARG032 ASASM016 ATAUT040 "
    "AUAUS036 AWABW533 AXALA248 AZAZE031 BABIH070 BBBRB052 BDBGD050 BEBEL056 BFBFA854 BGBGR100 BHBHR048 BIBDI108 "
    "BJBEN204 BLBLM652 BMBMU060 BNBRN096 BOBOL068 BQBES535 BRBRA076 BSBHS044 BTBTN064 BVBVT074 BWBWA072 BYBLR112 "
    "BZBLZ084 CACAN124 CCCCK166 CDCOD180 CFCAF140 CGCOG178 CHCHE756 CICIV384 CKCOK184 CLCHL152 CMCMR120 CNCHN156 "
    "COCOL170 CRCRI188 CUCUB192 CVCPV132 CWCUW531 CXCXR162 CYCYP196 CZCZE203 DEDEU276 DJDJI262 DKDNK208 DMDMA212 "
    "DODOM214 DZDZA012 ECECU218 EEEST233 EGEGY818 EHESH732 ERERI232 ESESP724 ETETH231 FIFIN246 FJFJI242 FKFLK238 "
    "FMFSM583 FOFRO234 FRFRA250 GAGAB266 GBGBR826 GDGRD308 GEGEO268 GFGUF254 GGGGY831 GHGHA288 GIGIB292 GLGRL304 "
    "GMGMB270 GNGIN324 GPGLP312 GQGNQ226 GRGRC300 GSSGS239 GTGTM320 GUGUM316 GWGNB624 GYGUY328 HKHKG344 HMHMD334 "
    "HNHND340 HRHRV191 HTHTI332 HUHUN348 IDIDN360 IEIRL372 ILISR376 IMIMN833 ININD356 IOIOT086 IQIRQ368 IRIRN364 "
    "ISISL352 ITITA380 JEJEY832 JMJAM388 JOJOR400 JPJPN392 KEKEN404 KGKGZ417 KHKHM116 KIKIR296 KMCOM174 KNKNA659 "
    "KPPRK408 KRKOR410 KWKWT414 KYCYM136 KZKAZ398 LALAO418 LBLBN422 LCLCA662 LILIE438 LKLKA144 LRLBR430 LSLSO426 "
    "LTLTU440 LULUX442 LVLVA428 LYLBY434 MAMAR504 MCMCO492 MDMDA498 MEMNE499 MFMAF663 MGMDG450 MHMHL584 MKMKD807 "
    "MLMLI466 MMMMR104 MNMNG496 MOMAC446 MPMNP580 MQMTQ474 MRMRT478 MSMSR500 MTMLT470 MUMUS480 MVMDV462 MWMWI454 "
    "MXMEX484 MYMYS458 MZMOZ508 NANAM516 NCNCL540 NENER562 NFNFK574 NGNGA566 NINIC558 NLNLD528 NONOR578 NPNPL524 "
    "NRNRU520 NUNIU570 NZNZL554 OMOMN512 PAPAN591 PEPER604 PFPYF258 PGPNG598 PHPHL608 PKPAK586 PLPOL616 PMSPM666 "
    "PNPCN612 PRPRI630 PSPSE275 PTPRT620 PWPLW585 PYPRY600 QAQAT634 REREU638 ROROU642 RSSRB688 RURUS643 RWRWA646 "
    "SASAU682 SBSLB090 SCSYC690 SDSDN729 SESWE752 SGSGP702 SHSHN654 SISVN705 SJSJM744 SKSVK703 SLSLE694 SMSMR674 "
    "SNSEN686 SOSOM706 SRSUR740 SSSSD728 STSTP678 SVSLV222 SXSXM534 SYSYR760 SZSWZ748 TCTCA796 TDTCD148 TFATF260 "
    "TGTGO768 THTHA764 TJTJK762 TKTKL772 TLTLS626 TMTKM795 TNTUN788 TOTON776 TRTUR792 TTTTO780 TVTUV798 TWTWN158 "
    "TZTZA834 UAUKR804 UGUGA800 UMUMI581 USUSA840 UYURY858 UZUZB860 VAVAT336 VCVCT670 VEVEN862 VGVGB092 VIVIR850 "
    "VNVNM704 VUVUT548 WFWLF876 WSWSM882 YEYEM887 YTMYT175 ZAZAF710 ZMZMB894 ZWZWE716 ";

// ISO 4217, with those withdrawn since 2015: old records keep them.
constexpr std::string_view kCurrencies =
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD "
    "CDF CHE CHF CHW CLF CLP CNY COP COU CRC CUC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS "
    "GIP GMD GNF GTQ GYD HKD HNL HRK HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD "
    "KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR "
    "NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SLL SOS SRD SSP STN "
    "SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD USN UYI UYU UYW UZS VED VES VND VUV WST XAF XAG "
    "XAU XBA XBB XBC XBD XCD XDR XOF XPD XPF XPT XSU XTS XUA XXX YER ZAR ZMW ZWL ";

void open(json::Writer& w, std::string_view url, std::string_view name) {
    w.object().member("resourceType", "CodeSystem").member("id", name).member("url", url).member("name", name);
    w.member("status", "active").member("caseSensitive", true).member("content", "complete").name("concept").array();
}

std::string countries() {
    json::Writer w;
    open(w, "urn:iso:std:iso:3166", "iso3166-1");
    for (const auto& [at, length] : {std::pair<std::size_t, std::size_t>{0, 2}, {2, 3}, {5, 3}}) {
        for (std::size_t i = 0; i + 8 <= kCountries.size(); i += 9) w.object().member("code", kCountries.substr(i + at, length)).end();
    }
    w.end().end();
    return w.take();
}

std::string currencies() {
    json::Writer w;
    open(w, "urn:iso:std:iso:4217", "iso4217");
    for (std::size_t i = 0; i + 3 <= kCurrencies.size(); i += 4) w.object().member("code", kCurrencies.substr(i, 3)).end();
    w.end().end();
    return w.take();
}

}  // namespace

const Grammar* grammar_of(std::string_view system) {
    for (const Grammar& one : kGrammars) {
        if (one.system == system) return &one;
    }
    return nullptr;
}

std::span<const std::pair<std::string, std::string>> listed_systems() {
    static const std::vector<std::pair<std::string, std::string>> all = {{"iso3166-1", countries()}, {"iso4217", currencies()}};
    return all;
}

}  // namespace idun::terms
