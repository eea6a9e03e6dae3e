package import NetlinkCodec
package import SocketTable

extension Finding {
  /// What was found, with the values that the explanation mentions. `explain SLUG` describes each case; several cases may
  /// share a slug. Payloads are counts and examples, never all of the sockets in the way. Times are milliseconds. A list of
  /// owners is nil unless an owner of every socket is known.
  package enum Kind: Equatable, Sendable {
    // MARK: Timers

    case timeWaitServerClosedFirst(ReuseHelps)
    case timeWaitHolderWithoutReuse(ReuseMissing)
    case finWait2Orphan(count: Int, againstReuse: AgainstReuse)
    /// Left by connections that this host opened, of which `peer` is an example's other end.
    case outgoingTimeWait(StateCounts, peer: Endpoint, freeIn: UInt32?)

    // MARK: Holders

    /// `remaining` counts the minisockets that stay when the listeners stop.
    case listenerAlive(Listeners, remaining: StateCounts)
    /// The listeners are not in the way, because both sides have SO_REUSEPORT.
    case sharedByReusePort(Listeners)
    /// They have `localhost` for the other family, and leave the server its own.
    case otherNameElsewhere(Listeners)
    /// `madeIn`: the unit, or else the cgroup, in which the socket was made; nil if unknown.
    case listenerInherited(by: [SocketOwner], madeIn: String?)
    /// `count` is 0 where the kernel cannot list such sockets, and nothing else explains the refusal.
    case boundNotListening(count: Int, owners: [SocketOwner]?, againstReuse: AgainstReuse)
    /// Only of a prediction: no listed socket is in the way, but the kernel cannot list sockets that are only bound.
    case boundNotListed
    case orphanedConnection(StateCounts)
    case leakedConnection(StateCounts, owners: [SocketOwner]?)
    case outgoingConnectionTookPort(owners: [SocketOwner]?, isInEphemeralRange: Bool)
    case tcpSelfConnect(owners: [SocketOwner]?)
    /// `unit`: the socket unit; nil if unknown. `services`: the processes besides the service manager that have the socket.
    case socketActivation(Places, unit: String?, services: [SocketOwner])
    case containerProxy(Places, by: SocketOwner, ContainerProxy)
    /// A container's proxy that the container's runtime has forgotten.
    case leftoverProxy(Places, by: SocketOwner)
    /// Every process that has the sockets is stopped.
    case holderStopped(Places, owners: [SocketOwner], isListening: Bool)
    case kernelOwnedSocket(Places)
    case mptcpHolder
    /// The owners of these sockets could not be seen, for the reasons in `Concealment`. `madeIn` as in `listenerInherited`.
    /// `suspects`: processes of the socket's cgroup that may have it but could not be examined.
    case ownerHidden(Places, Concealment, madeIn: String?, suspects: [SocketOwner])

    // MARK: Sharing

    case dualStackWildcard(BindAddress, listener: Place)
    case wildcardOverlapsSpecific(BindAddress, listener: Place)
    case ownAddressesOverlap(BindAddress, OwnOverlap)
    case reusePortOtherUser(uid: UInt32)
    /// `isKnown`: that the other side lacks SO_REUSEPORT was read from its sockets, and not only inferred from the refusal.
    case reusePortOneSided(isKnown: Bool)
    /// It is unknown whether the other side has SO_REUSEPORT. `couldNotRead`: reading its options was tried and failed.
    case reusePortUnknown(listeners: Int, couldNotRead: Bool)
    case listenConflict(BindAddress)
    case v4MappedTimeWait(StateCounts)

    // MARK: Refusals

    /// `start`: net.ipv4.ip_unprivileged_port_start.
    case privilegedPort(start: Int)
    case addressNotLocal(BindAddress, Errno)
    case multicastAddress(BindAddress)
    case addressTentative(BindAddress, Errno)
    case addressDuplicate(BindAddress, Errno)
    case addressNeedsScope(BindAddress)
    /// `isSwitchedOff`: net.ipv6.conf.all.disable_ipv6 is set.
    case familyUnavailable(AddressFamily, Errno, isSwitchedOff: Bool)
    case deniedByPolicy(BindAddress, TrialOutcome.Step, Errno)
    case noSuchInterface(String)
    /// The range is net.ipv4.ip_local_port_range; nil if it could not be read.
    case ephemeralRangeExhausted(ClosedRange<UInt16>?)
    case rulesAndKernelDisagree(TrialSocket, TrialOutcome)

    // MARK: Host

    case portNowFree
    /// The kernel runs on Windows (WSL), which can hold a port, or keep it from everybody, without a socket here.
    case hostTracksPorts
    /// Some of the other network namespaces where the port is held, and how many there are.
    case heldInOtherNamespace([OtherNamespace], count: Int)
    case udpHoldsNumber(OtherProtocols)
    case portInEphemeralRange(ClosedRange<UInt16>)
    /// `count`: the timewait minisockets that there are; `limit`: net.ipv4.tcp_max_tw_buckets.
    case timeWaitTableFull(count: Int, limit: Int)
    case reuseSysctlMisread([ChangedSetting])
  }

