import TestSupport
import Testing

/// Whatever is typed wrongly: 64, nothing on standard output, and one line that names the argument, says what is
/// wrong with it, and what would be right.
@Suite struct UsageErrorTests {
  struct Mistake: Sendable, CustomTestStringConvertible {
    let arguments: [String]
    /// All of it is in the line; the first is what was typed.
    let says: [String]

    init(_ arguments: [String], _ says: String...) {
      self.arguments = arguments
      self.says = says
    }

    var testDescription: String { arguments.joined(separator: " ") }
  }

  static let ports: [Mistake] = [
    Mistake(["port", "0"], "'0'", "1 to 65535"),
    Mistake(["port", "65536"], "'65536'", "1 to 65535"),
    Mistake(["port", "99999999999999999999"], "'99999999999999999999'", "1 to 65535"),
    Mistake(["port", "-1"], "'-1'", "1 to 65535"),
    Mistake(["port", "1e3"], "'1e3'", "number", "service"),
    Mistake(["port", "0x50"], "'0x50'", "number", "service"),
    Mistake(["port", "+80"], "'+80'", "number", "service"),
    Mistake(["port", "80 "], "'80 '", "number", "service"),
    Mistake(["port", "٨٠"], "'٨٠'", "number", "service"),
    Mistake(["port", "80-"], "'80-'", "9000-9100"),
    Mistake(["port", "1-2-3"], "'1-2-3'", "number", "service"),
    Mistake(["port", "--", "-80"], "'-80'", "9000-9100"),
    Mistake(["port", "90-80"], "'90-80'", "backwards", "80-90"),
    Mistake(["port", "80-65536"], "'65536'", "1 to 65535"),
    Mistake(["port", "0-80"], "'0'", "1 to 65535"),
    Mistake(["port", ""], "''", "80,9000-9100,https"),
    Mistake(["port", ","], "','", "80,9000-9100,https"),
    Mistake(["port", "80,"], "'80,'", "80,9000-9100,https"),
    Mistake(["port", "no-such-service"], "'no-such-service'", "1 to 65535", "service"),
    Mistake(["port", "80", "nonesuch"], "'nonesuch'", "1 to 65535", "service"),
    Mistake(["port"], "which port?", "tw-inspect port 8080"),
    Mistake(["wait", "--reuse"], "which port?", "tw-inspect wait 8080"),
    Mistake(["trybind", "65536"], "'65536'", "65535"),
    Mistake(["trybind", "-1"], "'-1'", "65535"),
    Mistake(["trybind", "1e3"], "'1e3'", "number", "service"),
    Mistake(["trybind", "80-90"], "one port", "seq 80 90"),
    Mistake(["trybind", "80,90"], "one port", "for p in 80 90"),
    Mistake(["trybind", ""], "''", "number", "service"),
    Mistake(["release", "0", "--yes"], "'0'", "1 to 65535"),
    Mistake(["release", "80-90", "--yes"], "one port", "seq 80 90"),
    Mistake(["release", "80,90", "--yes"], "one port", "for p in 80 90"),
    Mistake(["release", "-1", "--yes"], "'-1'", "65535"),
  ]

