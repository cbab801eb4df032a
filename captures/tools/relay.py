#!/usr/bin/env python3
"""A wire between two hosts that wraps frames in a tunnel, or loses, doubles and delays them.

usage: relay.py NEAR FAR WIRE MODE

Makes three tap devices.  What the host at NEAR sends goes to the host at FAR and the other way round;
WIRE shows, to whoever captures there, what is on the way between the two.  Runs until it is ended.

The modes `lossy` and `reordered` change what arrives: the rule is seeded, so that it is the same each
time for the same frames.  All others put the frame, on the WIRE only, behind the headers of a tunnel
between 192.0.2.1 (near) and 192.0.2.2 (far).  Tunnels of layer 3 carry IP only: ARP then passes beside
the wire.
"""
import fcntl
import heapq
import os
import random
import select
import struct
import sys
import time
from ipaddress import IPv4Address

IPV4, IPV6, VLAN, SERVICE_VLAN = 0x0800, 0x86DD, 0x8100, 0x88A8
MPLS, PPPOE, BRIDGED, ERSPAN = 0x8847, 0x8864, 0x6558, 0x88BE
PPP_PROTOCOL = {IPV4: 0x0021, IPV6: 0x0057}

NEAR_ADDRESS, FAR_ADDRESS = (IPv4Address(text).packed for text in ("192.0.2.1", "192.0.2.2"))
NEAR_MAC, FAR_MAC = bytes.fromhex("02000000a001"), bytes.fromhex("02000000a002")


class Tap:
    """A tap device: what its host sends is read here, what is written here its host receives."""

    TUNSETIFF, IFF_TAP, IFF_NO_PI = 0x400454CA, 0x0002, 0x1000

    def __init__(self, name):
        self.file = os.open("/dev/net/tun", os.O_RDWR)
        request = struct.pack("16sH22x", name.encode(), self.IFF_TAP | self.IFF_NO_PI)
        fcntl.ioctl(self.file, self.TUNSETIFF, request)

    def fileno(self):
        return self.file

    def receive(self):
        return os.read(self.file, 65536)

    def send(self, frame):
        try:
            os.write(self.file, frame)
        except OSError:
            pass  # the device is not up (yet): a frame lost, as on any wire


def ethertype(frame):
    return struct.unpack_from("!H", frame, 12)[0]


def checksum(header):
    total = sum(struct.unpack(f"!{len(header) // 2}H", header))
    total = (total & 0xFFFF) + (total >> 16)
    return ~(total + (total >> 16)) & 0xFFFF


