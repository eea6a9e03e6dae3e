internal import NetlinkCodec
internal import SocketTable

/// Findings about the host's settings, and about a port that has just become free.
extension BindFindings {
  var portNowFree: Finding {
    finding(.portNowFree, .info, remedies: [.restartOrder(.now)], unseen: [.formerHolder])
  }

  /// Nil unless a refusal that no socket here accounts for was answered by a kernel that runs on Windows.
  var hostTracksPorts: Finding? {
    let isUnaccounted = analysis.refused.contains { trial in
      trial.outcome.isAddressInUse && analysis.holders(against: trial).isEmpty
        && !analysis.overlapsOwnSockets(trial)
        || trial.outcome.error == .accessDenied
          && Int(trial.socket.port) >= analysis.settings.unprivilegedPortStart
    }
    guard analysis.settings.isOnWindows, analysis.target.port != 0, isUnaccounted else { return nil }
    return finding(
      .hostTracksPorts, .warning, .possible, remedies: [.look(.windowsPorts), .look(.windowsExclusions)],
      unseen: [.windows])
  }

  /// Nil unless nothing here is on the port, and something is elsewhere: a server may have been meant that runs there.
  var heldInOtherNamespace: Finding? {
    let others = analysis.evidence.otherNamespaces
    guard let first = others.first, analysis.refused.allSatisfy(\.outcome.isAddressInUse) else { return nil }
    return finding(
      .heldInOtherNamespace(Array(others.prefix(3)), count: others.count), .info,
      remedies: [.look(.otherNamespace(first.process.pid))]
        + (others.count > 1 ? [.look(.allNamespaces)] : []))
  }

  /// Nil unless a UDP socket is seen to have the number. It is in no TCP server's way, but one that speaks both may meet it.
  var udpHoldsNumber: Finding? {
    guard let others = analysis.evidence.otherProtocols, !others.records.isEmpty else { return nil }
    return finding(.udpHoldsNumber(others), .info)
  }

  /// Nil unless the kernel may choose the port for a client.
  var portInEphemeralRange: Finding? {
    guard analysis.settings.isEphemeral(analysis.target.port), let range = analysis.settings.ephemeralRange
    else {
      return nil
    }
    return finding(.portInEphemeralRange(range), .info, remedies: [reserving])
  }

  /// Beside those that are reserved already: the setting is replaced as a whole.
  var reserving: Remedy {
    .reservePort(
      all: analysis.settings.reservedPorts.map { reserved in
        PortSet(reserved.ranges + [analysis.target.port...analysis.target.port])
      })
  }

  /// Nil unless the host keeps as many timewait minisockets as net.ipv4.tcp_max_tw_buckets allows.
  var timeWaitTableFull: Finding? {
    guard let count = analysis.settings.timeWaits, let limit = analysis.settings.timeWaitLimit, count >= limit
    else {
      return nil
    }
    return finding(
      .timeWaitTableFull(count: count, limit: limit), .warning,
      remedies: [.changeSetting(.raiseTimeWaitLimit)])
  }

  /// About settings that people change in the belief that they shorten TIME_WAIT. Nil unless a TIME_WAIT is in the way and
  /// such a setting differs from its default.
  var reuseSysctlMisread: Finding? {
    var changed: [ChangedSetting] = []
    if analysis.settings.timeWaitReuse == 1 { changed.append(.timeWaitReuse(1)) }
    if let timeout = analysis.settings.finTimeout, timeout != 60 { changed.append(.finTimeout(timeout)) }
    guard !changed.isEmpty, analysis.holders.contains(where: { $0.state == .timeWait }) else { return nil }
    return finding(.reuseSysctlMisread(changed), .info, evidence: .settings(changed))
  }
}
