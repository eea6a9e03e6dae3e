import Glibc
import KernelSupport
import TestSupport
import Testing

/// The screens of the main situations, as a person sees them.
@Suite(.needs(.networkNamespaces), .needs(.boundSockets))
struct ScreenTests {
  private func inLab(_ body: (Lab) throws -> CommandResult) throws -> CommandResult {
    try withNetworkNamespace { try body($0) }
  }

  @Test(.needs(.ipv6)) func port() throws {
    var screens = ScreenFile()
    func show(_ title: String, _ arguments: String..., make: (Lab) throws -> Void) throws {
      screens.add(
        title,
        try inLab { lab in
          try make(lab)
          return try Tool.run(["port"] + arguments)
        })
    }
    // A port on which no other test has a process: one in another network namespace would be named.
    try show("nothing there", "9541") { _ in }
    try show("one TIME_WAIT", "9527") { try $0.timeWait(port: 9527) }
    try show("three TIME_WAIT, two families", "9527") { lab in
      try lab.timeWaits(count: 2, port: 9527, .init(reuseAddress: true))
      try lab.timeWait(via: .ipv6, port: 9527, .init(reuseAddress: true))
    }
    try show("v4-mapped", "9527") { try $0.timeWait(via: .dualStackOverIPv4, port: 9527) }
    try show("FIN_WAIT2 that only a timer keeps", "9527") { try $0.finWait2Minisocket(port: 9527) }
    try show("TIME_WAIT and FIN_WAIT2", "9527") { lab in
      try lab.timeWait(port: 9527, .init(reuseAddress: true))
      try lab.finWait2Minisocket(port: 9527, .init(reuseAddress: true))
    }
    try show("TIME_WAIT beside its server", "9527") {
      try $0.timeWaits(count: 2, port: 9527, keepListener: true)
    }
    try show("a server with a connection", "9527") { try $0.established(port: 9527, keepListener: true) }
    try show("the same, all of it", "9527", "--all") { try $0.established(port: 9527, keepListener: true) }
    try show("bound, not listening", "9527") { try $0.boundOnly(port: 9527) }
    try show("strictly TIME_WAIT", "9527", "--state", "time-wait") { try $0.finWait2Minisocket(port: 9527) }
    try show("no socket in that state", "9527", "--state", "listen") { try $0.timeWait(port: 9527) }
    try show("connections to it elsewhere", "9527", "--all", "--side", "peer") {
      try $0.established(port: 9527)
    }
    try show("either end", "9527", "--side", "any") { try $0.timeWait(port: 9527) }
    try show("a range", "9000-9100,9527") { try $0.timeWait(port: 9050) }
    try show("a range held by others", "9000-9100,9527") { try $0.listener(port: 9050) }
    try show("one family", "9541", "-4") { try $0.timeWait(via: .ipv6, port: 9541) }
    try show("limited", "9527", "--limit", "1") { try $0.timeWaits(count: 3, port: 9527) }
    try show("a device", "9527", "--all") { try $0.listener(port: 9527, .init(device: "lo")) }
    try show("read from /proc", "9527", "--source", "proc") { try $0.timeWait(port: 9527) }
    try show("--expect unmet", "9527", "--expect", "none") { try $0.timeWait(port: 9527) }
    try screens.compare(with: "port")
  }

