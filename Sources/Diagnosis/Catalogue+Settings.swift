internal import SocketTable

/// What the host's settings, and how sockets are listed, lead people to believe.
extension Catalogue {
  /// An IPv4 bind is refused by sockets that are listed under IPv6. Nil unless there are such.
  func v4MappedTimeWait(_ trial: Trial, _ minisockets: [SocketRecord]) -> Finding? {
    let mapped = minisockets.filter(\.local.address.isV4Mapped)
    guard trial.socket.address.address.family == .ipv4, !mapped.isEmpty else { return nil }
    return finding(
      .v4MappedTimeWait, .info,
      title:
        "\(count(mapped)) on port \(port) \(mapped.count == 1 ? "is" : "are") IPv4, although listed under IPv6.",
      because:
        """
        A server on [::] took IPv4 connections; what is left of them has addresses of the form ::ffff:a.b.c.d, \
        and is in the way of IPv4 binds as if it were IPv4.
        """,
      evidence: evidence(mapped))
  }

  /// Nil unless as many are kept as may be.
  var timeWaitTableFull: Finding? {
    guard let count = facts.settings.timeWaits, let limit = facts.settings.timeWaitLimit, count >= limit
    else {
      return nil
    }
    return finding(
      .timeWaitTableFull, .warning,
      title:
        "\(Quantity.grouped(count)) TIME_WAIT are kept, and at most \(Quantity.grouped(limit)) may be (net.ipv4.tcp_max_tw_buckets).",
      because:
        """
        A connection that is closed now leaves no TIME_WAIT behind: it holds no port, and its late segments can \
        reach the next connection. TCPTimeWaitOverflow of nstat(8) counts such connections.
        """,
      remedies: [
        Finding.Remedy(
          "raise net.ipv4.tcp_max_tw_buckets",
          sideEffects: "each TIME_WAIT takes some hundred bytes of kernel memory, and holds its port")
      ])
  }

  /// Settings that were changed, as if they would end a TIME_WAIT. Nil unless one is in the way and such a setting was.
  var reuseSysctlMisread: Finding? {
    let holders = facts.holders
    guard holders.contains(where: { $0.state == .timeWait }) else { return nil }
    var changed: [String] = []
    if facts.settings.timeWaitReuse == 1 { changed.append("net.ipv4.tcp_tw_reuse = 1") }
    if let timeout = facts.settings.finTimeout, timeout != 60 {
      changed.append("net.ipv4.tcp_fin_timeout = \(timeout)")
    }
    guard !changed.isEmpty else { return nil }
    return finding(
      .reuseSysctlMisread, .info,
      title:
        "\(changed.joined(separator: " and ")) \(changed.count == 1 ? "does" : "do") not free a port in TIME_WAIT.",
      because:
        """
        net.ipv4.tcp_tw_reuse is for connect() with an automatic port; net.ipv4.tcp_fin_timeout is for FIN_WAIT2. \
        A TIME_WAIT lasts 60 s whatever they are.
        """,
      evidence: changed)
  }
}
