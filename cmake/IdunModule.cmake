# One folder, one target. `idun_module(USES base json LINKS simdjson)` in src/x/CMakeLists.txt makes:
#   idun_x        static library from *.cc and internal/*.cc
#   x_test        doctest program from *_test.cc, registered with ctest (label: x)
#   x_bench       Google Benchmark program from *_bench.cc; ctest runs it for a moment
#   x_NAME_fuzz   one libFuzzer program per NAME_fuzz.cc (clang only); ctest replays seeds for a moment
# USES names the folders whose headers may be included; LINKS names third-party libraries.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
find_package(Threads REQUIRED)

option(IDUN_PCH "Precompile the standard headers" ON)
option(IDUN_UNITY "Compile a folder's sources in batches: far faster from nothing, slower after a small change" OFF)
option(IDUN_TESTS "Build unit tests" ON)
option(IDUN_BENCH "Build benchmarks" ON)
option(IDUN_FUZZ "Build fuzzers (clang only)" OFF)
set(IDUN_SANITIZE "" CACHE STRING "Sanitizers, such as address,undefined or thread")
# Folders whose tests work hard: where tests run with sanitizers from nothing, to compile these better costs less than it saves.
set(IDUN_OPTIMISED "" CACHE STRING "Folders compiled with -O1 in a build that is else without")

find_program(IDUN_CCACHE ccache)
if(IDUN_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${IDUN_CCACHE})
endif()
find_program(IDUN_MOLD mold)
if(IDUN_MOLD)
  add_link_options(-fuse-ld=mold)
endif()

add_compile_options(-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -Werror
                    -fno-omit-frame-pointer -ffile-prefix-map=${CMAKE_SOURCE_DIR}/=)
add_compile_definitions(_GLIBCXX_ASSERTIONS)
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  # So that ccache may reuse objects that were built with a precompiled header.
  add_compile_options("SHELL:-Xclang -fno-pch-timestamp")
else()
  # g++ 12 reports these falsely in standard headers when it inlines (GCC bugs 105329, 105651, 107852).
  add_compile_options(-Wno-restrict -Wno-stringop-overflow -Wno-stringop-overread -Wno-array-bounds
                      -Wno-maybe-uninitialized -Wno-dangling-pointer -Wno-missing-field-initializers)
endif()
option(IDUN_FUZZ_COVERAGE "Instrument all code for the fuzzers, so that they are guided through it" OFF)
if(IDUN_FUZZ_COVERAGE)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
if(IDUN_SANITIZE)
  add_compile_options(-fsanitize=${IDUN_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${IDUN_SANITIZE})
endif()

function(idun_optimised target folder)
  if(folder IN_LIST IDUN_OPTIMISED)
    target_compile_options(${target} PRIVATE -O1)
    set_target_properties(${target} PROPERTIES DISABLE_PRECOMPILE_HEADERS ON)  # that one is made without -O1
  endif()
endfunction()

# idun_unity(TARGET SOURCES...): in batches that tools/batches puts together so that no names meet.
function(idun_unity target)
  if(NOT IDUN_UNITY)
    return()
  endif()
  set(files ${ARGN})
  execute_process(COMMAND ${CMAKE_SOURCE_DIR}/tools/batches 8 ${files} OUTPUT_VARIABLE batches COMMAND_ERROR_IS_FATAL ANY)
  string(REGEX MATCHALL "[0-9]+" batches "${batches}")
  foreach(file batch IN ZIP_LISTS files batches)
    set_source_files_properties(${file} PROPERTIES UNITY_GROUP ${batch})
  endforeach()
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${files} ${CMAKE_SOURCE_DIR}/tools/batches)  # the names in them decide
  set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_MODE GROUP)
  # Whether a name hides another, and whether a class has parts of an anonymous namespace, the other builds judge.
  target_compile_options(${target} PRIVATE -Wno-shadow $<$<CXX_COMPILER_ID:GNU>:-Wno-subobject-linkage>)
endfunction()

function(idun_pch target)
  if(IDUN_PCH)
    target_precompile_headers(${target} REUSE_FROM idun_pch)
  endif()
endfunction()

if(IDUN_PCH)
  file(WRITE ${CMAKE_BINARY_DIR}/pch.cc "// Holder of the precompiled header.\n")
  add_library(idun_pch OBJECT ${CMAKE_BINARY_DIR}/pch.cc)
  target_precompile_headers(idun_pch PRIVATE
    <algorithm> <array> <atomic> <chrono> <condition_variable> <cstdint> <cstring> <deque> <functional>
    <map> <memory> <mutex> <optional> <set> <span> <string> <string_view> <thread> <tuple>
    <unordered_map> <unordered_set> <utility> <variant> <vector> <tl/expected.hpp> <fmt/format.h>)
