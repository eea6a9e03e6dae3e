import Glibc
import KernelSupport
import TestSupport
import Testing

/// Netlink, /proc and ss(8) show the same sockets, apart from what each is known not to see.
@Suite(.needs(.networkNamespaces))
struct SourceAgreementTests {
  /// Dozens of sockets, in every state that can be made, on IPv4, IPv6 and v4-mapped addresses.
  private func populate(_ lab: Lab) throws {
    let routes: [Route] = lab.hasIPv6 ? [.ipv4, .ipv6, .dualStackOverIPv4] : [.ipv4]
    for (index, route) in routes.enumerated() {
      let base = UInt16(9000 + 100 * index)
      try lab.timeWaits(count: 5, via: route, port: base, keepListener: true)
      try lab.established(via: route, port: base + 1, keepListener: true)
      try lab.unaccepted(via: route, port: base + 2)
      try lab.closeWait(via: route, port: base + 3)
      for orphan in [false, true] {
        try lab.finWait1(via: route, port: base + (orphan ? 4 : 5), orphan: orphan)
        try lab.lastAck(via: route, port: base + (orphan ? 6 : 7), orphan: orphan)
      }
      try lab.finWait2(via: route, port: base + 8)
      try lab.finWait2Minisocket(via: route, port: base + 9)
      try lab.finWait2Orphan(via: route, port: base + 10)
      try lab.closing(via: route, port: base + 11)
      try lab.synRecv(via: route, port: base + 12)
      try lab.synSent(via: route, localPort: base + 13)
      try lab.boundOnly(via: route, port: base + 14)
      try lab.clientTimeWait(via: route, localPort: base + 15)
    }
  }

  /// "state local peer"; bound sockets apart, which only netlink shows.
  private func look(_ source: String) throws -> (sockets: [String], bound: [String]) {
    let result = try Tool.run("port", "1-65535", "--all", "--output", "jsonl", "--source", source)
    #expect(result.exitCode == 0)
    let lines = try result.jsonLines
    #expect(lines.first?["source"]["kind"].string == source)
    #expect(lines.last?["complete"].bool == true)
    #expect(lines.last?["counts"]["listed"].int == lines.count - 2)
    var sockets: [String] = []
    var bound: [String] = []
    for line in lines where line["type"].string == "socket" {
      let local = endpoint(line["local"])
      if line["state"].string == "bound" {
        bound.append(local)
      } else {
        sockets.append("\(line["state"].string ?? "?") \(local) \(endpoint(line["peer"]))")
      }
    }
    return (sockets.sorted(), bound.sorted())
  }

  private func endpoint(_ json: JSON) -> String {
    json.isNull ? "-" : "[\(json["address"].string ?? "?")]:\(json["port"].int ?? 0)"
  }

  @Test(.needs(.boundSockets)) func sameSockets() throws {
    try withNetworkNamespace { lab in
      try populate(lab)
      let netlink = try look("netlink")
      let proc = try look("proc")
      #expect(netlink.sockets.count > (lab.hasIPv6 ? 90 : 30))
      #expect(Set(netlink.sockets).count == netlink.sockets.count, "no socket twice")
      #expect(netlink.sockets == proc.sockets)
      #expect(netlink.bound.count == (lab.hasIPv6 ? 3 : 1))
      #expect(proc.bound.isEmpty)
      let table = try KernelTable.read().rows
      #expect(netlink.sockets.count == table.count)

      try Requirement.program("ss").orSkip()
      let ss = try Command("/usr/bin/ss", ["-tanH"]).run()
      let seen = ss.lines.dropLast().compactMap { line -> String? in
        let fields = line.split(separator: " ")
        let state = stateOfSS(fields[0])
        let local = unspecified(fields[3])
        // Newer ones list bound sockets too.
        if state == "unconn" { return nil }
        return "\(state) \(local) \(state == "listen" ? "-" : unspecified(fields[4]))"
      }
      #expect(netlink.sockets == seen.sorted())
    }
  }

  private func stateOfSS(_ name: Substring) -> String {
    switch name {
    case "ESTAB": "established"
    default: name.lowercased()
    }
  }

  /// ss(8) writes "*" for a dual-stack [::], and puts brackets around IPv6 addresses only.
  private func unspecified(_ text: Substring) -> String {
    let colon = text.lastIndex(of: ":") ?? text.endIndex
    var address = String(text[..<colon])
    if let percent = address.firstIndex(of: "%") { address = String(address[..<percent]) }
    address = address.filter { $0 != "[" && $0 != "]" }
    if address == "*" { address = "::" }
    return "[\(address)]\(text[colon...])"
  }

  /// uid, inode, timer and interface too, where both tell them.
  @Test(.needs(.realTime)) func sameDetails() throws {
    try withNetworkNamespace { lab in
      try populate(lab)
      func look(_ source: String) throws -> [JSON: JSON] {
        let json = try Tool.run("port", "1-65535", "--all", "--json", "--source", source).json
        var found: [JSON: JSON] = [:]
        for socket in json["sockets"].array ?? [] where socket["state"].string != "bound" {
          found[.array([socket["local"], socket["peer"], socket["state"]])] = socket
        }
        return found
      }
      let netlink = try look("netlink")
      let proc = try look("proc")
      #expect(Set(netlink.keys) == Set(proc.keys))
      for (key, one) in netlink {
        let other = proc[key] ?? .missing
        for name in ["family", "minisocket", "uid", "inode"] {
          #expect(one[name] == other[name], "\(key) \(name)")
        }
        #expect(one["timer"]["kind"] == other["timer"]["kind"], "\(key)")
        if let left = one["timer"]["expires_ms"].int, one["timer"]["kind"].string == "time-wait" {
          #expect(abs(left - (other["timer"]["expires_ms"].int ?? 0)) < 2_000, "\(key)")
        }
        #expect(other["cookie"].isNull, "/proc has none")
        #expect(one["cookie"].string != nil)
      }
    }
  }

