"""Runs a command on a stage of sockets, under strace, which makes one of its system calls fail."""

import dataclasses
import os
import re
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

from faults_commands import CLIENT, COMMANDS, WATCH

# The first call of main(): what the loader and the runtime do before it is theirs.
START_OF_MAIN = re.compile(r"^\d+ +rt_sigaction\(SIGPIPE\b")
CALL = re.compile(r"^(\d+) +(?:<\.\.\. )?(\w+)(\(| resumed)")
RETURNED = re.compile(r"= (\d+)(?:<[^>]*>)?(?:\s|$)")
OPENERS = (
    "open", "openat", "socket", "accept4", "signalfd4", "pidfd_open", "pidfd_getfd", "open_by_handle_at", "bpf")
# Longer than the ten seconds after which a lost answer of the kernel's is given up.
LIMIT = 13
# In which a watch looks a few times more.
LOOKS = 0.35


ELSEWHERE = """
import socket, time
listener = socket.socket()
listener.bind(("127.0.0.1", {port}))
listener.listen(8)
print(flush=True)
time.sleep(1000000)
"""


@dataclasses.dataclass
class Run:
    """What a run left. `status` is negative where a signal ended it, None where it had to be killed."""

    arguments: list
    status: int
    out: str
    err: str
    calls: dict  # after main() has begun: name -> how often, in the process that makes most of them
    before: dict  # of the first process, before main()
    descriptors: int  # opened and not closed
    sites: list  # lines of the trace where a call was made to fail


class Stage:
    """Sockets to look at, in this process's network namespace. Every run gets ports of its own."""

    LISTENER = 8080

    def __init__(self):
        # So that the machine's own names are not looked at.
        for command in ("mount -t tmpfs none /run", "ip netns add blue", "ip link set lo up"):
            subprocess.run(command.split(), check=True)
        self.last = 20000
        listener = self.listener(self.LISTENER)
        client = socket.create_connection(("127.0.0.1", self.LISTENER))
        self.kept = [listener, client, listener.accept()[0]]
        # pylint: disable-next=consider-using-with
        self.elsewhere = subprocess.Popen(["unshare", "--net", sys.executable, "-c", ELSEWHERE.format(port=self.LISTENER)], stdout=subprocess.PIPE)
        self.elsewhere.stdout.readline()

    @staticmethod
    def listener(port):
        """A socket that listens on every address, with SO_REUSEADDR."""
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("0.0.0.0", port))
        listener.listen(8)
        return listener

    def port(self):
        """One that no run had before for a long while."""
        self.last = 20001 if self.last >= 31000 else self.last + 1
        return self.last

    def time_wait(self):
        """A port with five TIME_WAIT of a server without SO_REUSEADDR."""
        while True:
            port = self.port()
            with socket.socket() as server:
                try:
                    server.bind(("0.0.0.0", port))
                except OSError:
                    continue
                server.listen(8)
                for _ in range(5):
                    with socket.create_connection(("127.0.0.1", port)) as client:
                        server.accept()[0].close()
                        client.recv(1)
            return port

    def free(self):
        """A port with nothing."""
        while True:
            port = self.port()
            with socket.socket() as probe:
                try:
                    probe.bind(("0.0.0.0", port))
                    return port
                except OSError:
                    continue

    def arguments(self, template):
        """The words of a command line, and its free port."""
        free = self.free() if "{FREE}" in template else None
        tw = self.time_wait() if "{TW}" in template else None
        return template.format(L=self.LISTENER, PID=self.elsewhere.pid, SERVER=os.getpid(), TW=tw, FREE=free).split(), free


def children(pid):
    """The processes that it has started."""
    try:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
            return [int(word) for word in file.read().split()]
    except OSError:
        return []


def stop(pid, number):
    """Sends the traced process, and not strace, a signal."""
    for child in children(pid):
        try:
            os.kill(child, number)
        except OSError:
            pass


