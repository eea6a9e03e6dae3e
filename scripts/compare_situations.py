"""The situations in which the program is asked, each made once in a network namespace of its own."""

import os
import signal
import socket
from dataclasses import dataclass
from typing import Callable

import compare_commands as ask
from compare_commands import NOBODY, commands
from compare_lab import LIBC, Skip, V4, V6, die_with_parent, ip, set_name, sysctl, until


@dataclass
class Situation:
    """What is made, and which questions are asked then."""

    make: Callable
    commands: list
    port: int = 9527
    # Whether it has a PID namespace of its own, in which nothing of the host is seen. If not, see compare.masks.
    alone: bool = True
    # Whether it is made anew for each command and program, because the command changes it.
    anew: bool = False
    # Whether the asking process itself, which is process 1 of the PID namespace, has the sockets.
    first: bool = False
    # What is mounted: "no /proc", "hidepid", "private /run", or "" for nothing unusual.
    view: str = ""


SITUATIONS = {}


def add(name, make=lambda lab: None, asked=None, **options):
    assert name not in SITUATIONS, name
    SITUATIONS[name] = Situation(make, ask.standard() if asked is None else asked, **options)


def fewer():
    """Returns the most important of the standard questions."""
    wanted = {
        "port {P}", "port {P} --json", "port {P} --all --json", "port {P} --all --owners", "port {P} --output plain",
        "port {P} --output jsonl", "port {P} --all --flags live --json", "trybind {P}", "trybind {P} --json",
        "trybind {P} --reuse", "trybind {P} --reuse --json", "trybind {P} --reuse-port", "trybind {P} --predict --json",
        "trybind {P} --after-stop --json", "trybind {P} --matrix", "trybind {P} --matrix --json", "trybind {P} -q",
        "trybind {P} --flags live", "trybind {P} --source proc", "release {P} --dry-run",
        "wait {P} --timeout 300ms --fail-fast"}
    return [command for command in ask.standard() if command.line in wanted]


def situation(name, asked=None, **options):
    def register(make):
        add(name, make, asked, **options)
        return make
    return register


# No socket at all

add("nothing")
add("nothing, an ephemeral port", port=40000)
add("nothing, a low port", asked=ask.trybind() + ask.port()[:4], port=80)
add("nothing, port 0", asked=[
    command for command in ask.trybind() if "--predict" not in command.line and "--after-stop" not in command.line], port=0)
add("help and explain", asked=ask.HELP)
add("wrong usage", asked=ask.USAGE)
add("every topic", asked=[])  # completed when the topics are known
add("nothing, among the host's processes", asked=fewer(), alone=False)

# TIME_WAIT

for _reuse in (False, True):
    for _route in ("v4", "v4-wildcard", "v6", "v6-only", "dual-over-v4", "dual-over-v6", "mapped"):
        _few = _route not in ("v4", "v6", "dual-over-v4")
        add(f"TIME_WAIT, {_route}{', reuse' if _reuse else ''}",
            lambda lab, route=_route, reuse=_reuse: lab.time_wait(route, reuse=reuse), fewer() if _few else None)
add("TIME_WAIT, reuse port", lambda lab: lab.time_wait(reuse_port=True), fewer())
add("TIME_WAIT, both options", lambda lab: lab.time_wait(reuse=True, reuse_port=True), fewer())
add("TIME_WAIT, tied to lo", lambda lab: lab.time_wait(device="lo", reuse=True))
add("TIME_WAIT beside its server", lambda lab: lab.time_wait(count=2, keeps_listener=True))
add("TIME_WAIT beside its server, reuse", lambda lab: lab.time_wait(
    "v4-wildcard", count=2, keeps_listener=True, reuse=True))
add("TIME_WAIT, 12", lambda lab: lab.time_wait(count=12, reuse=True))
add("TIME_WAIT among the host's processes", lambda lab: lab.time_wait(reuse=True), fewer(), alone=False)


@situation("TIME_WAIT with and without reuse, both families")
def mixed_time_wait(lab):
    for route, reuse in (("v4", True), ("v6", True), ("dual-over-v4", True)):
        lab.time_wait(route, count=2, reuse=reuse)


@situation("TIME_WAIT, one of two without reuse")
def two_time_wait(lab):
    listener = lab.listener(reuse=True)
    for reuse in (1, 0):
        child, client = lab.connect(listener)
        child.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, reuse)
        lab.close_in_turn(child, client)
    lab.wait_for("TIME_WAIT", 9527, 2)
    listener.close()


