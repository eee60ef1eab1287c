# Sourced by ./run, ./check and ./dev: where things are and how to build them.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
jobs=${IDUN_JOBS:-$(nproc 2>/dev/null || echo 2)}  # parallel compilers and tests

# A compiler cache is used where you have one: set CCACHE_DIR. One of this clone's own would begin empty, and filling it costs an eighth of the
# build (docs/benchmarks.md) to save what ninja knows anyway.
[[ -n ${CCACHE_DIR:-} ]] || export CCACHE_DISABLE=1
export CCACHE_SLOPPINESS=pch_defines,time_macros
export CCACHE_BASEDIR=$root CCACHE_NOHASHDIR=1

configure() {  # configure PRESET
    [[ -f build/$1/build.ninja ]] || cmake --preset "$1"
}

build() {  # build PRESET [TARGET...]
    configure "$1" && ninja -C "build/$1" -j "$jobs" "${@:2}"
}

# Runs a command; its output goes to a file and is shown only when the command fails.
quietly() {  # quietly LOG COMMAND...
    mkdir -p "$(dirname "$1")"
    "${@:2}" >"$1" 2>&1 </dev/null && return
    tail -n 40 "$1" >&2
    echo "failed: ${*:2} (whole log: $1)" >&2
    return 1
}

# Installs a folder's npm packages when its lock file has changed since the last time.
node_packages() {  # node_packages FOLDER
    local stamp=$1/node_modules/.idun-lock
    cmp -s "$1/package-lock.json" "$stamp" && return
    (cd "$1" && npm ci --no-audit --no-fund --loglevel=error) && cp "$1/package-lock.json" "$stamp"
}