  @Test(.needs(.ipv6)) func trybindWhatHoldsThePort() throws {
    var screens = ScreenFile()
    func show(_ title: String, _ arguments: String..., make: (Lab) throws -> Void) throws {
      screens.add(
        title,
        try inLab { lab in
          try make(lab)
          return try Tool.run(["trybind"] + arguments)
        })
    }
    let reuse = SocketOptions(reuseAddress: true)
    try show("nothing there", "9541") { _ in }
    try show("the old server had SO_REUSEADDR", "9527") { try $0.timeWait(port: 9527, reuse) }
    try show("the old server had it, and so has the new one", "9527", "--reuse") {
      try $0.timeWait(port: 9527, reuse)
    }
    try show("the old server did not have it", "9527") { try $0.timeWait(port: 9527) }
    try show("the old server did not, the new one has", "9527", "--reuse") { try $0.timeWait(port: 9527) }
    try show("many TIME_WAIT", "9527") { try $0.timeWaits(count: 12, port: 9527, reuse) }
    try show("v4-mapped TIME_WAIT", "9527") { try $0.timeWait(via: .dualStackOverIPv4, port: 9527, reuse) }
    try show("FIN_WAIT2 that only a timer keeps", "9527") { try $0.finWait2Minisocket(port: 9527, reuse) }
    try show("FIN_WAIT2, and no way past it", "9527", "--reuse") { try $0.finWait2Minisocket(port: 9527) }
    try show("TIME_WAIT of IPv6 alone", "9527") { try $0.timeWait(via: .ipv6, port: 9527, reuse) }
    try show("somebody listens", "9527") { try $0.listener(via: .ipv4Wildcard, port: 9527) }
    try show("somebody listens, with TIME_WAIT beside", "9527", "--reuse") {
      try $0.timeWaits(count: 2, via: .ipv4Wildcard, port: 9527, reuse, keepListener: true)
    }
    try show("somebody listens on one address", "9527") { try $0.listener(port: 9527) }
    try show("the wildcard against one address", "9527", "--address", "0.0.0.0") {
      try $0.listener(port: 9527)
    }
    try show("dual-stack against IPv4", "9527", "--address", "::") { try $0.listener(port: 9527) }
    try show("bound, not listening", "9527") { try $0.boundOnly(port: 9527) }
    try show("bound, with SO_REUSEADDR on both", "9527", "--reuse") { try $0.boundOnly(port: 9527, reuse) }
    try show("a connection that outlived its server", "9527") { try $0.established(port: 9527, reuse) }
    try show("a connection without a process", "9527") { try $0.finWait1(port: 9527, reuse, orphan: true) }
    try show("a client took the port", "40001", "--reuse") { try $0.outgoing(localPort: 40_001, toPort: 80) }
    try show("a client connected to itself", "9527") { try $0.selfConnected(port: 9527) }
    try show("shared by SO_REUSEPORT", "9527", "--reuse-port") {
      try $0.listener(port: 9527, .init(reusePort: true))
    }
    try show("SO_REUSEPORT on one side", "9527", "--reuse-port") { try $0.listener(port: 9527) }
    try show("read from /proc", "9527", "--reuse", "--source", "proc") { try $0.timeWait(port: 9527) }
    try show("held by what cannot be seen", "9541", "--source", "proc") { try $0.boundOnly(port: 9541) }
    try screens.compare(with: "trybind-held")
  }

  @Test(.needs(.ipv6)) func audit() throws {
    var screens = ScreenFile()
    func show(_ title: String, _ arguments: String..., make: (Lab) throws -> Void) throws {
      screens.add(
        title,
        try inLab { lab in
          try lab.sysctl("net.ipv4.ip_local_port_range", "20000 60999")
          try make(lab)
          return try Tool.run(["audit"] + arguments)
        })
    }
    let reuse = SocketOptions(reuseAddress: true)
    try show("nobody listens") { _ in }
    try show("one server") { _ = try $0.makeListener(via: .ipv4Wildcard, port: 8080, reuse) }
    try show("one that would not come back") {
      _ = try $0.makeListener(via: .ipv4Wildcard, port: 8080, reuse)
      _ = try $0.makeListener(via: .dualStackOverIPv6, port: 8081, reuse)
      _ = try $0.makeListener(via: .ipv4Wildcard, port: 20_051, .init(reuseAddress: true, reusePort: true))
      try $0.timeWait(via: .ipv4Wildcard, port: 9527, keepListener: true)
    }
    try show("in full", "-v") { try $0.timeWait(via: .ipv4Wildcard, port: 9527, keepListener: true) }
    try show("on two addresses", "--port", "9527") {
      _ = try $0.makeListener(via: .ipv4, port: 9527, reuse)
      _ = try $0.makeListener(via: .ipv6, port: 9527, reuse)
    }
    try show("read from /proc", "--source", "proc") { _ = try $0.makeListener(port: 9527, reuse) }
    try screens.compare(with: "audit")
  }

