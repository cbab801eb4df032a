#!/usr/bin/env python3
"""The conversations of a capture, with the Community IDs that PyPI's `communityid` computes.

usage: communities.py CAPTURE...    prints a JSON list

    protocol                        number of what follows the innermost IP header
    source, source_port,            of the first packet seen; for ICMP the ports are its type and code;
    destination, destination_port   null where the protocol has none
    community_id                    version 1, seed 0, base64
    packets                         both ways, later fragments with their datagram

Both ways of a conversation have one Community ID, so packets are gathered by it.  An ICMP message that
has no answer of its own type (destination unreachable, say) is a conversation of one direction.
"""
import json
import sys

import communityid

from dissect import Capture

PORTED = {6: "tcp", 17: "udp", 132: "sctp"}
ICMP = {1: "icmp", 58: "icmpv6"}


def conversations(paths):
    found, datagrams = {}, {}
    for path in paths:
        for frame in Capture(path):
            if frame.headers:
                key = conversation(frame.headers[-1], datagrams)
                entry = found.setdefault(key[-1], dict(zip(NAMES, key), packets=0))
                entry["packets"] += 1
    return list(found.values())


NAMES = ("protocol", "source", "source_port", "destination", "destination_port", "community_id")


def conversation(header, datagrams):
    """The fields of NAMES; `datagrams` remembers the ports of first fragments."""
    datagram = (header.source, header.destination, header.protocol, header.identification)
    if header.fragment_offset == 0:
        datagrams[datagram] = ports(header)
    source_port, destination_port = datagrams.get(datagram, (None, None))
    ends = (header.source, header.destination)
    if source_port is None:
        flow = communityid.FlowTuple.make_ip(*ends, header.protocol)
    elif header.protocol in ICMP:
        make = {1: communityid.FlowTuple.make_icmp, 58: communityid.FlowTuple.make_icmp6}[header.protocol]
        flow = make(*ends, source_port, destination_port)
    else:
        flow = communityid.FlowTuple(header.protocol, *ends, source_port, destination_port)
    identity = communityid.CommunityID().calc(flow)
    if identity is None:
        raise ValueError(f"no Community ID for {header}")
    return header.protocol, header.source, source_port, header.destination, destination_port, identity


def ports(header):
    """Source and destination port, or ICMP type and code; a pair of None for other protocols."""
    wanted = PORTED.get(header.protocol) or ICMP.get(header.protocol)
    names = ("type", "code") if header.protocol in ICMP else ("srcport", "dstport")
    for protocol in header.beyond:
        if protocol.name == wanted:
            return tuple(int(protocol.fields[f"{wanted}.{name}"]) for name in names)
    return None, None


if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1].startswith("-"):
        sys.exit(__doc__)
    print("[\n" + ",\n".join(json.dumps(entry) for entry in conversations(sys.argv[1:])) + "\n]")
