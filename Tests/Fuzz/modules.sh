# Tidemark's modules as libFuzzer needs them, in .build-fuzz: with its coverage, and the address sanitizer. Sourced by
# the scripts beside it, from the package's folder.
# shellcheck shell=bash

build=.build-fuzz
# Swift's own report of a crash and the sanitizer's do not go together.
export SWIFT_BACKTRACE=enable=no
mkdir -p "$build"

swift=${SWIFTC:-swiftc}
# shellcheck disable=SC2054  # the comma is the sanitizers'
options=(-O -wmo -parse-as-library -use-ld=lld -swift-version 6 -enable-testing -sanitize=fuzzer,address
    -package-name tidemark -enable-upcoming-feature ExistentialAny -enable-upcoming-feature InternalImportsByDefault
    -I Sources/CPrefetch -I Sources/CMemory -I Sources/CChecksum -I Sources/CLZ4 -I Sources/CZlib -I Sources/CZstd -I Sources/CPcap -I "$build")

# modules NAME...: compiles them, in an order in which each stands behind those that it imports, and names their objects
# in the array objects. swiftc links what it is not told to only compile: modules first, each as one object. What is
# newer than all sources stays as it is.
modules() {
    local name sources
    objects=()
    for name in "$@"; do
        objects+=("$build/$name.o")
        if [ -e "$build/$name.o" ] && [ -z "$(find Sources Tests/Fuzz/modules.sh -newer "$build/$name.o" -print -quit)" ]; then
            continue
        fi
        mapfile -t sources < <(find "Sources/$name" -name '*.swift' | sort)
        "$swift" "${options[@]}" -module-name "$name" -emit-module -emit-module-path "$build/$name.swiftmodule" \
            -c -o "$build/$name.o" "${sources[@]}"
    done
}

# fuzz TARGET SECONDS CORPUS OPTION...: lets it run. Memory is bounded by what the bytes hold, and so is time: counts
# that they only claim must not matter.
fuzz() {
    local target=$1 seconds=$2 corpus=$3
    shift 3
    "$build/fuzz-$target" -max_total_time="$seconds" -rss_limit_mb=512 -timeout=10 -print_final_stats=1 \
        -artifact_prefix="$build/$target-" "$@" "$corpus"
}