  static let predictions: [Mistake] = [
    Mistake(["trybind", "0", "--predict"], "--predict 0", "kernel chooses"),
    Mistake(["trybind", "0", "--after-stop"], "--after-stop 0", "kernel chooses"),
    Mistake(["trybind", "80", "--predict", "--watch"], "--predict", "--watch", "leave one of them out"),
    Mistake(["trybind", "80", "--after-stop", "--watch"], "--after-stop", "--watch", "leave one"),
    Mistake(["trybind", "80", "--predict", "--listen"], "--predict", "--listen", "leave one of them out"),
    Mistake(["trybind", "80", "--matrix", "--watch"], "--matrix", "--watch", "leave one of them out"),
    Mistake(["trybind", "80", "--matrix", "--predict", "--watch"], "--watch", "leave one of them out"),
    Mistake(["trybind", "80", "--flags", "foo"], "'foo'", "--flags", "none", "live", "all"),
    Mistake(["trybind", "80", "--flags", ""], "''", "--flags"),
    Mistake(["port", "80", "--flags", "all", "--output", "plain"], "--flags all", "plain", "jsonl"),
    Mistake(["port", "80", "--flags", "all", "--watch"], "--flags all", "--watch", "jsonl"),
    Mistake(["port", "80", "--flags", "foo"], "'foo'", "--flags", "none", "live", "all"),
    Mistake(["port", "80", "--flags", "live", "--output", "plain"], "--flags live", "plain", "jsonl"),
    Mistake(["port", "80", "--flags", "live", "--watch"], "--flags live", "--watch"),
    Mistake(["trybind", "80", "--as-user", "no-such-user"], "'no-such-user'", "not a user"),
    Mistake(["trybind", "80", "--as-user", ""], "''", "not a user"),
    Mistake(["trybind", "80", "--as-user", "-1"], "--as-user"),
    Mistake(["trybind", "80", "--as-user", "4294967295"], "'4294967295'", "not a user"),
    Mistake(["trybind", "80", "--as-user", "4294967296"], "'4294967296'", "not a user"),
    Mistake(["trybind", "80", "--as-user", "\u{1b}[31m"], "not a user"),
  ]

