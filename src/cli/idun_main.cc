// The command line of `idun`: what it takes and what it teaches. What the commands do is in the other files.
#include <sys/stat.h>

#include <CLI/CLI.hpp>

#include "base/program.h"
#include "cli/commands.h"

using namespace idun;

namespace {

constexpr const char* kExitCodes =
    "Exit codes: 0 done; 1 failed, one line says why; 2 wrong command line or configuration;\n"
    "3 load, index load: some records were refused; 4 verify-log: the log does not hold, export: the two differ, blind-key status: a key may not leave;\n"
    "5 validate: some resources are not valid; directory import: some lines are wrong.";

// A command's own footer takes the place of the program's, so each says the exit codes again.
std::string with_exit_codes(const std::string& text) { return text + "\n\n" + kExitCodes; }

void add_demo(CLI::App& app, app::DemoOptions& options, std::string& ready_file, std::string& listen, std::int64_t& lease_s) {
    CLI::App* demo = app.add_subcommand("demo", "A hub and nine care providers of a synthetic Sweden on this machine, with the people who live there");
    demo->add_option("--listen", listen, "Address of the hub, on this machine; the providers take the ports after it (port 0: any free ones)")
        ->capture_default_str();
    demo->add_option("--data", options.folder, "Folder to keep everything in (default: one that goes away at the end)");
    demo->add_option("--nodes", options.nodes, "How many providers, 1 to 9")->capture_default_str()->check(CLI::Range(1, 9));
    demo->add_option("--people", options.people, "How many people live there, 1 to 20000 (default 1000)")->check(CLI::Range(1, 20'000));
    demo->add_option("--seed", options.seed, "Another number, another country (the stories of the README are of the default)");
    demo->add_option("--load", options.load,
                     "Bundles (files or folders) to spread over the providers, instead of the country's people");
    demo->add_option("--package", options.packages, "FHIR package (.tgz or folder) whose profiles and terminology every provider has");
    demo->add_option("--ready-file", ready_file,
                     "Write this JSON file when all is ready: hub, nodes, users with a token each, ready_ms");
    demo->add_option("--rights-lease", lease_s, "Seconds that providers may decide by their copy of people's choices")
        ->capture_default_str()->check(CLI::Range(1, 31'536'000));
    demo->footer(with_exit_codes("Example: idun demo --data my-demo --listen 127.0.0.1:9000"));
}

void add_load(CLI::App& app, cli::LoadCommand& command) {
    CLI::App* load = app.add_subcommand("load", "Send FHIR files to a node: bundles, NDJSON, folders of them, also .gz and .zst");
    load->add_option("files", command.files, "Files and folders")->required();
    load->add_option("--node", command.node_url, "Address of the node, such as http://127.0.0.1:8081")->required();
    load->add_option("--token-file", command.token_file, "File with the access token (default: the environment's IDUN_TOKEN)");
    load->add_option("--journal", command.journal, "File that remembers what is done, so that the same command goes on after a break")
        ->default_val("idun-load.journal");
    load->add_option("--report", command.report_file, "Write refusals to this file (default: standard error)");
    load->add_flag("--quiet", command.quiet, "No progress bar");
    load->footer(with_exit_codes("Every resource is written under its own id, so loading twice is harmless.\n"
                 "A Bundle is taken whole or not at all; each refusal is reported with file, line and reason.\n"
                 "Example: IDUN_TOKEN=... idun load --node http://127.0.0.1:8081 patients/ labs.ndjson.zst"));
}

void add_directory(CLI::App& app, cli::DirectoryImportCommand& command, cli::DirectoryReportCommand& report_command) {
    CLI::App* directory = app.add_subcommand("directory", "The hub's directory of care providers");
    directory->require_subcommand(1);
    CLI::App* import = directory->add_subcommand("import", "Take a table of providers, units, services, locations, contracts and endpoints into the directory");
    import->add_option("file", command.file, "CSV, one resource a line; docs/formats/directory.md names the columns")->required();
    import->add_option("--hub", command.hub_url, "Address of the hub, such as http://127.0.0.1:8080")->required();
    import->add_option("--token-file", command.token_file, "File with the operator's access token (default: the environment's IDUN_TOKEN)");
    import->footer(with_exit_codes("The whole file is checked first: when a line is wrong every wrong line is named (exit code 5) and nothing is stored.\n"
                                   "Lines that say what the directory says already change nothing, so importing twice is harmless.\n"
                                   "Example: IDUN_TOKEN=... idun directory import units.csv --hub http://127.0.0.1:8080"));
    CLI::App* report = directory->add_subcommand("report", "The six measures of the report on primary use (EHDS Article 20), as a FHIR MeasureReport or CSV");
    report->add_option("--hub", report_command.hub_url, "Address of the hub, such as http://127.0.0.1:8080")->required();
    report->add_option("--from", report_command.from, "First day, such as 2025-01-01, or an instant")->required();
    report->add_option("--to", report_command.to, "Day or instant at which the period is over; not after now")->required();
    report->add_option("--national", report_command.national_file, "File with what the hub cannot know (population, providers of each type, measures taken); it is kept first");
    report->add_flag("--csv", report_command.csv, "CSV instead of FHIR");
    report->add_option("--token-file", report_command.token_file, "File with the operator's access token (default: the environment's IDUN_TOKEN)");
    report->footer(with_exit_codes("docs/formats/connection-report.md says what each figure is counted from.\n"
                                   "Example: IDUN_TOKEN=... idun directory report --hub http://127.0.0.1:8080 --from 2025-01-01 --to 2027-01-01 --csv"));
}

void add_node(CLI::App& app, cli::NodeJoinCommand& command) {
    CLI::App* node = app.add_subcommand("node", "A care provider's node");
    node->require_subcommand(1);
    CLI::App* join = node->add_subcommand("join", "Check step by step that a running node is connected to the nation, and say what to mend");
    join->add_option("config", command.config, "The same file as for serve; run it as the same user, on the same machine")->required();
    join->add_option("--provider", command.provider, "Which node, where the file has several");
    join->add_option("--token-file", command.token_file, "File with an access token of a system of the provider, for the test patient (default: the environment's IDUN_TOKEN)");
    join->add_flag("--without-test-patient", command.without_test_patient, "Leave out the step that writes a test patient, lets the hub read it and removes it");
    join->add_flag("--json", command.json, "For machines");
    join->add_option("--bound", command.bound_s, "Seconds that each step may take")->capture_default_str()->check(CLI::Range(1, 60));
    join->footer(with_exit_codes("Exit code 0 only when all is well. docs/connect.md tells a newcomer the way from nothing to here.\n"
                                 "Example: idun node join /etc/idun/node.toml --token-file ehr.token"));
}

void add_index(CLI::App& app, cli::IndexLoadCommand& command) {
    CLI::App* index = app.add_subcommand("index", "The hub's patient data index");
    index->require_subcommand(1);
    CLI::App* load = index->add_subcommand("load", "Fill the index of a hub that does not run from pointer lines, as idun synth --pointers writes them");
    load->add_option("files", command.files, "Files; - is standard input")->required();
    load->add_option("--config", command.config_file, "The same file as for serve")->required();
    load->add_option("--journal", command.journal, "File that remembers how far each file is in, so that the same command goes on after a break")
        ->default_val("idun-index-load.journal");
    load->add_flag("--quiet", command.quiet, "No progress");
    load->footer(with_exit_codes("A line is SYSTEM|VALUE <tab> PROVIDER <tab> CATEGORY <tab> NEWEST (ms since 1970). Whatever a source says later holds instead, and\n"
                                 "loading twice changes nothing. Lines that are wrong are named by their number and left out (exit code 3).\n"
                                 "Example: idun synth --people 1000000 --pointers | idun index load --config hub.toml -"));
}

void add_verify(CLI::App& app, cli::VerifyCommand& command) {
    CLI::App* verify = app.add_subcommand("verify-log", "Check an access log: that no entry was changed, moved or taken out");
    verify->add_option("folder", command.folder, "The log's folder, such as my-demo/node-1/log")->required();
    verify->add_option("--key", command.keys,
                       "Public key of the log's owner, base64url (default: the key in the folder's own data folder)");
    verify->add_option("--receipt", command.receipts, "A receipt that an answer carried: the log must hold its entry");
    verify->add_flag("--entries", command.entries, "Print every entry that the log's keys open, one line of JSON each, as logs are shipped");
    verify->footer(with_exit_codes("Without --key the log is checked with its owner's own key: that finds damage, but an owner who signs anew\n"
                                   "what it changed is found only by receipts and checkpoints that others kept.\n"
                                   "Example: idun verify-log my-demo/hub/log --receipt idun-hub:17:20:q3Z...:Zm9..."));
}

void add_rotate_key(CLI::App& app, cli::RotateKeyCommand& command) {
    CLI::App* rotate = app.add_subcommand("rotate-key", "Announce the next signing key of a role, which others then follow by themselves");
    rotate->add_option("config", command.config, "The same file as for serve")->required();
    rotate->add_option("--role", command.role, "hub or node-PROVIDER; needed where the configuration has several");
    auto* after = rotate->add_option("--after", command.after_h, "Hours until it signs: 24 at the hub, 1 at a node; those who follow must hear of it before")
                      ->check(CLI::Range(1, 24 * 366));
    rotate->add_flag("--at-once", command.at_once, "It signs from now: who has not heard of it hears nothing of this role for some seconds")->excludes(after);
    rotate->footer(with_exit_codes("The role may run meanwhile. Start it again within a day after that moment: then it signs with the next key, and the\n"
                                   "former one is overwritten. After that day others take nothing that the former key signs. If the key was stolen: make a new one by hand instead (docs/formats/key-change.md).\n"
                                   "Example: idun rotate-key idun.toml --role hub"));
}

void add_witness(CLI::App& app, cli::WitnessCommand& command) {
    CLI::App* witness = app.add_subcommand("witness", "Cosign the checkpoints of logs, so that nobody can be shown another log than the others");
    witness->add_option("--name", command.name, "Name of the witness, an address without its scheme: witness.example/w1")->required();
    witness->add_option("--data", command.folder, "Folder for its key and its memory; if that is ever lost or set back, take a new one")->required();
    witness->add_option("--log", command.logs, "Key of a log, name+id+base64 (idun keys shows it there); may be given again")->allow_extra_args(false);
    witness->add_option("--listen", command.listen, "Address to listen at")->default_val("127.0.0.1:8090");
    witness->add_flag("--behind-tls-proxy", command.behind_tls_proxy, "TLS ends in front of it: it may listen beyond this machine");
    witness->footer(with_exit_codes("Prints its own key, which logs and readers need, and answers as C2SP tlog-witness says: POST /add-checkpoint.\n"
                                    "GET /witness shows what it has cosigned and what it refused.\n"
                                    "Example: idun witness --name press.example/w1 --data w1 --log idun/idun-hub+8a21...+AQ..."));
}

struct LogCommand {
    std::string config;
    std::string provider;
    std::string person;
    std::string decision;
};

void add_log(CLI::App& app, LogCommand& command) {
    CLI::App* log = app.add_subcommand("log", "What an operator does with the log of a role that does not run");
    log->require_subcommand(1);
    CLI::App* renew = log->add_subcommand("renew", "Begin a new log after the disk of a node or the hub was set back; the hub, or a witness of the hub's log, must answer");
    renew->add_option("config", command.config, "The same file as for serve")->required();
    renew->add_option("--provider", command.provider, "Which node, where the file has several roles; or the hub, by its id");
    renew->footer(with_exit_codes("The new log says how the old one ended, and holds what the hub had not got. The hub closes the old one, or its own, and shows\n"
                                  "for ever that entries were lost. Example: idun log renew /etc/idun/node.toml"));
    CLI::App* forget = log->add_subcommand("forget", "Make unreadable what the logs say about a person, where the law orders it");
    forget->add_option("config", command.config, "The same file as for serve; none of its roles may run")->required();
    forget->add_option("--person", command.person, "Whom: SYSTEM|VALUE, a national identifier")->required();
    forget->add_option("--decision", command.decision, "Id of the decision; it stands in the log")->required();
    forget->footer(with_exit_codes("Keys are overwritten; the tree stays whole, and says that and by which decision. At the hub its rows about her go\n"
                                   "too. Every node does it for its own log.\n"
                                   "Example: idun log forget /etc/idun/node.toml --person 'http://electronichealth.se/identifier/personnummer|191212121212' --decision D-2026-17"));
}

void add_export(CLI::App& app, cli::ExportCommand& command) {
    CLI::App* out = app.add_subcommand("export", "Take everything out of a node as NDJSON files; compare two such exports");
    CLI::Option* node = out->add_option("--node", command.node_url, "Address of the node, such as http://127.0.0.1:8081");
    CLI::Option* to = out->add_option("--to", command.folder, "Folder for the files, empty or to be made");
    node->needs(to);
    to->needs(node);
    out->add_option("--type", command.types, "Only resources of this type (again for more)");
    out->add_option("--since", command.since, "Only what changed after this instant; deletions are listed too");
    out->add_option("--token-file", command.token_file, "File with a system's access token (default: the environment's IDUN_TOKEN)");
    out->add_flag("--quiet", command.quiet, "No progress");
    CLI::Option* compare = out->add_option("--compare", command.compare, "Two folders: do they hold the same resources?")->expected(2);
    compare->excludes(node);
    out->callback([&command] {
        if (command.compare.empty() && command.node_url.empty()) throw CLI::RequiredError("--node and --to, or --compare");
    });
    out->footer(with_exit_codes("The current version of every resource is in it, not their histories. To move to another node:\n"
                                "idun export --node URL --to out; idun load --node OTHER out; then export that one too and --compare.\n"
                                "Example: IDUN_TOKEN=... idun export --node http://127.0.0.1:8081 --to out"));
}

void add_ucum(CLI::App& app, std::string& question) {
    CLI::App* ucum = app.add_subcommand("ucum", "Units of measure: lines on standard input, an answer a line");
    ucum->add_option("question", question,
                     "validate (UNIT), describe (UNIT), canonical (VALUE, UNIT) or convert (VALUE, FROM, TO); tabs between the columns")
        ->required()
        ->check(CLI::IsMember({"validate", "describe", "canonical", "convert"}));
    ucum->footer(with_exit_codes("Each answer is \"ok\", a tab and the answer, or \"no\", a tab and the reason; exit code 3 when one was \"no\".\n"
                                 "Example: printf '90\\tmg/dL\\tg/L\\n' | idun ucum convert"));
}

void add_rights(CLI::App& app, std::string& table_file) {
    CLI::App* rights = app.add_subcommand("rights", "Who may read, and why");
    rights->require_subcommand(1);
    CLI::App* rules = rights->add_subcommand("rules", "Print the rules in their order and the national choices, as Markdown");
    rules->add_option("--table", table_file, "Rule table, a JSON file (docs/formats/rule-table.md; default: the built-in one)");
    rules->footer(with_exit_codes("Example: idun rights rules --table /etc/idun/rules.json"));
}

void add_fhirpath(CLI::App& app, cli::FhirpathCommand& command) {
    CLI::App* path = app.add_subcommand("fhirpath", "Run a FHIRPath expression over FHIR files: a line for each item found");
    path->add_option("expression", command.expression, "Such as \"name.where(use = 'official').given\"");
    path->add_option("files", command.files, "FHIR resources in JSON");
    path->add_option("--context", command.context, "Start from what this expression finds instead of the resource");
    path->add_flag("--strict", command.strict, "Refuse elements and types that the resource's type cannot have");
    path->add_flag("--batch", command.batch, "Take questions as lines of JSON on standard input, answer with lines of JSON");
    path->footer(with_exit_codes("Each line is type, path and value, with tabs between; a path of - is a computed value.\n"
                                 "Example: idun fhirpath \"name.given.first()\" patient.json"));
}

void add_terms(CLI::App& app, cli::TermsImportCommand& command) {
    CLI::App* terms = app.add_subcommand("terms", "Code systems for the terminology of a node");
    terms->require_subcommand(1);
    CLI::App* import = terms->add_subcommand("import", "Make a code system from a table (tab, comma or semicolon) or a CodeSystem file");
    import->add_option("file", command.file, "Table or CodeSystem JSON, also .gz and .zst; docs/formats/code-table.md")->required();
    import->add_option("--out", command.folder, "Folder to write to; name it in `packages` of the configuration")->required();
    import->add_option("--url", command.head.url, "Canonical URL of the code system (default: what the table says)");
    import->add_option("--version", command.head.version, "Its version");
    import->add_option("--name", command.head.name, "Its name for computers");
    import->add_option("--title", command.head.title, "Its name for people");
    import->add_option("--language", command.head.language, "Language of the displays, such as sv");
    import->footer(with_exit_codes("Example: idun terms import icd-10-se.tsv --url urn:oid:1.2.752.116.1.1.1.1.3 --language sv --out terms/icd-10-se"));
}

void add_scan(CLI::App& app, cli::CareCommand& command) {
    CLI::App* scan = app.add_subcommand("scan", "Look through every row of roles' stores, while they run or not: whether rows hold by themselves and agree with each other");
    scan->add_option("config", command.config, "The same file as for serve")->required();
    scan->add_option("role", command.role, "hub or node-PROVIDER (default: all)");
    scan->footer(with_exit_codes("4 when something was found. It repairs nothing: docs/operations.md says what findings mean.\n"
                                 "Example: idun scan idun.toml hub"));
}

void add_compact(CLI::App& app, cli::CareCommand& command) {
    CLI::App* compact = app.add_subcommand("compact", "Give back the space that overwritten and erased rows of roles' stores still take, while they run or not");
    compact->add_option("config", command.config, "The same file as for serve")->required();
    compact->add_option("role", command.role, "hub or node-PROVIDER (default: all)");
    compact->footer(with_exit_codes("The engines do it by themselves too, later. Example: idun compact idun.toml node-SE1"));
}

void add_blind_key(CLI::App& app, cli::CareCommand& command) {
    CLI::App* blind_key = app.add_subcommand("blind-key", "The keys by which people are named, while one takes another's place");
    blind_key->require_subcommand(1);
    CLI::App* status = blind_key->add_subcommand("status", "What stands under which key at roles, while they run or not, and whether a key may leave");
    status->add_option("config", command.config, "The same file as for serve")->required();
    status->add_option("role", command.role, "hub or node-PROVIDER (default: all)");
    status->footer(with_exit_codes("4 when a key that does not write may not leave yet. At the hub it reads all of the store. docs/formats/blind-key.md\n"
                                   "tells how a key is changed. Example: idun blind-key status idun.toml hub"));
}

void add_backup(CLI::App& app, cli::BackupCommand& command, cli::DrillCommand& drill_command) {
    CLI::App* backup = app.add_subcommand("backup", "Copy roles while they run: store, log and a signed manifest, whole or not at all");
    backup->add_option("config", command.config, "The same file as for serve");
    backup->add_option("folder", command.folder, "Where to, for roles that do not run (default: `backups` of the configuration)");
    backup->add_option("--role", command.role, "hub or node-PROVIDER (default: all)");
    backup->add_option("--keep", command.keep, "How many stay of each role; older ones go when the new one is complete (default: all)")->check(CLI::Range(1, 1000));
    backup->add_option("--with-keys", command.passphrase_file, "File with a passphrase that seals the roles' keys beside the backup (default: keys are not copied)");
    backup->footer(with_exit_codes("What a backup holds, and what it does not: docs/formats/backup.md. When to run what: docs/operations.md.\n"
                                   "Example: idun backup idun.toml --keep 14"));
    CLI::App* drill = backup->add_subcommand("drill", "Restore a backup into a temporary place, look through all of it, say how long it took, remove it");
    drill->add_option("backup", drill_command.backup, "A backup, or a role's folder of them: then the newest")->required();
    drill->add_option("--in", drill_command.in, "Folder with room for all of it (default: the machine's place for temporary files)");
    drill->add_option("--key", drill_command.keys, "A public key of the role, as idun keys shows it: only what it has signed is taken (default: whose signature it is is not checked); former ones too, may be given again")->allow_extra_args(false);
    drill->footer(with_exit_codes("4 too when the backup cannot be relied on. The role's metrics tell when the last drill was.\n"
                                  "Example: idun backup drill /var/backups/idun/hub"));
}

void add_restore(CLI::App& app, cli::RestoreCommand& command) {
    CLI::App* restore = app.add_subcommand("restore", "Make a role out of a backup, which is verified first; overwrites nothing");
    restore->add_option("backup", command.backup, "A folder that idun backup made, such as backups/hub/20261126T164000Z")->required();
    restore->add_option("config", command.config, "The configuration of the role that is made")->required();
    restore->add_option("--role", command.role, "hub or node-PROVIDER, where the configuration has several");
    CLI::Option* keys = restore->add_option("--keys", command.keys_file, "Sealed keys that idun backup --with-keys wrote (default: the key lies in the role's folder)");
    CLI::Option* phrase = restore->add_option("--passphrase-file", command.passphrase_file, "What they were sealed with");
    keys->needs(phrase);
    phrase->needs(keys);
    restore->footer(with_exit_codes("Example: idun restore backups/hub/20261126T164000Z idun.toml --role hub --keys backups/hub.keys --passphrase-file pass"));
}

void add_validate(CLI::App& app, cli::ValidateCommand& command) {
    CLI::App* validate = app.add_subcommand("validate", "Judge FHIR resources by R4 and by profiles: .json and .ndjson files, folders of them");
    validate->add_option("files", command.files, "Files and folders")->required();
    validate->add_option("--profile", command.profiles, "Canonical URL of a profile that every resource must follow, beside those it declares")->allow_extra_args(false);
    validate->add_option("--package", command.packages, "FHIR package with definitions: a folder or .tgz; may be given again, later ones go before")->allow_extra_args(false);
    validate->add_option("--questionnaire", command.questionnaires, "A Questionnaire that responses among the files answer")->allow_extra_args(false);
    validate->add_option("--format", command.format, "text, or json: one line a resource with its OperationOutcome")->capture_default_str()->check(CLI::IsMember({"text", "json"}));
    validate->add_flag("--strict", command.strict, "Profiles and extensions that are not known are errors, not warnings");
    validate->add_flag("--quiet", command.quiet, "Errors only");
    validate->footer(with_exit_codes("R4 itself is built in. Issues name file, line, column and element, and never quote what stands there.\n"
                                     "Example: idun validate patient.json --package hl7.fhir.eu.base.tgz \\\n"
                                     "             --profile http://hl7.eu/fhir/base/StructureDefinition/patient-eu"));
}

void add_synth(CLI::App& app, cli::SynthCommand& command) {
    CLI::App* synth = app.add_subcommand("synth", "A synthetic Sweden of any size: people, providers and whole lives as FHIR, the same for the same seed");
    synth->add_option("--people", command.people, "How many people the country has, up to 12,000,000")->capture_default_str();
    synth->add_option("--from", command.from, "Make only the people from this number on (from 0): parts may be made elsewhere and later")->capture_default_str();
    synth->add_option("--seed", command.seed, "Another number, another country")->capture_default_str();
    synth->add_option("--out", command.out, "Folder for the files, new or empty; with --pointers a file (default: standard output)");
    synth->add_option("--form", command.form, "ndjson: a file for each provider; bundles: a transaction for each person and provider")->capture_default_str()->check(CLI::IsMember({"ndjson", "bundles"}));
    synth->add_flag("--pointers", command.pointers, "Only what an index would hold: a line for each person, provider and category");
    synth->add_option("--numbers", command.numbers, "test: the Tax Agency's test numbers (up to 41,000 people); shifted: numbers of births before 1890 (default: by --people)")->check(CLI::IsMember({"test", "shifted"}));
    synth->add_option("--county", command.counties, "Only people who live in this county (1 to 25, as municipalities' codes begin); may be given again")->allow_extra_args(false);
    synth->add_option("--municipality", command.municipalities, "Only people who live in this municipality (its code, such as 2482) or such a county; may be given again")->allow_extra_args(false);
    synth->add_flag("--one-of-each", command.one_of_each, "One private care company, one pharmacy chain and one dental company, instead of many");
    synth->add_option("--today", command.today, "The day of the run, YYYY-MM-DD (default 2026-10-31, whatever the clock says)");
    synth->add_option("--years", command.years, "How many years of contacts are kept")->capture_default_str();
    synth->add_option("--data", command.data, "Folder with tables and modules to use instead; docs/formats/synth-module.md");
    synth->add_option("--threads", command.threads, "Threads (default: one for each processor)");
    synth->add_option("--node", command.nodes, "PROVIDER URL TOKEN-FILE: send that provider's records to its node; may be given again")->type_size(3);
    synth->add_flag("--quiet", command.quiet, "No progress");
    synth->footer(with_exit_codes("Nobody in it exists. Up to 41,000 people have the test numbers that the Swedish Tax Agency gives out; in larger countries\n"
                                  "the numbers say births before 1890, so that none can be a living person's. Ages are as in Sweden for up to about 1,500\n"
                                  "people with test numbers (there are few of people born before 1976), and for any size with shifted ones. Of 41,000 the last\n"
                                  "7,500 died long ago: theirs are numbers of births more than 109 years back. Families are found among 256 people at a time:\n"
                                  "where a run ends within such a parish a partner or guardian may be somebody whom it does not make.\n"
                                  "Example: idun synth --people 1000 --county 1 --county 12 --out sweden && idun load sweden/SE9910100015.ndjson --node ..."));
}

}  // namespace

int main(int argc, char** argv) {
    umask(077);  // records, logs and tokens belong to whoever runs this
    CLI::App app("Idun: an open national health data infrastructure.\n"
                 "It finds where a person's health data are, decides who may see them and why, brings them together,\n"
                 "and proves afterwards what happened.");
    app.require_subcommand(1);
    app.set_version_flag("--version", std::string(kProgram));
    app.footer(kExitCodes);

    app::DemoOptions demo;
    std::string ready_file;
    std::string listen = "127.0.0.1:8080";
    std::int64_t lease_s = 24 * 3600;
    add_demo(app, demo, ready_file, listen, lease_s);
    std::string config;
    CLI::App* serve = app.add_subcommand("serve", "Run the roles that a configuration file names: a hub, nodes, a witness");
    serve->add_option("config", config, "TOML file; docs/formats/config.md says what it may hold")->required();
    serve->footer("Sockets that systemd holds are taken where a role listens there: docs/operations.md, A newer program.");
    CLI::App* keys = app.add_subcommand("keys", "Show the public keys of the roles in a configuration (made when missing)");
    keys->add_option("config", config, "The same file as for serve")->required();
    cli::RotateKeyCommand rotate;
    add_rotate_key(app, rotate);
    cli::WitnessCommand witness;
    add_witness(app, witness);
    cli::LoadCommand load;
    add_load(app, load);
    cli::VerifyCommand verify;
    add_verify(app, verify);
    LogCommand log_command;
    add_log(app, log_command);
    cli::CareCommand care;
    add_scan(app, care);
    cli::CareCommand compacting;
    add_compact(app, compacting);
    cli::CareCommand blind_key;
    add_blind_key(app, blind_key);
    cli::BackupCommand backup;
    cli::DrillCommand drill;
    add_backup(app, backup, drill);
    cli::RestoreCommand restore;
    add_restore(app, restore);
    cli::ExportCommand export_command;
    add_export(app, export_command);
    cli::TermsImportCommand terms_import;
    add_terms(app, terms_import);
    cli::ValidateCommand validate;
    add_validate(app, validate);
    std::string ucum_question;
    add_ucum(app, ucum_question);
    cli::FhirpathCommand path;
    add_fhirpath(app, path);
    std::string rule_table;
    add_rights(app, rule_table);
    cli::DirectoryImportCommand directory_import;
    cli::DirectoryReportCommand directory_report;
    add_directory(app, directory_import, directory_report);
    cli::NodeJoinCommand node_join;
    add_node(app, node_join);
    cli::IndexLoadCommand index_load;
    add_index(app, index_load);
    cli::SynthCommand synth;
    add_synth(app, synth);

    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        if (error.get_exit_code() == 0) return app.exit(error);
        std::cerr << "idun: " << error.what() << "\nidun: see idun --help\n";
        return cli::kUsage;
    }
    if (app.got_subcommand("demo")) {
        const auto address = app::address_from(listen);
        if (!address) return cli::complain(address.error());
        demo.listen = *address;
        demo.rights_lease = std::chrono::milliseconds(lease_s * 1000);
        return cli::demo(std::move(demo), ready_file);
    }
    if (app.got_subcommand("serve")) return cli::serve(config);
    if (app.got_subcommand("keys")) return cli::keys(config);
    if (app.got_subcommand("rotate-key")) return cli::rotate_key(rotate);
    if (app.got_subcommand("witness")) return cli::witness(witness);
    if (CLI::App* log = app.get_subcommand("log"); log->parsed())
        return log->got_subcommand("forget") ? cli::log_forget(log_command.config, log_command.person, log_command.decision)
                                             : cli::log_renew(log_command.config, log_command.provider);
    if (app.got_subcommand("scan")) return cli::scan(care);
    if (app.got_subcommand("compact")) return cli::compact(compacting);
    if (app.got_subcommand("blind-key")) return cli::blind_key_status(blind_key);
    if (CLI::App* one = app.get_subcommand("backup"); one->parsed()) {
        if (one->got_subcommand("drill")) return cli::backup_drill(drill);
        if (!backup.config.empty()) return cli::backup(backup);
        std::cerr << "idun: backup takes a configuration\nidun: see idun backup --help\n";
        return cli::kUsage;
    }
    if (app.got_subcommand("restore")) return cli::restore(restore);
    if (app.got_subcommand("terms")) return cli::terms_import(terms_import);
    if (app.got_subcommand("load")) return cli::load(load);
    if (app.got_subcommand("export")) return cli::export_data(export_command);
    if (app.got_subcommand("ucum")) return cli::ucum(ucum_question);
    if (app.got_subcommand("fhirpath")) {
        if (!path.batch && (path.expression.empty() || path.files.empty())) {
            std::cerr << "idun: fhirpath takes an expression and files, or --batch\nidun: see idun fhirpath --help\n";
            return cli::kUsage;
        }
        return cli::fhirpath(path);
    }
    if (app.got_subcommand("rights")) return cli::rights_rules(rule_table);
    if (CLI::App* directory = app.get_subcommand("directory"); directory->parsed())
        return directory->got_subcommand("report") ? cli::directory_report(directory_report) : cli::directory_import(directory_import);
    if (app.got_subcommand("node")) return cli::node_join(node_join);
    if (app.got_subcommand("index")) return cli::index_load(index_load);
    if (app.got_subcommand("synth")) return cli::synth(synth);
    if (app.got_subcommand("validate")) return cli::validate(validate);
    return cli::verify_log(verify);
}
