import Glibc

/// Several network namespaces for one command line after the other. They lie, with their processes, in a network, a mount and a PID
/// namespace of the stage's own, so that none of the machine's is seen, and no name is left in /run/netns.
package struct NamespaceStage {
  /// A shell script that sets the stage. It has the functions `named NAME...`, which makes namespaces as `ip netns add` does, and
  /// `serve PORT COMMAND...`, which starts a server with that port, and three TIME_WAIT on it, below a command that enters a
  /// namespace.
  package var script: String
  /// What the tool is started by.
  package var prefix: [String] = []

  package init(_ script: String) { self.script = script }

  private static let prelude = """
    set -e
    mount -t tmpfs none /run; mkdir /run/netns
    mount --bind /run/netns /run/netns; mount --make-shared /run/netns
    ip link set lo up
    named() { for name; do ip netns add "$name"; done; }
    serve() {
      local port=$1 file; shift; file=$(mktemp /run/ready.XXXXXX)
      "$@" sh -c 'ip link set lo up; exec "$@"' - perl -e '
        use Socket; my $port = shift; my @places = (PF_INET, SOCK_STREAM, 0);
        socket(my $s, PF_INET, SOCK_STREAM, 0) or die; setsockopt($s, SOL_SOCKET, SO_REUSEADDR, 1);
        bind($s, sockaddr_in($port, INADDR_LOOPBACK)) or die; listen($s, 8);
        for (1 .. 3) {
          socket(my $c, PF_INET, SOCK_STREAM, 0) or die; connect($c, sockaddr_in($port, INADDR_LOOPBACK)) or die;
          accept(my $a, $s) or die; close $a; sysread($c, my $end, 1); close $c;
        }
        $| = 1; print "ready\\n"; sleep 60 if !$ENV{LEAVES};' "$port" > "$file" &
      for wait in $(seq 2000); do [ -s "$file" ] && return; sleep 0.01; done; exit 9
    }

    """

  package struct Failed: Error, CustomStringConvertible {
    package let result: CommandResult
    package var description: String { "the stage could not be set: \(result)" }
  }

  package struct Answer {
    package let exitCode: Int32
    package let output: String
    package let errors: String
    package var lines: [String] {
      output.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }
    package var json: JSON { get throws { try JSON(parsing: Array(output.utf8)) } }
    package var jsonLines: [JSON] {
      get throws { try output.split(separator: "\n").map { try JSON(parsing: Array($0.utf8)) } }
    }
  }

  /// Sets the stage and runs the tool with each of these arguments.
  package func run(_ arguments: [String]..., timeout: Duration = .seconds(30)) throws -> [Answer] {
    // Neither the tool nor a name writes this character.
    let mark = "\u{1e}"
    var text = Self.prelude + script + "\nset +e\n"
    for (number, words) in arguments.enumerated() {
      let words = (prefix + [try Tool.path.get()] + words).map(Self.quoted).joined(separator: " ")
      text += "\(words) 2>/run/errors.\(number) </dev/null; status=$?\n"
      text += "printf '\\036%s\\036' $status; cat /run/errors.\(number); printf '\\036'\n"
    }
    let command = Command(
      "/usr/bin/unshare",
      ["--net", "--mount", "--pid", "--fork", "--mount-proc", "--kill-child", "bash", "-c", text])
    let result = try command.run(timeout: timeout)
    let parts = result.output.split(separator: Character(mark), omittingEmptySubsequences: false)
    guard parts.count == arguments.count * 3 + 1 else { throw Failed(result: result) }
    return (0..<arguments.count).map { number in
      Answer(
        exitCode: Int32(parts[number * 3 + 1]) ?? -1, output: String(parts[number * 3]),
        errors: String(parts[number * 3 + 2]))
    }
  }

  private static func quoted(_ word: String) -> String {
    "'" + word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
  }
}

extension Requirement {
  package static let namespaceStages = Requirement(
    "namespace-stages", "no network, mount and PID namespace with a /proc of its own",
    isMet: { hasNamespaceStages })

  private static let hasNamespaceStages = (try? NamespaceStage("named blue").run()) != nil
}
