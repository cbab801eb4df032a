#!/usr/bin/env python3
"""Runs a day's worth of churn twice, and fails where memory or file descriptors grow.

Hosts and flows come and go all the time: no flow is seen again once it has ended. Both runs keep checkpoints.

- Live, for so many seconds: everything that a day has in number, in less time. Windows, timeouts and checkpoints are a
  hundredth of their defaults, so that 900 s have the 8,640 windows of a day of tumbling ones of ten seconds, each flow
  times out, and each slice is made and dropped. Outputs are rotated with SIGHUP every ten seconds, a savepoint is taken
  and removed every thirty. At the end, packets captured and dropped are to be all that were sent.
- A replay of 24 hours of event time with the default windows and timeouts, from a pipe, as fast as it goes: the clock of
  a live capture cannot be hurried, but what follows the capture is the same.

The load repeats, every ten seconds or every hour of event time, so that what a peak needs has been allocated in the
first third; after that the resident set's median and maximum are to stay within 10 %, and so are open files. Takes root,
for network namespaces.

    soak.py [--seconds N] [--packets N] [--tidemark PATH]
"""

import argparse
import os
import re
import shutil
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import threading
import time

sys.dont_write_bytecode = True
from cable import Cable, release_build

KINDS = ["hosts", "totals", "flows"]
DAY = 86_400
# A hundredth of the defaults.
SCALED = ["--window", "100ms", "--watermark-delay", "20ms", "--idle-timeout", "600ms", "--active-timeout", "3s",
          "--checkpoint-interval", "100ms"]
# A share of the growth that is no growth: allocators round up.
TOLERANCE = 0.10


def resident_kib(process):
    with open(f"/proc/{process}/status", encoding="utf-8") as file:
        return int(re.search(r"^VmRSS:\s+(\d+) kB", file.read(), re.M)[1])


