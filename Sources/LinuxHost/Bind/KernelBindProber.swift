package import Diagnosis
internal import Glibc
internal import NetlinkCodec
internal import SocketTable

/// Binds for real. A trial takes the port for some microseconds: its sockets never connect, and are closed at once.
package struct KernelBindProber: BindProber {
  private let user: User?

  /// - Parameter user: the user to bind as; nil is this process's own.
  package init(as user: User? = nil) { self.user = user }

  /// - Throws: `socket` if there are no descriptors or no memory left; any other refusal is an outcome. With a user, also
  ///   what `UserBindProber.attempt` throws.
  package mutating func attempt(_ sockets: [TrialSocket]) throws(SystemError) -> [TrialOutcome] {
    if let user { return try UserBindProber.attempt(sockets, as: user) }
    var outcomes: [TrialOutcome] = []
    try attempt(sockets[...], &outcomes)
    return outcomes
  }

  package func pause() {
    var time = timespec(tv_sec: 0, tv_nsec: 5_000_000)
    _ = unsafe nanosleep(&time, nil)
  }

  /// Calls itself for the rest, so that each call holds its own socket until the last has been tried: an array cannot hold
  /// descriptors, which are not copyable.
  private func attempt(_ sockets: ArraySlice<TrialSocket>, _ outcomes: inout [TrialOutcome])
    throws(SystemError)
  {
    guard let trial = sockets.first else { return }
    let family = trial.address.address.family == .ipv4 ? AF_INET : AF_INET6
    let kind = trial.transport == .tcp ? SOCK_STREAM : SOCK_DGRAM
    let type = Int32(kind.rawValue | SOCK_CLOEXEC.rawValue)
    var number = trial.isMultipath ? socket(family, type, Self.multipath) : -1
    // Where net.mptcp.enabled is 0, servers make do with TCP. bind(2) has the same rules for both.
    if number < 0 { number = socket(family, type, 0) }
    if number < 0 {
      let error = SystemError.last("socket")
      if error.errno.isExhaustion { throw error }
      outcomes.append(.refused(.socket, error.errno))
      return try attempt(sockets.dropFirst(), &outcomes)
    }
    let descriptor = Descriptor(owning: number)
    outcomes.append(Self.bind(descriptor, trial))
    try attempt(sockets.dropFirst(), &outcomes)
    _ = consume descriptor
  }

  private static func bind(_ descriptor: borrowing Descriptor, _ trial: TrialSocket) -> TrialOutcome {
    let number = descriptor.number
    if trial.address.address.family == .ipv6 {
      // Set in either case, because net.ipv6.bindv6only decides the default.
      if let error = set(number, ipv6Level, IPV6_V6ONLY, trial.address.v6Only) {
        return .refused(.option(.v6Only), error)
      }
    }
    // Where it cannot be set, bind() says so.
    if trial.isFreeBind {
      let isIPv6 = trial.address.address.family == .ipv6
      _ = set(number, isIPv6 ? ipv6Level : Int32(IPPROTO_IP), isIPv6 ? IPV6_FREEBIND : IP_FREEBIND, true)
    }
    if trial.options.contains(.reuseAddress), let error = set(number, SOL_SOCKET, SO_REUSEADDR, true) {
      return .refused(.option(.reuseAddress), error)
    }
    if trial.options.contains(.reusePort), let error = set(number, SOL_SOCKET, SO_REUSEPORT, true) {
      return .refused(.option(.reusePort), error)
    }
    if let interface = trial.interface {
      let name = Array(interface.utf8) + [0]
      if unsafe setsockopt(number, SOL_SOCKET, SO_BINDTODEVICE, name, socklen_t(name.count)) != 0 {
        return .refused(.option(.bindToDevice), Errno(errno))
      }
    }
    var address = SocketAddress(trial.address.address, port: trial.port, scope: trial.address.scope)
    guard address.bind(number) == 0 else { return .refused(.bind, Errno(errno)) }
    if trial.listens, listen(number, 1) != 0 { return .refused(.listen, Errno(errno)) }
    return .ok
  }

  /// IPPROTO_MPTCP of linux/in.h.
  private static let multipath: Int32 = 262
  private static let ipv6Level = Int32(IPPROTO_IPV6)

  private static func set(_ descriptor: Int32, _ level: Int32, _ option: Int32, _ value: Bool) -> Errno? {
    var number: Int32 = value ? 1 : 0
    let result = unsafe setsockopt(descriptor, level, option, &number, socklen_t(MemoryLayout<Int32>.size))
    return result == 0 ? nil : Errno(errno)
  }
}
