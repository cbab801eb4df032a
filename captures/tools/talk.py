#!/usr/bin/env python3
"""A server, and clients for the talks that no standard tool holds.

usage: talk.py serve              TCP and UDP echo on port 7; on TCP port 9 an abort (RST) after the first
                                  bytes; on TCP port 13 one line, then the server closes first
       talk.py datagrams ADDRESS  echoes of 4000 bytes over UDP: fragments both ways
       talk.py reset ADDRESS      a port where nobody listens, an abort by the server, one by the client
       talk.py reuse ADDRESS      three connections from one port to one port, one after another
       talk.py quiet ADDRESS      one TCP connection and one UDP exchange, each with 12 s of silence inside
"""
import asyncio
import contextlib
import socket
import struct
import sys
import time

ECHO, ABORT, LINE = 7, 9, 13
SILENCE = 12  # seconds
ABORT_ON_CLOSE = struct.pack("ii", 1, 0)  # linger for 0 s: close sends RST


def connect(address, port, local_port=None):
    source = (("::" if ":" in address else "0.0.0.0"), local_port) if local_port else None
    connection = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
    connection.settimeout(5)
    if source:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        connection.bind(source)
    connection.connect((address, port))
    return connection


def datagrams(address):
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM) as talker:
        talker.settimeout(5)
        for number in range(3):
            talker.sendto(bytes([number]) * 4000, (address, ECHO))
            assert len(talker.recv(65536)) == 4000
            time.sleep(0.1)


def reset(address):
    with contextlib.suppress(ConnectionRefusedError):
        connect(address, 4444)
    with connect(address, ABORT) as connection:
        connection.sendall(b"abort, please")
        with contextlib.suppress(ConnectionResetError):
            connection.recv(100)
    with connect(address, ECHO) as connection:
        connection.sendall(b"hello")
        connection.recv(100)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, ABORT_ON_CLOSE)


def reuse(address):
    for _ in range(3):
        with connect(address, LINE, local_port=40000) as connection:
            while connection.recv(100):
                pass
        time.sleep(1.2)  # a TIME-WAIT gives way to a SYN with a later timestamp (RFC 6191)


def quiet(address):
    with connect(address, ECHO) as connection, socket.socket(type=socket.SOCK_DGRAM) as talker:
        talker.connect((address, ECHO))
        talker.settimeout(5)
        for silence in (0, SILENCE):
            time.sleep(silence)
            connection.sendall(b"still there?")
            connection.recv(100)
            talker.send(b"still there?")
            talker.recv(100)


class UDPEcho(asyncio.DatagramProtocol):
    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, sender):
        self.transport.sendto(data, sender)


async def echo(reader, writer):
    with contextlib.suppress(ConnectionError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()


async def abort(reader, writer):
    await reader.read(100)
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, ABORT_ON_CLOSE)
    writer.close()


async def line(reader, writer):
    writer.write(b"the time is now\r\n")
    writer.close()


async def serve():
    loop = asyncio.get_running_loop()
    await loop.create_datagram_endpoint(UDPEcho, ("::", ECHO))  # takes IPv4 too
    for handler, port in ((echo, ECHO), (abort, ABORT), (line, LINE)):
        await asyncio.start_server(handler, ["0.0.0.0", "::"], port)
    await asyncio.Event().wait()


if __name__ == "__main__":
    clients = {client.__name__: client for client in (datagrams, reset, reuse, quiet)}
    match sys.argv[1:]:
        case ["serve"]:
            asyncio.run(serve())
        case [name, address] if name in clients:
            clients[name](address)
        case _:
            sys.exit(__doc__)