  @Test(.needs(.ipv6)) func release() throws {
    var screens = ScreenFile()
    func show(_ title: String, _ arguments: String..., make: (Lab) throws -> Void) throws {
      screens.add(
        title,
        try inLab { lab in
          try make(lab)
          return try Tool.run(["release"] + arguments)
        })
    }
    let reuse = SocketOptions(reuseAddress: true)
    try show("nothing there", "9527", "--dry-run") { _ in }
    try show("what it would end", "9527", "--dry-run") { try $0.timeWaits(count: 3, port: 9527) }
    try show("many", "9527", "--dry-run") { try $0.timeWaits(count: 12, port: 9527) }
    try show("ended", "9527", "--yes") { try $0.timeWaits(count: 2, port: 9527) }
    try show("ended beside its server", "9527", "--yes") { try $0.timeWait(port: 9527, keepListener: true) }
    try show("only a listener", "9527", "--yes") { try $0.listener(port: 9527) }
    try show("FIN_WAIT2 beside", "9527", "--yes") { lab in
      try lab.timeWait(port: 9527, reuse)
      try lab.finWait2Minisocket(port: 9527, reuse)
    }
    try show("FIN_WAIT2 too", "9527", "--yes", "--include-fin-wait-2") { lab in
      try lab.timeWait(port: 9527, reuse)
      try lab.finWait2Minisocket(port: 9527, reuse)
    }
    try show("one family", "9527", "--yes", "-4") { lab in
      try lab.timeWait(port: 9527, reuse)
      try lab.timeWait(via: .ipv6, port: 9527, reuse)
    }
    try show("nobody to ask", "9527") { try $0.timeWait(port: 9527) }
    try screens.compare(with: "release")
  }

  @Test(.needs(.ipv6)) func explain() throws {
    var screens = ScreenFile()
    for topic in [
      nil, "SO_REUSEADDR", "bind-rules", "who-closes-first", "listener-alive", "reuseadr", "nonesuch",
    ] {
      screens.add(
        topic ?? "the list", try inLab { _ in try Tool.run(["explain"] + (topic.map { [$0] } ?? [])) })
    }
    try screens.compare(with: "explain")
  }

  @Test(.needs(.ipv6)) func trybindWhatElseIsWrong() throws {
    var screens = ScreenFile()
    func show(
      _ title: String, _ arguments: String..., command change: (inout Command) -> Void = { _ in },
      make: (Lab) throws -> Void = { _ in }
    ) throws {
      screens.add(
        title,
        try inLab { lab in
          try make(lab)
          var command = try Tool.command(["trybind"] + arguments)
          change(&command)
          return try command.run()
        })
    }
    try show("own addresses overlap", "9541", "--address", "0.0.0.0", "--address", "::")
    try show("the same address twice", "9541", "--address", "127.0.0.1", "--address", "127.0.0.1")
    try show("an address of another host", "9541", "--address", "192.0.2.7")
    try show("link-local without a scope", "9541", "--address", "fe80::1")
    try show("no such device", "9541", "--interface", "nope0")
    try show("no IPv6, which nobody asked for", "9541") {
      $0.denials = [.socket(AF_INET6, EAFNOSUPPORT)]
    }
    try show("no IPv6, which was asked for", "9541", "--address", "::") {
      $0.denials = [.socket(AF_INET6, EAFNOSUPPORT)]
    }
    try show("a policy refuses it", "9541", "--address", "::1") { $0.denials = [.bindIPv6(EPERM)] }
    try show("refused for no reason that can be seen", "9541", "--address", "::1") {
      $0.denials = [.bindIPv6(EADDRINUSE)]
    }
    try show("listen refused", "9527", "--address", "127.0.0.1", "--reuse", "--listen") {
      $0.denials = [.listen(EADDRINUSE)]
    } make: {
      try $0.boundOnly(port: 9527, .init(reuseAddress: true))
    }
    try show("in the ephemeral range", "40000")
    try show("an automatic port", "0", "--listen")
    try show("no port left to choose", "0") { _ in
    } make: {
      try $0.sysctl("net.ipv4.ip_local_port_range", "40000 40001")
      for port in [40_000, 40_001] as [UInt16] { try $0.listener(via: .ipv4Wildcard, port: port) }
    }
    try screens.compare(with: "trybind-refused")
  }

  @Test(.needs(.otherUsers)) func trybindOfOtherUsers() throws {
    var screens = ScreenFile()
    screens.add(
      "a privileged port", try inLab { _ in try Tool.run("trybind", "80", asUser: 65_534) })
    screens.add(
      "SO_REUSEPORT of another user",
      try inLab { lab in
        try lab.listener(port: 9527, .init(reusePort: true, owner: 65_534))
        return try Tool.run("trybind", "9527", "--address", "127.0.0.1", "--reuse-port")
      })
    try screens.compare(with: "trybind-other-users")
  }
}
