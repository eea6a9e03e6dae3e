"""The questions: every command with its options and formats, and wrong command lines."""

import shlex
from dataclasses import dataclass, field

NOBODY = 65534


@dataclass
class Command:
    """One call of the program."""

    line: str
    user: int = 0
    # System calls that are made to fail: (name, argument or None, its value, errno).
    deny: tuple = ()
    # Rows and columns of the terminal that is its standard input, output and error; None for no terminal.
    terminal: tuple = None
    environment: dict = field(default_factory=dict)
    # The standard output: "pipe", "full" (ENOSPC), "broken" (EPIPE) or "closed".
    output: str = "pipe"
    # Pairs of a regular expression and what to do when the program has written it: "event NAME", "type TEXT", "signal NAME",
    # "cut".
    steps: tuple = ()
    # For a watch, the regular expression of the line with which each look begins. Looks with the same text count as one.
    looks: str = None

    @property
    def title(self):
        words = [self.line]
        if self.user:
            words.append(f"[user {self.user}]")
        if self.terminal:
            words.append(f"[terminal {self.terminal[0]}x{self.terminal[1]}]")
        if self.deny:
            words.append("[" + ", ".join(f"{name} {value or ''} fails".replace("  ", " ")
                                         for name, _, value, _ in self.deny) + "]")
        if self.environment:
            words.append("[" + " ".join(f"{name}={value}" for name, value in self.environment.items()) + "]")
        if self.output != "pipe":
            words.append(f"[output {self.output}]")
        for _, action in self.steps:
            if action.startswith(("event", "type")):
                words.append(f"[{action.strip()}]")
        return " ".join(words)

    def words(self, values):
        return [word.format(**values) for word in shlex.split(self.line)]


def commands(text, **options):
    return [Command(line.strip(), **options) for line in text.strip().splitlines() if line.strip()]


def port(more=""):
    lines = commands("""
        port {P}
        port {P} --output plain
        port {P} --output plain --header
        port {P} --json
        port {P} --output jsonl
        port {P} -q
        port {P} --all
        port {P} --all --json
        port {P} --all --output jsonl
        port {P} --all --output plain
        port {P} --all --owners
        port {P} --all --owners --json
        port {P} --all --owners --output jsonl
        port {P} --owners
        port {P} --state listen
        port {P} --state time-wait --json
        port {P} --state connected,bound --json
        port {P} --side peer
        port {P} --side peer --all
        port {P} --side any --all
        port {P} --side any --all --json
        port {P} -4
        port {P} -6
        port {P} -4 --all --json
        port {P} -6 --all
        port {P} --all --sort peer
        port {P} --all --sort none
        port {P} --sort time --output plain
        port {P} --all --limit 1
        port {P} --limit 1 --json
        port {P} --all --limit 0
        port {P} --all --limit 1 --output jsonl
        port {P} --expect none
        port {P} --expect some -q
        port {P} --source proc
        port {P} --all --source proc
        port {P} --all --source proc --json
        port {P} --all --source netlink
        port {P} --all --flags live
        port {P} --all --flags live --json
        port {P} --all --flags live --output jsonl
        port {P}-{P2} --all
        port {P}-{P2} --json
        port {P},22
        port {P} 9600 --all
        port {P} --all --color always
    """)
    lines += commands("port {P} --all --owners\nport {P} --all --json", user=NOBODY)
    lines += commands("port {P}\nport {P} --all --owners", terminal=(24, 80))
    lines += commands("port {P} --all --owners", terminal=(24, 60))
    return lines