endif()

# doctest's own code and main(), compiled once for all test programs.
add_library(idun_doctest_main OBJECT ${CMAKE_SOURCE_DIR}/cmake/doctest_main.cc)

function(idun_folder path)
  if(EXISTS ${CMAKE_SOURCE_DIR}/${path}/CMakeLists.txt)
    add_subdirectory(${path})
  endif()
endfunction()

function(idun_module)
  cmake_parse_arguments(M "" "" "USES;LINKS;TEST_USES" ${ARGN})
  get_filename_component(name ${CMAKE_CURRENT_SOURCE_DIR} NAME)
  file(GLOB all CONFIGURE_DEPENDS *.cc internal/*.cc)
  set(tests ${all})
  list(FILTER tests INCLUDE REGEX "_test\\.cc$")
  set(benches ${all})
  list(FILTER benches INCLUDE REGEX "_bench\\.cc$")
  set(fuzzers ${all})
  list(FILTER fuzzers INCLUDE REGEX "_fuzz\\.cc$")
  set(sources ${all})
  list(FILTER sources EXCLUDE REGEX "_(test|bench|fuzz|main)\\.cc$")

  add_library(idun_${name} STATIC ${sources})
  target_include_directories(idun_${name} PUBLIC ${CMAKE_SOURCE_DIR}/src)
  target_link_libraries(idun_${name} PUBLIC Threads::Threads fmt)
  foreach(used ${M_USES})
    target_link_libraries(idun_${name} PUBLIC idun_${used})
  endforeach()
  target_link_libraries(idun_${name} PUBLIC ${M_LINKS})
  idun_pch(idun_${name})
  idun_unity(idun_${name} ${sources})
  idun_optimised(idun_${name} ${name})

  if(tests AND IDUN_TESTS)
    add_executable(${name}_test ${tests} $<TARGET_OBJECTS:idun_doctest_main>)
    target_link_libraries(${name}_test PRIVATE idun_${name})
    foreach(used ${M_TEST_USES})
      target_link_libraries(${name}_test PRIVATE idun_${used})
    endforeach()
    target_compile_definitions(${name}_test PRIVATE IDUN_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
    idun_pch(${name}_test)
    idun_unity(${name}_test ${tests})
    idun_optimised(${name}_test ${name})
    add_test(NAME ${name}_test COMMAND ${name}_test)
    set_tests_properties(${name}_test PROPERTIES LABELS ${name} TIMEOUT 900)
  endif()
  if(benches AND IDUN_BENCH)
    add_executable(${name}_bench ${benches})
    target_link_libraries(${name}_bench PRIVATE idun_${name} benchmark benchmark_main)
    foreach(used ${M_TEST_USES})
      target_link_libraries(${name}_bench PRIVATE idun_${used})
    endforeach()
    target_compile_definitions(${name}_bench PRIVATE IDUN_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
    idun_pch(${name}_bench)
    add_test(NAME ${name}_bench_runs COMMAND ${name}_bench --benchmark_min_time=0.001)
    set_tests_properties(${name}_bench_runs PROPERTIES LABELS bench TIMEOUT 120)
  endif()
  if(IDUN_FUZZ AND CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    foreach(fuzzer ${fuzzers})
      get_filename_component(stem ${fuzzer} NAME_WE)
      add_executable(${name}_${stem} ${fuzzer})
      target_link_libraries(${name}_${stem} PRIVATE idun_${name})
      target_compile_options(${name}_${stem} PRIVATE -fsanitize=fuzzer)
      target_link_options(${name}_${stem} PRIVATE -fsanitize=fuzzer)
      # Seeds live in src/x/seeds/NAME_fuzz/.
      add_test(NAME ${name}_${stem}_runs COMMAND ${name}_${stem} -runs=2000 -seed=1 -max_total_time=5
               ${CMAKE_CURRENT_BINARY_DIR}/${stem}_corpus ${CMAKE_CURRENT_SOURCE_DIR}/seeds/${stem})
      file(MAKE_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR}/${stem}_corpus)
      set_tests_properties(${name}_${stem}_runs PROPERTIES LABELS fuzz TIMEOUT 120)
    endforeach()
  endif()
endfunction()
