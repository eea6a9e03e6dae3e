internal import SocketTable

/// What the host's settings, or the moment, have to do with it.
extension BindFindings {
  var portNowFree: Finding {
    finding(.portNowFree, .info, remedies: [.restartOrder(.now)], unseen: [.formerHolder])
  }

  /// Nil unless clients can be given the port.
  var portInEphemeralRange: Finding? {
    guard analysis.settings.isEphemeral(analysis.target.port), let range = analysis.settings.ephemeralRange
    else {
      return nil
    }
    return finding(.portInEphemeralRange(range), .info, remedies: [.reservePort])
  }

  /// Nil unless as many are kept as may be.
  var timeWaitTableFull: Finding? {
    guard let count = analysis.settings.timeWaits, let limit = analysis.settings.timeWaitLimit, count >= limit
    else {
      return nil
    }
    return finding(
      .timeWaitTableFull(count: count, limit: limit), .warning,
      remedies: [.changeSetting(.raiseTimeWaitLimit)])
  }

  /// Settings that were changed, as if they would end a TIME_WAIT. Nil unless one is in the way and such a setting was.
  var reuseSysctlMisread: Finding? {
    var changed: [ChangedSetting] = []
    if analysis.settings.timeWaitReuse == 1 { changed.append(.timeWaitReuse(1)) }
    if let timeout = analysis.settings.finTimeout, timeout != 60 { changed.append(.finTimeout(timeout)) }
    guard !changed.isEmpty, analysis.holders.contains(where: { $0.state == .timeWait }) else { return nil }
    return finding(.reuseSysctlMisread(changed), .info, evidence: .settings(changed))
  }
}
