#!/usr/bin/env python3
"""Measures live capture beside the peers, all in turns under the same load, and prints a Markdown table for each sender.

A sender floods one end of a veth pair, each program captures the other end; both ends are in network namespaces of
their own, made and removed here, so it runs as root only. Sending begins when the program rests after its start. CPU is
user and system time of the program and its children from then until exit (wait4(2)), and per packet that it captured:
who loses packets has less to do. What the start took has a column of its own: nfpcapd spends a second on its tables,
which divided by some seconds' packets would be most of its CPU, and loses packets that come meanwhile. What the kernel
does in the sender's time, as filling the ring, is the sender's.

The exit status is 1 where a program fails, where Tidemark's captured and dropped packets are not exactly those sent, or
where it captures less than it should: all packets wherever tcpdump and nfpcapd do, and never less than softflowd,
dumpcap or Argus, each by the medians.

    live.py [--rounds N] [--packets N] [--bytes N] [--flows N] [--rate N] [--sender REGEX] [--only REGEX]
            [--tidemark PATH] [--tidemark-options WORDS] [--install]

Three rounds take about ten minutes. The senders are sendmmsg(2) and tcpreplay as fast as they can, and sendmmsg(2) at a
pace that every program keeps up with, for CPU that is not spared by losing packets.
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
    dropped = re.findall(r"(\d+) packets? dropped by (?:kernel|interface)", log)
    return int(re.search(r"(\d+) packets? captured", log)[1]), sum(int(count) for count in dropped)


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
        Program("tidemark live, 1 worker",
                f"{tidemark} live -i va --workers 1 {options} -o {{folder}}/hosts.csv", [tidemark], lines_of_tcpdump),
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


def processor_seconds(process):
    """User and system time of a process so far."""
    with open(f"/proc/{process}/stat", encoding="utf-8") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def settle(child):
    """Waits until a program rests: nfpcapd, for one, is busy with its tables for a second after it has its socket."""
    before = -1
    for _ in range(20):
        now = processor_seconds(child.pid)
        if now - before < 0.02:
            return now
        before = now
        time.sleep(0.5)
    return now


def measure(program, send):
    """One round: (packets sent, seconds of sending, captured, dropped, seconds of CPU behind the start, and for it)."""
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
            start = settle(child)
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
        return sent, seconds, captured, dropped, usage.ru_utime + usage.ru_stime - start, start


def take(program, send, results):
    """Measures one round; false where it failed."""
    try:
        result = measure(program, send)
    except (RuntimeError, TypeError, StopIteration, OSError, subprocess.SubprocessError) as error:
        say(f"FAILED: {program.name}: {error}")
        return False
    results.append(result)
    sent, _, captured, dropped, _, _ = result
    if program.name.startswith("tidemark") and captured + dropped != sent:
        say(f"FAILED: {program.name}: {captured} captured and {dropped} dropped are not {sent} sent")
        return False
    return True


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


def flood(options, packets, rate=0):
    """A function that sends packets with sendmmsg(2), so many a second or as fast as possible; returns those sent."""
    program = os.path.join(SCRATCH, "flood")
    run("cc", "-O2", "-Wall", "-o", program, os.path.join(HERE, "flood.c"))
    load = [str(number) for number in (packets, options.bytes, options.flows, 0, rate)]
    return lambda: int(run("ip", "netns", "exec", FAR, program, "vb", *load))


def tcpreplay(options, packets):
    """A function that sends packets with tcpreplay at top speed, and returns those sent."""
    path = os.path.join(SCRATCH, "load.pcap")
    count = min(packets, 100_000)
    write_load(path, count, options)
    loops = max(1, packets // count)

    def send():
        text = run("ip", "netns", "exec", FAR, "tcpreplay", "-q", "--topspeed", "-K", f"--loop={loops}", "-i", "vb",
                   path)
        return int(re.search(r"Successful packets:\s+(\d+)", text)[1])

    return send


def senders(options):
    """The loads by what they are called, about as long as each other."""
    makers = {
        "sendmmsg at top speed": lambda: flood(options, options.packets),
        "tcpreplay at top speed": lambda: tcpreplay(options, options.packets // 2),
        f"sendmmsg, {options.rate:,} packets a second": lambda: flood(options, options.packets // 4, options.rate),
    }
    if not shutil.which("tcpreplay"):
        say("skipped: the sender tcpreplay: not installed")
        del makers["tcpreplay at top speed"]
    return {name: make() for name, make in makers.items() if re.search(options.sender, name)}


def table(rows):
    print("| program | captured/sent, median | least | CPU ns/packet, median | range | CPU of the start, ms "
          "| dropped, as it says | sent, thousands/s |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    for name, runs in rows.items():
        if not runs:
            continue
        shares = [run[2] / run[0] for run in runs]
        cpu = [run[4] * 1e9 / run[2] for run in runs if run[2]]
        drops = [run[3] for run in runs if run[3] is not None]
        rate = statistics.median(run[0] / run[1] / 1000 for run in runs)
        start = statistics.median(run[5] for run in runs) * 1000
        said = f"{statistics.median(drops):,.0f}" if drops else "–"
        least, middle, most = (min(cpu), statistics.median(cpu), max(cpu)) if cpu else (0, 0, 0)
        print(f"| {name} | {statistics.median(shares):.6f} | {min(shares):.6f} | {middle:,.0f} "
              f"| {least:,.0f} to {most:,.0f} | {start:,.0f} | {said} | {rate:,.0f} |")
    print(flush=True)


def verdicts(rows):
    """What is asked of Tidemark, with what was measured; a list of what it misses."""
    share = {name: statistics.median(run[2] / run[0] for run in runs) for name, runs in rows.items() if runs}
    cpu, whole = ({name: statistics.median(of(run) / run[2] for run in runs if run[2])
                   for name, runs in rows.items() if any(run[2] for run in runs)}
                  for of in (lambda run: run[4], lambda run: run[4] + run[5]))
    missed = []
    for name in (name for name in share if name.startswith("tidemark live")):
        others = {peer: share[peer] for peer in ("softflowd", "dumpcap", "argus") if peer in share}
        missed += [f"{name} captures less than {peer}: {share[name]:.6f}, {value:.6f}"
                   for peer, value in others.items() if share[name] < value]
        exact = [peer for peer in ("tcpdump -w", "nfpcapd") if share.get(peer) == 1]
        if len(exact) == 2 and share[name] < 1:
            missed.append(f"{name} captures {share[name]:.6f}, tcpdump and nfpcapd everything")
        if name in cpu and "nfpcapd" in cpu:
            print(f"{name}: {cpu[name] / cpu['nfpcapd']:.2f} of nfpcapd's CPU per packet, "
                  f"{whole[name] / whole['nfpcapd']:.2f} with both programs' starts (asked: 0.25)")
    print(flush=True)
    return missed


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--packets", type=int, default=4_000_000, help="at top speed by sendmmsg; the others' are fewer")
    parser.add_argument("--rate", type=int, default=200_000, help="packets a second of the slow sender")
    parser.add_argument("--bytes", type=int, default=128)
    parser.add_argument("--flows", type=int, default=1000)
    parser.add_argument("--sender", default=".", help="those whose names match")
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
        loads = senders(options)
        chosen = []
        for program in programs(tidemark, options.tidemark_options):
            missing = [need for need in program.needs if not shutil.which(need)]
            if missing:
                say(f"skipped: {program.name}: {', '.join(missing)} not installed")
            elif re.search(options.only, program.name):
                chosen.append(program)
        rows = {name: {program.name: [] for program in chosen} for name in loads}
        for number in range(options.rounds):
            for name, send in loads.items():
                for program in chosen:
                    say(f"round {number + 1} of {options.rounds}, {name}: {program.name}")
                    failed = not take(program, send, rows[name][program.name]) or failed
        print(f"{options.rounds} rounds of {options.packets:,} packets of {options.bytes} bytes in {options.flows:,} "
              f"flows; load average {os.getloadavg()[0]:.1f}\n")
        for name, results in rows.items():
            print(f"**Sent by {name}**\n")
            table(results)
            for problem in verdicts(results):
                say(f"MISSED, {name}: {problem}")
                failed = True
    finally:
        remove_network()
        shutil.rmtree(SCRATCH, ignore_errors=True)
    return 1 if failed else 0


SCRATCH = tempfile.mkdtemp(prefix="tidemark-live-")
os.chmod(SCRATCH, 0o755)

if __name__ == "__main__":
    sys.exit(main())
