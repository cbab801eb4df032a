#!/bin/sh
# Runs the jobs of EngineJobs in Apache Flink, from PyPI, and in EventTime, one after the other on one core, and prints
# a table of both. The exit status is 1 where rows or checksums differ.
#   run.sh                     the jobs of Docs/performance.md
#   run.sh JOB ELEMENTS RATE   one of them: tumbling, sliding, session, unique-tumbling, unique-sliding, or one of the
#                              first two with -sql; RATE elements have the same second of event time
# Needs a JDK (javac) of 17 or later, and Python 3.9 to 3.12 with venv for pip. FLINK_VENV says where the virtual
# environment is or shall be; by default under ~/.cache.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
venv=${FLINK_VENV:-${XDG_CACHE_HOME:-$HOME/.cache}/tidemark-flink}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

command -v javac >/dev/null || { echo 'run.sh: no javac: install a JDK, 17 or later' >&2; exit 69; }
if ! [ -d "$venv" ]; then
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet apache-flink==2.3.0 >&2
fi
library=$("$venv/bin/python" -c 'import pyflink, os; print(os.path.dirname(pyflink.__file__) + "/lib")')
classpath=$(printf '%s:' "$library"/*.jar)
javac -nowarn -cp "$classpath" -d "$work" "$here/FlinkPeer.java"
printf 'rootLogger.level=OFF\n' > "$work/log4j2.properties"

job() {
    open=
    for package in java.lang java.util java.util.concurrent java.time java.net; do
        open="$open --add-opens=java.base/$package=ALL-UNNAMED"
    done
    # shellcheck disable=SC2086
    taskset -c "${FLINK_CPU:-0}" java $open -Xms4g -Xmx4g -XX:+UseSerialGC \
        -Dlog4j.configurationFile="$work/log4j2.properties" -cp "$work:$classpath" FlinkPeer "$@" 2>"$work/errors" ||
        { cat "$work/errors" >&2; exit 70; }
}

package=$here/../..
swift build -c release --package-path "$package" --product run-engine >&2
engine=$(swift build -c release --package-path "$package" --show-bin-path)/run-engine

# Behind the word: a number, or what is left of the line.
field() { sed -n "s|.* $1 \([^ ]*\).*|\1|p"; }
rows() { sed -n 's/.* rows //p'; }

differences=0
compare() { # job elements rate
    flink=$(job "$@")
    ours=$(taskset -c "${FLINK_CPU:-0}" "$engine" "${1%-sql}" "$2" "$3" --rounds 3)
    outcome=$(echo "$flink" | rows)
    if [ "$outcome" != "$(echo "$ours" | rows)" ]; then
        outcome="$outcome, here $(echo "$ours" | rows)"
        differences=1
    fi
    echo "| \`$1\` | $2, $3 | $(echo "$flink" | field elements/s) | $(echo "$ours" | field elements/s) | $outcome |"
}

echo '| job | elements, a second | Flink, elements a second | EventTime | rows |'
echo '| --- | ---: | ---: | ---: | --- |'
if [ $# -eq 3 ]; then
    compare "$@"
    exit $differences
fi
compare tumbling 4000000 20000
compare sliding 200000 1000
compare tumbling-sql 4000000 20000
compare sliding-sql 200000 1000
compare session 2000000 20000
compare unique-tumbling 1000000 20000
compare unique-sliding 100000 2000
exit $differences
