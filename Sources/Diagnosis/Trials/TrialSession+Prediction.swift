internal import NetlinkCodec
package import SocketTable

/// What the trials would be answered, told from the table alone.
extension TrialSession {
  /// Binds nothing. `lacksPrivilege`: the port is a privileged one, and the server surely lacks the privilege.
  package static func predicted(
    _ target: BindTarget, comparing comparison: Comparison = .withAndWithoutReuse, snapshot: Snapshot,
    details: SocketDetailsTable = SocketDetailsTable(), lacksPrivilege: Bool = false
  ) -> TrialSession {
    var session = TrialSession(target: target, comparison)
    session.isPredicted = true
    session.take(
      snapshot, details: details,
      scenario: target.isAfterStop ? .afterStop(of: snapshot.records, details) : .present)
    var trials: [Trial] = []
    for options in optionSets(target, comparison) {
      let usesServerOptions = options == target.options
      var earlier = EarlierSockets()
      for (index, address) in (target.addresses + target.comparedAddresses).enumerated() {
        let isOwn = usesServerOptions && index < target.addresses.count
        let isHeld = isOwn && !target.areAlternatives
        let trial = session.predictedTrial(
          address, options, isOwn, beside: isHeld ? earlier : EarlierSockets(), lacksPrivilege)
        if isHeld {
          earlier.add(ExistingSocket(target.newSocket(at: address), isListening: false), trial.outcome)
        }
        trials.append(trial)
      }
    }
    session.trials = trials
    return session
  }

  /// The server's own sockets that are bound before, or may be.
  private struct EarlierSockets {
    var bound: [ExistingSocket] = []
    var possible: [(socket: ExistingSocket, unknowns: ConflictRules.Unknowns)] = []

    mutating func add(_ socket: ExistingSocket, _ outcome: TrialOutcome) {
      switch outcome {
      case .ok: bound.append(socket)
      case .undetermined(let unknowns): possible.append((socket, unknowns))
      case .refused: break
      }
    }

    /// That of all of them taken together.
    func conflict(with new: NewSocket) -> ConflictRules.Conflict {
      var conflict = ConflictRules.Conflict.none
      for socket in bound { conflict = conflict.joined(with: ConflictRules.conflict(of: socket, with: new)) }
      for (socket, unknowns) in possible where ConflictRules.conflict(of: socket, with: new) == .certain {
        conflict = conflict.joined(with: .depends(unknowns))
      }
      return conflict
    }
  }

  private func predictedTrial(
    _ address: BindAddress, _ options: SocketOptions, _ usesServerOptions: Bool,
    beside earlier: EarlierSockets,
    _ lacksPrivilege: Bool
  ) -> Trial {
    let socket = TrialSocket(
      transport: target.transport, address: address, port: target.port, options: options,
      interface: target.interface)
    let new = target.newSocket(at: address, options: options)
    let outcome: TrialOutcome
    // What the kernel looks at first goes first.
    if let refusal = refusalOfArguments(address) {
      outcome = refusal
    } else if lacksPrivilege {
      outcome = .refused(.bind, .accessDenied)
    } else {
      outcome =
        switch conflict(with: new).joined(with: earlier.conflict(with: new)) {
        case .none: .ok
        case .certain: .refused(.bind, .addressInUse)
        case .depends(let unknowns): .undetermined(unknowns)
        }
    }
    let prediction: ConflictRules.Prediction =
      switch outcome {
      case .ok: .ok
      case .refused: .fails
      case .undetermined: .depends
      }
    return Trial(
      socket: socket, outcome: outcome, prediction: prediction, usesServerOptions: usesServerOptions,
      isTried: false)
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
