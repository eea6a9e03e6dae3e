internal import NetlinkCodec
internal import SocketTable

/// Findings about refusals that no listed socket causes.
extension BindFindings {
  /// The finding for every errno other than EADDRINUSE.
  func refusal(_ trial: Trial, _ step: TrialOutcome.Step, _ error: Errno) -> Finding {
    let bindAddress = trial.socket.address
    let address = bindAddress.address
    switch error {
    case .accessDenied where needsPrivilege: return privilegedPort
    case .addressNotAvailable where analysis.settings.tentativeAddresses.contains(address):
      return finding(
        .addressTentative(bindAddress, error),
        remedies: [
          .wait(.addressDetection), .look(.tentativeAddresses),
          .setOption(.freeBind(.addressIsTentative)),
        ],
        unseen: [.addressElsewhere])
    case .addressNotAvailable where analysis.settings.duplicateAddresses.contains(address):
      return finding(
        .addressDuplicate(bindAddress, error),
        remedies: [.otherAddress(.ofThisHost), .changeSetting(.removeDuplicate), .look(.duplicateAddresses)],
        unseen: [.whoHasTheAddress])
    case .addressNotAvailable where address.ipv4 == nil && analysis.settings.isIPv6Disabled:
      return familyUnavailable(address, error)
    case .addressNotAvailable:
      return finding(
        .addressNotLocal(bindAddress, error),
        remedies: [
          .look(.addresses), .otherAddress(.ofThisHost),
          .setOption(.freeBind(.addressComesLater(address.ipv4 == nil ? .ipv6 : .ipv4))),
        ],
        unseen: [.addressesOfOtherNamespaces])
    case .familyNotSupported, .protocolNotSupported: return familyUnavailable(address, error)
    case .noSuchDevice:
      let isOfSocket = step == .option(.bindToDevice)
      return finding(
        .noSuchInterface((isOfSocket ? analysis.target.interface : nil) ?? bindAddress.scopeName),
        remedies: [.look(.interfaces)], unseen: [.interfacesOfOtherNamespaces])
    case .invalidArgument where address.isLinkLocal && bindAddress.scope == 0:
      return finding(
        .addressNeedsScope(bindAddress),
        remedies: [.otherAddress(.withInterface(address)), .look(.linkLocalAddresses)])
    case .invalidArgument where address.isMulticast:
      return finding(.multicastAddress(bindAddress), remedies: [.otherAddress(.ofThisHost)])
    default:
      return finding(
        .deniedByPolicy(bindAddress, step, error), .error, .likely,
        remedies: [.look(.policies), .look(.auditLog)], unseen: [.policy])
    }
  }

  private var needsPrivilege: Bool {
    analysis.target.port != 0 && Int(analysis.target.port) < analysis.settings.unprivilegedPortStart
      && analysis.settings.mayBindPrivilegedPorts != true
  }

  private var privilegedPort: Finding {
    let start = analysis.settings.unprivilegedPortStart
    return finding(
      .privilegedPort(start: start), .error,
      analysis.settings.mayBindPrivilegedPorts == false ? .certain : .likely,
      remedies: [
        .otherAddress(.portFrom(start)), .changeSetting(.grantCapability),
        .changeSetting(.lowerUnprivilegedPortStart),
      ],
      unseen: [.ownCapability])
  }

  private func familyUnavailable(_ address: IPAddress, _ error: Errno) -> Finding {
    finding(
      .familyUnavailable(address.family, error, isSwitchedOff: analysis.settings.isIPv6Disabled),
      remedies: [.otherAddress(.otherFamily), .look(.ipv6Switch)])
  }

  var ephemeralRangeExhausted: Finding {
    finding(
      .ephemeralRangeExhausted(analysis.settings.ephemeralRange),
      remedies: [.wait(.anyPort), .look(.connections), .changeSetting(.widenEphemeralRange)])
  }

  func rulesAndKernelDisagree(_ trial: Trial) -> Finding {
    let isOrderDependent = trial.outcome == .ok && trial.socket.options.contains(.reusePort)
    let holders = analysis.holders(against: trial)
    return finding(
      .rulesAndKernelDisagree(trial.socket, trial.outcome), .warning,
      isOrderDependent ? .likely : .certain, evidence: sockets(holders),
      remedies: [.look(.port)], unseen: [.kernelsReason])
  }
}