@situation("TIME_WAIT, 500 in three ways")
def five_hundred(lab):
    for route, count in (("v4", 200), ("v6", 200), ("dual-over-v4", 100)):
        lab.time_wait(route, count=count, reuse=True)


MANY = fewer() + commands("port {P} --all\nport {P} --sort peer\nport {P} --limit 5\nport {P} --output plain --sort time\n"
                          "port {P} --source proc --json\nrelease {P} --dry-run --json")
add("TIME_WAIT, 3000", lambda lab: lab.time_wait(count=3000), MANY)
add("TIME_WAIT, 3000 beside their server", lambda lab: lab.time_wait(count=3000, keeps_listener=True, reuse=True), MANY)


@situation("TIME_WAIT of a client", port=50001)
def client_time_wait(lab):
    lab.client_time_wait(client_port=50001)


@situation("TIME_WAIT of a client, asked for its peer's port")
def client_time_wait_peer(lab):
    lab.client_time_wait()


@situation("TIME_WAIT of a client on an automatic port", fewer() + commands(
    "port {A}\ntrybind {A} --reuse\ntrybind {A} --json"))
def automatic_port(lab):
    lab.vars["A"] = lab.client_time_wait(client_port=0)


# Other states that a server leaves behind

add("FIN_WAIT2", lambda lab: lab.fin_wait_2())
add("FIN_WAIT2, reuse", lambda lab: lab.fin_wait_2(reuse=True))
add("FIN_WAIT2, v4-mapped", lambda lab: lab.fin_wait_2("dual-over-v4"), fewer())


@situation("FIN_WAIT2 and TIME_WAIT")
def fin_wait_2_and_time_wait(lab):
    lab.time_wait(reuse=True)
    lab.fin_wait_2(reuse=True)


@situation("FIN_WAIT2, of a server that was killed")
def killed(lab):
    def serve():
        listener = lab.listener()
        client, _ = listener.accept()
        lab.keep.append(client)
        os.write(tell, b".")
    ready, tell = os.pipe()
    pid = os.fork()
    if pid == 0:
        die_with_parent()
        serve()
        signal.pause()
    client = lab.socket()
    client.bind(("127.0.0.1", 50001))
    until("the server", lambda: client.connect_ex(("127.0.0.1", 9527)) == 0)
    os.read(ready, 1)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    lab.wait_for("FIN_WAIT2", 9527, timer="03")


@situation("FIN_WAIT2, still a whole socket", fewer())
def fin_wait_2_orphan(lab):
    child, _ = lab.connection()
    child.setsockopt(socket.IPPROTO_TCP, socket.TCP_LINGER2, 120)
    child.close()
    lab.wait_for("FIN_WAIT2", 9527, timer="02", orphan=True)


@situation("FIN_WAIT2 with its process", fewer())
def fin_wait_2_open(lab):
    child, _ = lab.connection()
    child.shutdown(socket.SHUT_WR)
    lab.wait_for("FIN_WAIT2", 9527)


def fin_wait_1(lab, orphan, window=False, reuse=False):
    child, client = lab.connection(reuse=reuse)
    if window:
        lab.send_until_full(child)
    else:
        lab.drop_incoming(client)
    if orphan:
        child.close()
    else:
        child.shutdown(socket.SHUT_WR)
    lab.wait_for("FIN_WAIT1", 9527, orphan=orphan)


def last_ack(lab, orphan):
    child, client = lab.connection()
    client.shutdown(socket.SHUT_WR)
    lab.wait_for("CLOSE_WAIT", 9527)
    lab.drop_incoming(client)
    if orphan:
        child.close()
    else:
        child.shutdown(socket.SHUT_WR)
    lab.wait_for("LAST_ACK", 9527, orphan=orphan)


def closing(lab, orphan):
    child, client = lab.connection()
    lab.drop_incoming(child)
    lab.drop_incoming(client)
    child.shutdown(socket.SHUT_WR)
    client.shutdown(socket.SHUT_WR)
    lab.drop_incoming(child, False)
    if orphan:
        child.close()
    lab.wait_for("CLOSING", 9527, orphan=orphan)


