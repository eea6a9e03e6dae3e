#!/usr/bin/env python3
"""Measures how soon `wait` returns once a bind would succeed, and what it costs meanwhile.

wait_latency.py BINARY latency|cost KIND is called by `run` in a network namespace that has as many other sockets as are to be
measured with. It prints JSON: the milliseconds of each round, or the share of a core in per cent.
"""

import json
import os
import socket
import struct
import subprocess
import sys
import time

FIRST_PORT = 9600
ROUNDS = 20
COST_SECONDS = 15
HOST = "127.0.0.1"


def listener(port, reuse=False):
    made = socket.socket()
    if reuse:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.bind((HOST, port))
    made.listen()
    return made


def connection(port):
    """Returns the server's end of a connection and the client's. The listener is closed."""
    server = listener(port)
    client = socket.create_connection((HOST, port))
    # It ends with RST, which leaves no TIME_WAIT to be counted among those of the set.
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    accepted, _ = server.accept()
    server.close()
    return accepted, client


def timer(port, seconds):
    """Makes a FIN_WAIT2 without a process, which the kernel keeps for so many seconds. Returns the client's end."""
    with open("/proc/sys/net/ipv4/tcp_fin_timeout", "w", encoding="ascii") as setting:
        setting.write(str(seconds))
    accepted, client = connection(port)
    accepted.shutdown(socket.SHUT_WR)
    time.sleep(0.01)
    accepted.close()
    return client


def could_bind(port):
    with socket.socket() as server:
        try:
            server.bind((HOST, port))
        except OSError:
            return False
        return True


class Round:
    """One `wait` on a port of its own, among others."""

    def __init__(self, binary, port, close_at, held):
        self.port, self.close_at, self.held = port, close_at, held
        self.freed = self.returned = None
        self.process = subprocess.Popen([binary, "wait", str(port), "--address", HOST, "--timeout", "30s", "-q"])

    def step(self):
        if self.freed is None:
            if self.close_at is None:
                self.freed = time.monotonic() if could_bind(self.port) else None
            elif time.monotonic() >= self.close_at:
                self.freed = time.monotonic()
                self.held.close()
        elif self.process.poll() is not None:
            self.returned = time.monotonic()
            if self.process.returncode != 0:
                sys.exit(f"wait: exit status {self.process.returncode}")

    def milliseconds(self):
        # `wait` can notice the free port earlier than the bind that is tried here.
        return max(0, self.returned - self.freed) * 1000


def latencies(binary, kind):
    rounds = []
    for number in range(ROUNDS):
        port = FIRST_PORT + number
        if kind == "timer":
            rounds.append(Round(binary, port, None, timer(port, 1)))
        else:
            # The odd interval spreads the rounds over the pauses of `wait` between two looks.
            close_at = time.monotonic() + 3 + number * 0.0731
            rounds.append(Round(binary, port, close_at, listener(port)))
    while any(round.returned is None for round in rounds):
        for round in rounds:
            if round.returned is None:
                round.step()
        time.sleep(0.001)
    return [round.milliseconds() for round in rounds]


def cost(binary, kind):
    """Returns the processor time that `wait` uses, in per cent of a core."""
    kept = {"timer": lambda: timer(FIRST_PORT, 40), "listener": lambda: listener(FIRST_PORT), "connection": lambda: connection(FIRST_PORT)}[kind]()
    time.sleep(0.1)
    began = time.monotonic()
    process = subprocess.Popen([binary, "wait", str(FIRST_PORT), "--address", HOST, "--timeout", f"{COST_SECONDS}s", "-q"])
    _, status, usage = os.wait4(process.pid, 0)
    if os.waitstatus_to_exitcode(status) != 1:
        sys.exit(f"wait: status {status}, and it should have timed out")
    del kept
    return 100 * (usage.ru_utime + usage.ru_stime) / (time.monotonic() - began)


if __name__ == "__main__":
    tool, what, holder = sys.argv[1:]
    print(json.dumps(latencies(tool, holder) if what == "latency" else cost(tool, holder)))
