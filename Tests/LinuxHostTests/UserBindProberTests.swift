import Glibc
import NetlinkCodec
import Testing

@testable import LinuxHost

/// What the child reports that binds as another user.
@Suite struct UserBindProberTests {
  @Test func outcomes() throws {
    let outcomes = try UserBindProber.outcomes(in: [0, 0, 6, 98], of: 2)
    #expect(outcomes == [.ok, .refused(.bind, .addressInUse)])
  }

  @Test func itCouldNotBecomeTheUser() {
    #expect(throws: SystemError(call: "setuid", errno: .notPermitted)) {
      try UserBindProber.outcomes(in: [255, 1], of: 1)
    }
    #expect(throws: SystemError(call: "socket", errno: .tooManyOpenFiles)) {
      try UserBindProber.outcomes(in: [254, 24], of: 3)
    }
  }

  /// It was killed, or could not write. "setuid: Success", said the status that it left.
  @Test(arguments: [[], [0], [0, 0], [0, 0, 6], [0, 0, 0, 0, 0, 0], [9, 9, 9, 9]] as [[UInt8]])
  func itReportedSomethingElse(answer: [UInt8]) {
    let error = #expect(throws: SystemError.self) { try UserBindProber.outcomes(in: answer, of: 2) }
    #expect(error?.call == "read")
  }
}
