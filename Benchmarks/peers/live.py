#!/usr/bin/env python3
"""Measures live capture beside the peers, all in turns under the same load, and prints a Markdown table.

A sender floods one end of a veth pair, each program captures the other end; both ends are in network namespaces of
their own, made and removed here, so it runs as root only. CPU is user and system time of the program and its children,
from wait4(2), and per packet sent. What the kernel does in the sender's time, as filling the ring, is the sender's.

    live.py [--rounds N] [--packets N] [--bytes N] [--flows N] [--sender sendmmsg|tcpreplay] [--only REGEX]
            [--tidemark PATH] [--install]
"""

import argparse
import os
import re
import shlex
import shutil
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
PACKAGES = ["tcpdump", "nfdump", "softflowd", "wireshark-common", "argus-server", "argus-client", "tcpreplay"]
NEAR, FAR = f"tmbench{os.getpid()}a", f"tmbench{os.getpid()}b"


def say(text):
    print(text, file=sys.stderr)


def run(*words, **options):
    return subprocess.run(words, check=True, capture_output=True, text=True, **options).stdout


def make_network():
    for name in NEAR, FAR:
        run("ip", "netns", "add", name)
        # Neighbour discovery would be counted too.
        run("ip", "netns", "exec", name, "sh", "-c",
            "for f in /proc/sys/net/ipv6/conf/*/disable_ipv6; do echo 1 > $f; done")
        run("ip", "-n", name, "link", "set", "lo", "up")
    run("ip", "-n", NEAR, "link", "add", "va", "type", "veth", "peer", "name", "vb", "netns", FAR)
    for name, end in (NEAR, "va"), (FAR, "vb"):
        run("ip", "-n", name, "link", "set", end, "up")


def remove_network():
    for name in NEAR, FAR:
        subprocess.run(["ip", "netns", "del", name], stderr=subprocess.DEVNULL, check=False)


class Program:
    """A program that captures: its command, how it ends, and what it says of packets captured and dropped."""

    def __init__(self, name, command, needs, count, before_end=None):
        self.name, self.command, self.needs = name, command, needs
        self.count, self.before_end = count, before_end


def lines_of_tcpdump(log, _):
    captured, dropped = re.search(r"(\d+) packets? captured", log), re.search(r"(\d+) packets? dropped by kernel", log)
    return int(captured[1]), int(dropped[1])


def lines_of_dumpcap(log, _):
    found = re.search(r"received/dropped on interface '?\w+'?: (\d+)/(\d+)", log)
    return int(found[1]), int(found[2])


def flows_of_nfdump(_, folder):
    text = run("nfdump", "-R", os.path.join(folder, "flows"), "-I")
    return int(re.search(r"^Packets: (\d+)", text, re.M)[1]), None


def counts_of_softflowd(_, folder):
    text = open(os.path.join(folder, "statistics"), encoding="utf-8").read()
    drops = re.search(r"Packets dropped by libpcap: (\d+)", text) or re.search(r"dropped[^\d]*(\d+)", text)
    return int(re.search(r"Packets processed: (\d+)", text)[1]), int(drops[1]) if drops else None


def records_of_argus(_, folder):
    text = run("racount", "-r", os.path.join(folder, "argus"))
    line = next(line for line in text.splitlines() if line.strip().startswith("sum"))
    return int(line.split()[2]), None


def programs(tidemark, options):
    softflowctl = "softflowctl -c {folder}/control statistics > {folder}/statistics"
    return [
        Program("tidemark live", f"{tidemark} live -i va {options} -o {{folder}}/hosts.csv", [tidemark],
                lines_of_tcpdump),
        Program("tidemark live -w", f"{tidemark} live -i va {options} -w {{folder}}/a.pcap -o {{folder}}/hosts.csv",
                [tidemark], lines_of_tcpdump),
        Program("tcpdump -w", "tcpdump -i va -n -Z root -w {folder}/a.pcap", ["tcpdump"], lines_of_tcpdump),
        Program("nfpcapd", "nfpcapd -i va -w {folder}/flows -t 3600", ["nfpcapd", "nfdump"], flows_of_nfdump),
        Program("softflowd", "softflowd -d -i va -n 127.0.0.1:9995 -c {folder}/control -p {folder}/pid",
                ["softflowd", "softflowctl"], counts_of_softflowd, before_end=softflowctl),
        Program("dumpcap", "dumpcap -q -i va -w {folder}/a.pcapng", ["dumpcap"], lines_of_dumpcap),
        Program("argus", "argus -i va -w {folder}/argus", ["argus", "racount"], records_of_argus),
    ]


def sockets():
    """Packet sockets in the capturing namespace."""
    return len(run("ip", "netns", "exec", NEAR, "cat", "/proc/net/packet").splitlines()) - 1


def wait_until(condition, seconds=15):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.05)
    return False


def measure(program, send):
    """One round: (packets sent, seconds of sending, captured, dropped, seconds of CPU)."""
    with tempfile.TemporaryDirectory(dir=SCRATCH) as folder:
        os.chmod(folder, 0o777)
        os.mkdir(os.path.join(folder, "flows"))
        log = os.path.join(folder, "log")
        words = ["ip", "netns", "exec", NEAR] + shlex.split(program.command.format(folder=folder))
        with open(log, "w", encoding="utf-8") as out:
            child = subprocess.Popen(words, stdout=out, stderr=out, stdin=subprocess.DEVNULL)
        try:
            if not wait_until(lambda: sockets() > 0 or child.poll() is not None) or child.poll() is not None:
                raise RuntimeError(f"{program.name} does not capture: {open(log, encoding='utf-8').read()[-500:]}")
            time.sleep(0.5)
            begin = time.monotonic()
            sent = send()
            seconds = time.monotonic() - begin
            time.sleep(1.5)
            if program.before_end:
                subprocess.run(program.before_end.format(folder=folder), shell=True, check=True)
            if child.poll() is not None:
                raise RuntimeError(f"{program.name} has ended: {open(log, encoding='utf-8').read()[-500:]}")
            child.send_signal(signal.SIGINT)
            _, status, usage = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
        finally:
            if child.returncode is None:
                child.kill()
                child.wait()
        captured, dropped = program.count(open(log, encoding="utf-8", errors="replace").read(), folder)
        return sent, seconds, captured, dropped, usage.ru_utime + usage.ru_stime


