"""Tens of thousands of sockets of a few processes on one port, for as long as something is measured."""

import subprocess

from time_wait_sets import PORT, CannotMeasure, output_of


class ManySockets:
    """They end with this process, and are in a network namespace of their own."""

    def __init__(self, programs, kind, count):
        words = [programs.many_sockets, kind, count, PORT]
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
