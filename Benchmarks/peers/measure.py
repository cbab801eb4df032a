#!/usr/bin/env python3
"""Runs one command and appends what it cost to a log.

usage: measure.py LOG NAME DIRECTORY COMMAND

COMMAND is a line of bash, run in DIRECTORY with its output in DIRECTORY/log. The log gets one JSON
object: name, status, cpu and wall in seconds, peak in bytes. CPU is user and system time of all the
command's processes; peak is the resident memory of the largest one (not the sum, in a pipeline), and
never shows less than the ten megabytes of Python that every process here begins as.
"""

import json
import os
import subprocess
import sys
import time


def main() -> None:
    log, name, directory, command = sys.argv[1:]
    with open(os.path.join(directory, "log"), "wb") as output:
        began = time.monotonic()
        process = subprocess.Popen(
            ["bash", "-o", "pipefail", "-c", command],
            cwd=directory, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT)
        # A process's usage includes that of the children it has waited for: bash waits for its own.
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.monotonic() - began
    cost = {
        "name": name,
        "status": os.waitstatus_to_exitcode(status),
        "cpu": usage.ru_utime + usage.ru_stime,
        "wall": wall,
        "peak": usage.ru_maxrss * 1024,
    }
    with open(log, "a", encoding="utf-8") as lines:
        print(json.dumps(cost), file=lines)


if __name__ == "__main__":
    main()
