# What is measured: a function for each program, which declares its rows with
#
#     row NAME CAPTURE COMMAND CHECK
#
# COMMAND and CHECK are lines of bash that run in a directory of the row's own, empty before each run.
# CHECK looks at what the command left there ("log" is what it printed) and says in a few words what the
# output holds; a row whose check says nothing, or not the same in each round, has failed. CAPTURE is mixed, tenth, flood or full; its
# file is in the variable of that name. A function calls "skip" where its program is missing.
#
# Sourced by run.sh.
# shellcheck shell=bash disable=SC2016,SC2034,SC2154

programs=(tidemark nfpcapd argus softflowd traceends tshark nfstream yardstick)

# Flow records in files of five minutes of packet time.
declare_nfpcapd() {
    have nfpcapd nfdump || return 0
    local capture
    for capture in mixed flood full; do
        row nfpcapd "$capture" "mkdir flows && nfpcapd -r ${!capture} -w flows" \
            'nfdump -R flows -I | awk '\''/^Flows:/ {f=$2} /^Packets:/ {p=$2} END {if (p) print f, "flows of", p, "packets"}'\'
    done
}

# The peer that does this very job: flow records, reported every 5 s while the flow lasts, folded into
# windows of 10 s per host. "rmon" counts each record for both its ends. One after the other, through a
# file: into a pipe, argus throws records away when rabins does not keep up.
declare_argus() {
    have argus rabins || return 0
    local fields="stime saddr spkts dpkts sbytes dbytes"
    row "argus and rabins, hosts in 10 s" mixed \
        "argus -X -S 5 -r $mixed -w flows.argus \
            && rabins -r flows.argus -M rmon time 10s -m saddr -n -c , -s $fields > hosts.csv" \
        'awk -F, '\''NR > 1 {p += $3} END {if (p) print NR - 1, "rows,", p, "packets sent"}'\'' hosts.csv'
}

# Flow records as IPFIX datagrams to a port where nobody listens; all flows fit its table.
declare_softflowd() {
    have softflowd || return 0
    row softflowd mixed "softflowd -r $mixed -v 10 -b -m 1048576 -n 127.0.0.1:9995" \
        'awk '\''/^Packets processed/ {p=$3} /^Flows exported/ {f=$3} END {if (p) print f, "flows of", p, "packets"}'\'' log'
}

# Packets and bytes per IPv4 host over the whole capture; no windows, no flows, no IPv6.
declare_traceends() {
    have traceends || return 0
    row "traceends, IPv4 hosts, no windows" mixed "traceends -A v4 pcapfile:$mixed > hosts.txt" \
        'awk '\''{p += $3} END {if (p) print NR, "hosts,", p, "packets sent"}'\'' hosts.txt'
}

# Packets and bytes per host over the whole capture; no windows.
declare_tshark() {
    have tshark || return 0
    row "tshark, endpoints" tenth "tshark -n -q -r $tenth -z endpoints,ip -z endpoints,ipv6 > hosts.txt" \
        'awk '\''$2 ~ /^[0-9]+$/ {n++; p += $4} END {if (p) print n, "hosts,", p, "packets sent"}'\'' hosts.txt'
}

declare_nfstream() {
    if [[ ! -x $scratch/nfstream/bin/python ]]; then
        skip "nfstream: not installed from PyPI"
        return 0
    fi
    row "NFStream, no dissection" tenth \
        "$scratch/nfstream/bin/python $here/nfstream_flows.py $tenth" 'tail -n 1 log'
}

# Not ours and not a product: what one core can do for this job in C, when its source is at hand.
declare_yardstick() {
    if [[ ! -x $scratch/floor ]]; then
        skip "yardstick: no $yardstick"
        return 0
    fi
    local found='sed -E '\''s/.*"flows":([0-9]+).*"rows":([0-9]+).*/\1 flows, \2 rows unwritten/'\'' log'
    local capture
    for capture in mixed flood full; do
        row "yardstick in C, read(2)" "$capture" "$scratch/floor hostRB ${!capture}" "$found"
    done
    row "yardstick in C, libpcap" mixed "$scratch/floor pcaphostB $mixed" "$found"
}

declare_tidemark() {
    if [[ -z $tidemark ]]; then
        skip "tidemark: --peers-only"
        return 0
    fi
    local replay="$tidemark replay --no-progress -q"
    local one="$replay --workers 1"
    local sliding="--window 60s --slide 1s"
    local hosts='rows hosts.jsonl'
    local totals='rows totals.jsonl'
    row "tidemark, hosts" mixed "$one -o hosts:hosts.jsonl $mixed" "$hosts"
    row "tidemark, hosts, 2 workers" mixed "$replay --workers 2 -o hosts:hosts.jsonl $mixed" "$hosts"
    row "tidemark, hosts and totals" mixed "$one -o hosts:hosts.jsonl -o totals:totals.jsonl $mixed" "$hosts"
    row "tidemark, totals" mixed "$one -o totals:totals.jsonl $mixed" "$totals"
    row "tidemark, top host" mixed "$one --top 1 -o hosts:hosts.jsonl $mixed" "$hosts"
    row "tidemark, 60 s by 1 s, hosts" mixed "$one $sliding -o hosts:hosts.jsonl $mixed" "$hosts"
    row "tidemark, 60 s by 1 s, totals" mixed "$one $sliding -o totals:totals.jsonl $mixed" "$totals"
    row "tidemark, 60 s by 1 s, top host" mixed "$one $sliding --top 1 -o hosts:hosts.jsonl $mixed" "$hosts"
    row "tidemark, hosts" flood "$one -o hosts:hosts.jsonl $flood" "$hosts"
    # The kernel's part in new files apart: the yardstick writes no rows either.
    local capture
    for capture in mixed flood; do
        row "tidemark, hosts to /dev/null" "$capture" \
            "$tidemark replay --no-progress --workers 1 --format jsonl -o - ${!capture} > /dev/null" \
            'sed -n "s/ packets captured$/ packets, rows thrown away/p" log'
    done
    row "tidemark, hosts" full "$one -o hosts:hosts.jsonl $full" "$hosts"
}

# The check of a file of rows.
rows() {
    [[ -s $1 ]] && echo "$(wc -l < "$1") rows"
}
export -f rows
