# shellcheck shell=bash
# Three hosts in network namespaces, and tcpdump among them.  Sourced by record.sh,
# which sets `scratch`, a folder for logs.
#
#      client                     middle                      server
#     10.20.0.1    eth0 ── to-client ═ bridge ═ to-server ── eth0    10.20.0.2
#     fd20::1                                                        fd20::2
#
# The namespaces have no way to anywhere else.  All that is made here, and every process started in it,
# is gone after `remove_network`.

readonly client_host=tidemark-$$-client middle_host=tidemark-$$-middle server_host=tidemark-$$-server

client() { ip netns exec "$client_host" "$@"; }
middle() { ip netns exec "$middle_host" "$@"; }
server() { ip netns exec "$server_host" "$@"; }

make_network() {
    local host
    for host in "$client_host" "$middle_host" "$server_host"; do
        ip netns add "$host"
        ip -n "$host" link set lo up
    done
    ip -n "$middle_host" link add bridge type bridge
    ip -n "$middle_host" link set bridge up
    join_host "$client_host" to-client 1
    join_host "$server_host" to-server 2
    sleep 2 # IPv6: the bridge's ports are listening, and multicast listener reports are sent
}

# join_host HOST PORT NUMBER: plugs a host into the bridge.
join_host() {
    ip -n "$middle_host" link add "$2" type veth peer name eth0 netns "$1"
    ip -n "$1" link set eth0 address "02:00:00:00:00:0$3"
    set_addresses "$1" eth0 20 "$3"
    ip -n "$middle_host" link set "$2" master bridge up
}

# set_addresses HOST DEVICE NETWORK NUMBER: 10.NETWORK.0.NUMBER and fdNETWORK::NUMBER, at once usable.
set_addresses() {
    ip netns exec "$1" sysctl -qw "net.ipv6.conf.$2.accept_dad=0"
    ip -n "$1" address add "10.$3.0.$4/24" dev "$2"
    ip -n "$1" address add "fd$3::$4/64" dev "$2" nodad
    ip -n "$1" link set "$2" up
}

remove_network() {
    local host
    for host in "$client_host" "$middle_host" "$server_host"; do
        if ip netns pids "$host" >/dev/null 2>&1; then
            ip netns pids "$host" | xargs --no-run-if-empty kill -KILL 2>/dev/null || true
            ip netns delete "$host"
        fi
    done
}

# wait_until COMMAND...: for at most 10 s.
wait_until() {
    local tries
    for ((tries = 0; tries < 100; tries++)); do
        if "$@" >/dev/null 2>&1; then return; fi
        sleep 0.1
    done
    echo "gave up waiting for: $*" >&2
    return 1
}

# Each of these starts its command as a child of this shell itself, so that `$!` is the command's number.

# background HOST COMMAND...: ended by `end_background`, at the latest with the network.
background_processes=()
background() {
    ip netns exec "tidemark-$$-$1" "${@:2}" >>"$scratch/background.log" 2>&1 &
    background_processes+=($!)
}
end_background() {
    ((${#background_processes[@]} == 0)) || end "${background_processes[@]}"
    background_processes=()
}

# capture HOST DEVICE FILE [tcpdump's options]: starts a capture and returns when it has begun.
capture() {
    : >"$scratch/tcpdump.log" # else the last one's would be taken for this one's
    ip netns exec "tidemark-$$-$1" \
        tcpdump -Z root -B 16384 -n -i "$2" -w "$3" "${@:4}" 2>"$scratch/tcpdump.log" &
    recorder=$!
    wait_until grep -q "listening on" "$scratch/tcpdump.log"
}

# Ends the capture.  A packet that the kernel dropped makes it worthless.
end_capture() {
    sleep 1.5 # the kernel hands packets over in blocks, at the latest after a second
    end "$recorder"
    if grep -q "[1-9][0-9]* packets* dropped by" "$scratch/tcpdump.log"; then
        cat "$scratch/tcpdump.log" >&2
        return 1
    fi
}

end() {
    kill "$@" 2>/dev/null || true
    wait "$@" 2>/dev/null || true
}
