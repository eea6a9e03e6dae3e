import Diagnosis
import SocketTable

/// A socket as the kernel knows it: what its record says, and what no record says.
package struct Holder: Sendable {
  package var record: SocketRecord
  package var options: SocketOptions
  /// IPV6_V6ONLY where the record does not tell.
  package var v6Only: Bool

  package init(_ record: SocketRecord, _ options: SocketOptions = [], v6Only: Bool = false) {
    self.record = record
    self.options = options
    self.v6Only = v6Only
  }
}

package struct ProbeFailed: Error, Equatable {
  package init() {}
}

/// Answers trials by the rules of bind(2), with full knowledge of every socket; or as a script says. Notes what was asked.
package struct FakeKernel: BindProber {
  package var holders: [Holder]
  /// An answer in the rules' place: to the nth call (from 0), for a socket.
  package var script: (Int, TrialSocket) -> TrialOutcome?
  package var uid: UInt32 = 0
  package private(set) var calls: [[TrialSocket]] = []
  package var failsAtCall: Int?

  package init(
    _ holders: [Holder] = [], uid: UInt32 = 0,
    script: @escaping (Int, TrialSocket) -> TrialOutcome? = { _, _ in nil }
  ) {
    self.holders = holders
    self.uid = uid
    self.script = script
  }

  package mutating func attempt(_ sockets: [TrialSocket]) throws(ProbeFailed) -> [TrialOutcome] {
    defer { calls.append(sockets) }
    if failsAtCall == calls.count { throw ProbeFailed() }
    var held: [Holder] = []
    var outcomes: [TrialOutcome] = []
    for socket in sockets {
      let outcome = script(calls.count, socket) ?? Self.bind(socket, among: holders + held, uid: uid)
      outcomes.append(outcome)
      if outcome == .ok { held.append(Self.holder(socket, uid: uid)) }
    }
    return outcomes
  }

  private static func bind(_ socket: TrialSocket, among holders: [Holder], uid: UInt32) -> TrialOutcome {
    let new = NewSocket(
      address: socket.address.address, v6Only: socket.address.v6Only, interface: socket.address.scope,
      options: socket.options, uid: uid)
    for holder in holders {
      let seen = holder.record
      let record = SocketRecord(
        state: seen.state, local: seen.local, peer: seen.peer, interface: seen.interface, timer: seen.timer,
        uid: seen.uid, inode: seen.inode, cookie: seen.cookie, v6Only: seen.v6Only ?? holder.v6Only,
        cgroupID: seen.cgroupID)
      let existing = ExistingSocket(record, KnownReuseOptions(holder.options))
      if ConflictRules.conflict(of: existing, with: new) != .none {
        return .refused(.bind, .addressInUse)
      }
    }
    return .ok
  }

  /// A trial's own socket, while it is held.
  private static func holder(_ socket: TrialSocket, uid: UInt32) -> Holder {
    let address = socket.address.address
    let isSpecificIPv6 = address.ipv4 == nil && !address.isUnspecified
    return Holder(
      .on(
        address, socket.port, socket.listens ? .listen : .bound, uid: uid, inode: 1,
        v6Only: socket.address.v6Only || isSpecificIPv6),
      socket.options)
  }
}
