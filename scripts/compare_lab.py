"""Brings real sockets into each state, in the network namespace of the calling process."""

import ctypes
import errno
import os
import signal
import socket
import struct
import subprocess
import time

LIBC = ctypes.CDLL(None, use_errno=True)
V4, V6 = socket.AF_INET, socket.AF_INET6
NOBODY = 65534
CLONE_NEWNET = 0x40000000

STATES = {
    "ESTABLISHED": "01", "SYN_SENT": "02", "SYN_RECV": "03", "FIN_WAIT1": "04", "FIN_WAIT2": "05", "TIME_WAIT": "06",
    "CLOSE_WAIT": "08", "LAST_ACK": "09", "LISTEN": "0A", "CLOSING": "0B",
}

# Where a server listens, and where its client connects to.
ROUTES = {
    "v4": (V4, "127.0.0.1", None, V4, "127.0.0.1"),
    "v4-wildcard": (V4, "0.0.0.0", None, V4, "127.0.0.1"),
    "v6": (V6, "::1", True, V6, "::1"),
    "v6-only": (V6, "::", True, V6, "::1"),
    "dual-over-v6": (V6, "::", False, V6, "::1"),
    "dual-over-v4": (V6, "::", False, V4, "127.0.0.1"),
    "mapped": (V6, "::ffff:127.0.0.1", False, V4, "127.0.0.1"),
}


class Skip(Exception):
    """The machine cannot do this."""


class NotReached(Exception):
    """The kernel did not reach the state in time."""


def prctl(option, value):
    LIBC.prctl(option, value, 0, 0, 0)


def set_name(name):
    with open("/proc/self/comm", "wb") as comm:
        comm.write(name)


def die_with_parent():
    prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


def unshare(flags):
    if LIBC.unshare(flags) != 0:
        raise OSError(ctypes.get_errno(), "unshare")


def ip(*words):
    result = subprocess.run(["ip", *words], capture_output=True, text=True)
    if result.returncode != 0:
        raise Skip(f"ip {' '.join(words)}: {result.stderr.strip()}")


def sysctl(name, value):
    path = "/proc/sys/" + name.replace(".", "/")
    try:
        with open(path, "w") as file:
            file.write(str(value))
    except OSError as error:
        raise Skip(f"{name}: {error.strerror}") from error


def rows():
    """Returns (state, local port, peer port, timer, inode) of every socket that /proc lists."""
    found = []
    for name in ("tcp", "tcp6"):
        try:
            with open(f"/proc/self/net/{name}") as table:
                lines = table.readlines()[1:]
        except FileNotFoundError:
            continue
        for line in lines:
            words = line.split()
            found.append((
                words[3], int(words[1].rsplit(":", 1)[1], 16), int(words[2].rsplit(":", 1)[1], 16),
                words[5].split(":")[0], int(words[9])))
    return found


def until(what, condition, seconds=10):
    deadline = time.monotonic() + seconds
    while True:
        late = time.monotonic() > deadline
        value = condition()
        if value:
            return value
        if late:
            raise NotReached(what)
        time.sleep(0.002)


