import Diagnosis
internal import NetlinkCodec
import SocketTable

/// Every story that a finding can tell, so that none is without words.
package enum FindingExamples {
  private static let listener = OwnerCases.listener
  private static let places = Finding.Places([listener])
  private static let owners = [OwnerCases.nginx, OwnerCases.script]
  private static let counts = StateCounts([listener, .on(.loopback)])
  private static let leftOne = StateCounts([.on(.loopback)])
  private static let left = StateCounts([.on(.loopback), .on(.loopback)])
  private static let address = BindAddress.loopback
  private static let socket = TrialSocket(address: .loopback, port: 9527, options: .reusePort)
  private static let proxy = ContainerProxy(SocketOwner(pid: 9, command: "conmon"))

  /// A slug that is new does not compile without its examples.
  package static func kinds(of slug: Finding.Slug) -> [Finding.Kind] {
    switch slug {
    case .timeWaitServerClosedFirst:
      [
        .tried(left, freeIn: 0), .tried(left, freeIn: 41_000), .tried(leftOne, freeIn: nil),
        .untried(left, freeIn: 41_000), .untried(left, freeIn: nil), .predicted(left, freeIn: 41_000),
        .unknown(left, decides: true), .unknown(left, decides: false),
        .afterStop, .afterStopUnknown(decides: true, couldNotRead: true),
        .afterStopUnknown(decides: false, couldNotRead: false),
      ].map { .timeWaitServerClosedFirst($0) }
    case .timeWaitHolderWithoutReuse:
      [
        .tried(leftOne, freeIn: 41_000, isBlind: true), .tried(left, freeIn: 41_000, isBlind: false),
        .tried(left, freeIn: 0, isBlind: false), .tried(leftOne, freeIn: nil, isBlind: false),
        .seen(leftOne, missing: 1, freeIn: 41_000, isBlind: false),
        .seen(left, missing: left.total, freeIn: 41_000, isBlind: false),
        .seen(left, missing: 1, freeIn: nil, isBlind: true), .reusePortInstead,
        .predicted(left, freeIn: 41_000),
        .afterStop,
      ].map { .timeWaitHolderWithoutReuse($0) }
    case .finWait2Orphan:
      [.refused, .helps, .untried].map { .finWait2Orphan(count: 2, againstReuse: $0) }
    case .outgoingTimeWait:
      [nil, 41_000].map { .outgoingTimeWait(counts, peer: listener.local, freeIn: $0) }
    case .listenerAlive:
      [nil, owners].flatMap { owners -> [Finding.Kind] in
        let listeners = Finding.Listeners(count: 2, places: places, owners: owners)
        return [
          .listenerAlive(listeners, remaining: counts), .listenerAlive(listeners, remaining: StateCounts()),
        ]
      }
    case .sharedByReusePort, .otherNameElsewhere:
      [nil, owners].map { owners in
        let listeners = Finding.Listeners(count: 2, places: places, owners: owners)
        return slug == .sharedByReusePort ? .sharedByReusePort(listeners) : .otherNameElsewhere(listeners)
      }
    case .listenerInherited:
      [
        .listenerInherited(by: owners, madeIn: "nginx.service"),
        .listenerInherited(by: [OwnerCases.nginx], madeIn: nil),
      ]
    case .boundNotListening:
      [.boundNotListed]
        + [0, 1, 2].map {
          .boundNotListening(
            count: $0, owners: $0 == 2 ? owners : nil,
            againstReuse: $0 == 0 ? .untried : $0 == 1 ? .helps : .refused)
        }
    case .orphanedConnection: [.orphanedConnection(counts)]
    case .leakedConnection: [nil, owners].map { .leakedConnection(counts, owners: $0) }
    case .outgoingConnectionTookPort:
      [nil, owners].map { .outgoingConnectionTookPort(owners: $0, isInEphemeralRange: $0 == nil) }
    case .tcpSelfConnect: [nil, owners].map { .tcpSelfConnect(owners: $0) }
    case .socketActivation:
      [
        .socketActivation(places, unit: "nginx.socket", services: owners),
        .socketActivation(places, unit: nil, services: []),
      ]
    case .containerProxy: proxy.map { [.containerProxy(places, by: OwnerCases.nginx, $0)] } ?? []
    case .leftoverProxy: [.leftoverProxy(places, by: OwnerCases.nginx)]
    case .holderStopped:
      [
        .holderStopped(places, owners: [stopped], isListening: true),
        .holderStopped(places, owners: [stopped, traced], isListening: false),
        .holderStopped(places, owners: [traced], isListening: true),
      ]
    case .kernelOwnedSocket: [.kernelOwnedSocket(places)]
    case .mptcpHolder: [.mptcpHolder]
    case .ownerHidden:
      ([.permission, .hidepid, .pidNamespace, .userNamespace, .policy, .noProc] as [Concealment]).map {
        .ownerHidden(places, $0, madeIn: "nginx.service", suspects: owners)
      }
    case .dualStackWildcard: [.dualStackWildcard(address, listener: .init(listener))]
    case .wildcardOverlapsSpecific: [.wildcardOverlapsSpecific(address, listener: .init(listener))]
    case .ownAddressesOverlap:
      [
        .bound(isAloneOK: true, isRepeated: false), .bound(isAloneOK: false, isRepeated: true), .listening,
      ].map { .ownAddressesOverlap(address, $0) }
    case .reusePortOtherUser: [.reusePortOtherUser(uid: 33)]
    case .reusePortOneSided:
      [true, false].flatMap { isSo -> [Finding.Kind] in
        [.reusePortOneSided(isKnown: isSo), .reusePortUnknown(listeners: isSo ? 1 : 2, couldNotRead: isSo)]
      }
    case .listenConflict: [.listenConflict(address)]
    case .v4MappedTimeWait: [.v4MappedTimeWait(counts)]
    case .privilegedPort: [.privilegedPort(start: 1024)]
    case .addressNotLocal: [.addressNotLocal(address, .addressNotAvailable), .multicastAddress(address)]
    case .addressTentative: [.addressTentative(address, .addressNotAvailable)]
    case .addressDuplicate: [.addressDuplicate(address, .addressNotAvailable)]
    case .addressNeedsScope: [.addressNeedsScope(address)]
    case .familyUnavailable:
      [true, false].map { .familyUnavailable(.ipv6, .familyNotSupported, isSwitchedOff: $0) }
    case .deniedByPolicy:
      ([.socket, .option(.bindToDevice), .bind, .listen] as [TrialOutcome.Step]).map {
        .deniedByPolicy(address, $0, .notPermitted)
      }
    case .noSuchInterface: [.noSuchInterface("gone0")]
    case .ephemeralRangeExhausted: [nil, 32_768...60_999].map { .ephemeralRangeExhausted($0) }
    case .rulesAndKernelDisagree:
      [
        .rulesAndKernelDisagree(socket, .ok),
        .rulesAndKernelDisagree(TrialSocket(address: address, port: 9527), .ok),
        .rulesAndKernelDisagree(socket, .refused(.bind, .addressInUse)),
      ]
    case .portNowFree: [.portNowFree]
    case .hostTracksPorts: [.hostTracksPorts]
    case .heldInOtherNamespace:
      [1, 5].map { .heldInOtherNamespace(Array(OwnerCases.otherNamespaces.prefix(min($0, 3))), count: $0) }
    case .udpHoldsNumber: [.udpHoldsNumber(OwnerCases.udp)]
    case .portInEphemeralRange: [.portInEphemeralRange(32_768...60_999)]
    case .timeWaitTableFull: [.timeWaitTableFull(count: 131_072, limit: 131_072)]
    case .reuseSysctlMisread:
      [[.finTimeout(30)], [.timeWaitReuse(1), .finTimeout(30)]].map { .reuseSysctlMisread($0) }
    }
  }

  private static let container = CgroupPath.Container(id: "web", runtime: .podman)
  private static let losses: [Remedy.Loss] = Remedy.Loss.What.allCases.flatMap { what in
    ([nil, .ownSession, .nameResolution, .containers, .restarts] as [Remedy.Loss.Besides?]).flatMap {
      besides in
      [true, false].map { leavesTimers in
        var loss = Remedy.Loss(what)
        loss.besides = besides
        loss.leavesTimers = leavesTimers
        return loss
      }
    }
  }
  private static let stopped = changed(OwnerCases.nginx) { $0.activity = .stopped }
  private static let traced = changed(OwnerCases.nginx) { $0.activity = .traced }

  private static func changed(_ owner: SocketOwner, _ change: (inout SocketOwner) -> Void) -> SocketOwner {
    var owner = owner
    change(&owner)
    return owner
  }

  package static let remedies: [Remedy] =
    ([
      .timers(free: nil, latest: nil), .timers(free: 0, latest: 2048), .timers(free: 41_000, latest: 43_048),
      .otherEnd, .addressDetection, .connection, .anyPort,
    ] as [Remedy.Wait]).map(Remedy.wait)
    + ([.now, .clientsCloseFirst, .bySocketUnit] as [Remedy.RestartOrder]).map(Remedy.restartOrder)
    + ([
      .beforeBind, .oldAndNew, .againstConnections, .forLaterRestarts(isSet: true),
      .forLaterRestarts(isSet: false), .inNewServerToo, .forRestartAfterNext, .besideBound,
    ] as [Remedy.OptionAdvice.When]).map { .setOption(.reuseAddress($0)) }
    + ([
      .v6Only(.yours), .v6Only(.theirs), .reusePort, .freeBind(.addressIsTentative),
      .freeBind(.addressComesLater(.ipv4)), .freeBind(.addressComesLater(.ipv6)), .closeOnExec,
    ] as [Remedy.OptionAdvice]).map(Remedy.setOption)
    + ([
      .eachItsOwn, .anotherPort, .specific(besides: .init(listener)), .otherFamily, .ofThisHost,
      .wildcardAlone, .once(address),
      .withInterface(address.address), .portFrom(1024),
    ] as [Remedy.OtherAddress]).map(Remedy.otherAddress)
    + ([
      .removeDuplicate, .grantCapability, .runAsHoldersUser, .lowerUnprivilegedPortStart, .raiseTimeWaitLimit,
      .widenEphemeralRange,
    ] as [Remedy.SettingAdvice]).map(Remedy.changeSetting)
    + losses.map { .stopUnit("nginx.service", $0) }
    + [
      .stopUnit("ssh.service", .service), .stopContainer(container, .service),
      .signal([OwnerCases.nginx], .service),
      .signal([OwnerCases.nginx, OwnerCases.worker], .service), .signal([stopped], .service),
      .signal([traced], .service), .resume([stopped]), .resume([traced]), .stopFromOutside,
    ]
    + [
      .release(count: 1, includesFinWait2: false), .release(count: 2, includesFinWait2: true),
      .stopSocketUnit(nil, services: []), .stopSocketUnit("nginx.socket", services: ["nginx.service"]),
      .signalHeirs(owners, areAll: true), .signalHeirs([OwnerCases.nginx], areAll: false),
      .stopKernelService, .reservePort(all: PortSet([8080...8090, 9527...9527])), .reservePort(all: nil),
      .endConnection(local: listener.local, peer: listener.local),
    ]
    + (proxy.map { [.stopPublishedContainer($0)] } ?? [])
    + (sights + (proxy.map { [.publishedContainer($0)] } ?? [])).map(Remedy.look)

  private static let sights: [Remedy.Sight] = [
    .port, .unit("nginx.service"), .container(container), .processes([812]), .processes([812, 813]),
    .socketUnit(nil), .socketUnit("nginx.socket"), .kernelServices,
    .otherNamespace(812), .allNamespaces, .windowsPorts, .windowsExclusions, .owners, .ownersAsRoot,
    .ownersFromHost, .trial,
    .trialWithReusePort,
    .listenersOptions,
    .runningServersOptions(asRoot: true), .runningServersOptions(asRoot: false), .addresses,
    .tentativeAddresses, .duplicateAddresses, .linkLocalAddresses, .interfaces, .ipv6Switch, .policies,
    .auditLog, .connections,
  ]

  package static let unseen: [Unseen] = [
    .bind, .udp, .ownServer, .ownReuseAddress, .ownCapability, .effectOfReuseAddress, .oldServersOptions,
    .runningServersOptions, .waysToEnd, .boundSockets, .whenClientsClose, .listenersProcess,
    .listenersProcessAndService, .listenersService, .otherReusePort, .otherOptions, .otherSidesOptions,
    .whyNotListening, .whyStopped, .otherEnd, .selfConnectedProcess, .whoConnected, .keepingProcess,
    .socketUnit,
    .dropInFiles, .insideContainer, .socketsOnTheirWay, .whyInherited, .process, .formerHolder,
    .addressElsewhere, .whoHasTheAddress, .addressesOfOtherNamespaces, .interfacesOfOtherNamespaces,
    .policy, .windows, .endOfMinisockets, .socketsOfSmallHash, .kernelsReason,
  ]
}