def write_load(path, count, options):
    """What flood.c sends, as a capture."""
    with open(path, "wb") as file:
        file.write(struct.pack("<IHHIIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
        for number in range(count):
            flow = number % options.flows
            frame = b"\xff" * 6 + b"\x02\0\0\0\0\0\x08\0" + struct.pack(
                ">BBHHHBBHIIHHHH", 0x45, 0, options.bytes - 14, 0, 0, 64, 17, 0, 0x0A000000 | flow & 0xFFFF,
                0x0A800000 | flow >> 8 & 0xFFFF, 1024 + flow % 60000, 9, options.bytes - 34, 0)
            file.write(struct.pack("<IIII", number // 100000, number % 100000 * 10, options.bytes, options.bytes))
            file.write(frame.ljust(options.bytes, b"\0"))


def sender(options):
    """A function that sends the load and returns the packets sent."""
    flood = os.path.join(SCRATCH, "flood")
    run("cc", "-O2", "-Wall", "-o", flood, os.path.join(HERE, "flood.c"))
    words = ["ip", "netns", "exec", FAR]
    if options.sender == "sendmmsg":
        load = [str(options.packets), str(options.bytes), str(options.flows)]
        return lambda: int(run(*words, flood, "vb", *load))
    path = os.path.join(SCRATCH, "load.pcap")
    count = min(options.packets, 100_000)
    write_load(path, count, options)
    loops = max(1, options.packets // count)

    def replay():
        text = run(*words, "tcpreplay", "-q", "--topspeed", "-K", f"--loop={loops}", "-i", "vb", path)
        return int(re.search(r"Successful packets:\s+(\d+)", text)[1])

    return replay


def table(rows):
    print("| program | captured/sent, median | least | CPU ns/packet, median | range | dropped, as it says | sent kpps |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    for name, runs in rows.items():
        if not runs:
            continue
        shares = [captured / sent for sent, _, captured, _, _ in runs]
        cpu = [seconds * 1e9 / sent for sent, _, _, _, seconds in runs]
        drops = [dropped for _, _, _, dropped, _ in runs if dropped is not None]
        rate = statistics.median(sent / seconds / 1000 for sent, seconds, _, _, _ in runs)
        said = f"{statistics.median(drops):,.0f}" if drops else "–"
        print(f"| {name} | {statistics.median(shares):.4f} | {min(shares):.4f} | {statistics.median(cpu):,.0f} "
              f"| {min(cpu):,.0f} to {max(cpu):,.0f} | {said} | {rate:,.0f} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--packets", type=int, default=2_000_000)
    parser.add_argument("--bytes", type=int, default=128)
    parser.add_argument("--flows", type=int, default=1000)
    parser.add_argument("--sender", choices=["sendmmsg", "tcpreplay"], default="sendmmsg")
    parser.add_argument("--only", default=".")
    parser.add_argument("--tidemark", help="the command (default: a release build of this repository)")
    parser.add_argument("--tidemark-options", default="")
    parser.add_argument("--install", action="store_true", help="install missing peers from Debian")
    options = parser.parse_args()
    if os.geteuid() != 0:
        sys.exit("live.py: network namespaces are made by root only")
    if options.install:
        subprocess.run(["apt-get", "install", "-qq", "-y", "--no-install-recommends", *PACKAGES], check=False,
                       stdout=sys.stderr)
    tidemark = options.tidemark
    if not tidemark:
        build = ["swift", "build", "-c", "release", "--package-path", ROOT, "--product", "tidemark"]
        subprocess.run(build, check=True, stdout=sys.stderr)
        tidemark = os.path.join(run(*build, "--show-bin-path").strip(), "tidemark")
    failed = False
    try:
        make_network()
        send = sender(options)
        chosen = []
        for program in programs(tidemark, options.tidemark_options):
            missing = [need for need in program.needs if not shutil.which(need)]
            if missing:
                say(f"skipped: {program.name}: {', '.join(missing)} not installed")
            elif re.search(options.only, program.name):
                chosen.append(program)
        rows = {program.name: [] for program in chosen}
        for number in range(options.rounds):
            for program in chosen:
                say(f"round {number + 1} of {options.rounds}: {program.name}")
                try:
                    result = measure(program, send)
                except (RuntimeError, TypeError, StopIteration, OSError, subprocess.SubprocessError) as error:
                    say(f"FAILED: {program.name}: {error}")
                    failed = True
                    continue
                rows[program.name].append(result)
                sent, _, captured, dropped, _ = result
                if program.name.startswith("tidemark") and captured + dropped != sent:
                    say(f"FAILED: {program.name}: {captured} captured and {dropped} dropped are not {sent} sent")
                    failed = True
        table(rows)
    finally:
        remove_network()
        shutil.rmtree(SCRATCH, ignore_errors=True)
    return 1 if failed else 0


SCRATCH = tempfile.mkdtemp(prefix="tidemark-live-")
os.chmod(SCRATCH, 0o755)

if __name__ == "__main__":
    sys.exit(main())
