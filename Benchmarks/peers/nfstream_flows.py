"""NFStream's flows of a capture, without its guess at the application: counted and dropped.

usage: nfstream_flows.py CAPTURE
"""

import sys

from nfstream import NFStreamer

if __name__ == "__main__":
    flows = packets = 0
    for flow in NFStreamer(
            source=sys.argv[1], n_dissections=0, n_meters=1, statistical_analysis=False,
            idle_timeout=60, active_timeout=300):
        flows += 1
        packets += flow.bidirectional_packets
    print(f"{flows} flows of {packets} packets")
