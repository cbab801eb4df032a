#!/bin/sh
# Allocations per element of each of the engine's jobs: the difference between a run of 2 N elements and one of N,
# divided by N. The stream is made beforehand and is the same in both. Calls of malloc and its like are counted in the
# process, by a library that stands before the C library.
#   allocations.sh [N]
set -eu
here=$(cd "$(dirname "$0")" && pwd)
number=${1:-4000000}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cc -O2 -shared -fPIC -o "$work/allocations.so" "$here/allocations.c" -ldl
swift build -c release --package-path "$here" --product run-engine >&2
program=$(swift build -c release --package-path "$here" --show-bin-path)/run-engine

count() { # job elements rate
    LD_PRELOAD="$work/allocations.so" "$program" "$1" "$2" "$3" --rounds 1 2>&1 >/dev/null | awk '{ print $1, $3 }'
}

printf '| job | elements | allocations more | per element | bytes more per element |\n'
printf '| --- | ---: | ---: | ---: | ---: |\n'
for job in tumbling sliding session count count-sliding unique-tumbling unique-sliding; do
    # A quarter of the run is a second of event time, so that windows close in both runs.
    rate=$((number / 100))
    count "$job" "$number" "$rate" > "$work/once"
    count "$job" $((2 * number)) "$rate" > "$work/twice"
    paste -d ' ' "$work/once" "$work/twice" | awk -v job="$job" -v n="$number" '{
        printf "| %s | %d | %d | %.6f | %.3f |\n", job, n, $3 - $1, ($3 - $1) / n, ($4 - $2) / n }'
done