  static let options: [Mistake] = [
    Mistake(["port", "80", "--udp"], "--udp", "TCP"),
    Mistake(["trybind", "80", "--udp"], "--udp", "TCP"),
    Mistake(["release", "80"], "--yes", "--dry-run", "terminal"),
    Mistake(["release", "80", "-q"], "--quiet", "--yes", "--dry-run"),
    Mistake(["release", "80", "--yes", "--udp"], "--udp", "TCP"),
    Mistake(["release", "80", "--yes", "--header"], "--header", "--output plain"),
    Mistake(["port", "80", "--state", "waiting"], "'waiting'", "time-wait", "listen", "connected"),
    Mistake(["port", "80", "--state", "listen,"], "''", "time-wait"),
    Mistake(["port", "80", "--all", "--state", "listen"], "--all", "--state"),
    Mistake(["port", "80", "--json", "--output", "plain"], "--json", "--output plain"),
    Mistake(["port", "80", "--output", "xml"], "xml", "table", "plain", "json", "jsonl"),
    Mistake(["port", "80", "--output", "jsonl", "--sort", "time"], "--sort time", "jsonl", "--sort none"),
    Mistake(["port", "80", "--output", "jsonl", "--sort", "peer"], "--sort peer", "jsonl"),
    Mistake(["port", "80", "--sort", "size"], "size", "time", "peer", "none"),
    Mistake(["port", "80", "--side", "remote"], "remote", "local", "peer", "any"),
    Mistake(["port", "80", "--expect", "any"], "any", "none", "some"),
    Mistake(["port", "80", "--source", "ss"], "ss", "auto", "netlink", "proc"),
    Mistake(["port", "80", "--color", "blue"], "blue", "auto", "always", "never"),
    Mistake(["port", "80", "--limit", "-1"], "-1", "--limit"),
    Mistake(["port", "80", "--limit", "ten"], "ten", "--limit"),
    Mistake(["port", "80", "--header"], "--header", "--output plain"),
    Mistake(["port", "80", "-4", "-6"], "-4", "-6"),
    Mistake(["port", "80", "--colour", "never"], "--colour"),
    Mistake(["port", "80", "--reuse"], "--reuse"),
    Mistake(["port", "80", "--state"], "--state"),
    Mistake(["trybind", "80", "--address", "localhost"], "'localhost'", "IPv4 or IPv6 address", "::1"),
    Mistake(["trybind", "80", "--address", "127.0.0.256"], "'127.0.0.256'", "IPv4 or IPv6 address"),
    Mistake(["trybind", "80", "--address", "127.1"], "'127.1'", "IPv4 or IPv6 address"),
    Mistake(["trybind", "80", "--address", "127.0.0.1:80"], "'127.0.0.1:80'", "IPv4 or IPv6 address"),
    Mistake(["trybind", "80", "--address", "[::1"], "'[::1'", "IPv4 or IPv6 address"),
    Mistake(["trybind", "80", "--address", ""], "''", "IPv4 or IPv6 address"),
    Mistake(["trybind", "80", "--address", "127.0.0.1%lo"], "'127.0.0.1%lo'", "fe80::1%eth0"),
    Mistake(["trybind", "80", "--address", "fe80::1%"], "'fe80::1%'", "fe80::1%eth0"),
    Mistake(
      ["trybind", "80", "--address", "::1", "--address", "127.1"], "'127.1'", "IPv4 or IPv6 address"),
    Mistake(
      ["trybind", "80", "--v6-only", "--address", "127.0.0.1"], "--v6-only", "127.0.0.1", "IPv6 address"),
    Mistake(
      ["trybind", "80", "--v6-only", "--address", "::ffff:127.0.0.1"], "--v6-only", "::ffff:127.0.0.1"),
    Mistake(["trybind", "80", "--v6-only", "-4"], "--v6-only", "-4"),
    Mistake(["trybind", "80", "-4", "--address", "::"], "-4", "::", "IPv4 address"),
    Mistake(["trybind", "80", "-6", "--address", "127.0.0.1"], "-6", "127.0.0.1", "IPv6 address"),
    Mistake(["trybind", "80", "--interface", ""], "--interface", "1 to 15"),
    Mistake(["trybind", "80", "--interface", "a-name-of-16-byte"], "--interface", "1 to 15"),
    Mistake(["trybind", "80", "--as-root"], "--as-root"),
    Mistake(["wait", "80", "--timeout", "0"], "--timeout", "'0'", "more than 0"),
    Mistake(["wait", "80", "--timeout", "0s"], "--timeout", "'0s'", "more than 0"),
    Mistake(["wait", "80", "--timeout", "-1s"], "--timeout"),
    Mistake(["wait", "80", "--timeout=-1s"], "'-1s'", "90s"),
    Mistake(["wait", "80", "--timeout", "5x"], "'5x'", "90s"),
    Mistake(["wait", "80", "--timeout", ""], "''", "90s"),
    Mistake(["wait", "80", "--timeout", "1.s"], "'1.s'", "90s"),
    Mistake(["wait", "80", "--timeout", "1h30"], "'1h30'", "90s"),
    Mistake(["wait", "80", "--timeout", "s"], "'s'", "90s"),
    Mistake(["wait", "80", "--timeout", "٣s"], "'٣s'", "90s"),
    Mistake(["wait", "80", "--timeout", "99999999999999999999s"], "not a duration"),
    Mistake(["wait", "80", "--timeout", "200000d"], "not a duration"),
    Mistake(["wait", "80-90"], "one port", "seq 80 90"),
    Mistake(["wait", "80", "--v6-only", "-4"], "--v6-only", "-4"),
    Mistake(["port", "80", "--watch", "--json"], "--watch", "json", "--output jsonl"),
    Mistake(["port", "80", "--watch", "--output", "plain"], "--watch", "plain", "jsonl"),
    Mistake(["port", "80", "--watch", "-q"], "--watch", "-q"),
    Mistake(["port", "80", "--watch", "--expect", "none"], "--watch", "--expect"),
    Mistake(["port", "80", "--watch", "--owners"], "--watch", "--owners", "jsonl"),
    Mistake(["port", "80", "--watch", "--flags", "live"], "--watch", "--flags live", "jsonl"),
    Mistake(["port", "80", "--interval", "1s"], "--interval", "--watch"),
    Mistake(["port", "80", "--watch", "--interval", "5x"], "--interval", "'5x'"),
    Mistake(["port", "80", "--watch", "--interval", "10ms"], "--interval", "100 ms"),
    Mistake(["trybind", "80", "--watch", "--json"], "--watch", "json", "--output jsonl"),
    Mistake(["trybind", "80", "--interval", "1s"], "--interval", "--watch"),
  ]

