#!/usr/bin/env python3
"""Runs a live capture with checkpoints under churn, and fails where its memory or its file descriptors grow.

Hosts and flows come and go all the time: no flow is seen again once it has ended. The load repeats every ten seconds,
so that what a peak needs has been allocated in the first third; after that the resident set's median and maximum are to
stay within 10 %, and so are open files. Outputs are rotated with SIGHUP every ten seconds, a savepoint is taken and
removed every thirty. At the end, packets captured and dropped are to be all that were sent. Takes root, for network
namespaces.

    soak.py [--seconds N] [--packets N] [--tidemark PATH]
"""

import argparse
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import threading
import time

sys.dont_write_bytecode = True
from cable import Cable, release_build

KINDS = ["hosts", "totals", "flows"]
# A share of the growth that is no growth: allocators round up.
TOLERANCE = 0.10


def resident_kib(process):
    with open(f"/proc/{process}/status", encoding="utf-8") as file:
        return int(re.search(r"^VmRSS:\s+(\d+) kB", file.read(), re.M)[1])


class Churn(threading.Thread):
    """Sends bursts, ten a second, of flows that are all new."""

    def __init__(self, cable, packets):
        super().__init__()
        self.cable, self.packets = cable, packets
        self.sent, self.flows = 0, 0
        self.done = threading.Event()
        self.error = None

    def run(self):
        tick = 0
        try:
            while not self.done.wait(0.1):
                # From a third of the load up to all of it, and back, in ten seconds.
                share = (34 + 66 * (50 - abs(50 - tick % 100)) // 50) / 100
                count = max(1, int(self.packets / 10 * share))
                flows = max(1, count // 4)
                self.sent += self.cable.send(count, flows, first=self.flows)
                self.flows += flows
                tick += 1
        except (subprocess.SubprocessError, ValueError) as error:
            self.error = error


def rotate(cable, live):
    """What logrotate(8) does; what was moved away before is no longer written to."""
    for kind in KINDS:
        path = cable.path(kind + ".csv")
        if os.path.exists(path):
            os.replace(path, path + ".old")
    live.send_signal(signal.SIGHUP)


def savepoint(tidemark, folder):
    words = [tidemark, "checkpoint", "savepoint", folder]
    result = subprocess.run(words, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        return f"no savepoint: {result.stderr}"
    for name in os.listdir(folder):
        if name.startswith("savepoint-"):
            shutil.rmtree(os.path.join(folder, name))
    return None


def soak(options):
    with Cable() as cable:
        state = cable.path("state")
        outputs = [word for kind in KINDS for word in ("-o", f"{kind}:{cable.path(kind)}.csv")]
        live = cable.live(options.tidemark, "--window", "2s", "--slide", "1s", "--watermark-delay", "500ms",
                          "--idle-timeout", "3s", "--checkpoint-dir", state, "--checkpoint-interval", "2s", *outputs)
        churn = Churn(cable, options.packets)
        churn.start()
        samples, problems = [], []
        began = time.monotonic()
        try:
            number = 0
            while time.monotonic() - began < options.seconds:
                time.sleep(0.25)
                number += 1
                if live.poll() is not None or churn.error:
                    sys.exit(f"FAILED after {time.monotonic() - began:.0f} s: {churn.error or ''}\n{cable.log()}")
                samples.append((resident_kib(live.pid), len(os.listdir(f"/proc/{live.pid}/fd"))))
                if number % 40 == 0:
                    rotate(cable, live)
                if number % 120 == 0:
                    problem = savepoint(options.tidemark, state)
                    problems += [problem] if problem else []
                if number % 240 == 0:
                    print(f"{time.monotonic() - began:5.0f} s: {samples[-1][0]} KiB, {samples[-1][1]} open files, "
                          f"{churn.sent} packets of {churn.flows} flows", flush=True)
        finally:
            churn.done.set()
            churn.join()
        # What was sent last is still in the ring.
        time.sleep(0.5)
        with open(f"/proc/{live.pid}/stat", encoding="utf-8") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        processor = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        status, log = cable.end(live)
    third = len(samples) // 3
    print(f"\n{churn.sent} packets of {churn.flows} flows in {options.seconds} s, {processor:.1f} s of processor time\n")
    print("| | warm-up | middle third | last third |\n| --- | ---: | ---: | ---: |")
    thirds = [samples[:third], samples[third:2 * third], samples[2 * third:]]
    for index, name in enumerate(["resident KiB", "open files"]):
        for kind, of in ("median", statistics.median), ("largest", max):
            values = [of([sample[index] for sample in part]) for part in thirds]
            print(f"| {name}, {kind} | " + " | ".join(f"{value:.0f}" for value in values) + " |")
            # A file of a checkpoint being written is open for a moment, in which a sample falls or does not.
            slack = 2 if (index, kind) == (1, "largest") else 0
            if values[2] > values[1] * (1 + TOLERANCE) + slack:
                problems.append(f"{name} grow: {kind} {values[1]:.0f}, then {values[2]:.0f}")
    counts = [int(re.search(rf"^(\d+) packets {word}", log, re.M)[1]) for word in ("captured", "dropped by kernel")]
    print(f"\n{counts[0]} captured, {counts[1]} dropped")
    if status != 0:
        problems.append(f"exit status {status}")
    if sum(counts) != churn.sent:
        problems.append(f"{counts[0]} captured and {counts[1]} dropped are not {churn.sent} sent")
    if "not written" in log:
        problems.append(log)
    for problem in problems:
        print(f"FAILED: {problem}")
    return 1 if problems else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=900)
    parser.add_argument("--packets", type=int, default=20_000, help="a second, at most")
    parser.add_argument("--tidemark", help="the command (default: a release build of this repository)")
    options = parser.parse_args()
    if options.seconds < 30:
        parser.error("--seconds must be at least 30: the load repeats every ten")
    options.tidemark = os.path.abspath(options.tidemark) if options.tidemark else release_build()
    return soak(options)


if __name__ == "__main__":
    sys.exit(main())
