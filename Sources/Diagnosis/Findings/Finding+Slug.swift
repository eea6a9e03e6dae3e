extension Finding {
  /// The name by which scripts and `explain` know a finding. New values may be added, but existing ones never change.
  package enum Slug: String, Hashable, Sendable, CaseIterable {
    case timeWaitServerClosedFirst = "time-wait-server-closed-first"
    case timeWaitHolderWithoutReuse = "time-wait-holder-without-reuse"
    case listenerAlive = "listener-alive"
    case sharedByReusePort = "shared-by-reuse-port"
    case otherNameElsewhere = "other-name-elsewhere"
    case listenerInherited = "listener-inherited"
    case orphanedConnection = "orphaned-connection"
    case finWait2Orphan = "fin-wait-2-orphan"
    case outgoingTimeWait = "outgoing-time-wait"
    case leakedConnection = "leaked-connection"
    case boundNotListening = "bound-not-listening"
    case outgoingConnectionTookPort = "outgoing-connection-took-port"
    case tcpSelfConnect = "tcp-self-connect"
    case dualStackWildcard = "dual-stack-wildcard"
    case wildcardOverlapsSpecific = "wildcard-overlaps-specific"
    case v4MappedTimeWait = "v4-mapped-time-wait"
    case ownAddressesOverlap = "own-addresses-overlap"
    case reusePortOtherUser = "reuse-port-other-user"
    case reusePortOneSided = "reuse-port-one-sided"
    case listenConflict = "listen-conflict"
    case leftoverProxy = "leftover-proxy"
    case holderStopped = "holder-stopped"
    case kernelOwnedSocket = "kernel-owned-socket"
    case ownerHidden = "owner-hidden"
    case socketActivation = "socket-activation"
    case containerProxy = "container-proxy"
    case mptcpHolder = "mptcp-holder"
    case privilegedPort = "privileged-port"
    case addressNotLocal = "address-not-local"
    case addressTentative = "address-tentative"
    case addressDuplicate = "address-duplicate"
    case addressNeedsScope = "address-needs-scope"
    case familyUnavailable = "family-unavailable"
    case deniedByPolicy = "denied-by-policy"
    case noSuchInterface = "no-such-interface"
    case ephemeralRangeExhausted = "ephemeral-range-exhausted"
    case portInEphemeralRange = "port-in-ephemeral-range"
    case portNowFree = "port-now-free"
    case hostTracksPorts = "host-tracks-ports"
    case heldInOtherNamespace = "held-in-other-namespace"
    case udpHoldsNumber = "udp-holds-number"
    case timeWaitTableFull = "time-wait-table-full"
    case reuseSysctlMisread = "reuse-sysctl-misread"
    case rulesAndKernelDisagree = "rules-and-kernel-disagree"
  }
}

extension Finding.Kind {
  package var slug: Finding.Slug {
    switch self {
    case .timeWaitServerClosedFirst: .timeWaitServerClosedFirst
    case .timeWaitHolderWithoutReuse: .timeWaitHolderWithoutReuse
    case .finWait2Orphan: .finWait2Orphan
    case .outgoingTimeWait: .outgoingTimeWait
    case .listenerAlive: .listenerAlive
    case .sharedByReusePort: .sharedByReusePort
    case .otherNameElsewhere: .otherNameElsewhere
    case .listenerInherited: .listenerInherited
    case .boundNotListening, .boundNotListed: .boundNotListening
    case .orphanedConnection: .orphanedConnection
    case .leakedConnection: .leakedConnection
    case .outgoingConnectionTookPort: .outgoingConnectionTookPort
    case .tcpSelfConnect: .tcpSelfConnect
    case .socketActivation: .socketActivation
    case .containerProxy: .containerProxy
    case .leftoverProxy: .leftoverProxy
    case .holderStopped: .holderStopped
    case .kernelOwnedSocket: .kernelOwnedSocket
    case .mptcpHolder: .mptcpHolder
    case .ownerHidden: .ownerHidden
    case .dualStackWildcard: .dualStackWildcard
    case .wildcardOverlapsSpecific: .wildcardOverlapsSpecific
    case .ownAddressesOverlap: .ownAddressesOverlap
    case .reusePortOtherUser: .reusePortOtherUser
    case .reusePortOneSided, .reusePortUnknown: .reusePortOneSided
    case .listenConflict: .listenConflict
    case .v4MappedTimeWait: .v4MappedTimeWait
    case .privilegedPort: .privilegedPort
    case .addressNotLocal, .multicastAddress: .addressNotLocal
    case .addressTentative: .addressTentative
    case .addressDuplicate: .addressDuplicate
    case .addressNeedsScope: .addressNeedsScope
    case .familyUnavailable: .familyUnavailable
    case .deniedByPolicy: .deniedByPolicy
    case .noSuchInterface: .noSuchInterface
    case .ephemeralRangeExhausted: .ephemeralRangeExhausted
    case .rulesAndKernelDisagree: .rulesAndKernelDisagree
    case .portNowFree: .portNowFree
    case .hostTracksPorts: .hostTracksPorts
    case .heldInOtherNamespace: .heldInOtherNamespace
    case .udpHoldsNumber: .udpHoldsNumber
    case .portInEphemeralRange: .portInEphemeralRange
    case .timeWaitTableFull: .timeWaitTableFull
    case .reuseSysctlMisread: .reuseSysctlMisread
    }
  }
}
