internal import NetlinkCodec
package import SocketTable

/// Trials that are not made: their outcomes are predicted from the table.
extension TrialSession {
  /// The session for `--predict` and `--after-stop`, which bind nothing.
  ///
  /// - Parameters:
  ///   - lacksPrivilege: whether the port is privileged and the server certainly lacks CAP_NET_BIND_SERVICE.
  ///   - scenario: what becomes of the sockets; nil is what the target says.
  package static func predicted(
    _ target: BindTarget, comparing comparison: Comparison = .withAndWithoutReuse, snapshot: Snapshot,
    details: SocketDetailsTable = SocketDetailsTable(), lacksPrivilege: Bool = false,
    scenario: Scenario? = nil
  ) -> TrialSession {
    var session = TrialSession(target: target, comparison)
    session.isPredicted = true
    session.take(
      snapshot, details: details,
      scenario: scenario ?? (target.isAfterStop ? .afterStop(of: snapshot.records, details) : .present))
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

  /// The server's own sockets that are bound before the present one, certainly or possibly.
  private struct EarlierSockets {
    var bound: [ExistingSocket] = []
    /// `unknowns` decide whether the socket could be bound.
    var possible: [(socket: ExistingSocket, unknowns: ConflictRules.Unknowns)] = []

    mutating func add(_ socket: ExistingSocket, _ outcome: TrialOutcome) {
      switch outcome {
      case .ok: bound.append(socket)
      case .undetermined(let unknowns): possible.append((socket, unknowns))
      case .refused: break
      }
    }

    /// The conflict with all of them taken together.
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
      interface: target.interface, isFreeBind: target.isFreeBind, isMultipath: target.isMultipath)
    let new = target.newSocket(at: address, options: options)
    let outcome: TrialOutcome
    // In the order in which the kernel checks: arguments, then privilege, then other sockets.
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

  /// The refusal that the arguments alone cause, whatever sockets there are; nil if they cause none.
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
