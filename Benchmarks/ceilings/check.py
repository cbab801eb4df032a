#!/usr/bin/env python3
"""Holds the replay's instructions and allocations per packet under the ceilings of ceilings.json.

usage: check.py [--tidemark PATH] [--generator PATH] [--write]

Runs the release build under valgrind's callgrind on two generated captures of the same hosts and flows, one with twice
the packets of the other. What differs between the two runs is what packets cost: starting, and what flows and windows
cost once, falls out. Instruction counts do not depend on how busy the machine is; a generic function that is no longer
specialised costs ten times as many. A ceiling is a tenth above what was measured when it was written (--write).

Exit status: 0 where all is within, 1 where something is over its ceiling or could not be run.
"""

import argparse
import json
import pathlib
import re
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
CEILINGS = HERE / "ceilings.json"
PACKETS = 100_000

# What is counted: the instructions of a function and of all that it calls ("whole"), or its own alone. A name that is
# found no more fails the check, so that a stage cannot fall out of sight. Decoding is compiled into the loop over the
# packets of a batch, which puts them where they wait.
STAGES = {
    "decode": ("own", r"closure #1 .*ReplayJob\.\(?read"),
    "flow update": ("whole", r"HostAnalysis\.add\("),
}
# The same in windows so short that most packets are their flow's first in one.
WINDOW_STAGES = {"window add": ("whole", r"FlowTable\.enter<")}
LONG, SHORT = "1h", "100ms"
ALLOCATORS = {"malloc", "calloc", "realloc", "posix_memalign", "aligned_alloc", "memalign"}


def run(command):
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}: exit status {result.returncode}\n{result.stderr}")
    return result.stdout


def profile(tidemark, capture, window, folder):
    """Instructions of the whole run and by function with what it calls, and the calls of allocators."""
    out = folder / f"{capture.stem}.callgrind"
    run(
        ["valgrind", "--tool=callgrind", "--compress-strings=no", "--compress-pos=no", f"--callgrind-out-file={out}"]
        + [tidemark, "replay", "-q", "--workers", "1", "--window", window, "-o", folder / "hosts.jsonl", capture]
    )
    own, calls, allocations = {}, {}, 0
    total, function, callee, count = 0, None, None, 0
    with open(out, encoding="utf-8") as lines:
        expecting_call = False
        for line in lines:
            if line.startswith("fn="):
                function = line[3:].strip()
            elif line.startswith("cfn="):
                callee = line[4:].strip()
            elif line.startswith("calls="):
                count = int(line[6:].split()[0])
                expecting_call = True
            elif line[:1].isdigit() or line[:1] in "+-*":
                cost = int(line.split()[1])
                if expecting_call:
                    expecting_call = False
                    if function != callee:
                        calls.setdefault(callee, 0)
                        calls[callee] += cost
                    if callee.split("'")[0] in ALLOCATORS and function not in ALLOCATORS:
                        allocations += count
                else:
                    own[function] = own.get(function, 0) + cost
                    total += cost
    inclusive = {name: calls.get(name, own.get(name, 0)) for name in own}
    return total, {"own": own, "whole": inclusive}, allocations


def demangled(names):
    text = subprocess.run(
        ["swift", "demangle", "--compact"], input="\n".join(names), capture_output=True, text=True, check=True
    ).stdout
    return dict(zip(names, text.splitlines()))


def differences(tidemark, captures, window, stages, folder):
    """What a packet more costs: in all, by stage, and in calls of allocators."""
    (total, functions, calls), (total2, functions2, calls2) = (
        profile(tidemark, capture, window, folder) for capture in captures
    )
    names = demangled(sorted(set(functions["own"]) | set(functions2["own"])))
    costs = {}
    for stage, (kind, pattern) in stages.items():
        before, after = functions[kind], functions2[kind]
        # What is in a function is counted with it.
        found = [
            name for name, text in names.items()
            if re.search(pattern, text) and (kind == "own" or " in " not in text)
        ]
        if not found:
            sys.exit(f"no function matches {pattern}: where has '{stage}' gone?")
        costs[stage] = sum(after.get(name, 0) - before.get(name, 0) for name in found) / PACKETS
    return (total2 - total) / PACKETS, costs, (calls2 - calls) / PACKETS


def measure(tidemark, generator):
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        captures = [folder / f"packets-{factor}.pcap" for factor in (1, 2)]
        for factor, capture in enumerate(captures, start=1):
            run([generator, "--packets", str(PACKETS * factor), "--flows", "2000"]
                + ["--clients", "200", "--servers", "300", "--seconds", "60", capture])
        whole, costs, allocations = differences(tidemark, captures, LONG, STAGES, folder)
        _, window_costs, _ = differences(tidemark, captures, SHORT, WINDOW_STAGES, folder)
    return {"whole replay": whole, **costs, **window_costs, "allocations": allocations}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tidemark", default=ROOT / ".build-release/release/tidemark")
    parser.add_argument("--generator", default=ROOT / "Benchmarks/.build/release/generate-capture")
    parser.add_argument("--write", action="store_true", help="keep what is measured, and a tenth more, as the ceilings")
    arguments = parser.parse_args()
    measured = measure(arguments.tidemark, arguments.generator)
    if arguments.write:
        ceilings = {name: round(value * 1.1) for name, value in measured.items()}
        # Not one allocation in a hundred packets: tables and lists may still grow.
        ceilings["allocations"] = 0.01
        CEILINGS.write_text(json.dumps(ceilings, indent=2) + "\n", encoding="utf-8")
    ceilings = json.loads(CEILINGS.read_text(encoding="utf-8"))
    over = [name for name, value in measured.items() if value > ceilings[name]]
    for name, value in measured.items():
        print(f"{name:14} {value:10.3f} a packet, at most {ceilings[name]:g}{'  OVER' if name in over else ''}")
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main())
