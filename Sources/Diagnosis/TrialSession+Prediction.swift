internal import NetlinkCodec
package import SocketTable

/// What the trials would be answered, told from the table alone.
extension TrialSession {
  /// Binds nothing. `lacksPrivilege`: the port is a privileged one, and the server surely lacks the privilege.
  package static func predicted(
    _ target: BindTarget, comparing comparison: Comparison = .withAndWithoutReuse, snapshot: Snapshot,
    details: SocketDetailsTable = SocketDetailsTable(), lacksPrivilege: Bool = false
  ) -> TrialSession {
    var session = TrialSession(target: target, comparison, snapshot: snapshot)
    session.isPredicted = true
    session.learn(details)
    if target.isAfterStop { session.stopListeners() }
    var trials: [Trial] = []
    for options in optionSets(target, comparison) {
      let isYours = options == target.options
      var earlier = EarlierSockets()
      for (index, address) in (target.addresses + target.comparedAddresses).enumerated() {
        let isOwn = isYours && index < target.addresses.count
        let isHeld = isOwn && !target.areAlternatives
        let trial = session.predictedTrial(
          address, options, isOwn, beside: isHeld ? earlier : EarlierSockets(), lacksPrivilege)
        if isHeld { earlier.add(target.record(at: address, .bound), trial.outcome) }
        trials.append(trial)
      }
    }
    session.set(trials)
    return session
  }

  /// The server's own sockets that are bound before, or may be.
  private struct EarlierSockets {
    var bound: [SocketRecord] = []
    var possible: [(record: SocketRecord, unknowns: ConflictRules.Unknowns)] = []

    mutating func add(_ record: SocketRecord, _ outcome: TrialOutcome) {
      switch outcome {
      case .ok: bound.append(record)
      case .open(let unknowns): possible.append((record, unknowns))
      case .refused: break
      }
    }
  }

  private func predictedTrial(
    _ address: BindAddress, _ options: SocketOptions, _ isYours: Bool, beside earlier: EarlierSockets,
    _ lacksPrivilege: Bool
  ) -> Trial {
    let socket = TrialSocket(
      address: address, port: target.port, options: options, interface: target.interface)
    let new = target.newSocket(at: address, options: options)
    var outcome: TrialOutcome
    let judgement = groups.judge(new)
    func isInTheWay(_ own: SocketRecord) -> Bool {
      ConflictRules.conflict(of: own, target.flags, with: new) == .certain
    }
    // What the kernel looks at first goes first.
    if let refusal = refusalOfArguments(address) {
      outcome = refusal
    } else if lacksPrivilege {
      outcome = .refused(.bind, .accessDenied)
    } else if judgement.prediction == .fails || earlier.bound.contains(where: isInTheWay) {
      outcome = .refused(.bind, .addressInUse)
    } else {
      var unknowns = judgement.unknowns
      for own in earlier.possible where isInTheWay(own.record) { unknowns.formUnion(own.unknowns) }
      outcome = unknowns.isEmpty ? .ok : .open(unknowns)
    }
    let prediction: ConflictRules.Prediction =
      switch outcome {
      case .ok: .ok
      case .refused: .fails
      case .open: .depends
      }
    return Trial(
      socket: socket, outcome: outcome, prediction: prediction, isYours: isYours, isTried: false)
  }

  /// What the kernel says to it whatever is on the port.
  private func refusalOfArguments(_ bindAddress: BindAddress) -> TrialOutcome? {
    let address = bindAddress.address
    if target.interface != nil, target.interfaceIndex == 0 {
      return .refused(.option(.bindToDevice), .noSuchDevice)
    }
    guard address.family == .ipv6 else { return nil }
    let lacksScope = address.isLinkLocal && bindAddress.scope == 0 && target.interface == nil
    return lacksScope || address.isMulticast ? .refused(.bind, .invalidArgument) : nil
  }
}
