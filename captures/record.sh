#!/bin/bash
# Records the captures of this folder anew, and what tshark says of them: see README.md.
#
# usage: record.sh [NAME...]     all, or only those named, as they are called below (`dns`, `vlan`, …)
#
# Needs Linux with network namespaces, veth, bridge, tap and VXLAN devices, and root (it asks sudo).
# Installs missing Debian packages.  Talks within namespaces of its own only, and removes them at the end.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")"

if ((EUID != 0)); then exec sudo "$PWD/record.sh" "$@"; fi

scratch=$(mktemp -d)
source tools/network.sh

clean_up() {
    end_background
    remove_network
    rm -rf "$scratch"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

install_missing() {
    local missing=() command package
    while read -r command package; do
        command -v "$command" >/dev/null || missing+=("$package")
    done <<-END
		ip iproute2
		tcpdump tcpdump
		tshark tshark
		dumpcap wireshark-common
		python3 python3
		curl curl
		openssl openssl
		dig bind9-dnsutils
		dnsmasq dnsmasq-base
		ping iputils-ping
		nmap nmap
		iperf3 iperf3
		gzip gzip
		zstd zstd
		lz4 lz4
	END
    python3 -c 'import ensurepip' 2>/dev/null || missing+=(python3-venv)
    ((${#missing[@]} == 0)) && return
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "${missing[@]}"
}

# ---- servers, all on the host `server` ----

start_servers() {
    mkdir "$scratch/www"
    # Text that compresses about as pages do, the same each time.
    python3 -c 'for n in range(500): print(f"<li>{n * n % 997} tides and {n * n * n % 991} marks</li>")' \
        >"$scratch/www/index.html"
    head -c 300 "$scratch/www/index.html" >"$scratch/www/small.html"
    python3 -c 'import random, sys; sys.stdout.buffer.write(random.Random(1).randbytes(2_000_000))' \
        >"$scratch/www/bulk.bin"
    openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=server.example -batch \
        -keyout "$scratch/key.pem" -out "$scratch/certificate.pem" 2>/dev/null
    background server python3 -m http.server 80 --bind :: --directory "$scratch/www"
    background server env --chdir="$scratch/www" openssl s_server -quiet -WWW -accept 443 \
        -key "$scratch/key.pem" -cert "$scratch/certificate.pem"
    background server iperf3 -s
    background server python3 tools/talk.py serve
    background server dnsmasq --no-daemon --conf-file=/dev/null --no-resolv --no-hosts --user=root \
        --pid-file="$scratch/dnsmasq.pid" --log-facility=- --local=/example/ \
        --host-record=server.example,10.20.0.2,fd20::2 --cname=www.example,server.example \
        --mx-host=example,server.example,10 \
        --txt-record="long.example,$(printf 'tide %.0s' {1..40}),$(printf 'mark %.0s' {1..40})"
    local port
    for port in 7 53 80 443 5201; do
        wait_until client bash -c "exec 3<>/dev/tcp/10.20.0.2/$port"
    done
}

fetch() { client curl -sS -k --max-time 10 -o /dev/null "$@"; }

# ---- captures recorded as they are ----

record_dns() {
    capture middle to-client dns.pcap
    local question
    for question in "server.example A" "server.example AAAA" "www.example A" "example MX" "no.example A" \
        "-x 10.20.0.2" "long.example TXT" "+tcp long.example TXT"; do
        # shellcheck disable=SC2086  # several words on purpose
        client dig @10.20.0.2 $question >/dev/null
    done
    client dig @fd20::2 server.example AAAA >/dev/null
    end_capture
}

record_http() {
    capture middle to-client http.pcap
    fetch http://10.20.0.2/small.html -o /dev/null http://10.20.0.2/index.html
    fetch http://10.20.0.2/not-there.html
    end_capture
    gzip -9 -n -c http.pcap >http.pcap.gz
    zstd -q -f -19 http.pcap -o http.pcap.zst
    lz4 -q -f -9 --content-size http.pcap http.pcap.lz4
}

record_tls() {
    capture middle to-client tls.pcap
    fetch --tlsv1.3 https://10.20.0.2/small.html
    fetch --tls-max 1.2 https://10.20.0.2/small.html
    end_capture
}

record_udp() {
    capture middle to-client udp.pcap
    client iperf3 -c 10.20.0.2 -u -b 200k -l 200 -t 2 --bidir >/dev/null
    end_capture
}

# Long enough to reach into a second window of 10 s.  The last line draws ICMP errors, which quote packets.
record_icmp() {
    capture middle to-client icmp.pcap
    client ping -q -c 22 -i 0.5 10.20.0.2 >/dev/null
    client ping -q -c 4 -i 0.5 fd20::2 >/dev/null
    client bash -c 'for host in 10.20.0.2 fd20::2; do echo anyone >/dev/udp/$host/4444; done'
    end_capture
}

# Open, closed and, as the server's answers are lost, filtered ports.
record_scan() {
    ip -n "$server_host" rule add ipproto tcp sport 200-220 blackhole
    capture middle to-client scan.pcap
    client nmap -sS -Pn -n --max-retries 1 -p 1-300,443,5201 10.20.0.2 >/dev/null
    end_capture
    ip -n "$server_host" rule delete ipproto tcp sport 200-220 blackhole
}

# Without segmentation offload, so that packets are those that a wire would carry; 96 bytes of each.
record_bulk() {
    ip -n "$server_host" link set eth0 gso_max_segs 1
    capture middle to-client bulk.pcap -s 96
    fetch http://10.20.0.2/bulk.bin
    end_capture
    ip -n "$server_host" link set eth0 gso_max_segs 65535
}

record_ipv6() {
    ip -n "$client_host" -6 neighbour flush dev eth0
    capture middle to-client ipv6.pcap
    fetch 'http://[fd20::2]/index.html'
    client ping -q -c 2 -i 0.3 ff02::1%eth0 >/dev/null
    end_capture
}

# The kernel's own VXLAN devices, on the assigned port and on the one that Linux takes by default.
record_vxlan() {
    local network port
    for network in 30 31; do
        port=$((network == 30 ? 4789 : 8472))
        ip -n "$client_host" link add "vxlan$network" type vxlan id $((network + 12)) \
            local 10.20.0.1 remote 10.20.0.2 dstport $port dev eth0
        ip -n "$server_host" link add "vxlan$network" type vxlan id $((network + 12)) \
            local 10.20.0.2 remote 10.20.0.1 dstport $port dev eth0
        set_addresses "$client_host" "vxlan$network" "$network" 1
        set_addresses "$server_host" "vxlan$network" "$network" 2
    done
    capture middle to-client vxlan.pcap
    fetch http://10.30.0.2/index.html
    client ping -q -c 3 -i 0.3 fd31::2 >/dev/null
    end_capture
    ip -n "$client_host" link delete vxlan30
    ip -n "$client_host" link delete vxlan31
    ip -n "$server_host" link delete vxlan30
    ip -n "$server_host" link delete vxlan31
}

# talk NAME: one of the talks of talk.py.
talk() {
    capture middle to-client "$1.pcap"
    client python3 tools/talk.py "$2" 10.20.0.2
    end_capture
}
record_reset() { talk reset reset; }
record_port_reuse() { talk port-reuse reuse; }
record_quiet() { talk quiet quiet; }

# The capture begins when the connection is there already.
record_midstream() {
    background client python3 tools/talk.py quiet 10.20.0.2
    local talk=$!
    sleep 2
    capture middle to-client midstream.pcap
    wait $talk
    end_capture
}

record_fragments() {
    capture middle to-client fragments.pcap
    client python3 tools/talk.py datagrams 10.20.0.2
    client python3 tools/talk.py datagrams fd20::2
    client ping -q -c 2 -i 0.3 -s 3000 10.20.0.2 >/dev/null
    end_capture
}

record_loopback() {
    capture server lo loopback.pcap
    server curl -sS -o /dev/null http://127.0.0.1/index.html
    server curl -sS -o /dev/null 'http://[::1]/small.html'
    server ping -q -c 2 -i 0.3 127.0.0.1 >/dev/null
    end_capture
}

# Linux cooked captures: version 2, and version 1 of older systems.
record_any() { cooked any LINUX_SLL2; }
record_any_v1() { cooked any-v1 LINUX_SLL; }
cooked() {
    capture server any "$1.pcap" -y "$2"
    fetch http://10.20.0.2/small.html
    server dig @127.0.0.1 server.example A >/dev/null
    end_capture
}

# Every packet twice, as it passes the one port of the bridge and the other.
record_two_interfaces() {
    rm -f two-interfaces.pcapng
    background middle dumpcap -q -i to-client -i to-server -w two-interfaces.pcapng
    local dumpcap=$!
    wait_until test -s two-interfaces.pcapng
    sleep 1
    fetch http://10.20.0.2/small.html
    client ping -q -c 3 -i 0.3 fd20::2 >/dev/null
    sleep 1
    end $dumpcap
    chmod 644 two-interfaces.pcapng
}

record_nanoseconds() {
    capture middle to-client nanoseconds.pcap --time-stamp-precision=nano
    client dig @10.20.0.2 server.example A >/dev/null
    fetch http://10.20.0.2/small.html
    end_capture
}

# A set of files, a new one every three seconds.
record_rotated() {
    rm -rf rotated
    mkdir rotated
    capture middle to-client "$scratch/%s.pcap" -G 3
    client ping -q -c 20 -i 0.5 10.20.0.2 >/dev/null
    end_capture
    local file number=0
    for file in "$scratch"/[0-9]*.pcap; do
        mv "$file" "rotated/ping-$((number += 1)).pcap"
    done
}

# ---- captures made through the relay ----

record_vlan() { relayed vlan; }
record_qinq() { relayed qinq; }
record_mpls() { relayed mpls; }
record_pppoe() { relayed pppoe; }
record_gre() { relayed gre; }
record_gretap() { relayed gretap; }
record_erspan() { relayed erspan; }
record_geneve() { relayed geneve; }
record_gtpu() { relayed gtpu; }
record_ipip() { relayed ipip; }
record_lossy() { relayed lossy; }
record_reordered() { relayed reordered; }

# relayed MODE: the same small talk each time, over two more devices that the relay joins.
relayed() {
    background middle python3 tools/relay.py near far wire "$1"
    local relay=$!
    wait_until ip -n "$middle_host" link show wire
    ip -n "$middle_host" link set near netns "$client_host" mtu 1400 address 02:00:00:00:40:01
    ip -n "$middle_host" link set far netns "$server_host" mtu 1400 address 02:00:00:00:40:02
    set_addresses "$client_host" near 40 1
    set_addresses "$server_host" far 40 2
    middle sysctl -qw net.ipv6.conf.wire.disable_ipv6=1
    ip -n "$middle_host" link set wire up
    capture middle wire "$1.pcap"
    fetch http://10.40.0.2/index.html
    fetch 'http://[fd40::2]/small.html'
    client ping -q -c 3 -i 0.3 10.40.0.2 >/dev/null || [[ $1 = lossy ]]
    end_capture
    end $relay
}

# ---- what tshark and communityid say of them ----

expected() { # expected NAME CAPTURE...
    local name=$1
    shift
    python3 tools/truth.py "$@" >"expected/$name.json"
    "$scratch/python/bin/python" tools/communities.py "$@" >"expected/flows/$name.json"
}

write_expected() {
    python3 -m venv "$scratch/python"
    "$scratch/python/bin/pip" install -q --disable-pip-version-check communityid==1.5.0
    mkdir -p expected/flows
    local file
    shopt -s nullglob # when only some are recorded, there may be no others
    for file in *.pcap *.pcapng; do expected "$file" "$file"; done
    if [[ -d rotated ]]; then expected rotated rotated/*.pcap; fi
    python3 tools/damaged.py
}

readonly all=(dns http tls udp icmp scan bulk ipv6 vxlan reset port_reuse quiet midstream fragments loopback
    any any_v1 two_interfaces nanoseconds rotated
    vlan qinq mpls pppoe gre gretap erspan geneve gtpu ipip lossy reordered)

main() {
    local name
    for name in "$@"; do
        declare -F "record_${name//-/_}" >/dev/null || { echo "no such capture: $name" >&2; exit 64; }
    done
    install_missing
    make_network
    start_servers
    for name in "$@"; do
        echo "recording $name"
        "record_${name//-/_}"
    done
    write_expected
    if [[ -n ${SUDO_UID:-} ]]; then chown -R "$SUDO_UID:$SUDO_GID" .; fi
}

if (($# == 0)); then set -- "${all[@]}"; fi
main "$@"
