"""What tshark sees in captures: frames, and in each the chain of IP headers.

tshark is asked for PDML (one XML element for each frame, in which a protocol is a `proto` element)
and nothing is reassembled: every frame stands for itself.
"""
import os
import subprocess
import tempfile
import xml.etree.ElementTree as ElementTree
from collections import namedtuple
from dataclasses import dataclass
from ipaddress import ip_address

OPTIONS = [
    "-n",
    "-o", "ip.defragment:FALSE",
    "-o", "ipv6.defragment:FALSE",
    "-o", "tcp.desegment_tcp_streams:FALSE",
    "-o", "tcp.analyze_sequence_numbers:FALSE",
    "-d", "udp.port==8472,vxlan",  # the port that Linux takes by default
]

# Protocols whose fields are wanted; of all others PDML then has the name only.
DETAILED = (
    "frame ip ipv6 ipv6.hopopts ipv6.fraghdr ipv6.routing ipv6.dstopts ah tcp udp sctp icmp icmpv6"
)

# An IP header is inside another one where only these stand between the two.  What an ICMP error, an
# sFlow sample or the like quotes, or what stands beside the first packet, is no packet of the capture.
CARRIERS = set(
    "udp gre eth vlan vxlan vxlan-gpe geneve gtp teredo ppp erspan ah pim mpls nsh ayiya l2tp l2tpv3 llc "
    "wlan wlan_radio wlan_aggregate radiotap capwap capwap.data lisp-data otv etherip esp udpencap ipcomp "
    "ieee8021ah ieee8021ad ieee8021br pptp pppoes tzsp pwethheuristic pwethcw pwethnocw pwach mplspwcw bat "
    "batadv hpext amt aruba_erm peekremote ieee802154 cmd cfp avsp vntag trill macsec "
    "ipv6.hopopts ipv6.routing ipv6.fraghdr ipv6.dstopts".split()
)

# An IPv6 extension header (or AH) by protocol number: what names the header after it.
NEXT_HEADER = {
    0: "ipv6.hopopts.nxt", 43: "ipv6.routing.nxt", 44: "ipv6.fraghdr.nxt",
    51: "ah.next_header", 60: "ipv6.dstopts.nxt",
}

Protocol = namedtuple("Protocol", "name fields")  # fields: name -> value of the first such field


@dataclass
class IPHeader:
    """An IP header and `beyond`, the protocols from there to the next IP header."""

    source: str
    destination: str
    bytes: int  # the IP layer, as the header claims it
    protocol: int  # what follows, extension headers skipped
    fragment_offset: int
    identification: str  # tells the fragments of one datagram from those of another
    beyond: list


@dataclass
class Frame:
    number: int
    time: int | None  # ns since the epoch
    wire_bytes: int
    headers: list  # outermost first, each inside the one before; empty where there is no IP


class Capture:
    """A capture file; iterating gives its frames, after which `read_ok` says whether there was an error."""

    def __init__(self, path):
        self.path = path
        self.read_ok = None

    def __iter__(self):
        with tempfile.TemporaryDirectory() as empty:  # no profile of the user may have a say
            clean = {"WIRESHARK_CONFIG_DIR": empty, "XDG_CONFIG_HOME": empty, "TZ": "UTC", "LC_ALL": "C.UTF-8"}
            command = ["tshark", "-r", self.path, *OPTIONS, "-T", "pdml", "-J", DETAILED]
            tshark = subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env={**os.environ, **clean}
            )
            with tshark:
                try:
                    yield from filter(None, map(dissect, packets(tshark.stdout)))
                except ElementTree.ParseError:
                    if tshark.wait() == 0:  # else it stopped at an error, its document unfinished
                        raise
            self.read_ok = tshark.returncode == 0


def packets(pdml):
    """The `packet` elements of a PDML document, one at a time: the document may be hundreds of megabytes."""
    elements = ElementTree.iterparse(pdml, events=("start", "end"))
    _, root = next(elements)
    for event, element in elements:
        if event == "end" and element.tag == "packet":
            yield element
            root.clear()


def dissect(packet):
    """The frame that a `packet` element describes; None for a pcapng block that holds no packet."""
    protocols = []
    flatten(packet, None, protocols)
    frame = next(protocol.fields for protocol in protocols if protocol.name == "frame")
    if "frame.encap_type" not in frame:
        return None
    return Frame(
        number=int(frame["frame.number"]),
        time=nanoseconds(frame.get("frame.time_epoch", "")),
        wire_bytes=int(frame["frame.len"]),
        headers=ip_headers(protocols),
    )


def flatten(element, owner, protocols):
    """Appends the protocols below `element` in the order of the frame, fields with the innermost one."""
    for child in element:
        if child.tag == "field":
            if owner:
                owner.fields.setdefault(child.get("name"), child.get("show"))
            flatten(child, owner, protocols)
        elif child.tag == "proto" and not child.get("name").startswith(("_ws", "fake")):
            protocols.append(Protocol(child.get("name"), {}))
            flatten(child, protocols[-1], protocols)
        else:
            flatten(child, owner, protocols)


def ip_headers(protocols):
    starts = [i for i, protocol in enumerate(protocols) if protocol.name in ("ip", "ipv6")]
    headers = []
    for start, end in zip(starts, starts[1:] + [len(protocols)]):
        if headers and not CARRIERS.issuperset(protocol.name for protocol in headers[-1].beyond):
            break
        header = ip_header(protocols[start], protocols[start + 1:end])
        if not header:
            break
        headers.append(header)
    return headers


def ip_header(own, beyond):
    """None where tshark could not decode the header: it then shows no addresses."""
    name, fields = own
    needed = ("ip.len", "ip.proto") if name == "ip" else ("ipv6.plen", "ipv6.nxt")
    if not all(field in fields for field in (name + ".src", name + ".dst", *needed)):
        return None
    length, protocol = (int(fields[field]) for field in needed)
    extensions = {}
    for part in [own, *beyond]:
        for field, value in part.fields.items():
            extensions.setdefault(field, value)
    if name == "ipv6":
        jumbo = extensions.get("ipv6.opt.jumbo")
        length = 40 + (int(jumbo) if length == 0 and jumbo else length)
        offset, identification = extensions.get("ipv6.fraghdr.offset"), extensions.get("ipv6.fraghdr.ident")
    else:
        offset, identification = fields.get("ip.frag_offset"), fields.get("ip.id")
    for _ in range(len(NEXT_HEADER)):
        following = extensions.get(NEXT_HEADER.get(protocol)) if name == "ipv6" or protocol == 51 else None
        if following is None:
            break
        protocol = int(following, 0)
    return IPHeader(
        address(fields[name + ".src"]), address(fields[name + ".dst"]), length, protocol,
        int(offset or "0", 0), identification, beyond,
    )


def address(text):
    """IPv4 dotted; IPv6 as RFC 5952 has it, but always in hex groups."""
    value = ip_address(text)
    mapped = getattr(value, "ipv4_mapped", None)
    if mapped is None:
        return str(value)
    return "::ffff:%x:%x" % divmod(int(mapped), 1 << 16)


def nanoseconds(text):
    """Decimal seconds as integer nanoseconds; None for no time, or for ten digits of fraction: that is
    how tshark prints a sub-second field of a whole second or more."""
    seconds, _, fraction = text.lstrip("-").partition(".")
    if not seconds or len(fraction) > 9:
        return None
    value = int(seconds) * 10**9 + int(fraction.ljust(9, "0"))
    return -value if text.startswith("-") else value
