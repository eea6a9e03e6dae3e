import Diagnosis
package import LinuxHost
import NetlinkCodec
import Reports
package import SocketTable

/// Why a claim could not be carried out.
package enum ClaimError: Error {
  case failed(InvestigationError)
  /// It needs something that this host does not allow: a clause that says what, for the report.
  case notHere(String)
}

/// Where the claims are carried out: in a network namespace that only this process is in, if that is permitted. Otherwise on
/// the host's loopback device, on ports that the kernel chooses.
package final class ClaimNetwork {
  package static let loopback = IPAddress(ipv4: 0x7f00_0001)

  /// Why the host's own loopback device is used; nil if it is not.
  package private(set) var refusal: SystemError?
  /// How often the socket table was looked at.
  package private(set) var looks = 0
  /// The coverage of the first look that was incomplete or, as long as all were complete, of the first; nil before it.
  package private(set) var coverage: Coverage?

  private let place: Place
  private var investigation: Investigation?
  private var prober = QuestionProber()
  private var isClear = false

  /// Leaves the host's network for good, if that is permitted.
  /// - Throws: `.failed` if descriptors or memory have run out; a refusal is kept in `refusal`.
  package init(_ choice: SocketSource.Choice) throws(ClaimError) {
    place = Place(source: choice)
    do throws(SystemError) {
      try PrivateNetwork.enter()
      isClear = true
    } catch {
      if error.errno.isExhaustion { throw .failed(.system(error)) }
      refusal = error
    }
  }

  package var isPrivate: Bool { refusal == nil }

  /// The port for a server. 0, which lets the kernel choose, where others have their sockets too.
  package var serverPort: UInt16 { isPrivate ? 9527 : 0 }

  /// Enters another new namespace, in which nothing is left of what was done before. On the host's loopback device all of it
  /// stays.
  package func clear() throws(ClaimError) {
    if isPrivate, !isClear {
      try system { () throws(SystemError) in try PrivateNetwork.enter() }
    }
    isClear = false
    // A netlink socket stays in the namespace in which it was opened.
    do throws(InvestigationError) {
      investigation = try Investigation(place)
    } catch {
      throw .failed(error)
    }
  }

  /// Sets a sysctl of the private namespace.
  /// - Throws: `.notHere` where there is none, or setting it is refused.
  func set(_ sysctl: String, _ value: String) throws(ClaimError) {
    guard isPrivate else {
      throw .notHere("it changes \(sysctl), and no network namespace can be made here (\(refusalText)).")
    }
    do throws(SystemError) {
      try Sysctl.set(sysctl, value)
    } catch {
      throw .notHere("it changes \(sysctl), and that is refused here (\(error.errno.message)).")
    }
  }

  /// `refusal` as text; empty if there is none.
  package var refusalText: String { refusal.map { "unshare: \($0.errno.message)" } ?? "" }

  /// Leaves the TIME_WAIT of a server that had set SO_REUSEADDR. Returns the port.
  package func makeTimeWait() throws(ClaimError) -> UInt16 {
    try clear()
    let talk = try ClaimConnection.begin(on: self, .reuseAddress)
    try talk.close(.server)
    try talk.close(.client)
    return talk.server.port
  }

  // MARK: Looking

  /// The socket that the table has now with these ends; nil if there is none. A nil `peer` means a socket without one.
  func record(_ local: Endpoint, _ peer: Endpoint?) throws(ClaimError) -> SocketRecord? {
    var found: SocketRecord?
    try records(onPort: local.port) { record in
      if record.local == local, record.peer == peer { found = record }
    }
    return found
  }

  func records(onPort port: UInt16, _ body: (SocketRecord) -> Void) throws(ClaimError) {
    let filter = SocketFilter(ports: PortSet(port), states: .states(.all))
    looks += 1
    let snapshot: Snapshot
    do throws(InvestigationError) {
      guard let found = try investigation?.snapshot(filter) else { return }
      snapshot = found
    } catch {
      throw .failed(error)
    }
    if coverage?.isComplete != false { coverage = snapshot.coverage }
    // What was not seen says nothing about the claim.
    guard snapshot.coverage.isComplete else {
      throw .notHere("could not look: \(Reason.text(of: snapshot.coverage.shortfall)).")
    }
    snapshot.records.forEach(body)
  }

  /// Waits until `condition` is met, or for this many seconds: what is seen is then shown in either case.
  func settle(
    seconds: Int64 = 2, _ condition: () throws(ClaimError) -> Bool
  ) throws(ClaimError) {
    let deadline = Clock.monotonicNanoseconds + seconds * 1_000_000_000
    while try !condition(), Clock.monotonicNanoseconds < deadline { Clock.pause(milliseconds: 1) }
  }

  // MARK: Asking

  /// What bind(2), and listen(2) if `listens`, answer to a new socket, which is closed at once.
  func answer(
    _ address: IPAddress = ClaimNetwork.loopback, _ port: UInt16, _ options: SocketOptions = [],
    listens: Bool = false
  ) throws(ClaimError) -> ClaimAnswer.Result {
    let socket = TrialSocket(
      address: BindAddress(address), port: port, options: options, interface: nil, listens: listens)
    do throws(InvestigationError) {
      guard case .refused(_, let error)? = try prober.attempt([socket]).first else { return .ok }
      return .refused(error)
    } catch {
      throw .failed(error)
    }
  }

  /// Throws as `.failed` what `body` throws.
  func system<T: ~Copyable>(_ body: () throws(SystemError) -> T) throws(ClaimError) -> T {
    do throws(SystemError) {
      return try body()
    } catch {
      throw .failed(.system(error))
    }
  }
}

extension ClaimAnswer.Result {
  static let inUse = ClaimAnswer.Result.refused(.addressInUse)
}
