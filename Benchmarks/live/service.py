#!/usr/bin/env python3
"""Starts deploy/tidemark-live@.service with a systemd of its own, and looks whether it does what it says.

usage: service.py [--tidemark BINARY]        as root

The systemd is process 1 of new namespaces (processes, mounts, network, cgroups), above an overlay of this machine's
files, whose changes are in memory and vanish at the end. Needs the packages systemd, util-linux and iproute2. Prints a
line for each thing that is so; the exit status is 1 at the first that is not.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

from cable import ROOT, release_build

# Becomes process 1. In the order of nsenter(1) and of what systemd wants of a container: systemd.io/CONTAINER_INTERFACE.
BOOT = r"""
set -e
work=$1
mount --make-rprivate /
mount -t tmpfs tmpfs "$work"
mkdir "$work/upper" "$work/work" "$work/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$work/upper,workdir=$work/work" "$work/root"
cd "$work/root"
mount -t proc proc proc
mount -t sysfs -o ro sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -t tmpfs -o mode=755 tmpfs run
mount -t tmpfs -o mode=1777 tmpfs tmp
mount -t tmpfs -o mode=755 tmpfs dev
mkdir dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=666 devpts dev/pts
mount -t tmpfs tmpfs dev/shm
for node in 'null 3' 'zero 5' 'full 7' 'random 8' 'urandom 9'; do
    mknod -m 666 "dev/${node% *}" c 1 "${node#* }"
