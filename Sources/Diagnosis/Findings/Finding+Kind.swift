package import NetlinkCodec
package import SocketTable

extension Finding {
  /// What was found, a case a story, with what is told in it. Payloads are small: counts and examples, never all of the
  /// sockets in the way. Times are milliseconds; an owner list is nil unless an owner of each socket is known.
  package enum Kind: Equatable, Sendable {
    // MARK: Timers

    case timeWaitServerClosedFirst(ReuseHelps)
    case timeWaitHolderWithoutReuse(ReuseMissing)
    case finWait2Orphan(count: Int, againstReuse: AgainstReuse)

    // MARK: HoldersByKind

    /// `remaining` counts the minisockets that stay when the listeners stop.
    case listenerAlive(Listeners, remaining: StateCounts)
    /// SO_REUSEPORT gets past them.
    case listenerShared(Listeners)
    /// `madeIn`: the unit, or else the cgroup, in which the socket was made; nil if unknown.
    case listenerInherited(by: [SocketOwner], madeIn: String?)
    /// No socket: it is not listed, and nothing else accounts for the refusal.
    case boundNotListening(count: Int, owners: [SocketOwner]?)
    /// Nothing that is listed stands in the way, and such sockets are not listed: a prediction cannot tell.
    case boundNotListed
    case orphanedConnection(StateCounts)
    case leakedConnection(StateCounts, owners: [SocketOwner]?)
    case outgoingConnectionTookPort(owners: [SocketOwner]?, isInEphemeralRange: Bool)
    case tcpSelfConnect(owners: [SocketOwner]?)
    /// `unit`: the socket unit, if it is known; `services`: who has the socket besides the service manager.
    case socketActivation(Places, unit: String?, services: [SocketOwner])
    case containerProxy(Places, by: SocketOwner, ContainerProxy)
    case kernelOwnedSocket(Places)
    case mptcpHolder
    /// `suspects` could not be looked into.
    case ownerHidden(Places, Concealment, madeIn: String?, suspects: [SocketOwner])

    // MARK: Sharing

    case dualStackWildcard(BindAddress, listener: Endpoint)
    case wildcardOverlapsSpecific(BindAddress, listener: Endpoint)
    case ownAddressesOverlap(BindAddress, OwnOverlap)
    case reusePortOtherUser(uid: UInt32)
    /// `isKnown`: the other side's options were read, or the table tells them.
    case reusePortOneSided(isKnown: Bool)
    /// Whether the other side has SO_REUSEPORT is not known. `couldNotRead`: it was asked for.
    case reusePortUnknown(listeners: Int, couldNotRead: Bool)
    case listenConflict(BindAddress)
    case v4MappedTimeWait(StateCounts)

    // MARK: Refusals

    /// `start`: net.ipv4.ip_unprivileged_port_start.
    case privilegedPort(start: Int)
    case addressNotLocal(BindAddress, Errno)
    case multicastAddress(BindAddress)
    case addressTentative(BindAddress, Errno)
    case addressNeedsScope(BindAddress)
    /// `isSwitchedOff`: by net.ipv6.conf.all.disable_ipv6.
    case familyUnavailable(AddressFamily, Errno, isSwitchedOff: Bool)
    case deniedByPolicy(BindAddress, TrialOutcome.Step, Errno)
    case noSuchInterface(String)
    case ephemeralRangeExhausted(ClosedRange<UInt16>?)
    case rulesAndKernelDisagree(TrialSocket, TrialOutcome)

    // MARK: Host

    case portNowFree
    case portInEphemeralRange(ClosedRange<UInt16>)
    /// How many TIME_WAIT there are, and net.ipv4.tcp_max_tw_buckets.
    case timeWaitTableFull(count: Int, limit: Int)
    case reuseSysctlMisread([ChangedSetting])
  }

  /// Why SO_REUSEADDR would get past timewait minisockets. `freeIn`: until a server without it can bind; nil if no
  /// timer tells, or if it was not asked.
  package enum ReuseHelps: Equatable, Sendable {
    /// The trial with it succeeded.
    case tried(freeIn: UInt32?)
    /// No trial was made with it.
    case untried(freeIn: UInt32?)
    /// What left them is known to have it.
    case predicted(freeIn: UInt32?)
    /// Whether what left them has it is not known. `decides`: for the server as it is, and not for another one.
    case unknown(decides: Bool)
    /// The running server has it.
    case afterStop
    /// Whether the running server has it is not known, and `couldNotRead` that it was asked for.
    case afterStopUnknown(decides: Bool, couldNotRead: Bool)
  }

  /// Why SO_REUSEADDR would not get past timewait minisockets. `freeIn` as in `ReuseHelps`.
  package enum ReuseMissing: Equatable, Sendable {
    /// The trial with it was refused. `isBlind`: something that is only bound could be the reason, unseen.
    case tried(count: Int, freeIn: UInt32?, isBlind: Bool)
    /// The server has SO_REUSEPORT, as they have, and can bind.
    case reusePortInstead
    /// What left them is known to lack it.
    case predicted(freeIn: UInt32?)
    /// The running server lacks it.
    case afterStop
  }

  /// What SO_REUSEADDR would do.
  package enum AgainstReuse: Equatable, Sendable {
    case refused
    case helps
    case untried
  }

  /// How a server's own sockets stand in each other's way.
  package enum OwnOverlap: Equatable, Sendable {
    /// Refused beside its other sockets. `isAloneOK`: it was tried alone as well, and could be bound; `isRepeated`: the
    /// server names the address twice.
    case bound(isAloneOK: Bool, isRepeated: Bool)
    /// All can be bound, and not all can listen.
    case listening
  }

  /// Sockets that listen: how many, where, and whose they are.
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

  /// Some of the addresses that sockets are on, each named once, and how many there are.
  package struct Places: Equatable, Sendable {
    package let shown: [Endpoint]
    package let count: Int

    package init(_ records: [SocketRecord]) {
      // Sockets that share a port by SO_REUSEPORT are all on one address.
      var seen: Set<Endpoint> = []
      let places = records.map(\.local).filter { seen.insert($0).inserted }
      shown = Array(places.prefix(3))
      count = places.count
    }
  }
}
