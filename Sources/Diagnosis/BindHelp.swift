internal import NetlinkCodec
internal import SocketTable

/// What alone would turn a no into a yes. Nil is unknown: it depends on what was neither tried nor seen.
package struct BindHelp: Equatable, Sendable {
  /// SO_REUSEADDR on the server; false where it has the option already.
  package let reuseAddress: Bool?
  /// The same of SO_REUSEPORT.
  package let reusePort: Bool?
  /// Time, without anybody's doing.
  package let waiting: Bool?
}

extension TrialOutcome {
  fileprivate var isRefusedToListen: Bool { if case .refused(.listen, _) = self { true } else { false } }
}

extension BindAnalysis {
  /// Nil unless the verdict is no.
  var help: BindHelp? {
    guard verdict == .no else { return nil }
    return BindHelp(
      reuseAddress: helps(.reuseAddress), reusePort: helps(.reusePort),
      waiting: freeIn != nil || refused.allSatisfy(isOfTentativeAddress) ? true : isHeldForGood ? false : nil)
  }

  // MARK: Options

  private func helps(_ option: SocketOptions) -> Bool? {
    if target.options.contains(option) { return false }
    // An option of bind(2)'s own conflicts changes no other answer.
    if refused.contains(where: { !$0.outcome.isAddressInUse }) { return false }
    var changed = target
    changed.options.formUnion(option)
    if changed.addressKeptFromListening != nil { return false }
    // The rules tell of bind(2). For port 0 no single socket is the cause.
    if target.port == 0 || refused.contains(where: { $0.outcome.isRefusedToListen }) { return nil }
    let tried = Dictionary(
      session.trials.lazy.filter { $0.socket.options == changed.options }.map {
        ($0.socket.address, $0.outcome)
      }, uniquingKeysWith: { first, _ in first })
    // What refused the server, and is neither listed nor its own, can refuse it again.
    let isExplained = !session.isUnaccountedFor || refused.contains(where: overlapsOwnSockets)
    let answers = yours.map { trial -> Bool? in
      let address = trial.socket.address
      if let outcome = tried[address] { return outcome.isUndetermined ? nil : outcome == .ok }
      return isExplained ? succeeds(at: address, with: changed.options) : nil
    }
    return answers.contains(false) ? false : answers.contains(nil) ? nil : true
  }

  /// By the rules.
  private func succeeds(at address: BindAddress, with options: SocketOptions) -> Bool? {
    switch session.conflict(with: target.newSocket(at: address, options: options)) {
    case .none: true
    case .certain: false
    case .depends: nil
    }
  }

  // MARK: Time

  /// Whether something is in the way that no timer ends: a socket that listens or is only bound, the server's own sockets, or
  /// a refusal that has to do with no socket. A connection can end by itself.
  private var isHeldForGood: Bool {
    if target.addressKeptFromListening != nil { return true }
    return refused.contains { trial in
      if overlapsOwnSockets(trial) { return true }
      guard trial.outcome.isAddressInUse else { return !isOfTentativeAddress(trial) }
      let new = session.newSocket(of: trial)
      return session.conflicts(with: trial)?.groups.contains { group in
        !group.isTimer && [.listen, .bound].contains(group.example.state)
          && ConflictRules.conflict(of: group.socket, with: new) == .certain
      } ?? false
    }
  }

  /// Whether it was refused only until IPv6 duplicate address detection has finished.
  private func isOfTentativeAddress(_ trial: Trial) -> Bool {
    trial.outcome.error == .addressNotAvailable
      && settings.tentativeAddresses.contains(trial.socket.address.address)
  }
}
