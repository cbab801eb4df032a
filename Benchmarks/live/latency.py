#!/usr/bin/env python3
"""Measures how long a row of a live capture takes from the end of its window until it is in its file.

That is the watermark's delay and then some: what the kernel's ring and Tidemark take is to be at most 250 ms. The file
is watched with inotify(7); a row counts as soon as it can be read (it is flushed to the medium with checkpoints only).
Prints a Markdown table; the exit status is 1 where a median is above the target. Takes root, for network namespaces.

    latency.py [--windows N] [--delay-ms N] [--tidemark PATH]
"""

import argparse
import ctypes
import datetime
import os
import select
import statistics
import sys
import threading
import time

sys.dont_write_bytecode = True
from cable import Cable, release_build

TARGET_MS = 250
IN_MODIFY = 2


def event_time(text):
    whole, _, fraction = text.rstrip("Z").partition(".")
    moment = datetime.datetime.fromisoformat(whole).replace(tzinfo=datetime.timezone.utc)
    return moment.timestamp() + float("0." + (fraction or "0"))


def latencies(path, count, seconds):
    """The times from window ends to their rows, in s, of the next so many rows of a CSV file."""
    libc = ctypes.CDLL(None, use_errno=True)
    watch = libc.inotify_init1(os.O_CLOEXEC)
    if watch < 0 or libc.inotify_add_watch(watch, path.encode(), IN_MODIFY) < 0:
        sys.exit(f"inotify: {os.strerror(ctypes.get_errno())}")
    found, deadline = [], time.monotonic() + seconds
    with open(path, encoding="utf-8") as file:
        column = None
        while len(found) < count and time.monotonic() < deadline:
            if not select.select([watch], [], [], 1)[0]:
                continue
            os.read(watch, 4096)
            lines, now = file.read().splitlines(), time.time()
            # The header comes with the first row.
            if lines and column is None:
                column = lines.pop(0).split(",").index("window_end")
            found += [now - event_time(line.split(",")[column]) for line in lines]
    os.close(watch)
    return found


def measure(options, load, extra):
    """One run under a load of so many packets in each tenth of a second."""
    with Cable() as cable:
        path = cable.path("totals.csv")
        live = cable.live(options.tidemark, "--window", "1s", "--watermark-delay", f"{options.delay_ms}ms",
                          "-o", f"totals:{path}", "-o", cable.path("hosts.csv"),
                          *[word.format(folder=cable.folder) for word in extra])
        done = threading.Event()

        def send():
            number = 0
            while not done.wait(0.1):
                cable.send(max(load, 1), 200, first=number)
                number += 100

        # A window in which nothing at all came has no row: a silent network gets a packet now and then.
        sender = threading.Thread(target=send)
        sender.start()
        try:
            found = latencies(path, options.windows, options.windows * 3 + 20)
        finally:
            done.set()
            sender.join()
        status, log = cable.end(live)
        if status != 0 or len(found) < options.windows:
            sys.exit(f"FAILED: {len(found)} windows, exit status {status}: {log}")
        return [seconds * 1000 - options.delay_ms for seconds in found]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--windows", type=int, default=60)
    parser.add_argument("--delay-ms", type=int, default=500)
    parser.add_argument("--tidemark", help="the command (default: a release build of this repository)")
    options = parser.parse_args()
    options.tidemark = os.path.abspath(options.tidemark) if options.tidemark else release_build()
    state = ["--checkpoint-dir", "{folder}/state", "--checkpoint-interval", "1s"]
    print(f"From the end of a window of 1 s to its row, beyond the watermark's delay of {options.delay_ms} ms; "
          f"target {TARGET_MS} ms:\n")
    print("| load | windows | median ms | largest ms | within target |")
    print("| --- | ---: | ---: | ---: | ---: |")
    is_met = True
    for name, load, extra in [("10 packets/s", 0, []), ("10 packets/s, checkpoints each second", 0, state),
                              ("20,000 packets/s", 2000, []),
                              ("20,000 packets/s, checkpoints each second", 2000, state)]:
        found = measure(options, load, extra)
        good = sum(value <= TARGET_MS for value in found)
        is_met = is_met and statistics.median(found) <= TARGET_MS
        print(f"| {name} | {len(found)} | {statistics.median(found):.0f} | {max(found):.0f} "
              f"| {good} of {len(found)} |", flush=True)
    return 0 if is_met else 1


if __name__ == "__main__":
    sys.exit(main())