  /// The sum of the states is the same whether they are listed or only counted.
  @Test func countsAddUp() throws {
    try withNetworkNamespace { lab in
      try populate(lab)
      let json = try Tool.run("port", "1-65535", "--json").json
      let rows = try KernelTable.read().rows
      let states = json["counts"]["by_state"]
      func count(_ state: TCPStateCode) -> Int { rows.filter { $0.state == state }.count }
      #expect(states["established"].int == count(.established))
      #expect(states["listen"].int == count(.listen))
      #expect(states["time-wait"].int == count(.timeWait))
      let ended = rows.count { $0.state == .finWait2 && $0.timer == .timeWait }
      #expect(states["fin-wait-2-minisocket"].int == (ended == 0 ? nil : ended))
      let living = count(.finWait2) - ended
      #expect(states["fin-wait-2"].int == (living == 0 ? nil : living))
      #expect(states["fin-wait-1"].int == count(.finWait1))
      #expect(states["close-wait"].int == count(.closeWait))
      #expect(states["last-ack"].int == count(.lastAck))
      #expect(states["closing"].int == count(.closing))
      #expect(states["syn-sent"].int == count(.synSent))
      #expect(states["syn-recv"].int == count(.synRecv))
      let minisockets = rows.filter { $0.timer == .timeWait }
      #expect(json["sockets"].count == minisockets.count)
      #expect(json["counts"]["listed"].int == minisockets.count)
    }
  }

  /// What /proc cannot show is said where it could be missed, and never called nothing.
  @Test(.needs(.boundSockets)) func blindSpotsAreSaid() throws {
    try withNetworkNamespace { lab in
      try lab.boundOnly(port: 9527)
      let result = try Tool.run("port", "9527", "--source", "proc")
      #expect(result.exitCode == 0)
      let text = result.output.replacing("\n", with: " ")
      #expect(text.contains("cannot be listed here"))
      #expect(result.errors.contains("bound"))
      let small = try Tool.run("port", "9527", "--json").json["source"]["blind_spots"]
      #expect(small.array?.contains(.string("bound-not-listening")) == false)
    }
  }

  /// Whether [::] takes IPv4 too is not in /proc; that is no reason to say that nothing of IPv4 is there.
  @Test(.needs(.ipv6)) func dualStackListenerReadFromProc() throws {
    try withNetworkNamespace { lab in
      try lab.listener(via: .dualStackOverIPv4, port: 9527)
      let output = try Tool.run("port", "9527", "-4", "--source", "proc").output.replacing("\n", with: " ")
      #expect(!output.contains("Nothing else"), "\(output)")
    }
  }

  /// A namespace of its own has a small hash, in which a dump under churn can miss sockets.
  @Test(.needs(.connectionHashes)) func smallHash() throws {
    try withNetworkNamespace { lab in
      let entries = abs(Int(try lab.sysctl("net.ipv4.tcp_ehash_entries")) ?? 0)
      for source in ["netlink", "proc"] {
        let spots = try Tool.run("port", "9527", "--json", "--source", source).json["source"]["blind_spots"]
        #expect(spots.array?.contains(.string("small-hash")) == (entries < 65_536))
      }
    }
  }

  /// In a hash of 32 buckets hardly a reading showed all of them while other connections came and went.
  @Test(.needs(.connectionHashes), .needs(.program("perl")), arguments: [["port"], ["trybind"]])
  func nothingIsMissedInASmallHash(_ command: [String]) throws {
    try withNetworkNamespace { outer in
      try outer.sysctl("net.ipv4.tcp_child_ehash_entries", "32")
      try withNetworkNamespace { lab in
        // Follows from the table's size.
        try lab.sysctl("net.ipv4.tcp_max_tw_buckets", "200000")
        // On a busy machine they may be over before all answers are there: they last for 60 s.
        let deadline = ContinuousClock.now + .seconds(20)
        try lab.timeWaits(count: 1_000, port: 9527)
        // Closed with a reset, they leave nothing behind.
        let churn = try Perl(
          """
          my $s = server(9600); my $end = time + 60;
          my $child = fork; if (!$child) { my @open; while (time < $end) {
            socket(my $c, PF_INET, SOCK_STREAM, 0) or exit; setsockopt($c, SOL_SOCKET, SO_LINGER, pack("ii", 1, 0));
            connect($c, sockaddr_in(9600, INADDR_LOOPBACK)) or exit; accept(my $a, $s) or exit;
            setsockopt($a, SOL_SOCKET, SO_LINGER, pack("ii", 1, 0));
            push @open, $c, $a; splice(@open, 2 * int(rand(20)), 2) if @open > 100; } exit; }
          $SIG{TERM} = sub { kill 9, $child; exit };
          """
        ).start()
        defer { withExtendedLifetime(churn) {} }
        var counts: Set<Int> = []
        for _ in 0..<12 where ContinuousClock.now < deadline {
          let json = try Tool.run(command + ["9527", "--json"]).json
          counts.insert((json["sockets"].array ?? json["holders"].array ?? []).count)
        }
        #expect(counts == [1_000])
      }
    }
  }
}
