#!/usr/bin/env bash
# Feeds the reader of checkpoints, and then what a replay takes up from one, with bytes that libFuzzer makes up, under
# the address sanitizer.
#
# usage: Tests/Fuzz/checkpoint.sh [SECONDS]     for each, 60 where it is not said; what is found is left in .build-fuzz
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."
seconds=${1:-60}
build=.build-fuzz
mkdir -p "$build/corpus" "$build/corpus-replay"

swift=${SWIFTC:-swiftc}
# shellcheck disable=SC2054  # the comma is the sanitizers'
options=(-O -wmo -parse-as-library -swift-version 6 -enable-testing -sanitize=fuzzer,address
    -package-name tidemark -enable-upcoming-feature ExistentialAny -enable-upcoming-feature InternalImportsByDefault
    -I Sources/CPrefetch -I Sources/CMemory -I Sources/CLZ4 -I Sources/CZlib -I Sources/CZstd -I Sources/CPcap -I "$build")
# swiftc links what it is not told to only compile: modules first, each as one object.
module() {
    local name=$1
    shift
    "$swift" "${options[@]}" -module-name "$name" -emit-module -emit-module-path "$build/$name.swiftmodule" \
        -c -o "$build/$name.o" "$@"
}
# In an order in which each stands behind those that it imports.
objects=()
modules=(EventTime CheckpointStore Packets Capture Flows HostStatistics Reports Pipeline)
for name in "${modules[@]}"; do
    mapfile -t sources < <(find "Sources/$name" -name '*.swift' | sort)
    module "$name" "${sources[@]}"
    objects+=("$build/$name.o")
done
"$swift" "${options[@]}" -module-name CheckpointFuzz Tests/Fuzz/CheckpointReaderFuzz.swift \
    "$build/EventTime.o" "$build/CheckpointStore.o" -llz4 -lz -o "$build/fuzz-checkpoint"
"$swift" "${options[@]}" -module-name ReplayFuzz Tests/Fuzz/ReplayStateFuzz.swift \
    "${objects[@]}" -llz4 -lz -lzstd -lpcap -o "$build/fuzz-replay"

# three_bytes NUMBER: its lowest 24 bits, little-endian.
three_bytes() {
    # shellcheck disable=SC2059  # the format is made of the bytes
    printf "$(printf '\\x%02x\\x%02x\\x%02x' $(($1 & 255)) $(($1 >> 8 & 255)) $(($1 >> 16)))"
}

# To begin with: what the samples hold, behind the byte that says what it is.
for sample in Tests/CheckpointStoreTests/Samples/version-*/*; do
    version=$(basename "$(dirname "$sample")")
    { printf '\0'; head -n -2 "$sample/manifest.json" | head -c -1; } >"$build/corpus/$version-manifest"
    { printf '\1'; cat "$sample/manifest.json"; } >"$build/corpus/$version-whole"
    for part in "$sample"/*.lz4; do
        name=$(basename "$part" .lz4)
        { printf '\2'; three_bytes "$(lz4 -dc "$part" | wc -c)"; cat "$part"; } >"$build/corpus/$version-$name"
    done
done
# part FILE: what is in it, behind its length; nothing where there is no such file.
part() {
    if [ ! -e "$1" ]; then
        three_bytes 0
        return
    fi
    three_bytes "$(lz4 -dc "$1" | wc -c)"
    lz4 -dc "$1"
}
# All parts of a run's, for each of the commands that the target knows: of the first checkpoint there is, and the changes
# that the last one holds. 4 stands for the first form, 16 for the second, 8 for changes.
for sample in Tests/CommandTests/Samples/replay-*; do
    folders=("$sample"/checkpoints/checkpoint-*)
    form=8
    if grep -q '"state_version": *1' "${folders[0]}/manifest.json"; then form=4; fi
    if grep -q '"state_version": *2' "${folders[0]}/manifest.json"; then form=24; fi
    for choice in 0 1 2 3; do
        {
            three_bytes $((choice + form)) | head -c 1
            for name in run reports intake rest; do part "${folders[-1]}/$name.lz4"; done
            for name in flows-0 pairs windows; do part "${folders[0]}/$name.lz4"; done
            for name in flows-0 pairs windows; do part "${folders[-1]}/$name.lz4"; done
        } >"$build/corpus-replay/$(basename "$sample")-$choice"
    done
done

# Memory is bounded by what the bytes hold, and so is time: counts that they only claim must not matter.
for target in checkpoint replay; do
    corpus=$build/corpus
    test "$target" = checkpoint || corpus=$build/corpus-replay
    "$build/fuzz-$target" -max_total_time="$seconds" -max_len=65536 -rss_limit_mb=512 -timeout=10 \
        -print_final_stats=1 -artifact_prefix="$build/$target-" "$corpus"
done