def trybind():
    lines = commands("""
        trybind {P}
        trybind {P} --output plain
        trybind {P} --output plain --header
        trybind {P} --json
        trybind {P} --output jsonl
        trybind {P} -q
        trybind {P} --reuse
        trybind {P} --reuse --json
        trybind {P} --reuse -q
        trybind {P} --reuse-port
        trybind {P} --reuse-port --json
        trybind {P} --reuse --reuse-port
        trybind {P} --address 0.0.0.0
        trybind {P} --address 0.0.0.0 --json
        trybind {P} --address 127.0.0.1 --reuse
        trybind {P} --address 127.0.0.2 --json
        trybind {P} --address ::
        trybind {P} --address :: --reuse --json
        trybind {P} --address ::1
        trybind {P} --address ::ffff:127.0.0.1 --json
        trybind {P} --address 127.0.0.1 --address ::1 --json
        trybind {P} --address 0.0.0.0 --address :: --v6-only
        trybind {P} --address 0.0.0.0 --address ::
        trybind {P} --address :: --v6-only --reuse
        trybind {P} --v6-only
        trybind {P} -4
        trybind {P} -4 --reuse --json
        trybind {P} -6
        trybind {P} --interface lo
        trybind {P} --interface lo --reuse --json
        trybind {P} --listen
        trybind {P} --listen --reuse --json
        trybind {P} --listen --reuse-port
        trybind {P} --listen --reuse-port --yes
        trybind {P} --predict
        trybind {P} --predict --json
        trybind {P} --predict --output plain
        trybind {P} --predict --reuse
        trybind {P} --predict --reuse-port --json
        trybind {P} --predict --reuse --source proc
        trybind {P} --predict --reuse -q
        trybind {P} --predict --as-user nobody --reuse-port
        trybind {P} --predict --reuse --flags live
        trybind {P} --after-stop
        trybind {P} --after-stop --json
        trybind {P} --after-stop --reuse
        trybind {P} --after-stop --reuse --flags live
        trybind {P} --after-stop --reuse --flags live --json
        trybind {P} --after-stop --matrix
        trybind {P} --flags live
        trybind {P} --flags live --reuse --json
        trybind {P} --matrix
        trybind {P} --matrix --reuse
        trybind {P} --matrix --json
        trybind {P} --matrix --output plain
        trybind {P} --matrix --predict
        trybind {P} --matrix --predict --flags live
        trybind {P} --matrix -q
        trybind {P} --as-user nobody
        trybind {P} --as-user nobody --json
        trybind {P} --as-user nobody --reuse-port --json
        trybind {P} --source proc
        trybind {P} --source proc --reuse --json
        trybind {P} --source netlink --json
        trybind {P} --color always
    """)
    lines += commands("""
        trybind {P}
        trybind {P} --json
        trybind {P} --reuse-port
        trybind {P} --flags live --json
        trybind {P} --as-user root
    """, user=NOBODY)
    lines += commands("trybind {P}", terminal=(24, 80)) + commands("trybind {P} --reuse", terminal=(40, 60))
    return lines


def wait():
    return commands("""
        wait {P} --timeout 300ms
        wait {P} --timeout 300ms --json
        wait {P} --timeout 300ms --reuse --output jsonl
        wait {P} --timeout 300ms --fail-fast
        wait {P} --timeout 300ms -q
    """)


def release():
    lines = commands("""
        release {P} --dry-run
        release {P} --dry-run --json
        release {P} --dry-run --output plain
        release {P} --dry-run --output plain --header
        release {P} --dry-run --output jsonl
        release {P} --dry-run -q
        release {P} --dry-run -4
        release {P} --dry-run -6 --json
        release {P} --dry-run --include-fin-wait-2
        release {P} --dry-run --include-fin-wait-2 --json
        release {P} --dry-run --source proc
        release {P}
    """)
    lines += commands("release {P} --dry-run\nrelease {P} --yes", user=NOBODY)
    lines += commands("release {P}", terminal=(24, 80), steps=((r"\[y/N\] ?", "type n\n"),))
    return lines


def standard():
    return port() + trybind() + wait() + release()


# Watches that are ended after two looks: the output is cut off where the third begins.
TITLE = r"^port .*, every .*$"
WATCHES = (
    commands("port {P} --all --watch --interval 100ms", looks=TITLE,
             steps=((r"(?m)" + TITLE, "go"),) * 2 + ((r"(?m)(?=" + TITLE + ")", "cut"),))
    + commands("port {P} --all --watch --interval 100ms", looks=TITLE, environment={"LC_ALL": "C"},
               steps=((r"(?m)" + TITLE, "go"),) * 2 + ((r"(?m)(?=" + TITLE + ")", "cut"),))
    + commands("trybind {P} --watch --interval 100ms\ntrybind {P} --reuse --watch --interval 100ms", looks=TITLE,
               steps=((r"(?m)" + TITLE, "go"),) * 2 + ((r"(?m)(?=" + TITLE + ")", "cut"),))
    + commands("port {P} --all --watch --interval 100ms --output jsonl\n"
               "port {P} --all --owners --watch --interval 100ms --output jsonl", looks=r'^{"type":"snapshot"',
               steps=((r'{"type":"end".*\n', "go"), (r'{"type":"end".*\n', "cut")))
    + commands("trybind {P} --watch --interval 100ms --output jsonl", looks=r"^{",
               steps=((r"}\n", "go"), (r"}\n", "cut")))
)

