internal import Diagnosis

/// The words of the findings in `BindFindings+Host.swift`.
extension Wording {
  var portNowFree: Statement {
    Statement(
      "Port \(port) was refused at first and could be bound a moment later: it has just become free.",
      "The trial was repeated before it was explained, and then the kernel allowed it.")
  }

  var hostTracksPorts: Statement {
    Statement(
      "This kernel runs on Windows (WSL), which may hold port \(port) itself, or keep it from everybody.",
      """
      With mirrored networking Windows answers for ports of its own, and of ranges that Hyper-V and others have excluded. \
      No socket here tells of that.
      """)
  }

  func heldInOtherNamespace(_ some: [OtherNamespace], _ count: Int) -> Statement {
    let more: Prose = count > some.count ? ", and in \(count - some.count) more" : ""
    return Statement(
      """
      In \(count == 1 ? "another network namespace" : "other network namespaces") something is on port \(port): \
      \(some.map(\.summary).joined(separator: "; "))\(more).
      """,
      """
      Each network namespace has ports of its own, so it is in nobody's way here. A server that runs in a container \
      binds there.
      """)
  }

  func portInEphemeralRange(_ range: ClosedRange<UInt16>) -> Statement {
    Statement(
      "Port \(port) lies in the range from which clients get their ports (\(Self.text(range))).",
      """
      Any outgoing connection of this host can take it while the server is down, and then the server \
      cannot start.
      """)
  }

  func timeWaitTableFull(_ count: Int, _ limit: Int) -> Statement {
    Statement(
      """
      \(Quantity.grouped(count)) TIME_WAIT are kept, and at most \(Quantity.grouped(limit)) may be \
      (net.ipv4.tcp_max_tw_buckets).
      """,
      """
      A connection that is closed now leaves no TIME_WAIT behind: it holds no port, and its late segments can \
      reach the next connection. TCPTimeWaitOverflow of nstat(8) counts such connections.
      """)
  }

  func reuseSysctlMisread(_ changed: [ChangedSetting]) -> Statement {
    let settings = changed.map(Self.text).joined(separator: " and ")
    return Statement(
      "\(settings) \(changed.count == 1 ? "does" : "do") not free a port in TIME_WAIT.",
      """
      net.ipv4.tcp_tw_reuse is for connect() with an automatic port; net.ipv4.tcp_fin_timeout is for FIN_WAIT2. \
      A TIME_WAIT lasts 60 s whatever they are.
      """)
  }

  static func text(_ setting: ChangedSetting) -> String {
    switch setting {
    case .timeWaitReuse(let value): "net.ipv4.tcp_tw_reuse = \(value)"
    case .finTimeout(let seconds): "net.ipv4.tcp_fin_timeout = \(seconds)"
    }
  }
}