add("FIN_WAIT1 without a process", lambda lab: fin_wait_1(lab, True))
add("FIN_WAIT1 without a process, reuse", lambda lab: fin_wait_1(lab, True, reuse=True), fewer())
add("FIN_WAIT1 without a process, window closed", lambda lab: fin_wait_1(lab, True, window=True), fewer())
add("FIN_WAIT1 with its process", lambda lab: fin_wait_1(lab, False), fewer())
add("LAST_ACK without a process", lambda lab: last_ack(lab, True))
add("LAST_ACK with its process", lambda lab: last_ack(lab, False), fewer())
add("CLOSING without a process", lambda lab: closing(lab, True))
add("CLOSING with its process", lambda lab: closing(lab, False), fewer())


@situation("FIN_WAIT1 beside TIME_WAIT", fewer())
def orphan_beside_time_wait(lab):
    lab.time_wait(reuse=True)
    fin_wait_1(lab, True, reuse=True)


# Connections of living processes

add("ESTABLISHED, its listener closed", lambda lab: lab.connection())
add("ESTABLISHED, its listener closed, reuse", lambda lab: lab.connection(reuse=True))
add("ESTABLISHED beside its listener", lambda lab: lab.connection(keeps_listener=True))
add("ESTABLISHED beside its listener, v4-mapped", lambda lab: lab.connection("dual-over-v4", keeps_listener=True), fewer())


def close_wait(lab, keeps_listener=False):
    _, client = lab.connection(keeps_listener=keeps_listener)
    client.close()
    lab.wait_for("CLOSE_WAIT", 9527)


add("CLOSE_WAIT", close_wait)
add("CLOSE_WAIT beside its listener", lambda lab: close_wait(lab, True), fewer())


@situation("ESTABLISHED, in a child of its server")
def leaked(lab):
    child, _ = lab.connection()
    lab.spawn("sleep", "600", keeps=[child])
    child.close()


@situation("CLOSE_WAIT, in a child of its server", fewer())
def leaked_close_wait(lab):
    child, client = lab.connection(reuse=True)
    lab.spawn("sleep", "600", keeps=[child])
    child.close()
    client.close()
    lab.wait_for("CLOSE_WAIT", 9527)


@situation("ESTABLISHED and TIME_WAIT", fewer())
def established_and_time_wait(lab):
    lab.time_wait(reuse=True)
    lab.connection(reuse=True)


@situation("ESTABLISHED, not accepted", fewer())
def unaccepted(lab):
    listener = lab.listener()
    client = lab.socket()
    client.bind(("127.0.0.1", 50001))
    client.connect(("127.0.0.1", 9527))
    lab.wait_for("ESTABLISHED", 9527)
    lab.keep.append(listener)


@situation("SYN_RECV", fewer())
def syn_recv(lab):
    lab.listener()
    client = lab.socket()
    lab.drop_incoming(client)
    client.bind(("127.0.0.1", 50001))
    client.setblocking(False)
    client.connect_ex(("127.0.0.1", 9527))
    lab.wait_for("SYN_RECV", 9527)


# Clients

def outgoing(lab, client_port, keeps_peer=True):
    listener = lab.listener(port=80)
    lab.connect(listener, client_port=client_port)
    if not keeps_peer:
        listener.close()


add("a client's connection on the port", lambda lab: outgoing(lab, 9527))
add("a client's connection on an ephemeral port", lambda lab: outgoing(lab, 40001), port=40001)
add("a client's connection, its peer asked for", lambda lab: outgoing(lab, 40001), fewer(), port=80)


@situation("a client's connection on an automatic port", fewer() + commands(
    "trybind {A}\ntrybind {A} --reuse --json\nport {A} --all --owners\ntrybind {A} --predict --reuse\ntrybind {A} --matrix"))
def outgoing_automatic(lab):
    listener = lab.listener(port=80)
    _, client = lab.connect(listener, client_port=0)
    lab.vars["A"] = client.getsockname()[1]


def connects(lab, port):
    listener = lab.listener(port=80)
    lab.drop_incoming(listener)
    client = lab.socket()
    client.bind(("127.0.0.1", port))
    client.setblocking(False)
    client.connect_ex(("127.0.0.1", 80))
    lab.wait_for("SYN_SENT", port)


add("SYN_SENT", lambda lab: connects(lab, 9527), fewer())
add("SYN_SENT on an ephemeral port", lambda lab: connects(lab, 40001), fewer(), port=40001)