  static let demo: [Mistake] = [
    Mistake(["demo", "9"], "'9'", "1 to 8", "demo --list"),
    Mistake(["demo", "0"], "'0'", "1 to 8"),
    Mistake(["demo", "x"], "'x'", "1 to 8"),
    Mistake(["demo", "04"], "'04'", "1 to 8"),
    Mistake(["demo", "serv"], "'serv'", "1 to 8"),
    Mistake(["demo", "4", "5"], "'5'"),
    Mistake(["demo", "4", "--list"], "--list", "leave one of them out"),
    Mistake(["demo", "4", "--full"], "--full", "claim 3"),
    Mistake(["demo", "--list", "--full"], "--list", "--full"),
    Mistake(["demo", "-6"], "'-6'", "no such option"),
    Mistake(["explain", "--netns", "x"], "no such option"),
    Mistake(["demo", "--output", "xml"], "xml", "table", "plain", "json", "jsonl"),
    Mistake(["demo", "serve"], "which port?", "demo serve --help"),
    Mistake(["demo", "serve", "65536"], "'65536'", "65535"),
    Mistake(["demo", "serve", "x"], "'x'", "number", "service"),
    Mistake(["demo", "serve", "80", "81"], "'81'"),
    Mistake(["demo", "serve", "80", "--reuse-port"], "--reuse-port", "demo serve --help"),
  ]

  static let words: [Mistake] = [
    Mistake(["prot", "80"], "'prot'", "did you mean 'port'?"),
    Mistake([":8080"], "':8080'", "did you mean 'port :8080' or 'trybind :8080'?"),
    Mistake(["127.0.0.1:8080"], "did you mean 'port 127.0.0.1:8080' or 'trybind 127.0.0.1:8080'?"),
    Mistake(["8080/tcp"], "did you mean 'port 8080/tcp' or 'trybind 8080/tcp'?"),
    Mistake(["trybind", "::1:80"], "'::1:80'", "brackets: [::1]:80"),
    Mistake(["port", "fe80::1"], "'fe80::1'", "brackets: [fe80::1]:80"),
    Mistake(["port", "[::1]"], "'[::1]'", "brackets: [::1]:80"),
    Mistake(["port", "127.0.0.1"], "'127.0.0.1'", "without a port", "127.0.0.1:80"),
    Mistake(["port", "http://127.0.0.1:8080/"], "URL", "its port only"),
    Mistake(["wait", "LOCALHOST:80"], "127.0.0.1:80 or [::1]:80"),
    Mistake(["wait", "80,:443"], "for p in 80 :443; do tw-inspect wait $p || break; done"),
    Mistake(["wait", "127.0.0.1:80-90/tcp"], "for p in $(seq 80 90); do tw-inspect wait 127.0.0.1:$p ||"),
    Mistake(["https"], "'https'", "did you mean 'port https' (443) or 'trybind https'?"),
    Mistake(["free", "80"], "'free'", "did you mean 'release'?"),
    Mistake(["port", "80", "--tcp"], "'--tcp'", "leave it out"),
    Mistake(["port", "-p", "80"], "'-p'", "a port stands alone: tw-inspect port 8080"),
    Mistake(["trybind", "--port=80"], "--port", "a port stands alone: tw-inspect trybind 8080"),
    Mistake(["port", "80", "--ipv4"], "'--ipv4'", "did you mean '-4'?"),
    Mistake(["explain", "TIME_WAIT", "--ipv4"], "'--ipv4'", "see tw-inspect explain --help"),
    Mistake(["port", "80", "--host", "x"], "'--host'", "see tw-inspect port --help"),
    Mistake(["port", "80", "--who"], "'--who'", "did you mean '--owners'?"),
    Mistake(["trybind", "80", "--host", "x"], "'--host'", "did you mean '--address'?"),
    Mistake(["trybind", "80", "--user", "x"], "'--user'", "did you mean '--as-user'?"),
    Mistake(["trybind", "80", "--reuseaddr"], "'--reuseaddr'", "did you mean '--reuse'?"),
    Mistake(["trybind", "80", "--reuse_port"], "'--reuse_port'", "did you mean '--reuse-port'?"),
    Mistake(["wait", "80", "--timout", "3s"], "'--timout'", "did you mean '--timeout'?"),
    Mistake(["port", "80", "--owner"], "'--owner'", "did you mean '--owners'?"),
    Mistake(["port", "80", "--host", "x"], "'--host'", "see tw-inspect port --help"),
    Mistake(["trybind", "80", "--frobnicate"], "'--frobnicate'", "see tw-inspect trybind --help"),
    Mistake(
      ["trybind", "80", "443"], "one port", "for p in 80 443; do tw-inspect trybind $p || break; done"),
    Mistake(["wait", "80,443"], "one port", "for p in 80 443; do tw-inspect wait $p || break; done"),
    Mistake(["wait", ":80-90"], "one port", "for p in $(seq 80 90); do tw-inspect wait $p || break; done"),
    Mistake(["release", "80", "81"], "one port", "for p in 80 81; do tw-inspect release $p || break; done"),
    Mistake(["trybind", "localhost:80"], "127.0.0.1:80", "[::1]:80"),
    Mistake(["port", "localhost:80"], "127.0.0.1:80", "[::1]:80"),
    Mistake(["trybind", "::1:80"], "brackets", "[::1]:80"),
    Mistake(["trybind", "example.org:80"], "names are not looked up"),
    Mistake(["port", "80/udp"], "'80/udp'", "TCP"), Mistake(["port", "80/sctp"], "'80/sctp'"),
    Mistake(["trybind", "127.0.0.1:80", "--address", "::1"], "--address ::1", "give one of them"),
    Mistake(["trybind", "[fe80::1%]:80"], "fe80::1%eth0"), Mistake(["trybind", "1.2.3.4:"], "port ''"),
    Mistake(["trybnd", "80"], "'trybnd'", "did you mean 'trybind'?"),
    Mistake(["bind", "80"], "'bind'", "did you mean 'trybind'?"),
    Mistake(["frobnicate"], "'frobnicate'", "port", "trybind"),
    Mistake(["9527"], "'9527'", "port"),
    Mistake([""], "''", "port", "trybind"),
    Mistake(["--frobnicate"], "--frobnicate"),
    Mistake(["trybind"], "which port?"),
    Mistake(["wait"], "which port?"),
    Mistake(["trybind", "80", "81"], "for p in 80 81"),
  ]