class Lab:
    """Makes sockets and processes, and keeps them until this process ends."""

    def __init__(self):
        self.keep = []
        self.vars = {}
        self.events = {}
        self.cgroups = []
        self.client_port = 50000

    # Single sockets

    def socket(self, family=V4, reuse=False, reuse_port=False, v6only=None, device=None, owner=None, multipath=False):
        if owner is not None:
            os.seteuid(owner)
        try:
            made = socket.socket(family, socket.SOCK_STREAM, 262 if multipath else 0)
        except OSError as error:
            raise Skip(f"socket: {error.strerror}") from error
        finally:
            if owner is not None:
                os.seteuid(0)
        if reuse:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if reuse_port:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if v6only is not None and family == V6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, int(v6only))
        if device:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, device.encode())
        made.settimeout(10)
        self.keep.append(made)
        return made

    def bound(self, route="v4", port=9527, **options):
        family, address, v6only, _, _ = ROUTES[route]
        made = self.socket(family, v6only=v6only, **options)
        made.bind((address, port))
        return made

    def bound_to(self, address, port=9527, listens=True, **options):
        made = self.socket(V6 if ":" in address else V4, **options)
        made.bind(socket.getaddrinfo(address, port, type=socket.SOCK_STREAM)[0][4])
        if listens:
            made.listen(64)
        return made

    def listener(self, route="v4", port=9527, **options):
        made = self.bound(route, port, **options)
        made.listen(1024)
        return made

    # Connections. The clients' ports are the same each time.

    def connect(self, listener, route="v4", client_port=None, **options):
        family, address = ROUTES[route][3:]
        client = self.socket(family, **options)
        if client_port != 0:
            self.client_port += client_port is None
            client.bind((address, client_port or self.client_port))
        client.connect((address, listener.getsockname()[1]))
        child, _ = listener.accept()
        child.settimeout(10)
        self.keep.append(child)
        return child, client

    def connection(self, route="v4", port=9527, keeps_listener=False, client_port=None, **options):
        listener = self.listener(route, port, **options)
        child, client = self.connect(listener, route, client_port)
        if not keeps_listener:
            listener.close()
        return child, client

    @staticmethod
    def close_in_turn(first, second):
        """The first end closes actively. The second closes after it has seen the FIN, or both could end in CLOSING."""
        first.close()
        while second.recv(65536):
            pass
        second.close()

    def wait_for(self, state, port, count=1, timer=None, orphan=None, side=1):
        def there():
            return sum(
                row[0] == STATES[state] and row[side] == port and (timer is None or row[3] == timer)
                and (orphan is None or (row[4] == 0) == orphan)
                for row in rows()) >= count
        until(f"{count} {state} on {port}", there)

    def time_wait(self, route="v4", port=9527, count=1, keeps_listener=False, **options):
        listener = self.listener(route, port, **options)
        for number in range(count):
            if number and number >= count - 12:
                # The time left of these differs visibly in a table, so the first rows have the same order at each look.
                time.sleep(0.25)
            self.close_in_turn(*self.connect(listener, route))
        self.wait_for("TIME_WAIT", port, count)
        if not keeps_listener:
            listener.close()
        return listener

    def client_time_wait(self, to_port=9527, client_port=None, **options):
        """Leaves a TIME_WAIT on the port of the connecting side, and returns that port."""
        listener = self.listener(port=to_port)
        child, client = self.connect(listener, client_port=client_port, **options)
        port = client.getsockname()[1]
        self.close_in_turn(client, child)
        self.wait_for("TIME_WAIT", port)
        listener.close()
        return port

    def fin_wait_2(self, route="v4", port=9527, **options):
        """Makes a FIN_WAIT2 minisocket. The FIN is acknowledged before close(), or a full socket could stay."""
        child, client = self.connection(route, port, **options)
        child.shutdown(socket.SHUT_WR)
        self.wait_for("FIN_WAIT2", port)
        child.close()
        self.wait_for("FIN_WAIT2", port, timer="03")
        return client

    @staticmethod
    def drop_incoming(made, on=True):
        """Attaches a socket filter that drops every segment, or removes it."""
        if not on:
            made.setsockopt(socket.SOL_SOCKET, 27, 0)  # SO_DETACH_FILTER
            return
        code = ctypes.create_string_buffer(struct.pack("HBBI", 0x06, 0, 0, 0))
        made.setsockopt(socket.SOL_SOCKET, 26, struct.pack("HP", 1, ctypes.addressof(code)))  # SO_ATTACH_FILTER

    @staticmethod
    def send_until_full(made):
        made.setblocking(False)
        try:
            while True:
                made.send(b"." * 65536)
        except BlockingIOError:
            made.settimeout(10)

    # Processes that hold sockets

    def fork(self, body, name=b"server"):
        """Starts a process that runs `body` and then stays. Returns its id when `body` is done."""
        ready, tell = os.pipe()
        pid = os.fork()
        if pid == 0:
            die_with_parent()
            os.close(ready)
            try:
                set_name(name)
                body()
                os.write(tell, b"ready")
                while True:
                    signal.pause()
            except BaseException as error:  # pylint: disable=broad-exception-caught
                os.write(tell, repr(error).encode())
            os._exit(1)
        os.close(tell)
        said = os.read(ready, 1000)
        os.close(ready)
        if said != b"ready":
            raise Skip(f"a process that holds sockets: {said.decode()}")
        return pid

    @staticmethod
    def spawn(*words, keeps=(), user=None):
        """Starts another program with these sockets open. Returns when the process runs that program."""
        groups = {} if user is None else {"user": user, "group": user, "extra_groups": []}
        process = subprocess.Popen(
            words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, pass_fds=[made.fileno() for made in keeps],
            preexec_fn=die_with_parent, **groups)
        return process.pid

    def cgroup(self, name):
        """Makes a directory in the cgroup2 hierarchy."""
        for point in cgroup_mounts():
            directory = f"{point}/{name}"
            try:
                os.mkdir(directory)
            except FileExistsError:
                pass
            except OSError:
                continue
            self.cgroups.append(directory)
            return directory
        raise Skip("no cgroup2 hierarchy that may be written to")

    @staticmethod
    def enter(cgroup):
        with open(f"{cgroup}/cgroup.procs", "w") as file:
            file.write("0")

    def elsewhere(self, body=lambda: None):
        """Starts a process in another network namespace."""
        def inside():
            unshare(CLONE_NEWNET)
            ip("link", "set", "lo", "up")
            body()
        return self.fork(inside, b"resident")

    def link(self, name, carrier=True):
        ip("link", "add", name, "type", "veth", "peer", "name", "peer-" + name[:8])
        ip("link", "set", name, "up")
        if carrier:
            ip("link", "set", "peer-" + name[:8], "up")


def cgroup_mounts():
    with open("/proc/self/mounts") as mounts:
        return [line.split()[1] for line in mounts if line.split()[2] == "cgroup2"]


def remove_cgroups(directories):
    for directory in reversed(directories):
        for _ in range(200):
            try:
                os.rmdir(directory)
                break
            except OSError as error:
                if error.errno != errno.EBUSY:
                    break
                time.sleep(0.01)