def self_connected(lab, family, port):
    made = lab.socket(family)
    address = "127.0.0.1" if family == V4 else "::1"
    made.bind((address, port))
    made.connect((address, port))
    lab.wait_for("ESTABLISHED", port)


add("connected to itself", lambda lab: self_connected(lab, V4, 9527))
add("connected to itself, IPv6", lambda lab: self_connected(lab, V6, 9527), fewer())
add("connected to itself on an ephemeral port", lambda lab: self_connected(lab, V4, 40000), fewer(), port=40000)

# Listeners and bound sockets

for _route in ("v4", "v4-wildcard", "v6", "v6-only", "dual-over-v6", "mapped"):
    add(f"LISTEN, {_route}", lambda lab, route=_route: lab.listener(route),
        fewer() if _route in ("v6", "mapped") else None)
add("LISTEN, reuse", lambda lab: lab.listener(reuse=True))
add("LISTEN, reuse port", lambda lab: lab.listener(reuse_port=True))
add("LISTEN, reuse port, of another user", lambda lab: lab.listener(reuse_port=True, owner=NOBODY))
add("LISTEN, tied to lo", lambda lab: lab.listener(device="lo"))
add("LISTEN, tied to lo, wildcard", lambda lab: lab.listener("v4-wildcard", device="lo"), fewer())
add("LISTEN, multipath", lambda lab: lab.listener(multipath=True))
add("LISTEN on a low port", lambda lab: lab.listener("v4-wildcard", port=80), port=80)
add("LISTEN among the host's processes", lambda lab: lab.listener(), alone=False)


@situation("LISTEN, four with reuse port")
def several(lab):
    for _ in range(4):
        lab.listener("v4-wildcard", reuse_port=True)


@situation("LISTEN, reuse port, of several processes")
def several_processes(lab):
    for name in (b"first", b"second", b"third"):
        lab.fork(lambda: lab.listener(reuse_port=True), name)


@situation("LISTEN on several addresses")
def addresses(lab):
    for address in ("127.0.0.1", "127.0.0.2", "127.0.0.3", "::1"):
        lab.bound_to(address)


@situation("LISTEN on [::1], and nobody on 127.0.0.1", fewer() + commands(
    "trybind {P} --address 127.0.0.1\ntrybind {P} --address 127.0.0.1 --json\ntrybind {P} --address localhost"))
def other_name(lab):
    lab.bound_to("::1")


@situation("LISTEN on [::] with V6ONLY and on 0.0.0.0")
def both_families(lab):
    lab.listener("v4-wildcard")
    lab.listener("v6-only")


@situation("LISTEN, open in a helper too")
def helper(lab):
    lab.spawn("sleep", "600", keeps=[lab.listener("v4-wildcard")])


@situation("LISTEN, open in a helper only")
def helper_only(lab):
    listener = lab.listener("v4-wildcard")
    lab.spawn("sleep", "600", keeps=[listener])
    listener.close()


@situation("LISTEN, open in two helpers", fewer())
def helpers(lab):
    listener = lab.listener("v4-wildcard")
    for _ in range(2):
        lab.spawn("sleep", "600", keeps=[listener])
    listener.close()


@situation("LISTEN, open in a helper of another user")
def users_helper(lab):
    listener = lab.listener("v4-wildcard", reuse_port=True)
    lab.spawn("sleep", "600", keeps=[listener], user=NOBODY)
    listener.close()


@situation("LISTEN, of a process that is stopped")
def stopped(lab):
    pid = lab.fork(lab.listener)
    os.kill(pid, signal.SIGSTOP)


@situation("LISTEN, on its way through a Unix socket", alone=False)
def nobodys(lab):
    listener = lab.listener()
    ends = socket.socketpair()
    lab.keep += ends
    socket.send_fds(ends[0], [b"."], [listener.fileno()])
    listener.close()


add("BOUND", lambda lab: lab.bound())
add("BOUND, reuse", lambda lab: lab.bound(reuse=True))
add("BOUND, reuse port", lambda lab: lab.bound(reuse_port=True), fewer())
add("BOUND, [::]", lambda lab: lab.bound("dual-over-v6"), fewer())
add("BOUND, of another user", lambda lab: lab.bound(owner=NOBODY), fewer())


@situation("BOUND and LISTEN, reuse", fewer() + commands("trybind {P} --address 127.0.0.1 --reuse --listen"))
def bound_and_listening(lab):
    lab.bound_to("127.0.0.1", listens=False, reuse=True)
    lab.bound_to("127.0.0.2", reuse=True)


