import TestSupport
import Testing

/// Findings about how sockets are listed, and about settings that are mistaken for a way out.
@Suite(.needs(.networkNamespaces))
struct TrybindSettingsTests {
  /// What a dual-stack server leaves of IPv4 is listed under IPv6, and in the way of IPv4.
  @Test func mappedTimeWait() throws {
    try withNetworkNamespace { lab in
      try lab.timeWait(via: .dualStackOverIPv4, port: 9527, .init(reuseAddress: true))
      let answer = try expectTrybind(
        Server(addresses: ["127.0.0.1"]), false, ["time-wait-server-closed-first", "v4-mapped-time-wait"])
      #expect(answer.finding("v4-mapped-time-wait")["severity"].string == "info")
      // To an IPv6 bind there is nothing odd about it.
      try expectTrybind(Server(addresses: ["::"]), false, ["time-wait-server-closed-first"])
      try expectTrybind(Server(addresses: ["::1"]), true, [])
    }
  }

  @Test func nothingIsMapped() throws {
    try withNetworkNamespace { lab in
      try lab.timeWait(via: .ipv4, port: 9527, .init(reuseAddress: true))
      try expectTrybind(Server(addresses: ["127.0.0.1"]), false, ["time-wait-server-closed-first"])
    }
  }

  @Test func fullTable() throws {
    try withNetworkNamespace { lab in
      try lab.sysctl("net.ipv4.tcp_max_tw_buckets", "2")
      try lab.timeWait(port: 9527, .init(reuseAddress: true))
      try expectTrybind(Server(), false, ["time-wait-server-closed-first"])
      try lab.timeWait(port: 9528)
      let answer = try expectTrybind(
        Server(), false, ["time-wait-server-closed-first", "time-wait-table-full"])
      #expect(
        answer.finding("time-wait-table-full")["title"].string?.hasPrefix("There are 2 TIME_WAIT") == true)
    }
  }

  @Test(arguments: [
    ("net.ipv4.tcp_tw_reuse", "1", true), ("net.ipv4.tcp_tw_reuse", "2", false),
    ("net.ipv4.tcp_tw_reuse", "0", false), ("net.ipv4.tcp_fin_timeout", "5", true),
  ])
  func misreadSetting(_ name: String, _ value: String, _ isMisread: Bool) throws {
    try withNetworkNamespace { lab in
      try lab.sysctl(name, value)
      try lab.timeWait(port: 9527)
      let slugs = ["time-wait-holder-without-reuse"] + (isMisread ? ["reuse-sysctl-misread"] : [])
      let answer = try expectTrybind(Server(reuse: true), false, slugs)
      if isMisread {
        #expect(answer.finding("reuse-sysctl-misread")["evidence"][0].string == "\(name) = \(value)")
      }
    }
  }

  /// Of FIN_WAIT2 net.ipv4.tcp_fin_timeout is the life, and a port that nothing holds needs no word about either.
  @Test func settingThatIsNotMisread() throws {
    try withNetworkNamespace { lab in
      try lab.sysctl("net.ipv4.tcp_fin_timeout", "5")
      try lab.sysctl("net.ipv4.tcp_tw_reuse", "1")
      try expectTrybind(Server(), true, [])
      try lab.finWait2Minisocket(port: 9527, .init(reuseAddress: true))
      try expectTrybind(Server(), false, ["fin-wait-2-orphan"])
    }
  }
}