def visit(port):
    """A client that comes as soon as the server is there, says something and goes."""
    for _ in range(60):
        try:
            with socket.create_connection(("127.0.0.1", port), 0.3) as client:
                client.sendall(b"hello\n")
                time.sleep(0.03)
            return
        except OSError:
            time.sleep(0.03)


def read_both(process, is_watch):
    """Standard output and error, and whether it had to be killed; a watch is stopped some looks after its first."""
    texts = {process.stdout: b"", process.stderr: b""}
    deadline, ending = time.monotonic() + LIMIT, None
    was_killed = False
    with selectors.DefaultSelector() as selector:
        for stream in texts:
            selector.register(stream, selectors.EVENT_READ)
        while selector.get_map():
            now = time.monotonic()
            if ending and now >= ending:
                stop(process.pid, signal.SIGTERM)
                ending = None
            if now >= deadline:
                stop(process.pid, signal.SIGKILL)
                was_killed, deadline = True, now + LIMIT
            for key, _ in selector.select(min(ending or deadline, deadline) - now):
                chunk = os.read(key.fd, 65536)
                texts[key.fileobj] += chunk
                if not chunk:
                    selector.unregister(key.fileobj)
                elif is_watch and key.fileobj is process.stdout:
                    is_watch, ending = False, time.monotonic() + LOOKS
    process.wait()
    return *(text.decode(errors="replace") for text in texts.values()), was_killed


class Runner:
    """Runs the commands with a binary on a stage."""

    def __init__(self, binary):
        self.binary = binary
        self.stage = Stage()
        # pylint: disable-next=consider-using-with
        self.folder = tempfile.TemporaryDirectory(prefix="tw-inspect-faults-")
        self.trace = os.path.join(self.folder.name, "trace")

    def run(self, name, injection=None):
        """Once, to its end."""
        template, end = COMMANDS[name]
        arguments, free = self.stage.arguments(template)
        strace = ["strace", "-f", "-qq", "-o", self.trace, "-e", "signal=none"]
        if injection:
            # Only what is read of its trace; the other calls are not stopped at.
            traced = {"rt_sigaction", "close", injection.partition(":")[0], *OPENERS}
            strace += ["--seccomp-bpf", "-e", "trace=" + ",".join(sorted(traced)), "-e", "inject=" + injection]
        environment = dict(os.environ, SWIFT_BACKTRACE="enable=no", NO_COLOR="1")
        with subprocess.Popen(
            strace + [self.binary] + arguments, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env=environment,
        ) as process:
            if end == CLIENT:
                threading.Thread(target=visit, args=(free,), daemon=True).start()
            out, err, was_killed = read_both(process, end == WATCH)
        run = Run(arguments, None if was_killed else process.returncode, out, err, {}, {}, 0, [])
        self.read_trace(run)
        return run

    def read_trace(self, run):
        """Counts the calls of the run."""
        first, has_begun, descriptors, calls = None, False, set(), {}
        with open(self.trace, encoding="utf-8", errors="replace") as trace:
            for line in trace:
                found = CALL.match(line)
                if not found:
                    continue
                pid, call, part = found.groups()
                first = first or pid
                has_begun = has_begun or START_OF_MAIN.match(line) is not None
                if "(INJECTED)" in line:
                    run.sites.append(line.strip())
                if part == "(":
                    if has_begun:
                        calls[call, pid] = calls.get((call, pid), 0) + 1
                    else:
                        run.before[call] = run.before.get(call, 0) + 1
                if has_begun and pid == first:
                    returned = RETURNED.search(line)
                    if call in OPENERS and returned:
                        descriptors.add(int(returned.group(1)))
                    closed = re.search(r"close\((\d+)", line)
                    if closed:
                        descriptors.discard(int(closed.group(1)))
        # strace counts for each process by itself.
        for (call, _), count in calls.items():
            run.calls[call] = max(run.calls.get(call, 0), count)
        run.descriptors = len(descriptors)
