"""A veth pair between two network namespaces, and `tidemark live` at one end of it; all of it removed at the end."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))


def run(*words, **options):
    return subprocess.run(words, check=True, capture_output=True, text=True, **options).stdout


def release_build():
    """The command, built for release where it is not up to date."""
    build = ["swift", "build", "-c", "release", "--package-path", ROOT, "--product", "tidemark"]
    subprocess.run(build, check=True, stdout=sys.stderr)
    return os.path.join(run(*build, "--show-bin-path").strip(), "tidemark")


class Cable:
    """`va` in one namespace, `vb` in the other, and a folder for files. For a `with` statement; takes root."""

    def __init__(self):
        if os.geteuid() != 0:
            sys.exit("network namespaces are made by root only")
        self.near, self.far = f"tmlive{os.getpid()}a", f"tmlive{os.getpid()}b"
        self.folder = tempfile.mkdtemp(prefix="tidemark-live-")
        self.children = []

    def __enter__(self):
        try:
            for name in self.near, self.far:
                run("ip", "netns", "add", name)
                # Neighbour discovery would be counted too.
                run("ip", "netns", "exec", name, "sh", "-c",
                    "for f in /proc/sys/net/ipv6/conf/*/disable_ipv6; do echo 1 > $f; done")
            run("ip", "-n", self.near, "link", "add", "va", "type", "veth", "peer", "name", "vb", "netns", self.far)
            for name, end in (self.near, "va"), (self.far, "vb"):
                run("ip", "-n", name, "link", "set", end, "up")
            self.flood = self.path("flood")
            run("cc", "-O2", "-Wall", "-o", self.flood, os.path.join(HERE, "..", "peers", "flood.c"))
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for child in self.children:
            if child.poll() is None:
                child.kill()
                child.wait()
        for name in self.near, self.far:
            subprocess.run(["ip", "netns", "del", name], stderr=subprocess.DEVNULL, check=False)
        shutil.rmtree(self.folder, ignore_errors=True)

    def path(self, name):
        return os.path.join(self.folder, name)

    def log(self):
        with open(self.path("log"), encoding="utf-8", errors="replace") as file:
            return file.read()

    def live(self, tidemark, *words):
        """Starts `tidemark live` on `va`, and waits until it captures."""
        with open(self.path("log"), "w", encoding="utf-8") as log:
            child = subprocess.Popen(["ip", "netns", "exec", self.near, tidemark, "live", "-i", "va", *words],
                                     stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.children.append(child)
        deadline = time.monotonic() + 30
        while "listening on" not in self.log():
            if child.poll() is not None or time.monotonic() > deadline:
                sys.exit(f"tidemark live has not begun: {self.log()}")
            time.sleep(0.02)
        return child

    def end(self, child):
        """Ends it as a person would; returns its exit status and what it said."""
        child.send_signal(signal.SIGTERM)
        return child.wait(timeout=60), self.log()

    def send(self, packets, flows, first=0, size=128):
        """Sends so many packets of so many flows, the first of which has this number; returns how many went out."""
        words = [str(packets), str(size), str(flows), str(first)]
        return int(run("ip", "netns", "exec", self.far, self.flood, "vb", *words))