# Special holders

# Names that nothing else on the host has.
UNIT = os.environ.get("COMPARE_UNIT", "tw-compare-0")
CONTAINER = ("0123456789abcdef" * 4)[:56] + f"{int(UNIT.rpartition('-')[2]):08}"


def in_cgroup(lab, *names, process=b"server"):
    groups = [lab.cgroup(name) for name in names]

    def serve():
        lab.enter(groups[0])
        lab.listener()
        for group in groups[1:]:
            lab.enter(group)
    lab.fork(serve, process)


add("LISTEN, of a service", lambda lab: in_cgroup(lab, f"{UNIT}.service"), alone=False)
add("LISTEN, of a container", lambda lab: in_cgroup(lab, f"docker-{CONTAINER}.scope"), fewer(), alone=False)
add("LISTEN, of a service, moved to another", lambda lab: in_cgroup(lab, f"{UNIT}-left.service", f"{UNIT}-went.service"),
    fewer(), alone=False)
add("LISTEN, of a unit with a hostile name", lambda lab: in_cgroup(lab, UNIT + "\x1b[31m;reboot \u202e$(id).service"), fewer(),
    alone=False)
for _name in (b"\x1b]0;x\x07", b"a\nb", b"\xff\xfe", b'"}],', b") 1 2 3", b"\xe2\x80\xae", b"a b  c", b"docker-proxy",
              b"conmon", b"rootlesskit"):
    add(f"LISTEN, of a process named {_name!r}", lambda lab, name=_name: lab.fork(lab.listener, name), fewer())


@situation("LISTEN, of a service manager", first=True)
def manager(lab):
    set_name(b"systemd")
    lab.listener()


# Addresses and devices

ADDRESSES = commands("\n".join(
    f"trybind {{P}} --address {address}{more}"
    for address in (
        "192.0.2.7", "2001:db8::7", "::ffff:192.0.2.7", "fe80::1", "fe80::1%eth0", "fe80::2%eth0", "fe80::1%nope0",
        "fe80::1%77", "[fe80::1%eth0]", "192.0.2.1", "2001:db8::1", "224.0.0.1", "255.255.255.255", "127.255.255.255",
        "0.0.0.1", "240.0.0.1", "ff02::1", "ff02::1%lo", "::2", "::ffff:0.0.0.0", "::127.0.0.1", "64:ff9b::7f00:1",
        "fe80::1%lo", "::1%lo", "0:0::0", "127.0.0.1 --address 127.0.0.1", "127.0.0.1 --address 192.0.2.7")
    for more in ("", " --json", " --predict --json"))) + commands("""
        trybind {P} --interface nope0
        trybind {P} --interface nope0 --json
        trybind {P} --interface nope0 --predict
        trybind {P} --interface eth0
        trybind {P} --interface eth0 --json
        trybind {P} --interface eth0 --address fe80::1
        trybind {P} --interface eth0 --address 127.0.0.1
        trybind {P} --interface lo --matrix
        wait {P} --interface nope0 --fail-fast --timeout 300ms
        wait {P} --address 192.0.2.7 --timeout 300ms
        wait {P} --address 127.0.0.1 --address 127.0.0.1
        port {P} --all
        port {P} --all --json
        port {P} --all --output plain
    """)


def with_link(lab):
    lab.link("eth0")
    ip("address", "add", "192.0.2.1/24", "dev", "eth0")
    ip("-6", "address", "add", "2001:db8::1/64", "dev", "eth0", "nodad")
    ip("-6", "address", "add", "fe80::1/64", "dev", "eth0", "nodad")


add("addresses, nothing there", with_link, ADDRESSES)


@situation("addresses, a wildcard listener there", ADDRESSES)
def addresses_held(lab):
    with_link(lab)
    lab.listener("dual-over-v6")


@situation("addresses, a link-local listener and TIME_WAIT there", ADDRESSES)
def link_local(lab):
    with_link(lab)
    lab.bound_to("fe80::1%eth0")
    lab.time_wait("dual-over-v4", reuse=True, device="lo")


@situation("a tentative address", commands("""
    trybind {P} --address 2001:db8::7
    trybind {P} --address 2001:db8::7 --json
    trybind {P} --address 2001:db8::7 --predict
    wait {P} --address 2001:db8::7 --timeout 300ms
    wait {P} --address 2001:db8::7 --fail-fast --timeout 300ms
"""))
def tentative(lab):
    lab.link("eth0", carrier=False)
    ip("-6", "address", "add", "2001:db8::7/64", "dev", "eth0")


