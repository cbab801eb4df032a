#!/usr/bin/env python3
"""Makes the files of damaged/ from the captures beside it: see damaged/README.md.

The same captures give the same files.  `damaged/expected.json` has for each the exit status that a
reader should end with (sysexits.h: 0, 65 damaged) and how many packets it should have read.
"""
import json
import struct
from pathlib import Path

CAPTURES = Path(__file__).resolve().parent.parent
DAMAGED = CAPTURES / "damaged"

OK, DAMAGE = 0, 65
FILE_HEADER, RECORD_HEADER = 24, 16  # bytes; classic pcap
SNAPSHOT_LENGTH, LINK_TYPE = 16, 20  # offsets in the file header

SECONDS_1900, SECONDS_2100, SECONDS_3000 = -2208988800, 4102444800, 32503680000  # 1 January, 00:00 UTC


def main():
    DAMAGED.mkdir(exist_ok=True)
    for old in DAMAGED.glob("*.pcap*"):
        old.unlink()
    made = {**classic(), **next_generation(), **compressed()}
    expected = {}
    for name, (content, status, packets) in made.items():
        (DAMAGED / name).write_bytes(content)
        expected[name] = {"exit": status, "packets": packets}
    text = ",\n".join(f"  {json.dumps(name)}: {json.dumps(what)}" for name, what in expected.items())
    (DAMAGED / "expected.json").write_text("{\n" + text + "\n}\n")


def classic():
    """Name -> content, exit status, packets."""
    whole = (CAPTURES / "dns.pcap").read_bytes()
    header, records = split(whole)
    first_five = header + b"".join(records[:5])
    count = len(records)
    huge = struct.pack("<I", 0x7FFFFFFF)
    return {
        "empty.pcap": (b"", DAMAGE, 0),
        "text.pcap": (b"This is no capture, whatever its name says.\n" * 10, DAMAGE, 0),
        "header-cut.pcap": (header[:10], DAMAGE, 0),
        "header-only.pcap": (header, OK, 0),
        "record-cut.pcap": (first_five[:-20], DAMAGE, 4),
        "record-header-cut.pcap": (first_five + records[5][:9], DAMAGE, 5),
        "captured-length-huge.pcap": (
            header + b"".join(records[:2]) + replaced(records[2], 8, huge) + b"".join(records[3:]), DAMAGE, 2),
        "captured-length-negative.pcap": (
            header + b"".join(records[:2]) + replaced(records[2], 8, b"\xff" * 4) + b"".join(records[3:]), DAMAGE, 2),
        "snapshot-length-0.pcap": (replaced(whole, SNAPSHOT_LENGTH, bytes(4)), OK, count),
        "snapshot-length-max.pcap": (replaced(whole, SNAPSHOT_LENGTH, b"\xff" * 4), OK, count),
        "link-type-unknown.pcap": (replaced(whole, LINK_TYPE, struct.pack("<I", 9999)), OK, count),
        "version-unknown.pcap": (replaced(whole, 4, struct.pack("<HH", 7, 0)), DAMAGE, 0),
        "times-zero.pcap": (header + b"".join(at(record, 0) for record in records), OK, count),
        "times-backward.pcap": (
            header + b"".join(at(record, 1_000_000_000 - 7 * n) for n, record in enumerate(records)), OK, count),
        "times-2100.pcap": (
            header + b"".join(at(record, SECONDS_2100 + n) for n, record in enumerate(records)), OK, count),
        "times-gap.pcap": (  # a million windows of 10 s between the two
            header + at(records[0], 1_000_000_000) + at(records[1], 1_010_000_000), OK, 2),
        "sub-second-invalid.pcap": (
            header + replaced(records[0], 4, struct.pack("<I", 1_000_000)) + records[1], OK, 2),
    }


