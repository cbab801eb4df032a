# Tidemark's tasks.  `make help` lists them; each does its own set-up.

SWIFT ?= swift
PREFIX ?= /usr/local
DESTDIR ?=
MANDIR ?= $(PREFIX)/share/man
UNITDIR ?= $(PREFIX)/lib/systemd/system
# What `make demo` replays, and how.
CAPTURES ?= captures/*.pcap captures/*.pcapng
DEMO ?= --window 30s --top 3
# How long the fuzzers run.
FUZZ_SECONDS ?= 60
# And how long a live capture is watched.
SOAK_SECONDS ?= 900

# Debian packages: what the build needs, and what some tests and `make lint` use where it is there.
LIBRARIES := libpcap-dev liblz4-dev libzstd-dev libseccomp-dev zlib1g-dev pkg-config
TOOLS := gzip lz4 zstd strace valgrind tshark shellcheck mandoc \
    iproute2 python3 tcpdump iputils-ping curl bind9-dnsutils iperf3 $(if $(filter x86_64,$(shell uname -m)),user-mode-linux)

# A release build carries Swift's own libraries along, so that it runs where no Swift is installed. The linker is
# the toolchain's own: the system's warns of what is in those libraries. A folder of its own, since other builds
# would otherwise take its place.
RELEASE := -c release --scratch-path .build-release --static-swift-stdlib -Xswiftc -use-ld=lld --product tidemark
BINARY := .build-release/release/tidemark
# Those of the commands that are installed.
PAGES := $(notdir $(wildcard man/tidemark*.1))
FORMATS := $(notdir $(wildcard man/*.5))
SOURCES := Sources Tests Benchmarks/Sources Benchmarks/EngineBenchmarks Package.swift Benchmarks/Package.swift
# With what they source.
SCRIPTS := .ci/run Tests/Fuzz/checkpoint.sh Tests/Fuzz/capture.sh captures/record.sh Benchmarks/peers/run.sh Benchmarks/allocations.sh Benchmarks/rows.sh Benchmarks/peers/flink/run.sh

# Installs those of the Debian packages $(1) that are missing, as root or through sudo.
define install-missing
	@command -v dpkg-query >/dev/null || { echo "no dpkg here: these must be installed already: $(1)" >&2; exit 0; }; \
	missing=; \
	for package in $(1); do \
	    dpkg-query -W -f='$${Status}' $$package 2>/dev/null | grep -q 'ok installed' || missing="$$missing $$package"; \
	done; \
	test -n "$$missing" || exit 0; \
	echo "installing:$$missing" >&2; \
	if test "$$(id -u)" = 0; then as_root=; else as_root=sudo; fi; \
	$$as_root apt-get update -qq && \
	$$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing >&2
endef

.PHONY: help libraries tools build test torture lint ceilings bench soak service fuzz-checkpoint fuzz-capture demo install uninstall clean

help:
	@echo 'make demo        build, and replay the captures of this repository'
	@echo 'make build       a release build: $(BINARY)'
	@echo 'make test        all tests'
	@echo 'make torture     kills a run 200 times at random instants, and compares what it wrote in the end'
	@echo 'make lint        format, scripts and man pages'
	@echo 'make ceilings    instructions and allocations per packet, counted by valgrind, under their ceilings'
	@echo 'make bench       Tidemark beside its peers: a quarter of an hour and 10 GB of disk'
	@echo 'make soak        a live capture under churn, as root: fails where memory or open files grow, SOAK_SECONDS=$(SOAK_SECONDS)'
	@echo 'make service     the systemd unit under a systemd in namespaces of its own, as root'
	@echo 'make fuzz-capture     made-up captures, read by the reader and by libpcap; FUZZ_SECONDS=$(FUZZ_SECONDS)'
	@echo 'make fuzz-checkpoint  made-up checkpoints, and made-up state in them; FUZZ_SECONDS=$(FUZZ_SECONDS)'
	@echo 'make install     the binary, the man pages and a systemd unit; PREFIX=$(PREFIX), DESTDIR= for packagers'
	@echo 'make uninstall   removes them'
	@echo 'make tools       Debian packages that some tests and make lint use: $(TOOLS)'
	@echo 'make clean       removes what was built'

libraries:
	$(call install-missing,$(LIBRARIES))

tools:
	$(call install-missing,$(TOOLS))

build: libraries
	$(SWIFT) build $(RELEASE)

# For `make install`, which root may run without Swift: nothing is built that is up to date.
$(BINARY): Package.swift $(shell find Sources -type f) | libraries
	$(SWIFT) build $(RELEASE)
	touch -c $@

# Some tests run the command itself; without the tools they skip, and say so.
test: libraries
	$(SWIFT) build --build-tests
	$(SWIFT) test --skip-build --parallel

# How often, and from which seed: make torture KILLS=1000 SEED=7
KILLS ?= 200
SEED ?= 4
torture: libraries
	$(SWIFT) build --build-tests
	TIDEMARK_TORTURE=$(KILLS) TIDEMARK_SEED=$(SEED) $(SWIFT) test --skip-build --filter TortureTests

lint:
	$(SWIFT) format lint --strict --recursive $(SOURCES)
	@if command -v shellcheck >/dev/null; then shellcheck -x -P SCRIPTDIR -S warning $(SCRIPTS); else echo 'no shellcheck: scripts not linted' >&2; fi
	@if command -v mandoc >/dev/null; then mandoc -T lint -W warning man/*.[15]; else echo 'no mandoc: man pages not linted' >&2; fi

# Instructions and allocations per packet, under the ceilings of Benchmarks/ceilings/ceilings.json.
ceilings: build
	$(SWIFT) build -c release --package-path Benchmarks --product generate-capture
	Benchmarks/ceilings/check.py

bench: libraries
	Benchmarks/peers/run.sh

soak: $(BINARY)
	Benchmarks/live/soak.py --seconds $(SOAK_SECONDS) --tidemark $(BINARY)

service: $(BINARY)
	Benchmarks/live/service.py --tidemark $(BINARY)

fuzz-checkpoint: libraries tools
	Tests/Fuzz/checkpoint.sh $(FUZZ_SECONDS)

fuzz-capture: libraries
	Tests/Fuzz/capture.sh $(FUZZ_SECONDS)

demo: build
	@echo
	$(BINARY) replay $(DEMO) $(CAPTURES)

install: $(BINARY)
	install -d "$(DESTDIR)$(PREFIX)/bin" "$(DESTDIR)$(MANDIR)/man1" "$(DESTDIR)$(MANDIR)/man5"
	install -m 755 $(BINARY) "$(DESTDIR)$(PREFIX)/bin/tidemark"
	install -m 644 man/tidemark*.1 "$(DESTDIR)$(MANDIR)/man1"
	install -m 644 man/*.5 "$(DESTDIR)$(MANDIR)/man5"
	install -d "$(DESTDIR)$(UNITDIR)"
	sed 's#/usr/local/bin/#$(PREFIX)/bin/#' deploy/tidemark-live@.service > "$(DESTDIR)$(UNITDIR)/tidemark-live@.service"
	chmod 644 "$(DESTDIR)$(UNITDIR)/tidemark-live@.service"

uninstall:
	rm -f "$(DESTDIR)$(PREFIX)/bin/tidemark" "$(DESTDIR)$(UNITDIR)/tidemark-live@.service" $(PAGES:%="$(DESTDIR)$(MANDIR)/man1/%") $(FORMATS:%="$(DESTDIR)$(MANDIR)/man5/%")

clean:
	rm -rf .build .build-release Benchmarks/.build
