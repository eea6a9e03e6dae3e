internal import SocketTable

/// What is told from the table alone, and of a restart that has not happened.
extension Catalogue {
  /// Timewait minisockets, or connections that would become such.
  func predictedTimers(_ trial: Trial, _ held: Holders) -> Finding {
    var sockets = held.minisockets
    for orphan in held.finWait2Orphans where !orphan.isMinisocket { sockets.append(orphan) }
    let reuse = facts.session.trials.first {
      $0.socket.address == trial.socket.address && $0.socket.options == .reuseAddress
    }
    if facts.target.isAfterStop, facts.leavesTimeWaits {
      return afterStop(sockets, withReuse: reuse?.outcome)
    }
    let because =
      """
      Only timers hold these sockets, and the port with them, unless both the old and the new socket have \
      SO_REUSEADDR.
      """
    let set = Finding.Remedy(
      "set SO_REUSEADDR on the listening socket before bind(), as TCP servers commonly do")
    switch reuse?.outcome {
    case .ok?:
      return finding(
        .timeWaitServerClosedFirst,
        title:
          """
          A server without SO_REUSEADDR cannot bind port \(port): Address already in use. With SO_REUSEADDR \
          it can\(facts.refused.isEmpty ? "" : freeing.map { "; without it, \($0)" } ?? "").
          """,
        because: because + " The old ones have it.", evidence: evidence(sockets), remedies: [waiting, set])
    case .refused?:
      return finding(
        .timeWaitHolderWithoutReuse,
        title:
          """
          Port \(port) cannot be bound, even with SO_REUSEADDR: Address already in use.\
          \(freeing.map { " It frees itself \($0)." } ?? "")
          """,
        because: because + " The old ones do not have it.", evidence: evidence(sockets),
        remedies: [waiting, set])
    case .open?, nil:
      return finding(
        .timeWaitServerClosedFirst, .error, .possible,
        title: facts.refused.isEmpty
          ? """
          Whether a server with \(facts.target.options.names.joined(separator: " and ")) can bind port \(port) hangs \
          on whether the old sockets had that too.
          """
          : """
          A server without SO_REUSEADDR cannot bind port \(port): Address already in use. Whether one with it \
          can hangs on whether the old sockets had it too.
          """,
        because: because + " Whether the old ones have it, the table does not tell.",
        evidence: evidence(sockets),
        remedies: [
          Finding.Remedy(
            "find out by a bind",
            command: facts.target.commandOptions.map { "tw-inspect trybind \(port)\($0)" }),
          waiting,
          set,
        ],
        notSeen: ["the socket options of the old server"])
    }
  }

  /// Connections that would become minisockets.
  private func afterStop(_ sockets: [SocketRecord], withReuse reuse: TrialOutcome?) -> Finding {
    let subject = "After a stop, port \(port) keeps out"
    let because =
      """
      A server that stops closes its connections first. Linux keeps each of them in FIN_WAIT2 until its client \
      closes, for net.ipv4.tcp_fin_timeout at the most, and then in TIME_WAIT for 60 s; and the port with it, \
      unless both the old and the new socket have SO_REUSEADDR.
      """
    let unseen = [
      "how the server ends: it may wait for its clients to close first, or reset the connections (SO_LINGER)"
    ]
    let clientsFirst = Finding.Remedy("have the clients close first, where the protocol allows it")
    switch reuse {
    case .ok?:
      return finding(
        .timeWaitServerClosedFirst, .error, .likely,
        title: "\(subject) a server without SO_REUSEADDR for a minute or two; one with it can start at once.",
        because: because + " The running server has it.", evidence: evidence(sockets),
        remedies: [Finding.Remedy("set SO_REUSEADDR before bind() in the new server, too"), clientsFirst],
        notSeen: unseen)
    case .refused?:
      return finding(
        .timeWaitHolderWithoutReuse, .error, .likely,
        title: "\(subject) every server for a minute or two, even one with SO_REUSEADDR.",
        because: because
          + " The running server does not have it, and its connections cannot get it any more.",
        evidence: evidence(sockets),
        remedies: [
          clientsFirst,
          Finding.Remedy("set SO_REUSEADDR before bind() all the same: for the restart after this one"),
        ],
        notSeen: unseen)
    case .open?, nil:
      return finding(
        .timeWaitServerClosedFirst, .error, .possible,
        title: facts.refused.isEmpty
          ? """
          Whether a server with \(facts.target.options.names.joined(separator: " and ")) can start at once after a \
          stop hangs on whether the running server has set that too.
          """
          : """
          \(subject) a server without SO_REUSEADDR for a minute or two; whether one with it can start hangs on \
          whether the running server has set it.
          """,
        because: because + " Whether the running server has it, "
          + (facts.details.hasAskedForFlags ? "could not be read." : "the table does not tell."),
        evidence: evidence(sockets),
        remedies: [
          Finding.Remedy(
            "read the running server's own options, as root or as its user",
            command: facts.target.commandOptions.map {
              "\(facts.details.hasAskedForFlags ? "sudo " : "")tw-inspect trybind \(port)\($0) --after-stop --flags live"
            }
          ),
          clientsFirst,
        ],
        notSeen: ["the socket options of the running server"] + unseen)
    }
  }
}