# Watches during which the holder changes the state of the port and changes it back.
CHANGES = (
    commands("trybind {P} --watch --interval 100ms --output jsonl\n"
             "trybind {P} --reuse --watch --interval 100ms --output jsonl", looks=r"^{",
             steps=((r'"bindable":true.*\n', "event listen"), (r'"bindable":false.*\n', "event close"),
                    (r'"bindable":true.*\n', "cut")))
    + commands("port {P} --all --watch --interval 100ms --output jsonl", looks=r'^{"type":"snapshot"',
               steps=((r'"listed":0.*\n', "event listen"), (r'"listed":1.*\n', "event close"),
                      (r'"listed":0.*\n', "cut")))
    + commands("port {P} --all --watch --interval 100ms", looks=TITLE,
               steps=((r"No socket on port .*\n", "event listen"), (r"1 LISTEN.*\n", "event close"),
                      (r"- +gone .*\n", "go"), (r"No socket on port .*\n", "cut")))
    + commands("trybind {P} --watch --interval 100ms", looks=TITLE,
               steps=((r"Yes\..*\n", "event listen"), (r"No\..*\n", "event close"), (r"Yes\..*\n", "cut")))
)

WAITING = r"waiting for port"
WAITS_FOR_A_LISTENER = (
    commands("wait {P}\nwait {P} --json\nwait {P} --reuse --output jsonl", steps=((WAITING, "event close"),))
    + commands("wait {P}", steps=((WAITING, "signal INT"),))
    + commands("wait {P} --json", steps=((WAITING, "signal TERM"),)))

RELEASES = [
    "release {P} --yes", "release {P} --yes --json", "release {P} --yes --output plain", "release {P} --yes --output jsonl",
    "release {P} --yes -q", "release {P} --yes -4", "release {P} --yes -6 --json", "release {P} --yes --include-fin-wait-2",
    "release {P} --yes --include-fin-wait-2 --json", "release {P} --yes -v",
]

DENIALS = {
    "netlink refused": (("socket", 0, 16, 1),),
    "netlink not there": (("socket", 0, 16, 97),),
    "netlink exhausted": (("socket", 0, 16, 24),),
    "no IPv6": (("socket", 0, 10, 97),),
    "no family": (("socket", 0, 10, 97), ("socket", 0, 2, 97)),
    "no socket left": (("socket", 0, 2, 24),),
    "bind IPv6 EPERM": (("bind", 2, 28, 1),),
    "bind IPv6 EACCES": (("bind", 2, 28, 13),),
    "bind IPv6 EADDRINUSE": (("bind", 2, 28, 98),),
    "bind IPv4 EPERM": (("bind", 2, 16, 1),),
    "bind EPERM": (("bind", 2, 16, 1), ("bind", 2, 28, 1)),
    "bind EADDRINUSE": (("bind", 2, 16, 98), ("bind", 2, 28, 98)),
    "listen EADDRINUSE": (("listen", None, 0, 98),),
}


def denied():
    lines = []
    for deny in DENIALS.values():
        lines += commands("""
            port {P}
            port {P} --all --json
            port {P} --output jsonl
            port {P} --source netlink
            port {P} -q
            trybind {P}
            trybind {P} --json
            trybind {P} -q
            trybind {P} --reuse
            trybind {P} --address ::
            trybind {P} --address ::1 --json
            trybind {P} --address 127.0.0.1
            trybind {P} --address 127.0.0.1 --address ::1
            trybind {P} -6
            trybind {P} --v6-only --json
            trybind {P} --listen --address 127.0.0.1 --reuse
            trybind {P} --predict
            trybind {P} --after-stop --json
            trybind {P} --matrix
            release {P} --dry-run
        """, deny=deny)
    return lines