done
mknod -m 666 dev/tty c 5 0
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
mkdir -p tmp/old
# Without building: the binary is there.
make -s -C "$2" -o "$3" install BINARY="$3" DESTDIR="$PWD"
pivot_root . tmp/old
umount -l /tmp/old
# No service of this machine's: only what the unit needs, and its own settings.
exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin container=tidemark /lib/systemd/systemd --unit=sysinit.target
"""

# What the unit says, with windows that are over sooner, and less patience.
QUICKER = """[Service]
ExecStart=
ExecStart={start} --window 1s --watermark-delay 200ms --checkpoint-interval 500ms
WatchdogSec=4
TimeoutAbortSec=2
"""


class Container:
    """A systemd, for a `with` statement."""

    def __init__(self, binary):
        self.folder = tempfile.mkdtemp(prefix="tidemark-service-")
        self.binary = binary
        self.process = None
        self.group = None

    def __enter__(self):
        hierarchy = next(p for p in ("/sys/fs/cgroup/unified", "/sys/fs/cgroup")
                         if os.path.exists(os.path.join(p, "cgroup.procs")))
        self.group = os.path.join(hierarchy, f"tidemark-service-{os.getpid()}")
        os.mkdir(self.group)
        join = f"echo $$ > {self.group}/cgroup.procs; exec \"$@\""
        self.process = subprocess.Popen(
            ["sh", "-c", join, "sh", "unshare", "--pid", "--mount", "--net", "--uts", "--ipc", "--cgroup", "--fork",
             "--kill-child", "bash", "-c", BOOT, "boot", self.folder, ROOT, self.binary],
            stdin=subprocess.DEVNULL, stdout=sys.stderr, stderr=sys.stderr)
        return self

    def __exit__(self, *_):
        # Its end is that of all its processes and mounts.
        self.process.kill()
        self.process.wait()
        with open(os.path.join(self.group, "cgroup.events")) as events:
            wait(lambda: events.seek(0) == 0 and "populated 0" in events.read(), "its processes end", quiet=True)
        for base, folders, _ in os.walk(self.group, topdown=False):
            for folder in folders:
                os.rmdir(os.path.join(base, folder))
        os.rmdir(self.group)
        shutil.rmtree(self.folder)

    def first(self):
        """Process 1, as this machine counts."""
        with open(f"/proc/{self.process.pid}/task/{self.process.pid}/children") as children:
            return children.read().strip()

    def has_booted(self):
        """Whether process 1 is systemd, and not what makes the way for it."""
        if self.process.poll() is not None:
            sys.exit("FAILED: process 1 has ended")
        first = self.first()
        if not first:
            return False
        with open(f"/proc/{first}/comm") as name:
            return name.read().strip() == "systemd"

    def run(self, *words, check=True):
        result = subprocess.run(
            ["nsenter", "-t", self.first(), "-m", "-u", "-i", "-n", "-p", "-C", "env", "-i",
             "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C", *words],
            capture_output=True, text=True, stdin=subprocess.DEVNULL)
        if check and result.returncode != 0:
            sys.exit(f"{' '.join(words)}: status {result.returncode}\n{result.stdout}{result.stderr}")
        return result.stdout.strip()

    def write(self, path, text):
        self.run("mkdir", "-p", os.path.dirname(path))
        self.run("sh", "-c", 'printf %s "$1" > "$2"', "sh", text, path)


class Service:
    """One instance of the unit."""

    def __init__(self, container, interface):
        self.container, self.interface = container, interface
        self.unit = f"tidemark-live@{interface}"

    def control(self, *words, **options):
        return self.container.run("systemctl", *words, self.unit, **options)

    def show(self, name):
        return self.control("show", "-P", name)

    def process(self):
        return int(self.show("MainPID"))

    def status(self):
        lines = self.container.run("cat", f"/proc/{self.process()}/status").splitlines()
        return dict(line.split(":\t", 1) for line in lines if ":\t" in line)

    def rows(self):
        text = self.container.run("sh", "-c", f"cat /var/log/tidemark/{self.interface}.totals.jsonl*")
        return sorted(map(json.loads, text.splitlines()), key=lambda row: row["window_start"])

    def told(self):
        return sum(row["packets"] for row in self.rows())

    def send(self):
        """Ten datagrams to a port where nobody listens: as many packets, and as many answers. Waits for their rows."""
        expected = self.told() + 20
        self.container.run("bash", "-c", "for n in $(seq 10); do echo 2>/dev/null >/dev/udp/127.0.0.1/9; sleep 0.2; done",
                           check=False)
        wait(lambda: self.told() == expected, f"rows have {expected} packets")
        # So that a checkpoint has them, too.
        time.sleep(2)


def wait(condition, what, seconds=60, quiet=False):
    for _ in range(seconds * 10):
        if condition():
            if not quiet:
                print(f"ok    {what}", flush=True)
            return
        time.sleep(0.1)
    sys.exit(f"FAILED: {what}")


def hold(condition, what):
    if not condition:
        sys.exit(f"FAILED: {what}")
    print(f"ok    {what}", flush=True)


def check_rights(container, service):
    status = service.status()
    hold(status["Uid"].split()[0] != "0" and len(set(status["Uid"].split())) == 1, f"runs as user {status['Uid'].split()[0]}")
    hold(int(status["CapEff"], 16) == int(status["CapBnd"], 16) == 1 << 13, "has CAP_NET_RAW and can have no other right")
    hold(status["NoNewPrivs"] == "1" and status["Seccomp"] == "2", "has no way to new privileges, and a filter of system calls")
    inside = ["nsenter", "-t", str(service.process()), "-m", "sh", "-c"]
    for path in "/usr", "/etc", "/var", "/var/lib":
        result = container.run(*inside, f"touch {path}/probe 2>/dev/null && echo written", check=False)
        hold(result == "", f"its files under {path} are read-only")
    hold(container.run(*inside, "ls /root 2>/dev/null; ls /home 2>/dev/null", check=False) == "", "it sees no homes")
    words = container.run("systemd-analyze", "security", "--no-pager", service.unit).splitlines()[-1]
    hold(float(words.split(": ")[1].split()[0]) <= 2, words.lstrip("→ ").strip())


def check(container):
    wait(lambda: container.run("systemctl", "is-system-running", check=False) in ("running", "degraded"),
         "systemd " + container.run("systemctl", "--version").split()[1] + " has booted")
    service = Service(container, "lo")
    container.run("ip", "link", "set", "lo", "up")
    start = next(line for line in service.control("cat").splitlines() if line.startswith("ExecStart="))
    container.write("/etc/systemd/system/tidemark-live@.service.d/quicker.conf",
                    QUICKER.format(start=start.removeprefix("ExecStart=")))
    container.run("systemctl", "daemon-reload")

    service.control("start")
    hold(service.control("is-active") == "active", "start waits for READY=1")
    service.send()
    wait(lambda: "packets" in service.show("StatusText"), "tells its packets in systemctl status")
    check_rights(container, service)

    first = service.show("WatchdogTimestampMonotonic")
    wait(lambda: service.show("WatchdogTimestampMonotonic") != first, "the watchdog hears of it")

    process = service.process()
    totals = "/var/log/tidemark/lo.totals.jsonl"
    container.run("mv", totals, totals + ".1")
    service.control("reload")
    wait(lambda: container.run("sh", "-c", f"test -e {totals} && echo there", check=False) == "there",
         "reload opens the outputs again")
    service.send()
    hold(service.process() == process, "and the process is the same")

    before = service.rows()
    container.run("kill", "-9", str(process))
    wait(lambda: service.show("NRestarts") == "1" and service.control("is-active", check=False) == "active",
         "started again after kill -9")
    service.send()
    rows = service.rows()
    hold(rows[:len(before)] == before, f"it goes on from its checkpoint: {len(before)} rows are still there, {len(rows)} now")
    gap = sum(row["gap_seconds"] for row in rows)
    hold(gap > 0 and all(row["complete"] == (row["gap_seconds"] == 0) for row in rows), f"and tells the gap, {gap:.3f} s")

    container.run("kill", "-STOP", str(service.process()))
    wait(lambda: service.show("NRestarts") == "2" and service.control("is-active", check=False) == "active",
         "one that hangs is ended by the watchdog, and started again")
    service.send()
    service.control("stop")
    hold(service.show("Result") == "success" and service.show("ExecMainStatus") == "0", "stop ends it with status 0")

    container.run("sh", "-c", "cd /var/log/tidemark && mkdir /var/log/old && mv lo.* /var/log/old")
    service.control("start")
    service.send()
    hold(service.show("NRestarts") == "0", "it starts anew where a rotation has moved its rows away")
    service.control("stop")

    # An interface that comes later.
    container.run("ip", "link", "add", "late", "type", "veth", "peer", "name", "other")
    late = Service(container, "late")
    late.control("start", "--no-block")
    wait(lambda: late.show("ExecMainStatus") == "66", "an interface that is down: status 66")
    container.run("sh", "-c", "ip link set late up; ip link set other up")
    wait(lambda: late.control("is-active", check=False) == "active", "and it starts as soon as the interface is up")
    late.control("stop")
    hold(late.show("Result") == "success", "stop ends it with status 0")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tidemark", help="the built command (a release build is made where it is not said)")
    arguments = parser.parse_args()
    if os.geteuid() != 0:
        sys.exit("namespaces are made by root only")
    binary = os.path.abspath(arguments.tidemark or release_build())
    with Container(binary) as container:
        wait(container.has_booted, "process 1 is systemd")
        try:
            check(container)
        except SystemExit:
            print(container.run("journalctl", "--no-pager", "-n", "60", check=False), file=sys.stderr)
            raise


if __name__ == "__main__":
    main()