@situation("a device that is gone", ADDRESSES[-14:])
def gone(lab):
    lab.link("eth0")
    lab.listener(device="eth0")
    ip("link", "delete", "eth0")


for _name in ('e"h', "a\\b", "x\u202ey", "e\x1b[2J"):
    add(f"a device named {_name!r}",
        lambda lab, name=_name: (lab.link(name), lab.vars.update(D=name), lab.listener(device=name)), commands("port {P} --all\nport {P} --all --json\nport {P} --all --output jsonl\nport {P} --all --output plain\n"
                 "trybind {P} --interface '{D}'\ntrybind {P} --interface '{D}' --json\ntrybind {P} --interface '{D}x'\n"
                 "trybind {P} --address 'fe80::1%{D}'"))


def v6_off(lab):
    sysctl("net.ipv6.conf.all.disable_ipv6", 1)
    del lab


add("IPv6 switched off", v6_off)
add("IPv6 switched off, TIME_WAIT", lambda lab: (v6_off(lab), lab.time_wait()), fewer())

# Settings


def settings(name, values, make=lambda lab: lab.time_wait(), asked=None, **options):
    def set_and_make(lab):
        for key, value in values.items():
            sysctl(key, value)
        make(lab)
    extra = commands("explain tcp_fin_timeout\nexplain tcp_tw_reuse\nexplain tcp_max_tw_buckets\nexplain TIME_WAIT\n"
                     "explain ip_local_port_range\nexplain ip_local_reserved_ports --json\nexplain FIN_WAIT2 --json\n"
                     "explain ip_unprivileged_port_start\nexplain bindv6only\nexplain disable_ipv6 --json")
    add(name, set_and_make, (fewer() if asked is None else asked) + extra, **options)


settings("tcp_fin_timeout = 30", {"net.ipv4.tcp_fin_timeout": 30})
settings("tcp_fin_timeout = 30, FIN_WAIT2", {"net.ipv4.tcp_fin_timeout": 30}, lambda lab: lab.fin_wait_2(reuse=True))
for _value in (0, 1, 2):
    settings(f"tcp_tw_reuse = {_value}", {"net.ipv4.tcp_tw_reuse": _value})
settings("tcp_tw_reuse = 1, nothing there", {"net.ipv4.tcp_tw_reuse": 1}, lambda lab: None)
settings("ip_local_reserved_ports", {"net.ipv4.ip_local_reserved_ports": "40000"}, lambda lab: lab.listener(port=40000),
         port=40000)
settings("ip_local_reserved_ports, another", {"net.ipv4.ip_local_reserved_ports": "40001-40010"},
         lambda lab: lab.listener(port=40000), port=40000)
settings("ip_local_port_range over the port", {"net.ipv4.ip_local_port_range": "9000 9999"}, lambda lab: lab.listener())
settings("ip_unprivileged_port_start = 80", {"net.ipv4.ip_unprivileged_port_start": 80},
         lambda lab: lab.listener("v4-wildcard", port=80), ask.trybind(), port=80)
settings("ip_nonlocal_bind = 1", {"net.ipv4.ip_nonlocal_bind": 1}, lambda lab: None, ADDRESSES)
settings("bindv6only = 1", {"net.ipv6.bindv6only": 1}, lambda lab: lab.listener("v4-wildcard"))
settings("tcp_max_tw_buckets = 2, full", {"net.ipv4.tcp_max_tw_buckets": 2}, lambda lab: (
    lab.time_wait(reuse=True), lab.time_wait(port=9528)))


@situation("no port left to choose", commands("""
    trybind 0
    trybind 0 --json
    trybind 0 --reuse
    trybind 0 --address 127.0.0.1
    trybind 0 --matrix
    wait 0 --timeout 300ms
    wait 0 --fail-fast --timeout 300ms
    port 40000 --all
    port 40000 --json
    port 40000
    trybind 40000
    trybind 40000 --json
    trybind 9527
    trybind 9527 --json
    port 9527
    port 9527 --json
"""))
def exhausted(lab):
    sysctl("net.ipv4.ip_local_port_range", "40000 40001")
    for port in (40000, 40001):
        lab.listener("v4-wildcard", port=port)
        lab.listener("v6-only", port=port)