class Churn(threading.Thread):
    """Sends bursts, twenty a second so that no window is empty, of flows that are all new."""

    def __init__(self, cable, packets):
        super().__init__()
        self.cable, self.packets = cable, packets
        self.sent, self.flows = 0, 0
        self.done = threading.Event()
        self.error = None

    def run(self):
        tick, began = 0, time.monotonic()
        try:
            while not self.done.wait(max(0, began + tick / 20 - time.monotonic())):
                # From a third of the load up to all of it, and back, in ten seconds.
                share = (34 + 66 * (100 - abs(100 - tick % 200)) // 100) / 100
                count = max(1, int(self.packets / 20 * share))
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


def sample(process):
    return resident_kib(process), len(os.listdir(f"/proc/{process}/fd"))


def growth(samples):
    """Prints how memory and open files were, and returns what has grown."""
    problems = []
    third = len(samples) // 3
    thirds = [samples[:third], samples[third:2 * third], samples[2 * third:]]
    print("\n| | warm-up | middle third | last third |\n| --- | ---: | ---: | ---: |")
    for index, name in enumerate(["resident KiB", "open files"]):
        for kind, of in ("median", statistics.median), ("largest", max):
            values = [of([sample[index] for sample in part]) for part in thirds]
            print(f"| {name}, {kind} | " + " | ".join(f"{value:.0f}" for value in values) + " |")
            # A file of a checkpoint being written is open for a moment, in which a sample falls or does not.
            slack = 2 if name == "open files" else 0
            if values[2] > values[1] * (1 + TOLERANCE) + slack:
                problems.append(f"{name} grow: {kind} {values[1]:.0f}, then {values[2]:.0f}")
    print(flush=True)
    return problems


def soak_live(options):
    with Cable() as cable:
        state = cable.path("state")
        outputs = [word for kind in KINDS for word in ("-o", f"{kind}:{cable.path(kind)}.csv")]
        live = cable.live(options.tidemark, "-v", *SCALED, "--checkpoint-dir", state, *outputs)
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
                samples.append(sample(live.pid))
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
        live.send_signal(signal.SIGUSR1)
        time.sleep(0.2)
        windows = int(re.search(r"(\d+) windows", cable.log())[1])
        status, log = cable.end(live)
    print(f"\nLive: {churn.sent} packets of {churn.flows} flows in {options.seconds} s, {windows} windows, "
          f"{processor:.1f} s of processor time")
    for line in re.findall(r"^tidemark: (.*checkpoints.*)$", log, re.M)[-1:]:
        print(line)
    problems += growth(samples)
    counts = [int(re.search(rf"^(\d+) packets {word}", log, re.M)[1]) for word in ("captured", "dropped by kernel")]
    print(f"{counts[0]} captured, {counts[1]} dropped\n")
    if status != 0:
        problems.append(f"exit status {status}")
    if sum(counts) != churn.sent:
        problems.append(f"{counts[0]} captured and {counts[1]} dropped are not {churn.sent} sent")
    if windows < 0.9 * DAY / 10 * options.seconds / 900:
        problems.append(f"{windows} windows are not those of a day in 900 s")
    if "not written" in log:
        problems.append(log)
    return problems


def write_day(pipe):
    """Writes a day of packets, 100 to 200 a second, four of each flow within three seconds, no flow twice."""
    pipe.write(struct.pack("<IHHIIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
    ip = struct.pack(">BBHHHBBH8xHHHH", 0x45, 0, 46, 0, 0, 64, 17, 0, 1024, 9, 26, 0).ljust(46, b"\0")
    record = struct.pack("<IIII", 0, 0, 60, 60) + b"\2" * 12 + b"\x08\0" + ip
    size, packets = len(record), 0
    for second in range(DAY):
        # From a half to all and back in an hour.
        count = 100 + 100 * (1800 - abs(1800 - second % 3600)) // 1800
        block = bytearray(record * count)
        for number in range(count):
            # Each second has the second halves of older flows, too.
            flow = second * 64 + number % 64 - 64 * (number // 64)
            place = number * size
            struct.pack_into("<II", block, place, 1_700_000_000 + second, number * 4000)
            struct.pack_into(">II", block, place + 42, 0x0A000000 | flow & 0xFFFFFF, 0xAC100000 | flow >> 8 & 0xFFFF)
        pipe.write(block)
        packets += count
    return packets


def soak_day(options):
    """A replay of a day of event time."""
    with tempfile.TemporaryDirectory(prefix="tidemark-day-") as folder:
        outputs = [word for kind in KINDS for word in ("-o", f"{kind}:{folder}/{kind}.csv")]
        with open(f"{folder}/log", "w", encoding="utf-8") as log:
            child = subprocess.Popen([options.tidemark, "replay", "--checkpoint-dir", f"{folder}/state",
                                      "--checkpoint-interval", "1s", *outputs, "-"],
                                     stdin=subprocess.PIPE, stdout=log, stderr=log)
        samples, done = [], threading.Event()

        def watch():
            while not done.wait(0.1):
                samples.append(sample(child.pid))

        watcher = threading.Thread(target=watch)
        watcher.start()
        began = time.monotonic()
        try:
            packets = write_day(child.stdin)
        finally:
            done.set()
            watcher.join()
            child.stdin.close()
            status = child.wait()
        seconds = time.monotonic() - began
        with open(f"{folder}/log", encoding="utf-8") as file:
            log = file.read()
        with open(f"{folder}/totals.csv", encoding="utf-8") as file:
            windows = len(file.readlines()) - 1
    print(f"Replay: {packets} packets of 24 hours in {seconds:.0f} s, {windows} windows")
    problems = growth(samples)
    if status != 0 or f"{packets} packets captured" not in log:
        problems.append(f"exit status {status}, {packets} packets were written: {log}")
    if windows != DAY // 10:
        problems.append(f"{windows} windows are not those of a day")
    return problems


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=900)
    parser.add_argument("--packets", type=int, default=20_000, help="a second, at most")
    parser.add_argument("--tidemark", help="the command (default: a release build of this repository)")
    options = parser.parse_args()
    if options.seconds < 30:
        parser.error("--seconds must be at least 30: the load repeats every ten")
    options.tidemark = os.path.abspath(options.tidemark) if options.tidemark else release_build()
    problems = soak_live(options) + soak_day(options)
    for problem in problems:
        print(f"FAILED: {problem}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
