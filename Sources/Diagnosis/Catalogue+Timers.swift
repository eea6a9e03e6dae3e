internal import SocketTable

/// Ports that only a timer keeps.
extension Catalogue {
  func timeWaitServerClosedFirst(_ trial: Trial, _ minisockets: [SocketRecord]) -> Finding {
    guard facts.isReuseTried(trial) else { return timeWaitOfUnknownReuse(minisockets) }
    return finding(
      .timeWaitServerClosedFirst,
      title:
        """
        A server without SO_REUSEADDR cannot bind port \(port): Address already in use. With SO_REUSEADDR \
        it can\(facts.refused.isEmpty ? "" : freeing.map { "; without it, \($0)" } ?? "").
        """,
      because:
        """
        These connections were closed from this side first, as by a server that stops. Linux keeps each of \
        them in TIME_WAIT for 60 s, and the port with it, unless both the old and the new socket have SO_REUSEADDR. The old ones had \
        it: the trial with SO_REUSEADDR succeeded.
        """,
      evidence: evidence(minisockets),
      remedies: [
        waiting,
        Finding.Remedy("set SO_REUSEADDR on the listening socket before bind(), as TCP servers commonly do"),
        release(minisockets),
      ],
      notSeen: trial.isYours ? ["whether your server sets SO_REUSEADDR; if it does, ask with --reuse"] : [])
  }

  /// Where only the server's own options were tried.
  private func timeWaitOfUnknownReuse(_ minisockets: [SocketRecord]) -> Finding {
    finding(
      .timeWaitServerClosedFirst, .error, .possible,
      title:
        "Port \(port) cannot be bound: Address already in use.\(freeing.map { " It frees itself \($0)." } ?? "")",
      because:
        """
        These connections were closed from this side first. Linux keeps each of them in TIME_WAIT for 60 s, \
        and the port with it, unless both the old and the new socket have SO_REUSEADDR. Whether the old ones \
        had it was not tried.
        """,
      evidence: evidence(minisockets), remedies: [waiting],
      notSeen: ["whether SO_REUSEADDR would help"])
  }

  func timeWaitHolderWithoutReuse(_ trial: Trial, _ minisockets: [SocketRecord]) -> Finding {
    let look = facts.session.snapshot.look
    let isBlind = look.isBlind(to: .boundNotListening)
    let certainty: Finding.Certainty = isBlind || !look.isComplete ? .likely : .certain
    let holder = minisockets.count == 1 ? "this connection" : "at least one of these connections"
    var because =
      """
      Linux asks for SO_REUSEADDR on both sides. The socket that left \(holder) behind had not set it \
      (inferred: the trial with SO_REUSEADDR was refused as well), and nothing can set it now.
      """
    if isBlind {
      because +=
        " A socket that is bound and does not listen would look the same, and those cannot be listed here."
    }
    if facts.refused.isEmpty {
      return finding(
        .timeWaitHolderWithoutReuse, .info, certainty,
        title: "A server without SO_REUSEPORT could not bind port \(port), not even with SO_REUSEADDR.",
        because: "The sockets that left these connections behind had SO_REUSEPORT, and not SO_REUSEADDR.",
        evidence: evidence(minisockets))
    }
    let isUpperBound = minisockets.count > 1 && !(facts.freeIn.map(Quantity.isEnding) ?? false)
    let frees = freeing.map { " It frees itself \($0)\(isUpperBound ? " at the latest" : "")." } ?? ""
    return finding(
      .timeWaitHolderWithoutReuse, .error, certainty,
      title: "Port \(port) cannot be bound, even with SO_REUSEADDR: Address already in use.\(frees)",
      because: because,
      evidence: evidence(minisockets),
      remedies: [
        waiting,
        Finding.Remedy(
          facts.target.options.contains(.reuseAddress)
            ? "keep SO_REUSEADDR set: it does not help this restart, but the ones after it"
            : "set SO_REUSEADDR in the server all the same: not for this restart, but for the ones after it"),
        release(minisockets),
      ],
      notSeen: isBlind ? ["sockets that are bound and do not listen"] : [])
  }

  func finWait2Orphan(_ trial: Trial, _ sockets: [SocketRecord]) -> Finding {
    let isRefusedWithReuse = facts.isRefusedWithReuse(trial)
    return finding(
      .finWait2Orphan,
      title:
        """
        \(count(sockets)) without a process \(sockets.count == 1 ? "holds" : "hold") port \
        \(port)\(isRefusedWithReuse ? ", even against SO_REUSEADDR" : facts.isReuseTried(trial) ? "; a server with SO_REUSEADDR can bind it" : "").
        """,
      because:
        """
        The server closed its side, or was killed, while its client keeps the connection open: FIN_WAIT2. \
        No process owns it any more; the kernel keeps it for net.ipv4.tcp_fin_timeout. If the client \
        closes before, it becomes a TIME_WAIT of another 60 s.
        """,
      evidence: evidence(sockets),
      remedies: [
        waiting,
        Finding.Remedy(
          "set SO_REUSEADDR on the listening socket before bind(), in the old server and the new one"),
      ] + (sockets.allSatisfy(\.isMinisocket) ? [release(sockets)] : []),
      notSeen: ["when the clients will close"])
  }
}
