"""A listener among thousands of processes with tens of thousands of descriptors, for as long as something is measured."""

import os
import re
import time
from pathlib import Path

from socket_holders import SocketHolder
from time_wait_sets import PORT, CannotMeasure

PROCESSES = 2_000
DESCRIPTORS = 50_000


def cgroup_mount():
    """Returns a mount point of cgroup2 below which a directory can be made; None if there is none."""
    for line in Path("/proc/self/mounts").read_text().splitlines():
        words = line.split()
        if words[2] == "cgroup2" and os.access(words[1], os.W_OK):
            return Path(words[1])
    return None


class OwnerProcesses(SocketHolder):
    """Processes that end with this one, in a network namespace of their own. The listener is alone in its cgroup, or in the
    one that all of them are in. Of several listeners each other one is of another process, on another port."""

    def __init__(self, programs, processes, descriptors, is_alone, listeners=1):
        self.cgroup = None
        words = [programs.owner_processes, PORT, processes, descriptors, listeners]
        if is_alone:
            mount = cgroup_mount()
            if mount is None:
                raise CannotMeasure("no cgroup2 hierarchy in which a directory can be made")
            self.cgroup = mount / f"tw-inspect-bench-{os.getpid()}"
            self.cgroup.mkdir()
            words.append(self.cgroup)
        super().__init__(words)

    def __exit__(self, *_):
        super().__exit__()
        if self.cgroup is None:
            return
        for _ in range(100):  # until the last process has left it
            try:
                self.cgroup.rmdir()
                return
            except OSError:
                time.sleep(0.02)

    def listener(self, command):
        """Returns the pid that a program names, which has to be the same for all. (lsof cuts names to nine bytes.)"""
        found = re.search(rb"(?:pid[ =]|owner-pro\S*\s+)(\d+)", self.output_of(command))
        return int(found.group(1)) if found else None
