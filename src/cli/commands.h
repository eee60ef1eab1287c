// The commands of `idun`. Each takes its options and gives the exit code of the process.
#pragma once

#include <string>
#include <vector>

#include "app/config.h"
#include "app/demo.h"
#include "app/loader.h"
#include "terms/table.h"

namespace idun::cli {

// Exit codes that scripts can use.
enum Exit : int {
    kOk = 0,
    kFailed = 1,        // one line on standard error says why
    kUsage = 2,         // the command line or the configuration is wrong
    kPartly = 3,        // load: some records were refused, the others are in
    kUntrue = 4,        // verify-log: the log does not hold; export --compare: the exports differ; scan: something was found; blind-key status: a key may not leave
    kInvalid = 5,       // validate: some resources are not valid; directory import: some lines are wrong
};

// ready_file is written as JSON when the last role is ready; "": none.
int demo(app::DemoOptions options, const std::string& ready_file);
int serve(const std::string& config_file);
int keys(const std::string& config_file);

struct RotateKeyCommand {
    std::string config;
    std::string role;      // "hub", "node-PROVIDER"; "": the only one
    std::int64_t after_h = 0;  // 0: a day at the hub, an hour at a node
    bool at_once = false;
};
int rotate_key(const RotateKeyCommand& command);
Result<app::Config> read_config(const std::string& file);
// The node of that provider in the configuration; of "" its only one.
Result<app::NodeOptions> node_in(const std::string& config_file, const std::string& provider);

struct WitnessCommand {
    std::string name;
    std::string folder;
    std::string listen;
    std::vector<std::string> logs;  // name+id+base64
    bool behind_tls_proxy = false;
};
// Prints its key, then cosigns until it is stopped.
int witness(const WitnessCommand& command);

struct LoadCommand {
    std::vector<std::string> files;
    std::string node_url;
    std::string token_file;  // "": the environment's IDUN_TOKEN
    std::string journal;
    std::string report_file; // "": refusals go to standard error
    bool quiet = false;
};
int load(const LoadCommand& command);

struct ExportCommand {
    std::string node_url;
    std::string folder;
    std::vector<std::string> types;
    std::string since;
    std::string token_file;  // "": the environment's IDUN_TOKEN
    bool quiet = false;
    std::vector<std::string> compare;  // two folders, instead of all else
};
int export_data(const ExportCommand& command);

// The access token in the file, or, without one, that of the environment's IDUN_TOKEN.
Result<std::string> token_of(const std::string& token_file);

struct VerifyCommand {
    bool entries = false;  // print them
    std::string folder;
    std::vector<std::string> keys;      // public keys in base64url
    std::vector<std::string> receipts;  // as answers carried them
};
int verify_log(const VerifyCommand& command);

// Begins the log that follows a node's, whose disk was set back. `provider` "": the only node of the configuration.
int log_renew(const std::string& config_file, const std::string& provider);

// Is the node connected to the nation? A line for each step; kFailed when something is to mend.
struct NodeJoinCommand {
    std::string config;
    std::string provider;    // "": the only node of the configuration
    std::string token_file;  // of a system of the provider, for the test patient; "": the environment's IDUN_TOKEN
    bool without_test_patient = false;
    bool json = false;
    int bound_s = 10;        // of each step
};
int node_join(const NodeJoinCommand& command);

// Makes unreadable what the logs of a configuration's roles say about a person ("SYSTEM|VALUE"), by order of the law.
int log_forget(const std::string& config_file, const std::string& person, const std::string& decision);

struct CareCommand {
    std::string config;
    std::string role;  // "": all
};
int scan(const CareCommand& command);
int compact(const CareCommand& command);
// What stands under which key by which people are named, and whether one may leave.
int blind_key_status(const CareCommand& command);

struct BackupCommand {
    std::string config;
    std::string folder;           // "": the configuration's
    std::string role;             // "": every role
    std::size_t keep = 0;         // 0: all
    std::string passphrase_file;  // "": the keys are not copied
};
int backup(const BackupCommand& command);

struct DrillCommand {
    std::string backup;             // one, or a folder of them
    std::string in;                 // "": the machine's place for temporary files
    std::vector<std::string> keys;  // of the role, base64url; none: whose signature it is is not checked
};
int backup_drill(const DrillCommand& command);

struct RestoreCommand {
    std::string backup;
    std::string config;
    std::string role;
    std::string keys_file;  // "": they lie in their places
    std::string passphrase_file;
};
int restore(const RestoreCommand& command);

// Lines on standard input, an answer a line: "ok", tab, answer or "no", tab, reason.
int ucum(const std::string& question);

struct FhirpathCommand {
    std::string expression;
    std::vector<std::string> files;
    std::string context;  // an expression that gives the start; "": the resource
    bool strict = false;
    bool batch = false;   // lines of JSON on standard input instead (fhirpath/batch.h)
};
int fhirpath(const FhirpathCommand& command);
struct TermsImportCommand {
    std::string file;         // a table of codes or a CodeSystem, also .gz and .zst
    std::string folder;       // where the resource goes; a configuration names it as a package
    terms::TableHead head;
};
int terms_import(const TermsImportCommand& command);

struct ValidateCommand {
    std::vector<std::string> files;           // and folders
    std::vector<std::string> profiles;        // canonical URLs, beside what the resources declare
    std::vector<std::string> packages;        // folders and .tgz
    std::vector<std::string> questionnaires;  // files, for QuestionnaireResponses
    std::string format = "text";              // or "json": one line a resource with its OperationOutcome
    bool strict = false;                      // unknown profiles and extensions are errors
    bool quiet = false;                       // errors only
};
int validate(const ValidateCommand& command);

struct SynthCommand {
    std::uint64_t people = 1'000;
    std::uint64_t from = 0;            // the first of them that is made
    std::uint64_t seed = 1;
    std::string out;                   // folder; with pointers a file, "": standard output
    std::string form = "ndjson";       // or "bundles"
    bool pointers = false;
    std::string numbers;               // "test", "shifted"; "": as many people ask for
    std::vector<int> counties;
    std::vector<int> municipalities;
    bool one_of_each = false;
    std::string today;                 // "": the day that never changes
    int years = 10;
    std::string data;                  // folder with tables and modules; "": the program's own
    unsigned threads = 0;              // 0: as many as processors
    std::vector<std::vector<std::string>> nodes;  // provider, URL, file with the token: records go there too
    bool quiet = false;
};
int synth(const SynthCommand& command);

struct DirectoryImportCommand {
    std::string file;        // CSV: docs/formats/directory.md
    std::string hub_url;
    std::string token_file;  // "": the environment's IDUN_TOKEN
};
int directory_import(const DirectoryImportCommand& command);

struct IndexLoadCommand {
    std::string config_file;
    std::vector<std::string> files;  // "-": standard input
    std::string journal;
    bool quiet = false;
};
// Pointer lines into the index of the configuration's hub, which does not run.
int index_load(const IndexLoadCommand& command);

// The six measures of the report on primary use, to standard output; first the national figures, when there is a file of them.
struct DirectoryReportCommand {
    std::string hub_url;
    std::string from, to;       // dates or instants
    std::string national_file;  // "": what the hub has
    std::string token_file;     // "": the environment's IDUN_TOKEN
    bool csv = false;
};
int directory_report(const DirectoryReportCommand& command);

// The rules in their order and the national choices, as Markdown. table_file "": the built-in table.
int rights_rules(const std::string& table_file);

// Says the error in one line and gives its exit code.
int complain(const Error& error);

// Blocks the signals that end the process; call before any thread starts. wait_for_stop returns at the first.
void hold_signals();
void wait_for_stop();

}  // namespace idun::cli