def next_generation():
    _, records = split((CAPTURES / "dns.pcap").read_bytes())
    frames = [record[RECORD_HEADER:] for record in records[:4]]
    start = section() + interface()
    blocks = [packet(frame, 1_000_000_000 + n) for n, frame in enumerate(frames)]
    whole = start + b"".join(blocks)
    trailing_length_wrong = replaced(blocks[2], len(blocks[2]) - 4, struct.pack("<I", 20))
    return {
        "block-cut.pcapng": (whole[:-10], DAMAGE, 3),
        "block-length-huge.pcapng": (
            start + b"".join(blocks[:2]) + replaced(blocks[2], 4, struct.pack("<I", 0xFFFFFFF0)), DAMAGE, 2),
        "block-length-mismatch.pcapng": (
            start + b"".join(blocks[:2]) + trailing_length_wrong + blocks[3], DAMAGE, 2),
        "captured-length-beyond-block.pcapng": (
            start + blocks[0] + replaced(blocks[1], 20, struct.pack("<I", 5000)) + blocks[2], DAMAGE, 1),
        "interface-missing.pcapng": (
            start + blocks[0] + packet(frames[1], 1_000_000_001, interface_number=7), DAMAGE, 1),
        "section-only.pcapng": (section(), OK, 0),
        "times-1900.pcapng": (  # as an offset of the interface: the packets' own times are unsigned
            section() + interface(offset=SECONDS_1900)
            + b"".join(packet(frame, n) for n, frame in enumerate(frames)), OK, 4),
        "times-2100.pcapng": (
            start + b"".join(packet(frame, SECONDS_2100 + n) for n, frame in enumerate(frames)), OK, 4),
        "times-3000.pcapng": (  # more than 64-bit nanoseconds hold: packets without a time
            start + b"".join(packet(frame, SECONDS_3000 + n) for n, frame in enumerate(frames)), OK, 4),
    }


def compressed():
    suffixes = ("gz", "zst", "lz4")
    whole = {suffix: (CAPTURES / f"http.pcap.{suffix}").read_bytes() for suffix in suffixes}
    cut = {f"cut.pcap.{suffix}": (data[:len(data) // 2], DAMAGE, None) for suffix, data in whole.items()}
    # The last bytes are those of the checksum of the content; gzip's is followed by the length.
    wrong = {
        f"checksum-wrong.pcap.{suffix}": (
            replaced(data, len(data) - (8 if suffix == "gz" else 4), b"\x00\x11\x22\x33"), DAMAGE, None)
        for suffix, data in whole.items()
    }
    return {**cut, **wrong}


def split(capture):
    """File header and records (each with its header) of a little-endian classic pcap."""
    assert capture[:4] == b"\xd4\xc3\xb2\xa1"
    records, offset = [], FILE_HEADER
    while offset < len(capture):
        end = offset + RECORD_HEADER + struct.unpack_from("<I", capture, offset + 8)[0]
        records.append(capture[offset:end])
        offset = end
    return capture[:FILE_HEADER], records


def replaced(data, offset, by):
    return data[:offset] + by + data[offset + len(by):]


def at(record, seconds):
    return struct.pack("<II", seconds, 0) + record[8:]


def block(kind, body):
    """A pcapng block: type, total length, body padded to four bytes, total length again."""
    body += bytes(-len(body) % 4)
    length = struct.pack("<I", 12 + len(body))
    return struct.pack("<I", kind) + length + body + length


def section():
    return block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1))


def interface(offset=None):
    """Ethernet, no snapshot length; `offset` in seconds is the option if_tsoffset."""
    body = struct.pack("<HHI", 1, 0, 0)
    if offset is not None:
        body += struct.pack("<HHqHH", 14, 8, offset, 0, 0)
    return block(1, body)


def packet(frame, seconds, interface_number=0):
    """An enhanced packet block; times are in microseconds."""
    time = seconds * 1_000_000
    lengths = (len(frame), len(frame))
    return block(6, struct.pack("<IIIII", interface_number, time >> 32, time & 0xFFFFFFFF, *lengths) + frame)


if __name__ == "__main__":
    main()
