#!/usr/bin/env bash
# Measures tidemark beside its peers, all in turns on the same captures, and prints Markdown tables.
#
# usage: run.sh [--rounds N] [--packets N] [--only REGEX] [--peers-only] [--no-install] [DIRECTORY]
#
#   --rounds N     how often each command runs; the tables show medians (5)
#   --packets N    packets of the mixed capture; the others keep their proportion to it (10000000)
#   --only REGEX   only the rows whose name matches, nfpcapd always being one
#   --peers-only   without tidemark, which is then not built
#   --no-install   take the peers that are there; else Debian's packages and PyPI's NFStream are
#                  installed, the former only as root
#   DIRECTORY      where the captures and outputs may stand, about 10 GB, removed at the end ($TMPDIR, /tmp)
#
# YARDSTICK names the reference program's source (default: ../shared/yardstick/floor.c beside the
# repository). Messages go to stderr, the tables to stdout. The exit status is 1 if a command failed.
# shellcheck disable=SC2034  # the captures' names are read in commands.sh

set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
yardstick=${YARDSTICK:-$root/../shared/yardstick/floor.c}

rounds=5
packets=10000000
only=.
with_tidemark=yes
install=yes
parent=${TMPDIR:-/tmp}

usage() {
    sed -n '4,/^# repository/s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2
    exit 64
}

while (($#)); do
    case $1 in
        --rounds) rounds=${2:?}; shift ;;
        --packets) packets=${2:?}; shift ;;
        --only) only=${2:?}; shift ;;
        --peers-only) with_tidemark= ;;
        --no-install) install= ;;
        -*) usage ;;
        *) parent=$1 ;;
    esac
    shift
done

say() { echo "$*" >&2; }

skipped=()
skip() {
    say "skipped: $1"
    skipped+=("$1")
}

# have PROGRAM...: whether all are installed; else the row is skipped.
have() {
    local program
    for program in "$@"; do
        command -v "$program" > /dev/null && continue
        skip "$program: not installed"
        return 1
    done
}

# --- what is needed ---------------------------------------------------------------------------------

install_peers() {
    [[ $install ]] || return 0
    local package
    for package in nfdump argus-server argus-client softflowd libtrace-tools tshark python3-venv; do
        dpkg-query -W -f '${Status}' "$package" 2> /dev/null | grep -q 'ok installed' && continue
        if ((EUID != 0)); then
            say "$package is not installed, and only root may: apt-get install $package"
            continue
        fi
        say "installing $package"
        DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "$package" \
            > /dev/null 2>&1 || say "apt-get could not install $package"
    done
    say "installing NFStream"
    if ! { python3 -m venv "$scratch/nfstream" \
        && "$scratch/nfstream/bin/pip" install -q nfstream==6.6.0; } > "$scratch/pip.log" 2>&1; then
        say "pip could not install NFStream: $(tail -n 1 "$scratch/pip.log")"
        rm -rf "$scratch/nfstream"
    fi
}

# build PACKAGE PRODUCT: prints the path of the release build.
build() {
    say "building $2"
    swift build -c release --package-path "$1" --product "$2" >&2
    echo "$(swift build -c release --package-path "$1" --show-bin-path)/$2"
}

build_yardstick() {
    [[ -e $yardstick ]] || return 0
    local flags=(-O3)
    [[ $(uname -m) == x86_64 ]] && flags+=(-march=x86-64-v2)
    cc "${flags[@]}" -o "$scratch/floor" "$yardstick" -lpcap || say "the yardstick does not compile"
}

# capture NAME PACKETS [OPTION...]: generates it, and keeps its path in the variable NAME.
declare -A captured=() titles=(
    [mixed]="Mixed traffic, 96-byte snapshots" [tenth]="A tenth of it, for the slow ones"
    [flood]="Flood: each packet a new flow from a new host" [full]="Mixed traffic, full-size packets"
)
capture() {
    local name=$1
    captured[$name]=$2
    printf -v "$name" %s "$scratch/$name.pcap"
    "$generator" "${!name}" --packets "$2" "${@:3}" >&2
}