  /// What is known where SO_REUSEADDR helps against timewait minisockets, or may help. The counts are of these, and of those
  /// that would become such. `freeIn`: the time until a server without the option can bind; nil if that cannot be told, or if
  /// the server that was asked about is not refused.
  package enum ReuseHelps: Equatable, Sendable {
    /// The trial with it succeeded.
    case tried(StateCounts, freeIn: UInt32?)
    /// No trial was made with it.
    case untried(StateCounts, freeIn: UInt32?)
    /// Nothing was bound, and the old sockets are known to have had it.
    case predicted(StateCounts, freeIn: UInt32?)
    /// Nothing was bound, and it is unknown whether the old sockets had it. `decides`: whether this decides about the server
    /// that was asked about. If false, that server is refused in any case, and only one with SO_REUSEADDR might not be.
    case unknown(StateCounts, decides: Bool)
    /// A stop is assumed, and the running server has it.
    case afterStop
    /// A stop is assumed, and it is unknown whether the running server has it. `decides` as above. `couldNotRead`: reading
    /// its options was tried and failed.
    case afterStopUnknown(decides: Bool, couldNotRead: Bool)
  }

  /// What is known where SO_REUSEADDR does not help against timewait minisockets, because the old sockets lacked it.
  /// Counts as above. `freeIn`: the time until the port is free; nil if that cannot be told.
  package enum ReuseMissing: Equatable, Sendable {
    /// The trial with it was refused. `isBlind`: the reason could also be a socket that is only bound, which the kernel
    /// cannot list.
    case tried(StateCounts, freeIn: UInt32?, isBlind: Bool)
    /// The same, and the options were read: `missing` of the minisockets lack it. `isBlind`: a socket that is only bound could
    /// be in the way as well.
    case seen(StateCounts, missing: Int, freeIn: UInt32?, isBlind: Bool)
    /// The server can bind all the same, because it and the old sockets have SO_REUSEPORT.
    case reusePortInstead
    /// Nothing was bound, and the old sockets are known to have lacked it.
    case predicted(StateCounts, freeIn: UInt32?)
    /// A stop is assumed, and the running server lacks it.
    case afterStop
  }

  /// What the trial with SO_REUSEADDR said about a FIN_WAIT2, or a socket that is only bound.
  package enum AgainstReuse: Equatable, Sendable {
    case refused
    case helps
    case untried
  }

  /// How a server's own sockets stand in each other's way.
  package enum OwnOverlap: Equatable, Sendable {
    /// The address was refused beside the server's other sockets. `isAloneOK`: it could be bound when tried alone.
    /// `isRepeated`: the server names the address twice.
    case bound(isAloneOK: Bool, isRepeated: Bool)
    /// All of the sockets can be bound, but not all of them can listen.
    case listening
  }

  /// Sockets that listen. `owners` is nil unless an owner of every socket is known.
  package struct Listeners: Equatable, Sendable {
    package let count: Int
    package let places: Places
    package let owners: [SocketOwner]?

    package init(count: Int, places: Places, owners: [SocketOwner]?) {
      self.count = count
      self.places = places
      self.owners = owners
    }
  }

  /// Where a socket is bound.
  package struct Place: Hashable, Sendable {
    package let endpoint: Endpoint
    /// Index of the network device that it is bound to; 0 is none.
    package let interface: UInt32

    package init(_ record: SocketRecord) {
      endpoint = record.local
      interface = record.interface
    }
  }

  /// The different local addresses of some sockets: a few to show, and the number of all.
  package struct Places: Equatable, Sendable {
    package let shown: [Place]
    package let count: Int

    package init(_ records: [SocketRecord]) {
      // Listeners that share a port by SO_REUSEPORT often have the same address, which is named only once.
      var seen = Numbering(capacity: records.count)
      var shown: [Place] = []
      for record in records {
        if seen.add(record.local), shown.count < 3 { shown.append(Place(record)) }
      }
      self.shown = shown
      count = seen.count
    }
  }
}
