import Diagnosis
import Handbook
import NetlinkCodec
import SocketTable
import Testing

/// Whatever tw-inspect names can be looked up, and what is said of it fits on a screen.
@Suite struct TopicsTests {
  // MARK: Everything is there

  @Test(arguments: Finding.Slug.allCases)
  func everyFinding(slug: Finding.Slug) {
    #expect(Topics.find(slug.rawValue)?.name == slug.rawValue)
    #expect(Topics.find(slug.rawValue)?.group == .finding)
  }

  /// Also those that are promised and that nothing finds yet.
  @Test(arguments: [
    "time-wait-server-closed-first", "time-wait-holder-without-reuse", "listener-alive", "listener-inherited",
    "orphaned-connection", "fin-wait-2-orphan", "leaked-connection", "bound-not-listening",
    "outgoing-connection-took-port", "tcp-self-connect", "dual-stack-wildcard", "wildcard-overlaps-specific",
    "own-addresses-overlap", "v4-mapped-time-wait", "reuse-port-other-user", "reuse-port-one-sided",
    "listen-conflict", "kernel-owned-socket", "owner-hidden", "socket-activation", "container-proxy",
    "mptcp-holder", "privileged-port", "address-not-local", "address-tentative", "address-needs-scope",
    "family-unavailable", "denied-by-policy", "no-such-interface", "ephemeral-range-exhausted",
    "port-in-ephemeral-range", "port-now-free", "time-wait-table-full", "reuse-sysctl-misread",
    "rules-and-kernel-disagree", "outgoing-time-wait", "address-duplicate", "shared-by-reuse-port",
    "other-name-elsewhere", "host-tracks-ports", "held-in-other-namespace",
    "udp-holds-number",
  ])
  func everyPromisedFinding(slug: String) { #expect(Topics.find(slug)?.name == slug) }

  @Test(arguments: TCPState.known)
  func everyState(state: TCPState) {
    #expect(Topics.find(state.title)?.name == state.title)
    #expect(Topics.find(state.name)?.name == state.title)
  }

  /// Those by whose name an answer is printed.
  @Test func everyErrno() {
    let printed: [Int32] = [
      1, 9, 12, 13, 19, 22, 23, 24, 38, 88, 92, 93, 95, 97, 98, 99, 100, 101, 105, 110, 111,
    ]
    for error in printed.map(Errno.init) {
      for typed in [error.name, error.name.lowercased(), error.message, "\(error.rawValue)"] {
        #expect(Topics.find(typed)?.name == error.name, "\(typed)")
      }
    }
  }

  /// What a server can set, and what trybind calls by name.
  @Test(arguments: SocketOptions([.reuseAddress, .reusePort]).names + ["IPV6_V6ONLY", "SO_BINDTODEVICE"])
  func everyOption(name: String) { #expect(Topics.find(name)?.group == .option) }

  // MARK: How it is found

  @Test(arguments: [
    ("TIME_WAIT", "TIME_WAIT"), ("time-wait", "TIME_WAIT"), ("timewait", "TIME_WAIT"),
    ("Time Wait", "TIME_WAIT"),
    ("net.ipv4.tcp_tw_reuse", "net.ipv4.tcp_tw_reuse"), ("tcp_tw_reuse", "net.ipv4.tcp_tw_reuse"),
    ("/proc/sys/net/ipv4/tcp_tw_reuse", "net.ipv4.tcp_tw_reuse"),
    ("net/ipv4/tcp_tw_reuse", "net.ipv4.tcp_tw_reuse"), ("bindv6only", "net.ipv6.bindv6only"),
    ("98", "EADDRINUSE"), ("errno 98", "EADDRINUSE"), ("Address already in use", "EADDRINUSE"),
    ("--reuse", "SO_REUSEADDR"), ("reuseaddr", "SO_REUSEADDR"), ("FIN_WAIT_2", "FIN_WAIT2"),
    ("SYN-RECEIVED", "SYN_RECV"), ("2 MSL", "2-msl"), ("LISTENER-ALIVE", "listener-alive"),
  ])
  func found(typed: String, name: String) { #expect(Topics.find(typed)?.name == name) }

  @Test(arguments: [
    "", " ", "-", "frobnicate", "time", "wait", "99999", "ＴＩＭＥ_WAIT", "TIME_WAIT\u{301}", "é",
  ])
  func notFound(typed: String) { #expect(Topics.find(typed) == nil) }

  @Test(arguments: [
    ("tiem-wait", "TIME_WAIT"), ("SO_REUSADDR", "SO_REUSEADDR"), ("tcp_tw_reus", "net.ipv4.tcp_tw_reuse"),
    ("listener", "listener-alive"), ("EADDRINUS", "EADDRINUSE"), ("linger", "SO_LINGER"),
  ])
  func near(typed: String, name: String) {
    #expect(Topics.near(typed).contains(name), "\(Topics.near(typed))")
    #expect(Topics.near(typed).count <= 5)
  }

  @Test(arguments: ["", "xyzzy", "qqqqqqqqqqqq", String(repeating: "a", count: 100_000)])
  func nothingNear(typed: String) { #expect(Topics.near(typed).isEmpty) }

  @Test func noNameMeansTwoTopics() {
    var owners: [String: String] = [:]
    for topic in Topics.all {
      for key in Set(Topics.keys(of: topic)) {
        #expect(!key.isEmpty)
        #expect(owners[key] == nil, "\(key): \(topic.name) and \(owners[key] ?? "")")
        owners[key] = topic.name
      }
    }
  }

  // MARK: What is said

  @Test(arguments: Topics.all.map(\.name))
  func complete(name: String) throws {
    let topic = try #require(Topics.find(name))
    #expect(!topic.summary.isEmpty && !topic.summary.hasSuffix("."))
    #expect(!topic.what.isEmpty && topic.what.allSatisfy { !$0.isEmpty })
    #expect(!topic.advice.isEmpty && !topic.sources.isEmpty)
    for paragraph in topic.what + topic.misbeliefs.flatMap({ [$0.belief, $0.truth] }) {
      #expect([".", "?"].contains(paragraph.suffix(1)), "no sentence: \(paragraph)")
    }
    for text in topic.what + topic.advice + topic.misbeliefs.map(\.truth) {
      #expect(!text.contains("  ") && !text.contains("\n") && !text.contains("!"), "\(text)")
      #expect(text.utf8.allSatisfy { (0x20..<0x7f).contains($0) }, "\(text)")
      #expect(text.count <= 420, "a paragraph of more than six lines: \(text)")
    }
    for other in topic.related {
      #expect(Topics.find(other)?.name == other, "\(name) refers to \(other)")
      #expect(other != name)
    }
  }

  /// What is read most says what is commonly believed, and what this host has.
  @Test(
    arguments: Topics.all.filter { $0.group != .errno && $0.name != "net.ipv4.tcp_tw_reuse_delay" }.map(
      \.name))
  func misbeliefs(name: String) throws {
    let topic = try #require(Topics.find(name))
    #expect(!topic.misbeliefs.isEmpty || topic.settings.contains { !$0.availability.isEmpty })
    if topic.group == .sysctl { #expect(topic.settings.first?.name == name) }
  }

  @Test func linesFitIn80Columns() {
    for group in Topic.Group.allCases {
      let topics = Topics.all.filter { $0.group == group }
      #expect(!topics.isEmpty)
      let width = topics.map(\.name.count).max() ?? 0
      for topic in topics {
        #expect(2 + width + 2 + topic.summary.count < 80, "\(topic.name)")
        #expect(topic.name.count + 2 + topic.summary.count < 80, "\(topic.name)")
        for line in topic.diagram { #expect(line.count <= 68, "\(line)") }
        for setting in topic.settings {
          #expect(setting.note.count + setting.availability.count <= 60, "\(setting.name)")
        }
        for word in (topic.what + topic.advice + topic.sources).joined(separator: " ").split(separator: " ") {
          #expect(word.count <= 66, "\(word)")
        }
      }
    }
  }

  @Test func sources() {
    let known = ["RFC ", "kernel source: ", "kernel document: ", "kernel commit "]
    for topic in Topics.all {
      for source in topic.sources {
        let isManPage = source.prefix { $0 != ":" }.wholeMatch(of: /[a-z0-9_.-]+\([1-9]\)/) != nil
        #expect(isManPage || known.contains { source.hasPrefix($0) }, "\(topic.name): \(source)")
      }
    }
  }
}
