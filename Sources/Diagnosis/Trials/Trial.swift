package import NetlinkCodec

/// One socket of a trial: made, bound, perhaps made to listen, and closed.
package struct TrialSocket: Hashable, Sendable {
  package var transport: TransportProtocol
  package var address: BindAddress
  /// 0 lets the kernel choose.
  package var port: UInt16
  package var options: SocketOptions
  /// SO_BINDTODEVICE; nil is none.
  package var interface: String?
  package var listens: Bool

  package init(
    transport: TransportProtocol = .tcp, address: BindAddress, port: UInt16, options: SocketOptions = [],
    interface: String? = nil, listens: Bool = false
  ) {
    self.transport = transport
    self.address = address
    self.port = port
    self.options = options
    self.interface = interface
    self.listens = listens
  }
}

/// What the kernel said to it.
package enum TrialOutcome: Hashable, Sendable {
  package enum Step: Hashable, Sendable {
    case socket
    case option(Option)
    case bind
    case listen
  }

  /// What setsockopt was called for, by its name in C.
  package enum Option: String, Hashable, Sendable {
    case v6Only = "IPV6_V6ONLY"
    case reuseAddress = "SO_REUSEADDR"
    case reusePort = "SO_REUSEPORT"
    case bindToDevice = "SO_BINDTODEVICE"
  }

  case ok
  case refused(Step, Errno)
  /// Predicted, and the table leaves it open: it depends on these.
  case undetermined(ConflictRules.Unknowns)

  package var error: Errno? {
    switch self {
    case .ok, .undetermined: nil
    case .refused(_, let error): error
    }
  }

  package var isUndetermined: Bool {
    if case .undetermined = self { true } else { false }
  }

  /// The port is taken, as far as bind or listen say so.
  package var isAddressInUse: Bool { error == .addressInUse }
}

/// A trial and what came of it.
package struct Trial: Hashable, Sendable {
  package var socket: TrialSocket
  package var outcome: TrialOutcome
  /// What the table says about it.
  package var prediction: ConflictRules.Prediction
  /// Made with the server's own options; for a server of several addresses, together with its other sockets.
  package var usesServerOptions: Bool
  /// False where the outcome is what the table predicts, and no socket was made.
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

/// Asks the kernel. The seam at which tests answer in its place.
package protocol BindProber {
  associatedtype Failure: Error

  /// Makes the sockets in order, holds each until the last is made, and closes them all. One outcome a socket; a
  /// refusal does not keep the following ones from being tried.
  /// - Throws: what keeps the trial from being made at all.
  mutating func attempt(_ sockets: [TrialSocket]) throws(Failure) -> [TrialOutcome]

  /// Waits a few milliseconds, so that another process's short trial of the port can end.
  func pause()
}

extension BindProber {
  package func pause() {}
}