VERBOSE = commands("""
    port {P} -v
    port {P} --json -v
    port {P} --output jsonl -v
    port {P} --all --owners -v -q
    port {P}-{P2} -v
    port {P} --source proc -v
    trybind {P} -v
    trybind {P} -q -v
    trybind {P} --predict -v
    trybind {P} --matrix -v
    trybind {P} --source proc -v
    trybind {P} --as-user nobody -v
    wait {P} --timeout 300ms -v
    wait {P} --timeout 300ms -q -v
    release {P} --dry-run -v
    explain TIME_WAIT -v
""")

OUTPUTS = []
for way in ("full", "broken", "closed"):
    OUTPUTS += commands("""
        port {P}
        port {P} --all --json
        port {P} --output jsonl
        port {P} --all --output plain
        trybind {P}
        trybind {P} --json
        explain
        explain --json
        demo --list
        --help
        help port
        --version
        release {P} --dry-run
    """, output=way)

HELP = commands("""

    help
    --help
    -h
    --version
    help port
    help trybind
    help wait
    help release
    help explain
    help demo
    help demo serve
    port --help
    port -h
    trybind --help
    trybind -h
    wait --help
    wait -h
    release --help
    release -h
    explain --help
    explain -h
    demo --help
    demo -h
    demo serve --help
    demo serve -h
    port --version
    trybind 80 --version
    demo serve --version
    demo --list
    demo --list --json
    demo --list --output plain
    demo --list --output plain --header
    demo --list --output jsonl
    demo --list -q
    --generate-completion-script bash
    --generate-completion-script zsh
    --generate-completion-script fish
    --experimental-dump-help
    explain
    explain --json
    explain --output jsonl
    explain --color always
    explain TIME_WAIT --color always
    explain time wait
    explain 98
    explain 99
    explain 1
    explain 4242
    explain eaddrinuse
    explain so-reuseaddr
    explain tw_reuse
    explain reuseadr
    explain reuseadr --json
    explain nonesuch
    explain nonesuch --json
    explain nonesuch --output jsonl
    explain TIME_WAIT SO_REUSEADDR
    explain ""
    explain TIME_WAIT --output jsonl
""") + [Command("")]
HELP += commands("explain\nexplain bind-rules\ndemo --list\nhelp port", terminal=(24, 80))
HELP += commands("explain bind-rules\ndemo --list\nhelp", terminal=(24, 60))
HELP += commands("port 9527\nexplain TIME_WAIT", terminal=(24, 80), environment={"NO_COLOR": "1"})
HELP += commands("port 9527 --all\ntrybind 9527\nexplain TIME_WAIT", environment={"CLICOLOR_FORCE": "1"})
HELP += commands("explain TIME_WAIT\ntrybind 9527", terminal=(24, 80), environment={"TERM": "dumb"})