  @Test(arguments: ports + options + predictions + demo + words)
  func oneLine(_ mistake: Mistake) throws {
    let result = try Tool.run(mistake.arguments)
    #expect(result.exitCode == 64)
    #expect(result.output == "")
    for part in mistake.says { #expect(result.errors.contains(part), "\(result.errors)") }
    #expect(result.errors.hasPrefix("tw-inspect"))
    #expect(result.errors.hasSuffix("\n"))
    #expect(
      result.errors.split(separator: "\n", omittingEmptySubsequences: false).count == 2, "\(result.errors)")
  }

  /// "-q" is about the answer; why there is none is said all the same.
  @Test func quietIsNotMute() throws {
    let result = try Tool.run("port", "0", "-q")
    #expect(result.exitCode == 64)
    #expect(result.output == "")
    #expect(result.errors.contains("'0'"))
  }

  /// What was typed is shown, but cannot clear the screen or start a line of its own.
  @Test(arguments: [
    ["port", "\u{1b}[2Jx"], ["port", "a\nb"], ["\u{1b}]0;x\u{7}"], ["port", "80", "--state", "\u{1b}[31m"],
    ["trybind", "80", "--address", "\u{9b}2J"],
    ["trybind", "80", "--interface", "\u{1b}[31mxxxxxxxxxxxxxxx"],
    ["port", "80", "--\u{1b}[2J"], ["port", "80", "--sort", "\u{1b}[2J"], ["port", "\u{202e}08"],
  ])
  func controlCharactersAreEscaped(_ arguments: [String]) throws {
    let result = try Tool.run(arguments)
    #expect(result.exitCode == 64)
    #expect(result.output == "")
    let line = result.errors.dropLast()
    #expect(
      !line.unicodeScalars.contains {
        $0.value < 0x20 || (0x7f..<0xa0).contains($0.value) || $0.value == 0x202e
      })
  }
}
