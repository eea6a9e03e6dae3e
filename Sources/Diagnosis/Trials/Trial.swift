package import NetlinkCodec

/// A socket that a trial makes, binds, and closes again.
package struct TrialSocket: Hashable, Sendable {
  package var transport: TransportProtocol
  package var address: BindAddress
  /// 0 lets the kernel choose a port.
  package var port: UInt16
  package var options: SocketOptions
  /// The interface for SO_BINDTODEVICE; nil is none.
  package var interface: String?
  /// Whether listen(2) is called as well.
  package var listens: Bool
  /// Whether the address need not be one of this host (IP_FREEBIND).
  package var isFreeBind: Bool
  /// Whether it is made for Multipath TCP (IPPROTO_MPTCP).
  package var isMultipath: Bool

  package init(
    transport: TransportProtocol = .tcp, address: BindAddress, port: UInt16, options: SocketOptions = [],
    interface: String? = nil, listens: Bool = false, isFreeBind: Bool = false, isMultipath: Bool = false
  ) {
    self.transport = transport
    self.address = address
    self.port = port
    self.options = options
    self.interface = interface
    self.listens = listens
    self.isFreeBind = isFreeBind
    self.isMultipath = isMultipath
  }
}

/// The kernel's answer to a trial, or the predicted one where nothing was bound.
package enum TrialOutcome: Hashable, Sendable {
  /// The system call that failed.
  package enum Step: Hashable, Sendable {
    case socket
    case option(Option)
    case bind
    case listen
  }

  /// The socket option that setsockopt(2) was called for. The raw value is its name in C.
  package enum Option: String, Hashable, Sendable {
    case v6Only = "IPV6_V6ONLY"
    case reuseAddress = "SO_REUSEADDR"
    case reusePort = "SO_REUSEPORT"
    case bindToDevice = "SO_BINDTODEVICE"
  }

  case ok
  case refused(Step, Errno)
  /// Only of a prediction: the table leaves the answer open, which depends on these unknown properties.
  case undetermined(ConflictRules.Unknowns)

  /// Nil unless the trial was refused.
  package var error: Errno? {
    switch self {
    case .ok, .undetermined: nil
    case .refused(_, let error): error
    }
  }

  package var isUndetermined: Bool {
    if case .undetermined = self { true } else { false }
  }

  /// Whether the trial was refused with EADDRINUSE.
  package var isAddressInUse: Bool { error == .addressInUse }
}

/// A trial with its outcome.
package struct Trial: Hashable, Sendable {
  package var socket: TrialSocket
  package var outcome: TrialOutcome
  /// What the table says about the same bind. Comparing it with `outcome` shows what the table does not tell.
  package var prediction: ConflictRules.Prediction
  /// Whether it is a trial of the server itself, at its address and with its options. A server that binds several
  /// addresses holds all its sockets at once in these trials. False for a trial that is made for comparison.
  package var usesServerOptions: Bool
  /// False if no socket was made, and the outcome is what the table predicts.
  package var isTried: Bool

  package init(
    socket: TrialSocket, outcome: TrialOutcome, prediction: ConflictRules.Prediction, usesServerOptions: Bool,
    isTried: Bool = true
  ) {
    self.socket = socket
    self.outcome = outcome
    self.prediction = prediction
    self.usesServerOptions = usesServerOptions
    self.isTried = isTried
  }
}

/// Makes trials. In the program the kernel answers them; tests have a prober that answers in its place.
package protocol BindProber {
  associatedtype Failure: Error

  /// Makes the sockets in order, holds each until the last one is made, and then closes them all. After a refusal the
  /// following sockets are still tried.
  ///
  /// - Returns: the outcome of each socket, in the same order.
  /// - Throws: if the trial could not be made at all.
  mutating func attempt(_ sockets: [TrialSocket]) throws(Failure) -> [TrialOutcome]

  /// Waits a few milliseconds, so that a short trial of the same port by another process can end.
  func pause()
}

extension BindProber {
  package func pause() {}
}
