import Glibc
import Handbook
import TestSupport
import Testing

@testable import LinuxHost

/// Every setting that a topic shows exists on this kernel, or is marked as one that not every kernel has.
@Suite struct SettingsTests {
  private static let all = Topics.all.flatMap(\.settings).filter { $0.kind == .sysctl }

  @Test func everySysctlIsHereOrMarked() {
    #expect(Self.all.count > 20)
    for setting in Self.all where setting.availability.isEmpty {
      #expect(Sysctl.text(setting.name) != nil, "\(setting.name)")
    }
  }

  /// What texts name in passing, too.
  @Test func everySysctlInTheTexts() {
    let known = Set(Self.all.map(\.name))
    for topic in Topics.all {
      let texts = topic.what + topic.advice + topic.misbeliefs.flatMap { [$0.belief, $0.truth] }
      for match in texts.joined(separator: " ").matches(of: /net\.ipv[46]\.[a-z0-9_.]*[a-z0-9_]/) {
        let name = String(match.output)
        #expect(known.contains(name) || Sysctl.text(name) != nil, "\(topic.name): \(name)")
      }
    }
  }

  @Test func removedOnesAreGone() {
    #expect(Sysctl.text("net.ipv4.tcp_tw_recycle") == nil)
    #expect(Sysctl.isAbsent("net.ipv4.tcp_tw_recycle"))
    #expect(!Sysctl.isAbsent("net.ipv4.tcp_tw_reuse"))
  }

  /// How many buckets the connection hash has at least, where no setting tells.
  @Test(arguments: [
    ("", "MemTotal:        2014208 kB\n", 16_384), ("ro quiet", "MemTotal: 8140000 kB\n", 65_536),
    ("", "MemTotal: 263000000 kB\n", 524_288),
    ("ro thash_entries=4096 quiet", "MemTotal: 263000000 kB\n", 4_096),
    ("thash_entries=0x1000", "MemTotal: 263000000 kB\n", 0), ("", "", 0), ("", "MemTotal: many\n", 0),
  ])
  func connectionHash(commandLine: String, memory: String, entries: Int) {
    #expect(ConnectionHash.entries(commandLine: commandLine, memory: memory) == entries)
  }

  @Test(.needs(.networkNamespaces)) func timeWaitsAreCounted() throws {
    try withNetworkNamespace { lab in
      #expect(SocketStatistics.timeWaits == 0)
      try lab.timeWaits(count: 3)
      #expect(SocketStatistics.timeWaits == 3)
    }
  }
}
