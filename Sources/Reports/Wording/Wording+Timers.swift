internal import Diagnosis
internal import SocketTable

/// The words of the findings in `BindFindings+Timers.swift`.
extension Wording {
  func timeWaitServerClosedFirst(_ story: Finding.ReuseHelps) -> Statement {
    switch story {
    case .tried(let freeIn):
      Statement(
        helps(freeIn),
        """
        These connections were closed from this side first, as by a server that stops. Linux keeps each of \
        them in TIME_WAIT for 60 s, and the port with it, unless both the old and the new socket have SO_REUSEADDR. The old ones had \
        it: the trial with SO_REUSEADDR succeeded.
        """)
    case .untried(let freeIn):
      Statement(
        "Port \(port) cannot be bound: Address already in use.\(freesItself(freeIn))",
        """
        These connections were closed from this side first. Linux keeps each of them in TIME_WAIT for 60 s, \
        and the port with it, unless both the old and the new socket have SO_REUSEADDR. Whether the old ones \
        had it was not tried.
        """)
    case .predicted(let freeIn):
      Statement(helps(freeIn), Self.timersAlone + " The old ones have it.")
    case .unknown(let decides):
      Statement(
        decides
          ? """
          Whether a server with \(Self.names(target.options)) can bind port \(port) hangs \
          on whether the old sockets had that too.
          """
          : """
          A server without SO_REUSEADDR cannot bind port \(port): Address already in use. Whether one with it \
          can hangs on whether the old sockets had it too.
          """,
        Self.timersAlone + " Whether the old ones have it, the table does not tell.")
    case .afterStop:
      Statement(
        "\(stopKeepsOut) a server without SO_REUSEADDR for a minute or two; one with it can start at once.",
        Self.stopping + " The running server has it.")
    case .afterStopUnknown(let decides, let couldNotRead):
      Statement(
        decides
          ? """
          Whether a server with \(Self.names(target.options)) can start at once after a \
          stop hangs on whether the running server has set that too.
          """
          : """
          \(stopKeepsOut) a server without SO_REUSEADDR for a minute or two; whether one with it can start hangs on \
          whether the running server has set it.
          """,
        Self.stopping + " Whether the running server has it, "
          + (couldNotRead ? "could not be read." : "the table does not tell."))
    }
  }

  func timeWaitHolderWithoutReuse(_ story: Finding.ReuseMissing) -> Statement {
    switch story {
    case .tried(let count, let freeIn, let isBlind):
      return Statement(
        evenWithReuse(freeIn),
        """
        Linux asks for SO_REUSEADDR on both sides. The socket that left \
        \(count == 1 ? "this connection" : "at least one of these connections") behind had not set it \
        (inferred: the trial with SO_REUSEADDR was refused as well), and nothing can set it now.
        """
          + (isBlind
            ? " A socket that is bound and does not listen would look the same, and those cannot be listed here."
            : ""))
    case .reusePortInstead:
      return Statement(
        "A server without SO_REUSEPORT could not bind port \(port), not even with SO_REUSEADDR.",
        "The sockets that left these connections behind had SO_REUSEPORT, and not SO_REUSEADDR.")
    case .predicted(let freeIn):
      return Statement(evenWithReuse(freeIn), Self.timersAlone + " The old ones do not have it.")
    case .afterStop:
      return Statement(
        "\(stopKeepsOut) every server for a minute or two, even one with SO_REUSEADDR.",
        Self.stopping + " The running server does not have it, and its connections cannot get it any more.")
    }
  }

  func finWait2Orphan(_ count: Int, _ againstReuse: Finding.AgainstReuse) -> Statement {
    let withReuse: Prose =
      switch againstReuse {
      case .refused: ", even against SO_REUSEADDR"
      case .helps: "; a server with SO_REUSEADDR can bind it"
      case .untried: ""
      }
    return Statement(
      """
      \(Quantity.count(count, of: .finWait2)) without a process \(count == 1 ? "holds" : "hold") port \
      \(port)\(withReuse).
      """,
      """
      The server closed its side, or was killed, while its client keeps the connection open: FIN_WAIT2. \
      No process owns it any more; the kernel keeps it for net.ipv4.tcp_fin_timeout. If the client \
      closes before, it becomes a TIME_WAIT of another 60 s.
      """)
  }

  func outgoingTimeWait(_ counts: StateCounts, _ peer: Endpoint, _ freeIn: UInt32?) -> Statement {
    let isOne = counts.total == 1
    return Statement(
      """
      Port \(port) cannot be bound, even with SO_REUSEADDR: \(StateList(counts).phrase) of \
      \(isOne ? "a connection" : "connections") from this host to \(peer.text)\(isOne ? "" : " and others") \
      \(isOne ? "is" : "are") left on it.\(freesItself(freeIn))
      """,
      """
      A client of this host was given the port by connect(), which takes one from net.ipv4.ip_local_port_range. \
      Clients do not set SO_REUSEADDR, so the server's own does not help; and it can come back at every restart.
      """)
  }

  // MARK: Parts

  private func helps(_ freeIn: UInt32?) -> Prose {
    """
    A server without SO_REUSEADDR cannot bind port \(port): Address already in use. With SO_REUSEADDR \
    it can\(freeIn.map { "; without it, \(Self.freeing($0))" } ?? "").
    """
  }

  private func evenWithReuse(_ freeIn: UInt32?) -> Prose {
    """
    Port \(port) cannot be bound, even with SO_REUSEADDR: Address already in use.\
    \(freesItself(freeIn))
    """
  }

  private func freesItself(_ freeIn: UInt32?) -> Prose {
    freeIn.map { " It frees itself \(Self.freeing($0))." } ?? ""
  }

  private static let timersAlone: Prose =
    """
    Only timers hold these sockets, and the port with them, unless both the old and the new socket have \
    SO_REUSEADDR.
    """

  private var stopKeepsOut: Prose { "After a stop, port \(port) keeps out" }

  private static let stopping: Prose =
    """
    A server that stops closes its connections first. Linux keeps each of them in FIN_WAIT2 until its client \
    closes, for net.ipv4.tcp_fin_timeout at the most, and then in TIME_WAIT for 60 s; and the port with it, \
    unless both the old and the new socket have SO_REUSEADDR.
    """
}
