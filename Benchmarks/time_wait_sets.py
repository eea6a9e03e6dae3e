"""Ports full of TIME_WAIT, each in a network namespace of its own, that stay full while something is measured."""

import os
import signal
import subprocess
import time
from pathlib import Path

PORT = 9527

# TIME_WAIT lasts 60 s, so a set made within a few seconds is whole for about 50 s. Nothing is begun on an older one.
OLDEST_SET_SECONDS = 30
SETS_PER_MEASUREMENT = 3
COMMAND_SECONDS = 60


class CannotMeasure(Exception):
    pass


def output_of(command, statuses=(0,)):
    """What the command prints. It and all that it starts are gone when this returns or raises."""
    command = [str(word) for word in command]
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)
    try:
        output, complaint = process.communicate(timeout=COMMAND_SECONDS)
    except subprocess.TimeoutExpired:
        raise CannotMeasure(f"{' '.join(command)}: still running after {COMMAND_SECONDS} s") from None
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    if process.returncode not in statuses:
        said = complaint.decode(errors="replace").strip()
        raise CannotMeasure(f"{' '.join(command)}: exit status {process.returncode}\n{said}")
    return output


class TimeWaitSet:
    """A network namespace with `rows` sockets in TIME_WAIT on PORT, or on so many `ports` from there on, and nothing else.

    The hash of connections is otherwise shared by all namespaces, and a walk passes everybody's sockets. The size of a
    private one is read from the namespace that creates it, hence two of them: the host's setting is not touched.
    tcp_rfc1337 keeps a late duplicate ACK, answered by the client's RST, from ending one of them (1 in 800,000, seen).
    The namespace lives as long as its holder, and that ends with this process, however this process ends.
    """

    OUTER = """
        setting=/proc/sys/net/ipv4/tcp_child_ehash_entries
        if [ -e $setting ]; then echo "$1" > $setting || exit; fi
        exec unshare --net sh -c "$2" sh "$3"
    """
    INNER = """
        ip link set lo up && cd /proc/sys/net/ipv4 && echo "$1" > tcp_max_tw_buckets && echo 1 > tcp_rfc1337 || exit
        echo ready
        exec cat > /dev/null
    """

    def __init__(self, programs, rows, hash_buckets, ports=1):
        self.rows = rows
        self.holder = subprocess.Popen(
            ["unshare", "--net", "sh", "-c", self.OUTER, "sh", str(hash_buckets), self.INNER, str(2 * rows)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True)
        try:
            if self.holder.stdout.readline() != b"ready\n":
                raise CannotMeasure("could not make a network namespace (needs root, or user namespaces)")
            self.output_of([programs.generator, PORT, rows, ports])
            self.made_at = time.monotonic()
        except BaseException:
            self.close()
            raise

    def output_of(self, command, statuses=(0,)):
        return output_of(["nsenter", "--target", self.holder.pid, "--net", "--", *command], statuses)

    def can_have_bound_sockets(self):
        """By the kernel's counts (see SocketStatistics.showNoBoundSocket): other namespaces' sockets leave it open."""
        counts = {}
        for file in ("sockstat", "sockstat6"):
            for line in Path(f"/proc/{self.holder.pid}/net/{file}").read_text().splitlines():
                label, *words = line.split()
                counts[label] = dict(zip(words[::2], map(int, words[1::2])))
        return counts["TCP:"]["alloc"] != counts["TCP:"]["inuse"] + counts["TCP6:"]["inuse"]

    def present(self):
        """How many there are now, told neither by ss nor by tw-inspect."""
        for line in Path(f"/proc/{self.holder.pid}/net/sockstat").read_text().splitlines():
            words = line.split()
            if words[0] == "TCP:":
                return int(words[words.index("tw") + 1])
        raise CannotMeasure("/proc/net/sockstat does not count TIME_WAIT")

    def is_whole(self):
        return self.present() == self.rows

    def is_fresh(self):
        return self.is_whole() and time.monotonic() - self.made_at < OLDEST_SET_SECONDS

    def hash_buckets(self):
        """Negative where the hash is the host's (Linux before 6.1, or too little memory)."""
        path = "/proc/sys/net/ipv4/tcp_ehash_entries"
        return int(self.output_of(["sh", "-c", f"cat {path} 2>/dev/null || echo -1"]))

    def close(self):
        self.holder.stdin.close()
        self.holder.stdout.close()
        try:
            self.holder.wait(5)
        except subprocess.TimeoutExpired:
            self.holder.kill()
            self.holder.wait()


class TimeWaitSets:
    """Sets of one size, one after the other: each measurement gets a set that stays whole all the while."""

    def __init__(self, programs, rows, hash_buckets, ports=1):
        self.programs, self.rows, self.hash_buckets, self.ports, self.current = programs, rows, hash_buckets, ports, None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.current is not None:
            self.current.close()

    def measured(self, measurement):
        for _ in range(SETS_PER_MEASUREMENT):
            if self.current is None or not self.current.is_fresh():
                self.renew()
            if self.current.is_whole():
                result = measurement(self.current)
                if self.current.is_whole():
                    return result
        raise CannotMeasure(
            f"in {SETS_PER_MEASUREMENT} tries, {self.rows} sockets never stayed in TIME_WAIT to the end of a measurement "
            f"(now {self.current.present()}): is this machine too slow or too busy?")

    def renew(self):
        if self.current is not None:
            self.current.close()
            self.current = None
        self.current = TimeWaitSet(self.programs, self.rows, self.hash_buckets, self.ports)
