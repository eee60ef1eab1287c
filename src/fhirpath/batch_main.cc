// fhirpath_batch: lines of JSON on standard input, answers on standard output (batch.h). What `idun fhirpath --batch`
// does, in a program that is quick to build.
#include <cstdio>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>

#include "base/time.h"
#include "fhirpath/batch.h"

namespace {

idun::Result<std::string> read_file(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    if (!in) return idun::fail(idun::Category::not_found, "the file cannot be read");
    std::ostringstream text;
    text << in.rdbuf();
    return std::move(text).str();
}

}  // namespace

int main() {
    std::ios::sync_with_stdio(false);
    idun::fhirpath::Batch batch(read_file, idun::system_clock().now());
    for (std::string line; std::getline(std::cin, line);) std::cout << batch.run(line) << '\n';
    return std::cout.flush() ? 0 : 1;
}
