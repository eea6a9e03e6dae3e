internal import Diagnosis

/// The words of the findings in `BindFindings+Host.swift`.
extension Wording {
  var portNowFree: Statement {
    Statement(
      "Port \(port) was refused at first, and could be bound a moment later: it has just become free.",
      "The trial was repeated, and the second time the kernel allowed it.")
  }

  var hostTracksPorts: Statement {
    Statement(
      "This kernel runs on Windows (WSL). Windows may hold port \(port) itself, or exclude it for everybody.",
      """
      With mirrored networking, Windows refuses its own ports, and the ranges that Hyper-V and others have excluded. No \
      socket here shows that.
      """)
  }

  func heldInOtherNamespace(_ some: [OtherNamespace], _ count: Int) -> Statement {
    let more: Prose = count > some.count ? ", and in \(count - some.count) more" : ""
    return Statement(
      """
      Port \(port) is in use in \(count == 1 ? "another network namespace" : "other network namespaces"): \
      \(some.map(\.summary).joined(separator: "; "))\(more).
      """,
      """
      Each network namespace has its own ports, so this does not block a bind here. A server in a container binds in \
      the container's namespace.
      """)
  }

  func udpHoldsNumber(_ others: OtherProtocols) -> Statement {
    Statement(
      OtherProtocolsReport.sentence(others) ?? "No UDP socket has port \(port).",
      "A server that speaks both binds a UDP socket too, and can be refused there.")
  }

  func portInEphemeralRange(_ range: ClosedRange<UInt16>) -> Statement {
    Statement(
      "Port \(port) lies in the range of ephemeral ports (\(Self.text(range))).",
      """
      While the server is down, a client of this host can be given it. Then the server cannot start.
      """)
  }

  func timeWaitTableFull(_ count: Int, _ limit: Int) -> Statement {
    Statement(
      """
      There are \(Quantity.grouped(count)) TIME_WAIT, and the limit is \(Quantity.grouped(limit)) \
      (net.ipv4.tcp_max_tw_buckets).
      """,
      """
      A connection that closes now leaves no TIME_WAIT. It holds no port, but its late segments can reach the next \
      connection. nstat(8) counts such connections in TcpExtTCPTimeWaitOverflow.
      """)
  }

  func reuseSysctlMisread(_ changed: [ChangedSetting]) -> Statement {
    let settings = changed.map(Self.text).joined(separator: " and ")
    return Statement(
      "\(settings) \(changed.count == 1 ? "does" : "do") not free a port in TIME_WAIT.",
      """
      net.ipv4.tcp_tw_reuse is for connect() with an ephemeral port. net.ipv4.tcp_fin_timeout is for FIN_WAIT2. Neither \
      changes the 60 s of a TIME_WAIT.
      """)
  }

  static func text(_ setting: ChangedSetting) -> String {
    switch setting {
    case .timeWaitReuse(let value): "net.ipv4.tcp_tw_reuse = \(value)"
    case .finTimeout(let seconds): "net.ipv4.tcp_fin_timeout = \(seconds)"
    }
  }
}
