package import Diagnosis
package import SocketTable

/// A finding in words: what was observed (`title`), why the kernel answers so (`because`), the evidence, what to do, and
/// what could not be seen from here.
package struct FindingText: Sendable {
  package let title: Prose
  package let because: Prose
  /// The parts of a line are separated by two spaces.
  package let evidence: [Prose]
  package let remedies: [RemedyText]
  package let notSeen: [Prose]
}

package struct RemedyText: Sendable {
  package let action: Prose
  /// The command line to paste; nil if there is none, or if a name in it would not be safe to paste.
  package let command: String?
  package let sideEffects: Prose?

  init(_ action: Prose, command: String? = nil, sideEffects: Prose? = nil) {
    self.action = action
    self.command = command
    self.sideEffects = sideEffects
  }
}

/// Turns findings into words. It has what many of them mention: the server that was asked about, the details of the sockets,
/// and the network namespace.
package struct Wording {
  let target: BindTarget
  let details: SocketDetailsTable
  /// The network namespace that was asked about; nil for the caller's own.
  let namespace: NamespaceReference?
  /// Who is to paste the commands.
  let caller: Caller

  package init(
    _ target: BindTarget, details: SocketDetailsTable, namespace: NamespaceReference? = nil,
    caller: Caller = Caller()
  ) {
    self.target = target
    self.details = details
    self.namespace = namespace
    self.caller = caller
  }

  package init(_ diagnosis: BindDiagnosis) {
    self.init(
      diagnosis.target, details: diagnosis.details, namespace: diagnosis.namespace, caller: diagnosis.caller)
  }

  var port: UInt16 { target.port }

  package func text(_ finding: Finding) -> FindingText {
    let statement = statement(finding.kind)
    return FindingText(
      title: statement.title, because: statement.because, evidence: evidence(finding.evidence),
      remedies: finding.remedies.map(text), notSeen: finding.unseen.map(text))
  }

  /// The title of a finding, and the reason for it.
  struct Statement {
    let title: Prose
    let because: Prose

    init(_ title: Prose, _ because: Prose) {
      self.title = title
      self.because = because
    }
  }

  private func statement(_ kind: Finding.Kind) -> Statement {
    switch kind {
    case .timeWaitServerClosedFirst(let story): timeWaitServerClosedFirst(story)
    case .timeWaitHolderWithoutReuse(let story): timeWaitHolderWithoutReuse(story)
    case .finWait2Orphan(let count, let againstReuse): finWait2Orphan(count, againstReuse)
    case .outgoingTimeWait(let counts, let peer, let freeIn): outgoingTimeWait(counts, peer, freeIn)

    case .listenerAlive(let listeners, let remaining): listenerAlive(listeners, remaining)
    case .sharedByReusePort(let listeners): sharedByReusePort(listeners)
    case .otherNameElsewhere(let listeners): otherNameElsewhere(listeners)
    case .listenerInherited(let owners, let madeIn): listenerInherited(owners, madeIn)
    case .boundNotListening(let count, let owners, let againstReuse):
      boundNotListening(count, owners, againstReuse)
    case .boundNotListed: boundNotListed
    case .orphanedConnection(let counts): orphanedConnection(counts)
    case .leakedConnection(let counts, let owners): leakedConnection(counts, owners)
    case .outgoingConnectionTookPort(let owners, let isInRange): outgoingConnection(owners, isInRange)
    case .tcpSelfConnect(let owners): tcpSelfConnect(owners)
    case .socketActivation(let places, let unit, let services): socketActivation(places, unit, services)
    case .containerProxy(let places, let owner, let proxy): containerProxy(places, owner, proxy)
    case .leftoverProxy(let places, let owner): leftoverProxy(places, owner)
    case .holderStopped(let places, let owners, let isListening): holderStopped(places, owners, isListening)
    case .kernelOwnedSocket(let places): kernelOwnedSocket(places)
    case .mptcpHolder: multipathHolder
    case .ownerHidden(let places, let concealment, let madeIn, let suspects):
      ownerHidden(places, concealment, madeIn, suspects)

    case .dualStackWildcard(let address, let listener): dualStackWildcard(address, listener)
    case .wildcardOverlapsSpecific(let address, let listener): wildcardOverlapsSpecific(address, listener)
    case .ownAddressesOverlap(let address, let overlap): ownAddressesOverlap(address, overlap)
    case .reusePortOtherUser(let uid): reusePortOtherUser(uid)
    case .reusePortOneSided(let isKnown): reusePortOneSided(isKnown)
    case .reusePortUnknown(let listeners, let couldNotRead): reusePortUnknown(listeners, couldNotRead)
    case .listenConflict(let address): listenConflict(address)
    case .v4MappedTimeWait(let counts): v4MappedTimeWait(counts)

    case .privilegedPort(let start): privilegedPort(start)
    case .addressNotLocal(let address, let error): addressNotLocal(address, error)
    case .multicastAddress(let address): multicastAddress(address)
    case .addressTentative(let address, let error): addressTentative(address, error)
    case .addressDuplicate(let address, let error): addressDuplicate(address, error)
    case .addressNeedsScope(let address): addressNeedsScope(address)
    case .familyUnavailable(let family, let error, let isSwitchedOff):
      familyUnavailable(family, error, isSwitchedOff)
    case .deniedByPolicy(let address, let step, let error): deniedByPolicy(address, step, error)
    case .noSuchInterface(let name): noSuchInterface(name)
    case .ephemeralRangeExhausted(let range): ephemeralRangeExhausted(range)
    case .rulesAndKernelDisagree(let socket, let outcome): rulesAndKernelDisagree(socket, outcome)

    case .portNowFree: portNowFree
    case .hostTracksPorts: hostTracksPorts
    case .heldInOtherNamespace(let some, let count): heldInOtherNamespace(some, count)
    case .udpHoldsNumber(let others): udpHoldsNumber(others)
    case .portInEphemeralRange(let range): portInEphemeralRange(range)
    case .timeWaitTableFull(let count, let limit): timeWaitTableFull(count, limit)
    case .reuseSysctlMisread(let changed): reuseSysctlMisread(changed)
    }
  }

  // MARK: Parts that several findings share

  func place(_ address: BindAddress) -> String { address.text(port: port) }

  /// "SO_REUSEADDR and SO_REUSEPORT".
  static func names(_ options: SocketOptions) -> String { options.names.joined(separator: " and ") }

  func text(_ place: Finding.Place) -> String { text(place.endpoint, on: place.interface) }

  /// With the device that the socket is bound to, as without it the address says less than what is taken.
  func text(_ endpoint: Endpoint, on interface: UInt32) -> String {
    endpoint.text(scope: interface == 0 ? nil : details.interfaceNames[interface] ?? "#\(interface)")
  }

  func text(_ places: Finding.Places) -> String {
    let shown = places.shown.map(text).joined(separator: ", ")
    let more = places.count - places.shown.count
    return more > 0 ? "\(shown) and \(more) more" : shown
  }

  /// "in 43.2 s", or "at any moment (the timer is ending)" for a timer that stands at 0 and has not fired yet.
  static func freeing(_ milliseconds: UInt32) -> Prose {
    Quantity.isEnding(milliseconds: milliseconds)
      ? "at any moment (the timer is ending)" : "in \(Quantity.seconds(milliseconds: milliseconds))"
  }
}