# Several ports

@situation("every state, on ports of their own", commands("\n".join(
    f"port 9001-9012{more}" for more in (
        ["", " --all", " --all --json", " --all --owners", " --all --output plain", " --all --side any", " --side peer",
         " --json", " --all --source proc", " --all --sort peer", " --all --flags live", " -4", " -6", " --all --limit 3"]
        + [f" --state {state}" for state in (
            "all", "connected", "synchronized", "bucket", "big", "listening", "time-wait,listen", "TIME_WAIT", "syn-received",
            "listen", "bound", "established", "close-wait", "time-wait", "fin-wait-2", "fin-wait-1", "last-ack", "closing",
            "syn-sent", "syn-recv", "close")])
)) + commands("port 9001,9002,9005 --all\nport 9001 9004-9006 --all --json\nport http,9005\nport 9001-9012 9500 --all -q"))
def every_state(lab):
    lab.listener(port=9001)
    lab.bound(port=9002)
    lab.connection(port=9003)
    _, client = lab.connection(port=9004)
    client.close()
    lab.time_wait(port=9005)
    lab.fin_wait_2(port=9006)
    child, client = lab.connection(port=9007)
    lab.drop_incoming(client)
    child.close()
    lab.time_wait("v6", port=9008)
    lab.time_wait("dual-over-v4", port=9009)
    listener = lab.listener(port=9011)
    client = lab.socket()
    lab.drop_incoming(client)
    client.bind(("127.0.0.1", 50100))
    client.setblocking(False)
    client.connect_ex(("127.0.0.1", 9011))
    lab.wait_for("SYN_RECV", 9011)
    lab.drop_incoming(listener)
    client = lab.socket()
    client.bind(("127.0.0.1", 9010))
    client.setblocking(False)
    client.connect_ex(("127.0.0.1", 9011))
    lab.wait_for("SYN_SENT", 9010)
    lab.listener("dual-over-v6", port=9012)
    lab.wait_for("CLOSE_WAIT", 9004)


# Privileges, and what keeps a user from seeing sockets and owners

DENIED = ask.denied()
add("system calls fail, nothing there", asked=DENIED[::2])
add("system calls fail, TIME_WAIT there", lambda lab: lab.time_wait(reuse=True), DENIED)
add("system calls fail, a bound socket there", lambda lab: lab.bound(reuse=True), DENIED[1::2])
add("outputs that take nothing", lambda lab: lab.time_wait(keeps_listener=True), ask.OUTPUTS)

BLIND = commands("port {P}\nport {P} --all --json\nport {P} --all --owners\nport {P} --source proc\ntrybind {P}\n"
                 "trybind {P} --json\ntrybind {P} --reuse --json\ntrybind {P} --predict\ntrybind {P} --after-stop --json\n"
                 "trybind {P} --flags live\ntrybind {P} --matrix\ntrybind {P} --source proc -q\nwait {P} --timeout 300ms\n"
                 "release {P} --dry-run\nexplain tcp_fin_timeout\ntrybind 40000\ntrybind 80 --json")
add("no /proc, nothing there", asked=BLIND, view="no /proc")
add("no /proc, a listener there", lambda lab: lab.listener(), BLIND, view="no /proc")
add("no /proc, TIME_WAIT there", lambda lab: lab.time_wait(reuse=True), BLIND, view="no /proc")
add("hidepid, a listener there", lambda lab: lab.listener("v4-wildcard"),
    [command for command in ask.trybind() + ask.port() if command.user] + fewer(), view="hidepid")

add("what was asked of the kernel", lambda lab: lab.time_wait(keeps_listener=True), ask.VERBOSE)

# Other namespaces

NETNS = [ask.Command(f"{command.line} --netns {where}", user=command.user) for where in ("pid:{R}", "named")
         for command in fewer() + commands("port {P} --all --owners\ntrybind {P}", user=NOBODY)] + commands(
    "port {P}\ntrybind {P}\ntrybind {P} --json\nport {P} --all --netns /run/netns/named --json\n"
    "port {P} --netns pid:{R} --source proc\ntrybind {P} --netns pid:{R} --source proc --json\n"
    "wait {P} --netns named --timeout 300ms\nport {P} --all --netns pid:{S}\nport {P} --netns nonesuch")


