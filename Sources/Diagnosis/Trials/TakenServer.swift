package import SocketTable

/// The running server that a target was taken from: the question is about another one like it, or about its restart.
package struct TakenServer: Equatable, Sendable {
  /// The process whose sockets were read; of several the oldest.
  package var process: SocketOwner
  /// The user who made its sockets. A server that drops its privileges has made them as root.
  package var uid: UInt32
  /// Nil if /etc/passwd has no such user.
  package var userName: String?

  package init(process: SocketOwner, uid: UInt32, userName: String?) {
    self.process = process
    self.uid = uid
    self.userName = userName
  }
}

/// A socket that a running server listens on, as its maker has set it up.
package struct ServerSocket: Hashable, Sendable {
  package var address: BindAddress
  package var settings: Settings
  /// IP_FREEBIND or IP_TRANSPARENT: the address need not be one of this host.
  package var isFreeBind: Bool

  /// What all sockets of a `BindTarget` have in common.
  package struct Settings: Hashable, Sendable {
    package var options: SocketOptions
    /// Of SO_BINDTODEVICE; nil is none.
    package var interface: String?
    package var interfaceIndex: UInt32
    /// The user who made the socket.
    package var uid: UInt32
    /// Whether it was made for Multipath TCP (IPPROTO_MPTCP).
    package var isMultipath: Bool

    package init(
      options: SocketOptions, interface: String? = nil, interfaceIndex: UInt32 = 0, uid: UInt32,
      isMultipath: Bool = false
    ) {
      self.options = options
      self.interface = interface
      self.interfaceIndex = interfaceIndex
      self.uid = uid
      self.isMultipath = isMultipath
    }
  }

  package init(address: BindAddress, settings: Settings, isFreeBind: Bool = false) {
    self.address = address
    self.settings = settings
    self.isFreeBind = isFreeBind
  }
}

extension BindTarget {
  /// Where the description of the server is from.
  package enum Origin: Equatable, Sendable {
    /// Options, or what they are by default.
    case described
    /// The sockets of a running server.
    case taken(TakenServer)
    /// As `described`, because the options of what listens could not be read.
    case unreadable
    /// As `described`, because what listens has sockets of different settings.
    case unlike
  }

  /// The same question about a server with these sockets. Workers that share a port by SO_REUSEPORT have one each: equal ones
  /// count once. Nil where there are none, or their settings differ, which no target can express.
  ///
  /// - Parameter uid: the user to bind as; nil is the one who made the sockets.
  package func like(_ sockets: [ServerSocket], of server: TakenServer, as uid: UInt32? = nil) -> BindTarget? {
    guard let settings = sockets.first?.settings, sockets.allSatisfy({ $0.settings == settings }) else {
      return nil
    }
    var target = self
    var seen: Set<BindAddress> = []
    target.addresses = sockets.map(\.address).filter { seen.insert($0).inserted }
    target.areAlternatives = false
    target.options = settings.options
    target.interface = settings.interface
    target.interfaceIndex = settings.interfaceIndex
    target.isMultipath = settings.isMultipath
    target.isFreeBind = sockets.contains { $0.isFreeBind }
    target.uid = uid ?? settings.uid
    target.asUID = target.uid
    target.origin = .taken(server)
    return target
  }

  /// The server that it was taken from; nil if it was described.
  package var taken: TakenServer? {
    if case .taken(let server) = origin { server } else { nil }
  }
}
