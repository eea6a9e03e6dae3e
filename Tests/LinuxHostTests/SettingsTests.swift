import Glibc
import LinuxHost
import Handbook
import TestSupport
import Testing

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
  }

  @Test(.needs(.networkNamespaces)) func timeWaitsAreCounted() throws {
    try withNetworkNamespace { lab in
      #expect(SocketStatistics.timeWaits == 0)
      try lab.timeWaits(count: 3)
      #expect(SocketStatistics.timeWaits == 3)
    }
  }
}
