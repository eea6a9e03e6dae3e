import KernelSupport
import TestSupport
import Testing

@testable import LinuxHost

/// What the program asks the kernel about itself comes out as the tests' own experiments do.
@Suite(.needs(.networkNamespaces)) struct KernelSelfTestTests {
  @Test(.needs(.otherUsers)) func usersOfOrphans() {
    #expect(KernelSelfTest.keepsUserOfOrphans == Requirement.usersOfOrphans.isMet())
  }

  @Test func endOfMinisockets() {
    #expect((KernelSelfTest.endOfMinisockets == .works) == Requirement.endOfMinisockets.isMet())
    if KernelSelfTest.endOfMinisockets != .works { #expect(KernelSelfTest.endOfMinisockets != .unknown) }
  }

  @Test(.needs(.ipv6)) func mappedWildcard() throws {
    let isOne = try withNetworkNamespace { _ in
      let held = try TCPSocket(.ipv6, .init(v6Only: false))
      try held.bind("::ffff:0.0.0.0", port: 9527)
      return try answer("::ffff:127.0.0.1", 9527) == .inUse
    }
    #expect(KernelSelfTest.takesMappedWildcardForOne == isOne)
  }

  /// A refusal by a TIME_WAIT makes `trybind` ask whether the kernel could end it.
  @Test func nothingIsLeft() throws {
    try withNetworkNamespace { lab in
      try lab.timeWait(port: 9527)
      #expect(try Tool.run("trybind", "9527").exitCode == 1)
      let everything = try KernelTable.read().rows.filter { $0.local.port != 9527 && $0.peer.port != 9527 }
      #expect(everything.isEmpty, "\(everything)")
    }
  }
}
