"""Sets of TIME_WAIT sockets, each in a network namespace of its own, that stay whole while something is measured."""

import os
import signal
import subprocess
import time
from pathlib import Path

PORT = 9527

# TIME_WAIT lasts 60 s, so a set that was made within a few seconds is whole for about 50 s. On a set older than this no
# measurement is begun.
OLDEST_SET_SECONDS = 30
SETS_PER_MEASUREMENT = 3
COMMAND_SECONDS = 60


class CannotMeasure(Exception):
    pass


def output_of(command, statuses=(0,)):
    """Returns what the command prints. The command and all processes that it started are gone when this returns or raises."""
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
    """A network namespace with `rows` sockets in TIME_WAIT and nothing else, on PORT and, with `ports`, on those that follow.

    It has a hash of connections of its own. Otherwise all namespaces would share one, and a walk would pass the sockets of
    all. The kernel takes the size of such a hash from the namespace in which the new one is created. So there are two,
    one inside the other, and the host's setting is not changed.
    tcp_rfc1337 prevents that a late duplicate ACK, which the client answers with RST, ends a TIME_WAIT (seen once in
    800,000). The namespace lives as long as its holder, which ends with this process in any case.
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
        """Whether the kernel's counts leave room for sockets that are only bound (see SocketStatistics.showNoBoundSocket).

        Sockets of other namespaces are counted, too, and can leave it open.
        """
        counts = {}
        for file in ("sockstat", "sockstat6"):
            for line in Path(f"/proc/{self.holder.pid}/net/{file}").read_text().splitlines():
                label, *words = line.split()
                counts[label] = dict(zip(words[::2], map(int, words[1::2])))
        return counts["TCP:"]["alloc"] != counts["TCP:"]["inuse"] + counts["TCP6:"]["inuse"]

    def present(self):
        """Returns how many there are now, from a source that is neither ss nor tw-inspect."""
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
        """Returns the size of the hash; negative if it is the host's (Linux before 6.1, or too little memory)."""
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
    """Makes sets of one size, one after the other, so that each measurement has a set that stays whole all the time."""

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