# Wrong command lines. The answer is exit status 64 and one line that says why.
USAGE = commands(r"""
    port 0
    port 0 -q
    port 65536
    port 99999999999999999999
    port -1
    port 1e3
    port 0x50
    port +80
    port "80 "
    port ٨٠
    port 80-
    port 1-2-3
    port -- -80
    port 90-80
    port 80-65536
    port 0-80
    port ""
    port ,
    port 80,
    port no-such-service
    port 80 nonesuch
    port 127.0.0.1:80
    port 80 --netns nonesuch
    port 80 --netns pid:999999999
    port 80 --netns pid:x
    port 80 --netns pid:0
    port 80 --netns /etc/passwd
    port 80 --netns /dev/null
    port 80 --netns /nope/nope
    port 80 --netns ""
    port 80 --netns ..
    port 80 --netns /proc/self/ns/pid
    port 80 --netns nonesuch --all --state listen
    port 80 --netns nonesuch --json --output plain
    trybind 80 --netns nonesuch
    trybind 80 --netns pid:999999999 --json
    wait 80 --netns nonesuch
    release 80 --yes --netns nonesuch
    explain --netns nonesuch
    explain TIME_WAIT --source proc
    explain -4
    explain TIME_WAIT --header
    explain -q
    trybind 65536
    trybind -1
    trybind 1e3
    trybind 80-90
    trybind 80,90
    trybind ""
    trybind 0 --predict
    trybind 0 --after-stop
    trybind 80 --predict --watch
    trybind 80 --after-stop --watch
    trybind 80 --predict --listen
    trybind 80 --after-stop --listen
    trybind 80 --predict --after-stop -q
    trybind 80 --matrix --watch
    trybind 80 --matrix --predict --watch
    trybind 80 --matrix --listen
    trybind 80 --flags all
    trybind 80 --flags foo
    trybind 80 --flags ""
    trybind 80 --yes
    port 80 --flags all
    port 80 --flags foo
    port 80 --flags live --output plain
    port 80 --flags live --watch
    port 80 --owners --output plain
    trybind 80 --as-user no-such-user
    trybind 80 --as-user ""
    trybind 80 --as-user -1
    trybind 80 --as-user 4294967295
    trybind 80 --as-user 4294967296
    port 80 --udp
    trybind 80 --udp
    release 80
    release 80 -q
    release 80 --json
    release 80 --yes --udp
    release 80 --yes --header
    release 80 --yes --dry-run
    release 80 --yes --source proc
    release 0 --yes
    release 80-90 --yes
    release 80,90 --yes
    release -1 --yes
    port 80 --state waiting
    port 80 --state listen,
    port 80 --all --state listen
    port 80 --json --output plain
    port 80 --output xml
    port 80 --output jsonl --sort time
    port 80 --output jsonl --sort peer
    port 80 --sort size
    port 80 --side remote
    port 80 --expect any
    port 80 --source ss
    port 80 --color blue
    port 80 --limit -1
    port 80 --limit ten
    port 80 --header
    port 80 -4 -6
    port 80 --colour never
    port 80 --reuse
    port 80 --state
    trybind 80 --address localhost
    trybind 80 --address 127.0.0.256
    trybind 80 --address 127.1
    trybind 80 --address 127.0.0.1:80
    trybind 80 --address [::1
    trybind 80 --address ""
    trybind 80 --address 127.0.0.1%lo
    trybind 80 --address fe80::1%
    trybind 80 --address ::1 --address 127.1
    trybind 80 --v6-only --address 127.0.0.1
    trybind 80 --v6-only --address ::ffff:127.0.0.1
    trybind 80 --v6-only -4
    trybind 80 -4 --address ::
    trybind 80 -6 --address 127.0.0.1
    trybind 80 --interface ""
    trybind 80 --interface a-name-of-16-byte
    trybind 80 --as-root
    wait 80 --timeout 0
    wait 80 --timeout 0s
    wait 80 --timeout -1s
    wait 80 --timeout=-1s
    wait 80 --timeout 5x
    wait 80 --timeout ""
    wait 80 --timeout 1.s
    wait 80 --timeout 1h30
    wait 80 --timeout ٣s
    wait 80 --timeout 99999999999999999999s
    wait 80 --timeout 200000d
    wait 80-90
    wait 80 --v6-only -4
    wait 80 --output plain
    wait 80 --listen --reuse-port
    port 80 --watch --json
    port 80 --watch --output plain
    port 80 --watch -q
    port 80 --watch --expect none
    port 80 --watch --owners
    port 80 --interval 1s
    port 80 --watch --interval 5x
    port 80 --watch --interval 10ms
    trybind 80 --watch --json
    trybind 80 --watch -q
    trybind 80 --interval 1s
    demo 9
    demo 0
    demo x
    demo 04
    demo serv
    demo 4 5
    demo 4 --list
    demo 4 --full
    demo --list --full
    demo -6
    demo --netns nonesuch
    demo --output xml
    demo serve
    demo serve 65536
    demo serve x
    demo serve 80 81
    demo serve 80 --reuse-port
    demo serve 80 -q
    prot 80
    trybnd 80
    bind 80
    frobnicate
    9527
    ""
    --frobnicate
    help frobnicate
    port
    trybind
    wait
    release
    trybind 80 81
    stop
    run
""") + [Command(line) for line in (
    "port '\x1b[2Jx'", "port 'a\nb'", "'\x1b]0;x\x07'", "port 80 --state '\x1b[31m'", "trybind 80 --address '\x9b2J'",
    "trybind 80 --interface '\x1b[31mxxxxxxxxxxxxxxx'", "port 80 '--\x1b[2J'", "port '\u202e08'",
    "port 80 --netns 'a\x1b[31m'", "trybind 80 --as-user '\x1b[31m'")] + commands(
    "trybind 80 --as-user nobody\nrelease 9527 --yes\nrelease 9527 --yes --json\nport 80 --netns nonesuch", user=NOBODY)
