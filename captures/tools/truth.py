#!/usr/bin/env python3
"""What each IP host of a capture sent and received, by tshark.

usage: truth.py CAPTURE...    prints one JSON document; several captures count as one

    file                  the captures' names
    window_seconds        10; windows are half open and start at multiples of it since the epoch
    read_ok               false where tshark stopped at an error: the numbers cover what came before it
    frames, wire_bytes    of the whole capture
    frames_without_ip     no IP header, or one that is cut off or invalid
    frames_without_time
    outer, inner          by the outermost and by the innermost IP header; each:
      packets, ip_bytes, wire_bytes
      hosts               address -> packets sent, received, IP bytes sent, received, wire bytes sent, received
      windows             start in seconds, or "none" -> packets, ip_bytes, wire_bytes, hosts

A frame counts at most once on each side, with all its wire bytes even for `inner`; a packet from a host
to itself is both sent and received.
"""
import json
import os
import sys

from dissect import Capture

WINDOW_SECONDS = 10


class Traffic:
    """Packets and bytes over some stretch of time, in all and for each host."""

    def __init__(self):
        self.packets = self.ip_bytes = self.wire_bytes = 0
        self.hosts = {}

    def add(self, header, wire_bytes):
        self.packets += 1
        self.ip_bytes += header.bytes
        self.wire_bytes += wire_bytes
        for received, host in enumerate((header.source, header.destination)):
            counts = self.hosts.setdefault(host, [0] * 6)
            counts[received] += 1
            counts[2 + received] += header.bytes
            counts[4 + received] += wire_bytes

    def report(self):
        return {
            "packets": self.packets, "ip_bytes": self.ip_bytes, "wire_bytes": self.wire_bytes,
            "hosts": dict(sorted(self.hosts.items())),
        }


class Layer:
    """Traffic by one choice of IP header, and the same by window."""

    def __init__(self):
        self.whole = Traffic()
        self.windows = {}

    def add(self, header, frame):
        window = "none" if frame.time is None else frame.time // (WINDOW_SECONDS * 10**9) * WINDOW_SECONDS
        for traffic in (self.whole, self.windows.setdefault(window, Traffic())):
            traffic.add(header, frame.wire_bytes)

    def report(self):
        by_time = sorted(self.windows.items(), key=lambda item: (item[0] == "none", item[0]))
        return {**self.whole.report(), "windows": {str(start): traffic.report() for start, traffic in by_time}}


class Truth:
    def __init__(self):
        self.read_ok = True
        self.frames = self.wire_bytes = self.without_ip = self.without_time = 0
        self.outer, self.inner = Layer(), Layer()

    def read(self, path):
        capture = Capture(path)
        for frame in capture:
            self.add(frame)
        self.read_ok &= capture.read_ok

    def add(self, frame):
        self.frames += 1
        self.wire_bytes += frame.wire_bytes
        self.without_time += frame.time is None
        self.without_ip += not frame.headers
        if frame.headers:
            self.outer.add(frame.headers[0], frame)
            self.inner.add(frame.headers[-1], frame)

    def report(self):
        return {
            "window_seconds": WINDOW_SECONDS, "read_ok": self.read_ok,
            "frames": self.frames, "wire_bytes": self.wire_bytes,
            "frames_without_ip": self.without_ip, "frames_without_time": self.without_time,
            "outer": self.outer.report(), "inner": self.inner.report(),
        }


def truth(paths):
    result = Truth()
    for path in paths:
        result.read(path)
    return {"file": " ".join(os.path.basename(path) for path in paths), **result.report()}


if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1].startswith("-"):
        sys.exit(__doc__)
    print(json.dumps(truth(sys.argv[1:]), separators=(",", ":")))
