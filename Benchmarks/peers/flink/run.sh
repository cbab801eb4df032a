#!/bin/sh
# Runs the jobs of EngineJobs in Apache Flink, from PyPI, on one core:
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

if [ $# -eq 3 ]; then
    job "$@"
    exit
fi
job tumbling 4000000 20000
job sliding 200000 1000
job tumbling-sql 4000000 20000
job sliding-sql 1000000 5000
job session 2000000 20000
job unique-tumbling 1000000 20000
job unique-sliding 100000 2000