class Tunnel:
    """The headers that a mode puts before a frame or an IP packet; `far` is the way it goes."""

    def __init__(self):
        self.sent = 0

    def outer(self, far, protocol, payload):
        """Ethernet and IPv4 between the ends of the tunnel."""
        self.sent += 1
        macs, addresses = [NEAR_MAC, FAR_MAC], [NEAR_ADDRESS, FAR_ADDRESS]
        source, destination = (0, 1) if far else (1, 0)
        fields = [0x45, 0, 20 + len(payload), self.sent & 0xFFFF, 0, 64, protocol, 0]
        fields += [addresses[source], addresses[destination]]
        layout = "!BBHHHBBH4s4s"
        fields[7] = checksum(struct.pack(layout, *fields))
        ethernet = macs[destination] + macs[source] + struct.pack("!H", IPV4)
        return ethernet + struct.pack(layout, *fields) + payload

    def datagram(self, far, port, payload):
        """UDP without a checksum, as RFC 6935 and RFC 8926 let tunnels send it."""
        return self.outer(far, 17, struct.pack("!HHHH", port, port, 8 + len(payload), 0) + payload)

    # Tags: within the frame.

    def vlan(self, frame, far):
        return frame[:12] + struct.pack("!HH", VLAN, 100) + frame[12:]

    def qinq(self, frame, far):
        return frame[:12] + struct.pack("!HHHH", SERVICE_VLAN, 3 << 13 | 200, VLAN, 100) + frame[12:]

    # Layer 2: the whole frame inside.

    def gretap(self, frame, far):
        key_present = 0x2000
        return self.outer(far, 47, struct.pack("!HHI", key_present, BRIDGED, 77) + frame)

    def erspan(self, frame, far):
        """Type II: draft-foschiano-erspan, section 4.2; session 5, VLAN 0, port index 1."""
        sequence_present, version = 0x1000, 1
        header = struct.pack("!HHI", sequence_present, ERSPAN, self.sent)
        return self.outer(far, 47, header + struct.pack("!HHI", version << 12, 5, 1) + frame)

    def geneve(self, frame, far):
        """RFC 8926, section 3.4: VNI 4660 and one option of four bytes, of an experimental class."""
        option = struct.pack("!HBBI", 0xFFFF, 1, 1, 0xCAFEF00D)
        header = struct.pack("!BBHI", len(option) // 4, 0, BRIDGED, 4660 << 8)
        return self.datagram(far, 6081, header + option + frame)

    # Layer 3: the IP packet inside.

    def mpls(self, frame, far):
        bottom, time_to_live = 1 << 8, 64
        labels = struct.pack("!II", 16001 << 12 | time_to_live, 24002 << 12 | bottom | time_to_live)
        return frame[:12] + struct.pack("!H", MPLS) + labels + frame[14:]

    def pppoe(self, frame, far):
        """RFC 2516, section 4: session 9."""
        packet = struct.pack("!H", PPP_PROTOCOL[ethertype(frame)]) + frame[14:]
        return frame[:12] + struct.pack("!HBBHH", PPPOE, 0x11, 0, 9, len(packet)) + packet

    def gre(self, frame, far):
        return self.outer(far, 47, struct.pack("!HH", 0, ethertype(frame)) + frame[14:])

    def ipip(self, frame, far):
        """IPv4 in IPv4 (RFC 2003) and IPv6 in IPv4 (RFC 4213)."""
        return self.outer(far, 4 if ethertype(frame) == IPV4 else 41, frame[14:])

    def gtpu(self, frame, far):
        """3GPP TS 29.281, section 5.1: a G-PDU, each way with a tunnel of its own."""
        packet = frame[14:]
        return self.datagram(far, 2152, struct.pack("!BBHI", 0x30, 255, len(packet), 0x100 + far) + packet)


LAYER_3 = {"mpls", "pppoe", "gre", "ipip", "gtpu"}
TUNNELS = LAYER_3 | {"vlan", "qinq", "gretap", "erspan", "geneve"}
IMPAIRMENTS = {"lossy", "reordered"}


class Relay:
    def __init__(self, near, far, wire, mode):
        self.near, self.far, self.wire = near, far, wire
        self.mode = mode
        self.wrap = getattr(Tunnel(), mode) if mode in TUNNELS else None
        self.chance = random.Random(2)
        self.waiting = []  # (when, order, frame, far) of frames that are delayed
        self.order = 0

    def run(self):
        while True:
            due = max(0, self.waiting[0][0] - time.monotonic()) if self.waiting else None
            ready, _, _ = select.select([self.near, self.far], [], [], due)
            for tap in ready:
                self.impair(tap.receive(), far=tap is self.near)
            while self.waiting and self.waiting[0][0] <= time.monotonic():
                self.pass_on(*heapq.heappop(self.waiting)[2:])

    def impair(self, frame, far):
        delay = 0
        if ethertype(frame) in PPP_PROTOCOL:  # ARP is spared: its retries would only take time
            roll = self.chance.random()
            if self.mode == "lossy" and roll < 0.08:
                return
            if self.mode == "reordered":
                if roll < 0.05:
                    self.pass_on(frame, far)
                elif roll < 0.20:
                    delay = 0.03
        if delay:
            self.order += 1
            heapq.heappush(self.waiting, (time.monotonic() + delay, self.order, frame, far))
        else:
            self.pass_on(frame, far)

    def pass_on(self, frame, far):
        if not self.wrap:
            self.wire.send(frame)
        elif self.mode not in LAYER_3 or ethertype(frame) in PPP_PROTOCOL:
            self.wire.send(self.wrap(frame, far))
        (self.far if far else self.near).send(frame)


if __name__ == "__main__":
    *names, mode = sys.argv[1:]
    if len(names) != 3 or mode not in TUNNELS | IMPAIRMENTS:
        sys.exit(__doc__)
    Relay(*(Tap(name) for name in names), mode).run()
