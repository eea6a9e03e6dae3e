"""Sockets of processes on one port, in a network namespace of their own, for as long as something is measured."""

import subprocess

from time_wait_sets import PORT, CannotMeasure, output_of


class SocketHolder:
    """A program that makes sockets, says "ready", and ends with this process."""

    def __init__(self, words):
        self.process = subprocess.Popen([str(word) for word in words], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def __enter__(self):
        if self.process.stdout.readline() != b"ready\n":
            self.__exit__()
            raise CannotMeasure("the sockets could not be made")
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()

    def output_of(self, command, statuses=(0,)):
        return output_of(["nsenter", "--target", self.process.pid, "--net", "--", *command], statuses)


class ManySockets(SocketHolder):
    """Tens of thousands of a few processes."""

    def __init__(self, programs, kind, count):
        super().__init__([programs.many_sockets, kind, count, PORT])
