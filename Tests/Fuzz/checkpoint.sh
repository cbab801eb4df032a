#!/usr/bin/env bash
# Feeds the reader of checkpoints, and then what a replay takes up from one, with bytes that libFuzzer makes up, under
# the address sanitizer.
#
# usage: Tests/Fuzz/checkpoint.sh [SECONDS]     for each, 60 where it is not said; what is found is left in .build-fuzz
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."
seconds=${1:-60}
# shellcheck source=modules.sh
source Tests/Fuzz/modules.sh
mkdir -p "$build/corpus" "$build/corpus-replay"
modules EventTime CheckpointStore Packets Capture Flows HostStatistics Reports Pipeline
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
# that the last one holds. The byte before them: the command, 8 for changes, 16 for each form of state.
for sample in Tests/CommandTests/Samples/*; do
    folders=("$sample"/checkpoints/checkpoint-*)
    version=$(sed -n 's/.*"state_version": *\([0-9]*\).*/\1/p' "${folders[0]}/manifest.json" | head -n 1)
    changes=8
    if [ "$version" = 1 ]; then changes=0; fi
    for choice in 0 1 2 3 4 5; do
        {
            three_bytes $((choice + changes + 16 * version)) | head -c 1
            for name in run reports intake rest; do part "${folders[-1]}/$name.lz4"; done
            for name in flows-0 pairs windows; do part "${folders[0]}/$name.lz4"; done
            for name in flows-0 pairs windows; do part "${folders[-1]}/$name.lz4"; done
        } >"$build/corpus-replay/$(basename "$sample")-$choice"
    done
done

fuzz checkpoint "$seconds" "$build/corpus" -max_len=65536
fuzz replay "$seconds" "$build/corpus-replay" -max_len=65536
