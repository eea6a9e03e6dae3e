import Diagnosis
import LinuxHost
import NetlinkCodec
import SocketTable
import TestSupport
import Testing

/// The prober binds for the protocol that is asked for: the ports of TCP and UDP are two tables.
@Suite(.needs(.networkNamespaces))
struct TransportTests {
  @Test func aListenerKeepsOutTCPAlone() throws {
    try withNetworkNamespace { lab in
      try lab.listener(port: 9527)
      var prober = KernelBindProber()
      func outcome(_ transport: TransportProtocol) throws -> [TrialOutcome] {
        try prober.attempt([TrialSocket(transport: transport, address: BindAddress(.anyIPv4), port: 9527)])
      }
      #expect(try outcome(.tcp) == [.refused(.bind, .addressInUse)])
      #expect(try outcome(.udp) == [.ok])
    }
  }

  /// A server's protocol is that of each of its trials.
  @Test func trialsAreOfTheServersProtocol() throws {
    var target = BindTarget(port: 9527, addresses: [BindAddress(.anyIPv4)], areAlternatives: true)
    target.transport = .udp
    let snapshot = Snapshot(
      records: [], coverage: Coverage(origin: .sockDiag, isComplete: true, blindSpots: []))
    let session = TrialSession.predicted(target, snapshot: snapshot)
    #expect(!session.trials.isEmpty && session.trials.allSatisfy { $0.socket.transport == .udp })
  }
}
