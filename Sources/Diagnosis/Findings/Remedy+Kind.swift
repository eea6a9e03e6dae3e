internal import SocketTable

/// What programs are told of a remedy. The raw values stand in JSON.
extension Remedy {
  package enum Kind: String, Sendable, CaseIterable {
    case wait
    case restartOrder = "restart-order"
    case setOption = "set-option"
    case otherAddress = "other-address"
    case release
    case endConnection = "end-connection"
    case stopUnit = "stop-unit"
    case stopContainer = "stop-container"
    case signal
    case reservePort = "reserve-port"
    case changeSetting = "change-setting"
    case look
  }

  package enum Effect: String, Sendable, CaseIterable {
    /// The server can bind once it is carried out.
    case frees
    /// It does not help now, but keeps the port from being taken so again.
    case prevents
    /// It tells more, and changes nothing about the port.
    case shows
  }

  /// What a remedy is about. Nil where its kind has no such thing, or it is unknown.
  package struct Parameters: Equatable, Sendable {
    /// The time after which the port is free at the latest.
    package var milliseconds: UInt32?
    package var unit: String?
    /// The name or id of a container.
    package var container: String?
    package var pids: [Int32]?
    package var sysctl: String?
    /// What the setting is to be set to.
    package var value: String?
  }

  package var kind: Kind {
    switch self {
    case .wait: .wait
    case .restartOrder: .restartOrder
    case .setOption: .setOption
    case .otherAddress: .otherAddress
    case .release: .release
    case .endConnection: .endConnection
    case .stopUnit, .stopSocketUnit, .stopKernelService: .stopUnit
    case .stopContainer, .stopPublishedContainer, .stopFromOutside: .stopContainer
    case .signal, .signalHeirs, .resume: .signal
    case .reservePort: .reservePort
    case .changeSetting: .changeSetting
    case .look: .look
    }
  }

  package var effect: Effect {
    switch self {
    case .wait, .release, .endConnection, .stopUnit, .stopSocketUnit, .stopKernelService, .stopContainer,
      .stopPublishedContainer,
      .signal, .stopFromOutside:
      .frees
    case .restartOrder(let order): order == .bySocketUnit ? .prevents : .frees
    case .setOption(let advice): advice.effect
    case .otherAddress(let address): address == .eachItsOwn ? .prevents : .frees
    case .signalHeirs(_, let areAll): areAll ? .frees : .prevents
    case .changeSetting(let advice): advice == .runAsHoldersUser ? .frees : .prevents
    case .reservePort: .prevents
    case .look, .resume: .shows
    }
  }

  package var parameters: Parameters {
    switch self {
    case .wait(.timers(let free, let latest)): Parameters(milliseconds: latest ?? free)
    case .stopUnit(let unit, _), .look(.unit(let unit)): Parameters(unit: unit)
    case .stopSocketUnit(let unit, _), .look(.socketUnit(let unit)): Parameters(unit: unit)
    case .stopContainer(let container, _), .look(.container(let container)):
      Parameters(container: container.id)
    case .stopPublishedContainer(let proxy), .look(.publishedContainer(let proxy)):
      Parameters(container: proxy.container)
    case .signal(let owners, _), .resume(let owners): Parameters(pids: owners.map(\.pid))
    case .signalHeirs(let owners, _): Parameters(pids: owners.map(\.pid))
    case .look(.processes(let pids)): Parameters(pids: pids)
    case .look(.restart(let owners, let unit)): Parameters(unit: unit, pids: owners.map(\.pid))
    case .reservePort(let all):
      Parameters(sysctl: "net.ipv4.ip_local_reserved_ports", value: all.map(\.settingText))
    case .changeSetting(let advice): Parameters(sysctl: advice.sysctl)
    case .restartOrder, .setOption, .otherAddress, .release, .endConnection, .stopKernelService,
      .stopFromOutside, .wait, .look:
      Parameters()
    }
  }

  // MARK: Order

  /// The order in which remedies are offered: those that free the port come first, from the least to the most destructive.
  private static let order: [Kind] = [
    .wait, .restartOrder, .setOption, .otherAddress, .release, .endConnection, .stopUnit, .stopContainer,
    .signal,
    .changeSetting, .reservePort, .look,
  ]

  private var rank: (Int, Int) {
    let effects: [Effect] = [.frees, .prevents, .shows]
    // To stop a unit and to stop a container are equally destructive.
    let kind = kind == .stopContainer ? .stopUnit : kind
    return (effects.firstIndex(of: effect) ?? 0, Self.order.firstIndex(of: kind) ?? 0)
  }

  /// In the order in which they are offered; those of equal rank stay as they were.
  static func ordered(_ remedies: [Remedy]) -> [Remedy] {
    remedies.enumerated().sorted { left, right in
      let (first, second) = (left.element.rank, right.element.rank)
      return first == second ? left.offset < right.offset : first < second
    }.map(\.element)
  }
}

extension Remedy.OptionAdvice {
  fileprivate var effect: Remedy.Effect {
    switch self {
    case .reuseAddress(.beforeBind), .reuseAddress(.inNewServerToo), .reuseAddress(.besideBound): .frees
    case .reuseAddress: .prevents
    case .v6Only(let whose): whose == .yours ? .frees : .prevents
    case .reusePort: .frees
    case .freeBind(let why): why == .addressIsTentative ? .frees : .prevents
    case .closeOnExec: .prevents
    }
  }
}

extension Remedy.SettingAdvice {
  fileprivate var sysctl: String? {
    switch self {
    case .grantCapability, .runAsHoldersUser, .removeDuplicate: nil
    case .lowerUnprivilegedPortStart: "net.ipv4.ip_unprivileged_port_start"
    case .raiseTimeWaitLimit: "net.ipv4.tcp_max_tw_buckets"
    case .widenEphemeralRange: "net.ipv4.ip_local_port_range"
    }
  }
}
