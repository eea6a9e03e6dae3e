"""Makes a situation, and runs both programs in it."""

import ctypes
import fcntl
import json
import os
import platform
import pty
import re
import select
import signal
import socket
import struct
import subprocess
import sys
import termios
import time
import traceback

from compare_lab import CLONE_NEWNET, LIBC, Lab, NotReached, Skip, die_with_parent, ip, prctl, remove_cgroups, set_name, unshare

PATIENCE = 20
NUMBERS = {
    "x86_64": {"socket": 41, "bind": 49, "listen": 50, "unshare": 272},
    "aarch64": {"socket": 198, "bind": 200, "listen": 201, "unshare": 97},
}


def mount(kind, where, options=""):
    if LIBC.mount(b"none", where.encode(), kind.encode(), 0, options.encode()) != 0:
        raise Skip(f"mount {kind} on {where}: {os.strerror(ctypes.get_errno())}")


def refuse(calls):
    """Makes system calls fail from now on by a seccomp filter, as the sandbox of a service manager does."""
    numbers = NUMBERS[platform.machine()]
    program = b""

    def step(code, k, jump_false=0):
        return struct.pack("HBBI", code, 0, jump_false, k)
    for name, argument, value, error in calls:
        block = []
        if argument is not None:
            block += [step(0x20, 16 + 8 * argument), step(0x15, value, 1)]
        block.append(step(0x06, 0x00050000 | error))
        program += step(0x20, 0) + step(0x15, numbers[name], len(block)) + b"".join(block)
    program += step(0x06, 0x7FFF0000)
    code = ctypes.create_string_buffer(program, len(program))
    LIBC.prctl(38, 1, 0, 0, 0)  # PR_SET_NO_NEW_PRIVS
    filter_program = ctypes.create_string_buffer(struct.pack("HP", len(program) // 8, ctypes.addressof(code)))
    if LIBC.prctl(22, 2, ctypes.byref(filter_program), 0, 0) != 0:  # PR_SET_SECCOMP, SECCOMP_MODE_FILTER
        os._exit(99)


class Holder:
    """The process that has the situation's sockets. The programs that are asked are not its children."""

    def __init__(self, situation):
        ours, theirs = socket.socketpair()
        self.pid = os.fork()
        if self.pid == 0:
            ours.close()
            self.hold(situation, theirs)
        theirs.close()
        self.stream = ours.makefile("rw")
        said = json.loads(self.stream.readline() or '{"error": "the holder is gone"}')
        if "error" in said:
            raise NotReached(said["error"])
        self.skip = said.get("skip")
        self.values = said.get("values", {})
        self.cgroups = said.get("cgroups", [])

    @staticmethod
    def hold(situation, channel):
        die_with_parent()
        stream = channel.makefile("rw")

        def tell(what):
            stream.write(json.dumps(what) + "\n")
            stream.flush()
        lab = Lab()
        try:
            set_name(b"server")
            situation.make(lab)
            tell({"values": lab.vars, "cgroups": lab.cgroups})
            for line in stream:
                lab.events[line.strip()]()
                tell("done")
        except Skip as reason:
            tell({"skip": str(reason)})
        except BaseException:  # pylint: disable=broad-exception-caught
            tell({"error": traceback.format_exc()})
        os._exit(0)

    def event(self, name):
        self.stream.write(name + "\n")
        self.stream.flush()
        said = json.loads(self.stream.readline() or '"gone"')
        if said != "done":
            raise NotReached(str(said))

    def end(self):
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        remove_cgroups(self.cgroups)


class Run:
    """One call of a program."""

    def __init__(self, program, command, values, holder):
        self.command = command
        self.holder = holder
        self.master = None
        self.read = {}
        environment = {
            "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/", "LANG": "C.UTF-8", "SWIFT_BACKTRACE": "enable=no",
            "TERM": "xterm-256color" if command.terminal else "dumb", **command.environment}
        options = {"env": environment, "cwd": "/", "stdin": subprocess.DEVNULL}
        if command.user:
            options |= {"user": command.user, "group": command.user, "extra_groups": []}
        slave = None
        if command.terminal:
            self.master, slave = pty.openpty()
            fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", *command.terminal, 0, 0))
            options |= {"stdin": slave, "stdout": slave, "stderr": slave, "start_new_session": True}
        else:
            options |= {"stdout": self.output(), "stderr": subprocess.PIPE}
        if command.terminal or command.deny or command.output == "closed":
            options["preexec_fn"] = self.prepare
        self.process = subprocess.Popen([program] + command.words(values), **options)
        if slave is not None:
            os.close(slave)
            self.read[self.master] = "out"
        for stream, name in ((self.process.stdout, "out"), (self.process.stderr, "err")):
            if stream is not None:
                self.read[stream.fileno()] = name
        if isinstance(options["stdout"], int) and options["stdout"] >= 0 and not command.terminal:
            os.close(options["stdout"])

    def output(self):
        if self.command.output == "full":
            return os.open("/dev/full", os.O_WRONLY)
        if self.command.output == "broken":
            ends = os.pipe()
            os.close(ends[0])
            return ends[1]
        return subprocess.PIPE

    def prepare(self):
        if self.command.terminal:
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)
        if self.command.output == "closed":
            os.close(1)
        if self.command.deny:
            refuse(self.command.deny)

    def finish(self):
        """Returns standard output, standard error and exit status as one text."""
        text = {"out": "", "err": ""}
        raw = {"out": b"", "err": b""}
        position = {"out": 0, "err": 0}
        steps = list(self.command.steps)
        cut = None
        deadline = time.monotonic() + PATIENCE
        while self.read:
            ready, _, _ = select.select(list(self.read), [], [], max(0, deadline - time.monotonic()))
            if not ready:
                self.process.kill()
                self.process.wait()
                return f"not done after {PATIENCE} s\n{text}"
            for number in ready:
                try:
                    data = os.read(number, 1 << 16)
                except OSError:  # the other end of the terminal is closed
                    data = b""
                name = self.read[number]
                if not data:
                    del self.read[number]
                raw[name] += data
            if not steps:
                continue
            text = {name: data.decode("utf-8", "surrogateescape") for name, data in raw.items()}
            while steps:
                pattern = re.compile(steps[0][0])
                hits = [(name, pattern.search(text[name], position[name])) for name in text]
                hit = next(((name, match) for name, match in hits if match), None)
                if not hit:
                    break
                name, match = hit
                position[name] = match.end()
                verb, _, what = steps.pop(0)[1].partition(" ")
                if verb == "event":
                    self.holder.event(what)
                elif verb == "type":
                    os.write(self.master, what.encode())
                elif verb == "signal":
                    self.process.send_signal(getattr(signal, "SIG" + what))
                elif verb == "cut":
                    cut = match.end()
                    self.process.send_signal(signal.SIGINT)
        status = self.process.wait()
        for stream in (self.process.stdout, self.process.stderr):
            if stream:
                stream.close()
        if self.master is not None:
            os.close(self.master)
        out, err = (raw[name].decode("utf-8", "surrogateescape") for name in ("out", "err"))
        if cut is not None:
            out = out[:cut]
        left = "".join(f"never written: {pattern}\n" for pattern, _ in steps)
        return f"--- status {status}\n{left}--- standard output\n{out}--- standard error\n{err}"


class Asker:
    """Asks both programs. The situation is made once, or anew for each question and program if its answer changes it."""

    def __init__(self, situation, old, new):
        self.situation = situation
        self.programs = [old, new]
        self.holder = None
        self.lab = None
        self.values = {"P": situation.port, "P2": situation.port + 2}

    def begin(self):
        """Makes the situation, unless it is made anew for each question. Returns why that is impossible here, or None."""
        try:
            ip("link", "set", "lo", "up")
            if self.situation.view == "private /run":
                mount("tmpfs", "/run")
                os.makedirs("/run/netns")
            if self.situation.anew:
                return None
            if self.situation.first:
                self.lab = Lab()
                self.situation.make(self.lab)
            else:
                self.holder = Holder(self.situation)
                if self.holder.skip:
                    return self.holder.skip
                self.values |= self.holder.values
            if self.situation.view == "no /proc":
                mount("tmpfs", "/proc")
            elif self.situation.view == "hidepid":
                mount("proc", "/proc", "hidepid=invisible")
        except Skip as reason:
            return str(reason)
        if platform.machine() not in NUMBERS and any(command.deny for command in self.situation.commands):
            return f"system calls have other numbers on {platform.machine()}"
        return None

    def commands(self, pattern):
        for command in self.situation.commands:
            if not pattern or re.search(pattern, command.title):
                yield command

    def ask(self, command):
        if self.situation.anew:
            return tuple(self.anew(program, command) for program in self.programs)
        return tuple(Run(program, command, self.values, self.holder).finish() for program in self.programs)

    def anew(self, program, command):
        """Asks in another network namespace, in which the situation is made anew."""
        read, write = os.pipe()
        pid = os.fork()
        if pid == 0:
            prctl(1, signal.SIGKILL)
            os.close(read)
            text = ""
            try:
                unshare(CLONE_NEWNET)
                ip("link", "set", "lo", "up")
                holder = Holder(self.situation)
                text = Run(program, command, self.values | holder.values, holder).finish()
                holder.end()
            except BaseException:  # pylint: disable=broad-exception-caught
                text = "could not ask: " + traceback.format_exc()
            with os.fdopen(write, "wb") as pipe:
                pipe.write(text.encode("utf-8", "surrogateescape"))
            os._exit(0)
        os.close(write)
        with os.fdopen(read, "rb") as pipe:
            text = pipe.read().decode("utf-8", "surrogateescape")
        os.waitpid(pid, 0)
        if text.startswith("could not ask: "):
            sys.exit(text)
        return text

    def end(self):
        if self.holder:
            self.holder.end()
