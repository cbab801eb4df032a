#!/usr/bin/env bash
# Feeds the reader of captures with bytes that libFuzzer makes up, under the address sanitizer, and holds what it reads
# against libpcap: Tests/CaptureTests/LibpcapAgreement.swift has the rules.
#
# usage: Tests/Fuzz/capture.sh [SECONDS]     60 where it is not said; what is found is left in .build-fuzz
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."
seconds=${1:-60}
# shellcheck source=modules.sh
source Tests/Fuzz/modules.sh
modules Packets Capture
"$swift" "${options[@]}" -module-name CaptureFuzz Tests/Fuzz/CaptureFuzz.swift \
    Tests/CaptureTests/{ReadPacket,LibpcapReading,LibpcapAgreement}.swift \
    "${objects[@]}" -llz4 -lz -lzstd -lpcap -o "$build/fuzz-capture"

# To begin with: all captures there are, whole; and what fits of each, to be changed.
mkdir -p "$build/corpus-capture"
seeds=()
for folder in captures captures/damaged captures/rotated ../shared/captures/dev; do
    for file in "$folder"/*.pcap* "$folder"/*.ntar; do
        if [ ! -f "$file" ]; then continue; fi
        seeds+=("$file")
        head -c 2048 "$file" >"$build/corpus-capture/$(basename "$file")"
    done
done
if ! "$build/fuzz-capture" -rss_limit_mb=512 -timeout=60 "${seeds[@]}" >"$build/capture-seeds.log" 2>&1; then
    tail -n 40 "$build/capture-seeds.log" >&2
    exit 1
fi

fuzz capture "$seconds" "$build/corpus-capture" -max_len=2048 -dict=Tests/Fuzz/capture.dict
