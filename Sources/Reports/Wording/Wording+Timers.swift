internal import Diagnosis
internal import SocketTable

/// The words of the findings in `BindFindings+Timers.swift`.
extension Wording {
  func timeWaitServerClosedFirst(_ story: Finding.ReuseHelps) -> Statement {
    switch story {
    case .tried(let counts, let freeIn):
      Statement(
        helps(counts, freeIn),
        """
        This side closed its connections first, as a server does when it stops. Linux keeps each one in TIME_WAIT for \
        60 s, and the port with it. If both the old and the new socket \
        have SO_REUSEADDR, bind() still works. The old ones had it: the trial with SO_REUSEADDR succeeded.
        """)
    case .untried(let counts, let freeIn):
      Statement(
        "\(holding(counts, freeIn)).",
        """
        This side closed its connections first. Linux keeps each one in TIME_WAIT for 60 s, and the port with it. If \
        both the old and the new socket have SO_REUSEADDR, bind() still works. Whether the old ones had it was not tried.
        """)
    case .predicted(let counts, let freeIn):
      Statement(helps(counts, freeIn), Self.timersAlone + " The old sockets have it.")
    case .unknown(let counts, let decides):
      Statement(
        decides
          ? """
          Whether a server with \(Self.names(target.options)) can bind port \(port) depends on the options of the old \
          sockets.
          """
          : """
          \(holding(counts, nil)); whether SO_REUSEADDR gets past \(counts.total == 1 ? "it" : "them") depends on the \
          options of the old sockets.
          """,
        Self.timersAlone + " The socket table does not show whether the old sockets have it.")
    case .afterStop:
      Statement(
        "\(afterStopRefused) A server with it can start at once.",
        Self.stopping + " The running server has it.")
    case .afterStopUnknown(let decides, let couldNotRead):
      Statement(
        decides
          ? """
          Whether a server with \(Self.names(target.options)) can start at once after a stop depends on the options of \
          the running server.
          """
          : """
          \(afterStopRefused) Whether one with it can start at once depends on the options of the running server.
          """,
        Self.stopping
          + (couldNotRead
            ? " Whether the running server has it could not be read."
            : " The socket table does not show whether the running server has it."))
    }
  }

  func timeWaitHolderWithoutReuse(_ story: Finding.ReuseMissing) -> Statement {
    switch story {
    case .tried(let counts, let freeIn, let isBlind):
      return Statement(
        evenWithReuse(counts, freeIn),
        """
        Linux requires SO_REUSEADDR on both sides. The socket that left \
        \(counts.total == 1 ? "this connection" : "at least one of these connections") did not have it, and nothing can set \
        it now. This is inferred: the trial with SO_REUSEADDR was refused.
        """
          + (isBlind
            ? " A socket that is bound and does not listen would look the same, and such sockets cannot be listed here."
            : ""))
    case .seen(let counts, let missing, let freeIn, let isBlind):
      return Statement(
        evenWithReuse(counts, freeIn),
        """
        Linux requires SO_REUSEADDR on both sides. \(Self.lacking(missing, of: counts.total)), and nothing can set it now: the \
        kernel shows it.
        """
          + (isBlind
            ? " A socket that is bound and does not listen could hold the port, too: such sockets cannot be listed here."
            : ""))
    case .reusePortInstead:
      return Statement(
        "Without SO_REUSEPORT a server could not bind port \(port), even with SO_REUSEADDR.",
        "The sockets that left these connections had SO_REUSEPORT, but not SO_REUSEADDR.")
    case .predicted(let counts, let freeIn):
      return Statement(
        evenWithReuse(counts, freeIn), Self.timersAlone + " At least one of the old sockets does not have it."
      )
    case .afterStop:
      return Statement(
        "After a stop, no server can bind port \(port) for a minute or two, even with SO_REUSEADDR.",
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
      The server closed its side, or was killed, and its client has not closed the connection yet: FIN_WAIT2. No \
      process has it any more. The kernel keeps it for net.ipv4.tcp_fin_timeout. If the client closes before that, it \
      becomes a TIME_WAIT of another 60 s.
      """)
  }

  func outgoingTimeWait(_ counts: StateCounts, _ peer: Endpoint, _ freeIn: UInt32?) -> Statement {
    let isOne = counts.total == 1
    let of: Prose =
      " of this host's \(isOne ? "connection" : "connections") to \(peer.text)\(isOne ? "" : " and others")"
    return Statement(
      "\(holding(counts, of: of, freeIn)); SO_REUSEADDR does not get past \(isOne ? "it" : "them").",
      """
      A client of this host had the port: connect() chose it from net.ipv4.ip_local_port_range. Clients do not set \
      SO_REUSEADDR, so the server's own SO_REUSEADDR does not help. This can happen again at every restart.
      """)
  }

  // MARK: Parts

  private static func lacking(_ missing: Int, of count: Int) -> Prose {
    if count == 1 { return "The socket that left this connection did not have it" }
    return missing == count
      ? "The sockets that left these connections did not have it"
      : "Of the sockets that left these connections, \(Quantity.grouped(missing)) did not have it"
  }

  private func helps(_ counts: StateCounts, _ freeIn: UInt32?) -> Prose {
    "\(holding(counts, freeIn)); SO_REUSEADDR gets past \(counts.total == 1 ? "it" : "them")."
  }

  private func evenWithReuse(_ counts: StateCounts, _ freeIn: UInt32?) -> Prose {
    "\(holding(counts, freeIn)); SO_REUSEADDR does not get past \(counts.total == 1 ? "it" : "them")."
  }

  /// "3 TIME_WAIT hold port 9527 for 58.4 s". `origin` follows what holds.
  private func holding(_ counts: StateCounts, of origin: Prose = "", _ freeIn: UInt32?) -> Prose {
    let time: Prose? = freeIn.map { milliseconds in
      Quantity.isEnding(milliseconds: milliseconds)
        ? " and \(counts.total == 1 ? "ends" : "end") at any moment"
        : " for \(Quantity.seconds(milliseconds: milliseconds))"
    }
    return
      "\(StateList(counts).phrase)\(origin) \(counts.total == 1 ? "holds" : "hold") port \(port)\(time ?? "")"
  }

  private static let timersAlone: Prose =
    """
    No process has these sockets any more. The kernel keeps each until its timer ends, and the port with it. If \
    both the old and the new socket have SO_REUSEADDR, bind() still works.
    """

  private var afterStopRefused: Prose {
    "After a stop, a server without SO_REUSEADDR cannot bind port \(port) for a minute or two."
  }

  private static let stopping: Prose =
    """
    A server that stops closes its connections first. Linux keeps each one in FIN_WAIT2 until its client closes, for \
    net.ipv4.tcp_fin_timeout at most. If the client closes in that time, TIME_WAIT of 60 s follows. All that time the \
    port is taken, unless both the old and the new socket have SO_REUSEADDR.
    """
}
