#!/bin/sh
# What a row of `hosts` or `flows` costs, from a window's report or the flows' records on: CPU and rows a second for each
# format, to /dev/null (formatting alone) and to a file, each the median of five runs; and allocations per row: the
# difference between a run of twice the windows and one, divided by its rows.
#   rows.sh [WINDOWS [ROWS]]
set -eu
here=$(cd "$(dirname "$0")" && pwd)
windows=${1:-100}
rows=${2:-50000}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cc -O2 -shared -fPIC -o "$work/allocations.so" "$here/allocations.c" -ldl
swift build -c release --package-path "$here/.." --product run-rows >&2
program=$(swift build -c release --package-path "$here/.." --show-bin-path)/run-rows

allocations() { # kind format windows
    LD_PRELOAD="$work/allocations.so" "$program" "$1" "$2" "$3" "$rows" 2>&1 >/dev/null | awk '{ print $1 }'
}

printf '| rows | format | to | bytes a row | CPU, ns a row | rows a second | allocations per row |\n'
printf '| --- | --- | --- | ---: | ---: | ---: | ---: |\n'
for kind in hosts flows; do
    for format in jsonl csv tsv; do
        once=$(allocations "$kind" "$format" "$windows")
        twice=$(allocations "$kind" "$format" $((2 * windows)))
        for place in /dev/null "$work/rows"; do
            for _ in 1 2 3 4 5; do
                rm -f "$work/rows"
                "$program" "$kind" "$format" "$windows" "$rows" "$place"
            done | sort -n -k 5 | sed -n 3p | awk -v kind="$kind" -v format="$format" -v more=$((twice - once)) \
                -v place="$([ "$place" = /dev/null ] && echo /dev/null || echo 'a file')" '{
                printf "| %s | %s | %s | %d | %s | %d | %.6f |\n", kind, format, place, $3 / $1, $5, $9, more / $1 }'
        done
    done
done