def namespaces(lab, body):
    ip("netns", "add", "named")
    inode = os.stat("/run/netns/named").st_ino

    def inside():
        with open("/run/netns/named") as namespace:
            if LIBC.setns(namespace.fileno(), 0) != 0:
                raise Skip("setns")
        ip("link", "set", "lo", "up")
        assert os.stat("/proc/self/ns/net").st_ino == inode
        body()
    lab.vars["R"] = lab.fork(inside, b"resident")
    lab.vars["S"] = os.getpid()


add("another namespace, nothing there", lambda lab: namespaces(lab, lambda: None), NETNS, view="private /run")
add("another namespace, a listener there", lambda lab: namespaces(lab, lab.listener), NETNS, view="private /run")
add("another namespace, TIME_WAIT there", lambda lab: namespaces(lab, lambda: lab.time_wait(device="lo")), NETNS,
    view="private /run")


@situation("five other namespaces", commands(
    "port {P}\nport {P} --json\nport {P} --side peer\nport {P} --all\nport {P} 22\ntrybind {P}") + commands("trybind {P} --address ::1 --json\ntrybind {P} --address ::1", deny=ask.DENIALS["bind IPv6 EADDRINUSE"]))
def other_namespaces(lab):
    for _ in range(5):
        lab.elsewhere()


# Watches, and commands that change the situation

add("watch, TIME_WAIT beside its server", lambda lab: lab.time_wait(keeps_listener=True, reuse=True), ask.WATCHES)
add("watch, nothing there", asked=ask.WATCHES)
add("watch, connections of every kind", lambda lab: (
    lab.connection(reuse=True), lab.fin_wait_2(reuse=True), fin_wait_1(lab, True, reuse=True)), ask.WATCHES)


def comes_and_goes(lab):
    held = []
    lab.events["listen"] = lambda: held.append(lab.listener(reuse=True))
    lab.events["close"] = lambda: held.pop().close()


def goes(lab):
    comes_and_goes(lab)
    lab.events["listen"]()


add("watch, a listener comes and goes", comes_and_goes, ask.CHANGES, anew=True)
add("wait, a listener goes", goes, ask.WAITS_FOR_A_LISTENER, anew=True)


def released(lab):
    lab.time_wait(count=2, reuse=True)
    lab.time_wait("v6", reuse=True)
    lab.fin_wait_2(reuse=True)


for _line in ask.RELEASES:
    add("released: " + _line.removeprefix("release {P} "), released, commands(_line), anew=True)
add("released beside its server", lambda lab: lab.time_wait(count=2, keeps_listener=True), commands("release {P} --yes"),
    anew=True)
add("released, many", lambda lab: lab.time_wait(count=500), commands("release {P} --yes --json"), anew=True)
add("released, asked and agreed to", lambda lab: lab.time_wait(count=2), commands(
    "release {P}", terminal=(24, 80), steps=((r"\[y/N\] ?", "type y\n"),)), anew=True)
add("released without IPv6", released, commands("release {P} --yes\nrelease {P} --yes --json", deny=ask.DENIALS["no IPv6"]),
    anew=True)
add("released, nothing to release", lambda lab: lab.listener(), commands("release {P} --yes\nrelease {P} --yes --json"))

# Demonstrations, which make their own sockets

add("demo", asked=commands("demo\ndemo --output plain\ndemo --json\ndemo 1\ndemo 4 --output jsonl\ndemo 5 --json\n"
                           "demo 2 --source proc --json\ndemo 4 -q"), anew=True)
add("demo, no namespace can be made", asked=commands("demo\ndemo --json\ndemo 3 --json", deny=(("unshare", None, 0, 1),)),
    anew=True)


@situation("demo serve", commands("demo serve {P}\ndemo serve {P} --reuse", steps=(
    (r"\S", "event visit"),)) + commands("demo serve {P}\n", steps=((r"\S", "event stay"), (r"received", "signal INT"))),
    anew=True)
def textbook(lab):
    def visit(leaves=True):
        client = lab.socket()
        client.bind(("127.0.0.1", 50001))
        until("the server", lambda: client.connect_ex(("127.0.0.1", 9527)) == 0)
        client.sendall(b"hello\nworld\n")
        if leaves:
            client.shutdown(socket.SHUT_WR)
    lab.events["visit"] = visit
    lab.events["stay"] = lambda: visit(False)


add("demo serve, the port is held", lambda lab: lab.listener("v4-wildcard"), commands(
    "demo serve {P}\ndemo serve {P} --reuse"))
