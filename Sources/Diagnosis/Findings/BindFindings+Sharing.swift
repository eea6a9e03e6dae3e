internal import SocketTable

/// Findings about addresses that overlap, and about reuse options that both sides need.
extension BindFindings {
  /// Explains why a listener on a different address is in the way. Nil if one listens on exactly the trial's address, as
  /// nothing needs to be explained then.
  func overlap(_ trial: Trial, _ listeners: [SocketRecord]) -> Finding? {
    let new = trial.socket.address
    guard let listener = listeners.first,
      !listeners.contains(where: { Self.isSame($0.local.address, new.address) })
    else {
      return nil
    }
    let isAcrossFamilies = (new.address.ipv4 != nil) != (listener.local.address.ipv4 != nil)
    // Where the server may choose its address, the trial in the listener's own family explains the conflict better.
    if analysis.target.areAlternatives, analysis.target.addresses.count > 1, isAcrossFamilies { return nil }
    return isAcrossFamilies
      ? finding(
        .dualStackWildcard(new, listener: Finding.Place(listener)), evidence: sockets(listeners),
        remedies: [.setOption(.v6Only(new.address.family == .ipv6 ? .yours : .theirs)), .look(.port)])
      : finding(
        .wildcardOverlapsSpecific(new, listener: Finding.Place(listener)), evidence: sockets(listeners),
        remedies: [.otherAddress(.eachItsOwn), .look(.port)])
  }

  /// To bind() a v4-mapped address is the same as its IPv4 address.
  private static func isSame(_ left: IPAddress, _ right: IPAddress) -> Bool {
    if let ipv4 = left.ipv4 { return ipv4 == right.ipv4 }
    return left == right
  }

  func reusePortRefused(_ held: HoldersByKind) -> Finding {
    let listeners = held.listeners
    let isOnlySuspect =
      held.all.count == 1 && !analysis.session.snapshot.coverage.isBlind(to: .boundNotListening)
    let isKnown =
      analysis.session.isPredicted || listeners.allSatisfy { analysis.reuse(of: $0).reusePort != nil }
    // One that surely has not set it is refused for that, whosever it is.
    let lacksIt = listeners.contains { analysis.reuse(of: $0).reusePort == false }
    if !lacksIt, let other = listeners.first(where: { $0.uid != nil && $0.uid != analysis.target.uid }) {
      return finding(
        .reusePortOtherUser(uid: other.uid ?? 0), .error, isKnown && isOnlySuspect ? .certain : .likely,
        evidence: sockets(listeners), remedies: [.changeSetting(.runAsHoldersUser), .look(.port)],
        unseen: isKnown ? [] : [.otherReusePort])
    }
    return finding(
      .reusePortOneSided(isKnown: isKnown), .error, isOnlySuspect ? .certain : .likely,
      evidence: sockets(listeners), remedies: [.setOption(.reusePort), .look(.port)],
      unseen: isKnown ? [] : [.otherOptions])
  }

  /// About listeners of which nobody can tell whether they have SO_REUSEPORT.
  func reusePortUnknown(_ listeners: [SocketRecord]) -> Finding {
    let couldNotRead = analysis.details.hasAskedForReuseOptions
    return finding(
      .reusePortUnknown(listeners: listeners.count, couldNotRead: couldNotRead), .warning, .possible,
      evidence: sockets(listeners),
      remedies: [.look(couldNotRead ? .trialWithReusePort : .listenersOptions), .look(.port)],
      unseen: [.otherSidesOptions])
  }

  func listenConflict(_ trial: Trial, _ holders: [SocketRecord]) -> Finding {
    finding(
      .listenConflict(trial.socket.address), evidence: sockets(holders),
      remedies: stopping(holders, .otherWork) + findOut(holders) + [.look(.port)])
  }

  func ownAddressesOverlap(_ trial: Trial, isAloneOK: Bool) -> Finding {
    let address = trial.socket.address
    let isRepeated = analysis.target.addresses.count { $0 == address } > 1
    return finding(
      .ownAddressesOverlap(address, .bound(isAloneOK: isAloneOK, isRepeated: isRepeated)),
      remedies: againstOverlap(at: address))
  }

  /// About a server whose sockets can all be bound, because of SO_REUSEADDR, but cannot all listen.
  func ownAddressesCannotAllListen(_ address: BindAddress) -> Finding {
    finding(.ownAddressesOverlap(address, .listening), remedies: againstOverlap(at: address))
  }

  private func againstOverlap(at address: BindAddress) -> [Remedy] {
    let target = analysis.target
    let others = target.addresses.filter { $0 != address }
    let isAcrossFamilies = others.contains { ($0.address.ipv4 != nil) != (address.address.ipv4 != nil) }
    return (target.addresses.count { $0 == address } > 1 ? [.otherAddress(.once(address))] : [])
      + (isAcrossFamilies ? [.setOption(.v6Only(.yours))] : [])
      + (target.addresses.contains(where: \.address.isUnspecified) ? [.otherAddress(.wildcardAlone)] : [])
  }

  /// Says that the sockets that prevent an IPv4 bind are listed as IPv6 (::ffff:192.0.2.1). Nil if there are none such.
  func v4MappedTimeWait(_ trial: Trial, _ minisockets: [SocketRecord]) -> Finding? {
    guard trial.socket.address.address.family == .ipv4 else { return nil }
    let mapped = minisockets.filter(\.local.address.isV4Mapped)
    guard !mapped.isEmpty else { return nil }
    return finding(.v4MappedTimeWait(StateCounts(mapped)), .info, evidence: sockets(mapped))
  }
}
