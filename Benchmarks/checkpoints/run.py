#!/usr/bin/env python3
"""What checkpoints cost: pause, throughput, memory, size, and the time to restore.

usage: Benchmarks/checkpoints/run.py [--packets N] [--flows N] [--clients N] [--servers N] [--seconds N] [--rounds N]
                                     [--interval D] [--workers N] [--idle N] [--binary FILE] [--generator FILE]
                                     [DIRECTORY]

Builds tidemark and the generator in release unless --binary names one, generates a capture in DIRECTORY (a temporary
one by default), and replays it in turns without checkpoints and with one each second. Prints Markdown.

With --idle N, N flows of one packet each come in the first two seconds beside the others, and stay open to the end: the
case for checkpoints that hold only what changed.
"""

import argparse
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def build():
    subprocess.run(["make", "build"], cwd=ROOT, check=True, stdout=sys.stderr)
    return str(ROOT / ".build-release/release/tidemark")


def generate(options, path, arguments):
    package = ["swift", "run", "-c", "release", "--package-path", str(ROOT / "Benchmarks"), "generate-capture"]
    subprocess.run(
        ([options.generator] if options.generator else package) + [path] + [str(word) for word in arguments],
        check=True, stdout=sys.stderr)


def captures(options, folder):
    """The captures that are replayed, generated where they are not there yet."""
    wanted = {f"{folder}/capture.pcap": ["--packets", options.packets, "--flows", options.flows,
                                         "--clients", options.clients, "--servers", options.servers,
                                         "--seconds", options.seconds]}
    if options.idle:
        wanted[f"{folder}/idle-{options.idle}.pcap"] = ["--flood", "--packets", options.idle, "--seconds", 2]
    for path, arguments in wanted.items():
        if not os.path.exists(path):
            generate(options, path, arguments)
    return list(wanted)


def stolen():
    """Seconds of processors that the host of a virtual machine gave to others, so far."""
    return int(Path("/proc/stat").read_text().split("\n", 1)[0].split()[8]) / os.sysconf("SC_CLK_TCK")


def first_thread(process):
    """Seconds of processor of a running process's first thread: with one worker that of the stream."""
    try:
        fields = Path(f"/proc/{process}/task/{process}/stat").read_text().rsplit(")", 1)[1].split()
    except (OSError, IndexError):
        return 0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def replay(binary, options, captures, folder, extra, kill_after=None):
    """Runs one replay: seconds on the wall, seconds of processors, peak memory in MB, standard error, seconds of the
    first thread (looked at until it ends), seconds that the host took."""
    command = [
        binary, "replay", "-v", "--no-progress", "--workers", str(options.workers), "--window", "10s",
        "--slide", "5s", "--idle-timeout", "10m", "--active-timeout", "1h",
        "-o", f"hosts:{folder}/hosts.csv", "-o", f"totals:{folder}/totals.csv"] + extra + captures
    started, stolen_before, busy = time.monotonic(), stolen(), 0
    with open(f"{folder}/errors", "w+") as errors:
        process = subprocess.Popen(command, stderr=errors)
        if kill_after is not None:
            time.sleep(kill_after)
            # Not through `process`, which might reap it where it has ended already.
            os.kill(process.pid, signal.SIGKILL)
        while True:
            busy = max(busy, first_thread(process.pid))
            ended, status, usage = os.wait4(process.pid, os.WNOHANG)
            if ended:
                break
            time.sleep(0.01)
        wall = time.monotonic() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        errors.seek(0)
        text = errors.read()
    if process.returncode != 0 and kill_after is None:
        sys.exit(f"{' '.join(command)}: exit status {process.returncode}\n{text}")
    return (wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, text, busy,
            stolen() - stolen_before)


def figures(binary, checkpoints):
    """The newest checkpoint's figures: live flows, hosts, sizes."""
    text = subprocess.run([binary, "checkpoint", "inspect", checkpoints], capture_output=True, text=True).stdout
    return text[text.find("figures"):]


def median(numbers):
    return sorted(numbers)[len(numbers) // 2]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--packets", type=int, default=20_000_000)
    parser.add_argument("--flows", type=int, default=2_000_000)
    parser.add_argument("--clients", type=int, default=64_000)
    parser.add_argument("--servers", type=int, default=36_000)
    parser.add_argument("--seconds", type=int, default=60, help="of event time")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--interval", default="1s")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--idle", type=int, default=0, help="flows of one packet beside the others")
    parser.add_argument("--binary")
    parser.add_argument("--generator")
    parser.add_argument("directory", nargs="?")
    options = parser.parse_args()

    binary = options.binary or build()
    folder = options.directory or tempfile.mkdtemp(prefix="tidemark-checkpoints-")
    os.makedirs(folder, exist_ok=True)
    capture = captures(options, folder)
    checkpoints = f"{folder}/checkpoints"
    saving = ["--checkpoint-dir", checkpoints, "--checkpoint-interval", options.interval]

    without, saved, lines = [], [], []
    for _ in range(options.rounds):
        without.append(replay(binary, options, capture, folder, []))
        reference = Path(f"{folder}/hosts.csv").read_bytes()
        shutil.rmtree(checkpoints, ignore_errors=True)
        saved.append(replay(binary, options, capture, folder, saving))
        lines.append(next(line for line in saved[-1][3].splitlines() if "checkpoints:" in line))
        if Path(f"{folder}/hosts.csv").read_bytes() != reference:
            sys.exit("the rows differ with and without checkpoints")

    # Killed near its end, where most is live, and started again.
    shutil.rmtree(checkpoints, ignore_errors=True)
    replay(binary, options, capture, folder, saving, kill_after=0.8 * median([run[0] for run in saved]))
    state = figures(binary, checkpoints)
    listed = subprocess.run([binary, "checkpoint", "list", checkpoints], capture_output=True, text=True).stdout
    restored = replay(binary, options, capture, folder, saving)[3]
    if Path(f"{folder}/hosts.csv").read_bytes() != reference:
        sys.exit("the rows differ after a kill")

    wall = [median([run[0] for run in runs]) for runs in (without, saved)]
    print(f"{options.packets} packets, {options.workers} workers, a checkpoint every {options.interval}, "
          f"{options.rounds} rounds, medians\n")
    print("| | without | with checkpoints | ratio |\n| --- | ---: | ---: | ---: |")
    rows = (("wall time", 0, "s"), ("CPU time", 1, "s"), ("CPU time of the first thread", 4, "s"),
            ("peak memory", 2, "MB"))
    for name, index, unit in rows:
        a, b = (median([run[index] for run in runs]) for runs in (without, saved))
        print(f"| {name} | {a:.2f} {unit} | {b:.2f} {unit} | {b / a:.3f} |")
    for name, index in (("wall time of each round, s", 0), ("taken by the host in each round, s", 5)):
        a, b = (", ".join(f"{run[index]:.2f}" for run in runs) for runs in (without, saved))
        print(f"| {name} | {a} | {b} | |")
    print(f"\nThroughput with checkpoints: {100 * wall[0] / wall[1]:.1f} % of that without.\n")
    for line in lines:
        print(f"- {line.removeprefix('tidemark: ')}")
    found = re.search(r"restored in ([\d.]+ ms)", restored)
    print(f"\nRestored in {found.group(1) if found else '(no checkpoint)'}, from:\n\n```\n{state}```")
    print(f"\nThe directory then (+: changes):\n\n```\n{listed}```")
    if not options.directory:
        shutil.rmtree(folder)


main()
