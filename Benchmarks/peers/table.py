#!/usr/bin/env python3
"""Prints the measurements as Markdown tables, one for each capture.

usage: table.py ROWS LOG

ROWS has a line for each command, in the tables' order: its name in the log, its name in the table, the
capture, the capture's packets and bytes, and what a look at the output found, separated by tabs. LOG is
what measure.py wrote. Each figure is a median over the rounds. The exit status is 1 if a command failed.
"""

import json
import statistics
import sys
from collections import defaultdict

REFERENCE = "nfpcapd"


def main() -> int:
    rows_path, log_path = sys.argv[1:]
    runs = defaultdict(list)
    with open(log_path, encoding="utf-8") as log:
        for line in log:
            run = json.loads(line)
            runs[run["name"]].append(run)
    with open(rows_path, encoding="utf-8") as lines:
        rows = [line.rstrip("\n").split("\t") for line in lines]

    reference = {
        capture: median(runs[key], "cpu") / int(packets)
        for key, name, capture, packets, _, _ in rows
        if name == REFERENCE and runs[key]
    }
    failed = False
    previous = None
    for key, name, capture, packets, size, found in rows:
        if capture != previous:
            print(f"\n{capture}: {int(packets):,} packets, {int(size) / 1e6:,.0f} MB\n")
            print("| command | CPU, ns a packet | least to most | CPU to nfpcapd's | wall, s | peak, MB | output |")
            print("| --- | ---: | ---: | ---: | ---: | ---: | --- |")
            previous = capture
        bad = [run["status"] for run in runs[key] if run["status"] != 0]
        if bad or not found:
            failed = True
            reason = f"exit status {bad[0]}" if bad else "its output is not there, or differs between rounds"
            print(f"| {name} | | | | | | FAILED: {reason} |")
            continue
        cpu = [run["cpu"] * 1e9 / int(packets) for run in runs[key]]
        middle = statistics.median(cpu)
        ratio = f"{middle * 1e-9 / reference[capture]:.2f}" if capture in reference else ""
        print(
            f"| {name} | {middle:,.0f} | {min(cpu):,.0f} to {max(cpu):,.0f} | {ratio} "
            f"| {median(runs[key], 'wall'):.2f} | {median(runs[key], 'peak') / 1e6:,.0f} | {found} |")
    return 1 if failed else 0


def median(runs: list, key: str) -> float:
    return statistics.median(run[key] for run in runs)


if __name__ == "__main__":
    sys.exit(main())