# --- the rows ---------------------------------------------------------------------------------------

names=() captures=() commands=() checks=() found=()
row() {
    [[ $1 == nfpcapd || $1 =~ $only ]] || return 0
    names+=("$1") captures+=("$2") commands+=("$3") checks+=("$4") found+=("")
}

run_row() {
    local index=$1 round=$2
    local directory=$scratch/row
    mkdir "$directory"
    say "round $round of $rounds: ${names[index]} (${captures[index]})"
    python3 "$here/measure.py" "$scratch/log" "${names[index]} ${captures[index]}" "$directory" "${commands[index]}"
    # In each round: a program may lose data only when the machine is busy.
    local output
    output=$(cd "$directory"; bash -c "${checks[index]}" 2> /dev/null) || true
    if ((round == 1)); then found[index]=$output; fi
    if [[ -z $output || $output != "${found[index]}" ]]; then
        say "FAILED: ${commands[index]}"
        say "output: ${output:-none}; in round 1: ${found[index]:-none}"
        tail -n 5 "$directory/log" >&2
        found[index]=
    fi
    rm -rf "$directory"
}

# --- the report -------------------------------------------------------------------------------------

facts() {
    local package
    echo "- $(date -u +%F), $(nproc) cores of $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)," \
        "$(awk '/MemTotal/ {printf "%.0f GB", $2 / 1e6}' /proc/meminfo), Linux $(uname -r)"
    echo "- load average before: $load; $rounds rounds in turns, captures in the page cache"
    echo "- tidemark $(git -C "$root" describe --always --dirty 2> /dev/null || echo '(no git)')," \
        "$(swift --version 2> /dev/null | grep -o 'Swift version [^ ]*')"
    for package in nfdump argus-server argus-client softflowd libtrace-tools tshark libpcap0.8; do
        dpkg-query -W -f '- ${Package} ${Version}\n' "$package" 2> /dev/null || true
    done
    [[ -x $scratch/nfstream/bin/pip ]] && "$scratch/nfstream/bin/pip" list 2> /dev/null | awk '/^nfstream/ {print "-", $1, $2}'
    local reason
    for reason in "${skipped[@]}"; do echo "- skipped: $reason"; done
}

print_tables() {
    local name index
    for name in mixed tenth flood full; do
        for index in "${!names[@]}"; do
            [[ ${captures[index]} == "$name" ]] || continue
            printf '%s\t%s\t%s\t%s\t%s\t%s\n' "${names[index]} $name" "${names[index]}" "${titles[$name]}" "${captured[$name]}" \
                "$(stat -c %s "${!name}")" "${found[index]}"
        done
    done > "$scratch/rows"
    python3 "$here/table.py" "$scratch/rows" "$scratch/log"
}

# --- all of it --------------------------------------------------------------------------------------

scratch=$(mktemp -d -p "$parent" tidemark-peers.XXXXXX)
trap 'rm -rf "$scratch"' EXIT

# shellcheck source=commands.sh
source "$here/commands.sh"
generator=$(build "$root/Benchmarks" generate-capture)
tidemark=
[[ $with_tidemark ]] && tidemark=$(build "$root" tidemark)
install_peers
build_yardstick
capture mixed "$packets"
capture tenth "$((packets / 10))"
capture flood "$((packets / 5))" --flood
capture full "$((packets / 10))" --snaplen 65535
for program in "${programs[@]}"; do "declare_$program"; done

load=$(cut -d ' ' -f 1-3 /proc/loadavg)
for ((round = 1; round <= rounds; round++)); do
    cat "$mixed" "$tenth" "$flood" "$full" > /dev/null
    for index in "${!names[@]}"; do run_row "$index" "$round"; done
done
facts
print_tables
