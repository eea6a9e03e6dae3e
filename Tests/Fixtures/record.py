#!/usr/bin/env python3
"""Records what the kernel answers about one set of TCP sockets, by sock_diag and by /proc at the same moment.

    sudo unshare --net Tests/Fixtures/record.py Tests/Fixtures

Makes the sockets in the network namespace it is started in, which has to be empty. See README.md.
"""

import os
import socket
import struct
import subprocess
import sys
import time

NETLINK_SOCK_DIAG = 4
TCPDIAG_GETSOCK = 18
NLM_F_DUMP = 0x301
SEQUENCE = 123456
PORT_ID = 4242
ALL_STATES = 0x3FFE  # 1 to 13: every state, request sockets, and bound sockets that do not listen

IPV4, IPV6 = socket.AF_INET, socket.AF_INET6
keep = []


def run(command):
    subprocess.run(command.split(), check=True)


def made(family, address, reuse=False, v6only=None, device=None):
    """A socket bound to an address and port."""
    new = socket.socket(family, socket.SOCK_STREAM)
    keep.append(new)
    if reuse:
        new.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if v6only is not None:
        new.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, v6only)
    if device:
        new.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, device.encode())
    new.bind(address)
    return new


def listening(family, address, **options):
    new = made(family, address, reuse=True, **options)
    new.listen(8)
    return new


def connected(listener, family, server, client):
    """A connection to a listener: the accepted end, and the other."""
    near = made(family, client)
    near.connect(server)
    far, _ = listener.accept()
    keep.extend([near, far])
    return far, near


def raw_syn(source, source_port, destination, port):
    """A SYN from an address that never answers, so that the connection request stays."""
    header = struct.pack("!HHIIBBHHH", source_port, port, 1000, 0, 5 << 4, 0x02, 65535, 0, 0)
    pseudo = socket.inet_aton(source) + socket.inet_aton(destination) + struct.pack("!BBH", 0, 6, len(header))
    words = struct.unpack("!%dH" % ((len(pseudo) + len(header)) // 2), pseudo + header)
    total = sum(words)
    total = (total & 0xFFFF) + (total >> 16)
    total = (total & 0xFFFF) + (total >> 16)
    header = header[:16] + struct.pack("!H", ~total & 0xFFFF) + header[18:]
    ip = struct.pack(
        "!BBHHHBBH4s4s", 0x45, 0, 40, 0, 0, 64, 6, 0, socket.inet_aton(source), socket.inet_aton(destination)
    )
    raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
    raw.sendto(ip + header, (destination, 0))
    raw.close()


def make_sockets():
    run("ip link set lo up")
    # A link on whose other end nobody answers.
    run("ip link add veth0 type veth peer name veth1")
    run("ip link set veth0 arp off up")
    run("ip link set veth1 up")
    run("ip address add 192.0.2.2/24 dev veth0")
    run("ip route add default dev veth0")
    for name in ("all", "veth0", "lo"):
        with open(f"/proc/sys/net/ipv4/conf/{name}/rp_filter", "w") as setting:
            setting.write("0")

    ipv4 = listening(IPV4, ("0.0.0.0", 9527))
    only6 = listening(IPV6, ("::", 9528), v6only=1)
    dual = listening(IPV6, ("::", 9529), v6only=0)
    own6 = listening(IPV6, ("::1", 9530))
    tied = listening(IPV4, ("127.0.0.1", 9531), device="lo")
    os.fchown(tied.fileno(), 4000000000, -1)

    made(IPV4, ("127.0.0.1", 9532))
    made(IPV6, ("::", 9533), v6only=0)

    # ESTABLISHED.
    connected(ipv4, IPV4, ("127.0.0.1", 9527), ("127.0.0.1", 50001))
    connected(dual, IPV4, ("127.0.0.1", 9529), ("127.0.0.1", 50002))
    connected(only6, IPV6, ("::1", 9528), ("::1", 50003))

    # The server's end closed, the client's not: FIN_WAIT2 that only a timer keeps, and CLOSE_WAIT.
    far, _ = connected(ipv4, IPV4, ("127.0.0.1", 9527), ("127.0.0.1", 50005))
    far.close()
    # Data that the client does not read: FIN_WAIT1 without a process.
    far, near = connected(ipv4, IPV4, ("127.0.0.1", 9527), ("127.0.0.1", 50006))
    far.setblocking(False)
    try:
        while True:
            far.send(b"x" * 65536)
    except BlockingIOError:
        pass
    far.close()

    # SYN_SENT to nobody, and a connection request from nobody.
    sent = made(IPV4, ("192.0.2.2", 50007))
    sent.setblocking(False)
    sent.connect_ex(("198.51.100.7", 80))
    raw_syn("203.0.113.9", 50008, "192.0.2.2", 9527)

    # TIME_WAIT last, so that it is fresh: IPv4, v4-mapped, IPv6 on [::], IPv6 on [::1], tied to a device.
    for listener, family, server, client in (
        (ipv4, IPV4, ("127.0.0.1", 9527), ("127.0.0.1", 50011)),
        (dual, IPV4, ("127.0.0.1", 9529), ("127.0.0.1", 50012)),
        (dual, IPV6, ("::1", 9529), ("::1", 50013)),
        (own6, IPV6, ("::1", 9530), ("::1", 50014)),
        (tied, IPV4, ("127.0.0.1", 9531), ("127.0.0.1", 50015)),
    ):
        far, near = connected(listener, family, server, client)
        far.close()
        near.close()
    # Nobody accepts this one: ESTABLISHED without a process.
    made(IPV4, ("127.0.0.1", 50004)).connect(("127.0.0.1", 9527))
    time.sleep(0.5)


def dump():
    """The datagrams of one TCPDIAG_GETSOCK answer."""
    channel = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_SOCK_DIAG)
    channel.bind((PORT_ID, 0))
    body = bytes(44) + b"\xff" * 8 + struct.pack("=II", ALL_STATES, 0)
    channel.send(struct.pack("=IHHII", 16 + len(body), TCPDIAG_GETSOCK, NLM_F_DUMP, SEQUENCE, 0) + body)
    datagrams = []
    while True:
        datagrams.append(channel.recv(32 * 1024))
        (kind,) = struct.unpack_from("=H", datagrams[-1], 4)
        if kind in (2, 3):
            return datagrams


def read(path):
    with open(path, "rb") as file:
        return file.read()


def main():
    directory = sys.argv[1]
    if len(read("/proc/self/net/tcp").splitlines()) > 1:
        sys.exit("record.py: this network namespace has sockets; start it by: unshare --net")
    make_sockets()
    # An uneventful moment: both are read within a millisecond or so.
    files = {f"netlink-{number}.bin": datagram for number, datagram in enumerate(dump(), 1)}
    files.update(tcp=read("/proc/self/net/tcp"), tcp6=read("/proc/self/net/tcp6"))
    for name, contents in files.items():
        with open(os.path.join(directory, name), "wb") as file:
            file.write(contents)


main()
