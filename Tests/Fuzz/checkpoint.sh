#!/usr/bin/env bash
# Feeds the reader of checkpoints with bytes that libFuzzer makes up, under the address sanitizer.
#
# usage: Tests/Fuzz/checkpoint.sh [SECONDS]     60 where it is not said; what it finds is left in .build-fuzz
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."
seconds=${1:-60}
build=.build-fuzz
mkdir -p "$build/corpus"

swift=${SWIFTC:-swiftc}
# shellcheck disable=SC2054  # the comma is the sanitizers'
options=(-O -wmo -parse-as-library -swift-version 6 -enable-testing -sanitize=fuzzer,address
    -enable-upcoming-feature ExistentialAny -enable-upcoming-feature InternalImportsByDefault
    -I Sources/CPrefetch -I Sources/CLZ4 -I Sources/CZlib -I "$build")
# swiftc links what it is not told to only compile: modules first, each as one object.
module() {
    local name=$1
    shift
    "$swift" "${options[@]}" -module-name "$name" -emit-module -emit-module-path "$build/$name.swiftmodule" \
        -c -o "$build/$name.o" "$@"
}
mapfile -t engine < <(find Sources/EventTime -name '*.swift' | sort)
mapfile -t store < <(find Sources/CheckpointStore -name '*.swift' | sort)
module EventTime "${engine[@]}"
module CheckpointStore "${store[@]}"
"$swift" "${options[@]}" -module-name CheckpointFuzz Tests/Fuzz/CheckpointReaderFuzz.swift \
    "$build/EventTime.o" "$build/CheckpointStore.o" -llz4 -lz -o "$build/fuzz-checkpoint"

# To begin with: what the samples hold, behind the byte that says what it is.
for sample in Tests/CheckpointStoreTests/Samples/version-*/*; do
    version=$(basename "$(dirname "$sample")")
    { printf '\0'; head -n -2 "$sample/manifest.json" | head -c -1; } >"$build/corpus/$version-manifest"
    { printf '\1'; cat "$sample/manifest.json"; } >"$build/corpus/$version-whole"
    for part in "$sample"/*.lz4; do
        name=$(basename "$part" .lz4)
        length=$(lz4 -dc "$part" | wc -c)
        # shellcheck disable=SC2059  # the format is made of the length's three bytes
        { printf '\2'; printf "$(printf '\\x%02x\\x%02x\\x%02x' $((length & 255)) $((length >> 8 & 255)) $((length >> 16)))"
          cat "$part"; } >"$build/corpus/$version-$name"
    done
done

"$build/fuzz-checkpoint" -max_total_time="$seconds" -max_len=65536 -rss_limit_mb=512 -print_final_stats=1 \
    -artifact_prefix="$build/" "$build/corpus"
