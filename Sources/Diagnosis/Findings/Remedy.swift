package import SocketTable

/// What to do about a finding, with everything that its words and its command need. The words and the commands are in
/// `Reports/Wording/Wording+Remedies.swift` and, for `Sight`, `Wording+Sights.swift`.
package enum Remedy: Equatable, Sendable {
  case wait(Wait)
  case restartOrder(RestartOrder)
  case setOption(OptionAdvice)
  case otherAddress(OtherAddress)
  /// Ends so many minisockets by `tw-inspect release`.
  case release(count: Int, includesFinWait2: Bool)
  /// By SOCK_DESTROY: both ends see a reset.
  case endConnection(local: Endpoint, peer: Endpoint)
  /// Stops a unit of the system's service manager.
  case stopUnit(String, Loss)
  /// The name of the socket unit; nil if unknown. `services`: units that have been given the socket, and keep it.
  case stopSocketUnit(String?, services: [String])
  case stopContainer(CgroupPath.Container, Loss)
  case stopPublishedContainer(ContainerProxy)
  /// Process 1 of a PID namespace has the port, which can be ended only with the container that it is of.
  case stopFromOutside
  case signal([SocketOwner], Loss)
  /// Ends processes that inherited a listener and should not have it. `areAll`: no other process has it, so that the port is
  /// free then.
  case signalHeirs([SocketOwner], areAll: Bool)
  /// Continues stopped processes, which then serve again.
  case resume([SocketOwner])
  case stopKernelService
  /// Adds the port to net.ipv4.ip_local_reserved_ports, so that clients do not get it.
  /// `all`: the ports to reserve, with those that are reserved already; nil where these could not be read.
  case reservePort(all: PortSet?)
  case changeSetting(SettingAdvice)
  case look(Sight)

  package enum Wait: Equatable, Sendable {
    /// `BindDiagnosis.freeIn` and `freeLatest`.
    case timers(free: UInt32?, latest: UInt32?)
    /// Until the peer of an orphaned connection answers, or the kernel gives it up.
    case otherEnd
    /// Until IPv6 duplicate address detection has finished.
    case addressDetection
    /// Until a client's connection ends.
    case connection
    /// Until some port of the ephemeral range is free.
    case anyPort
  }

  package enum RestartOrder: Equatable, Sendable {
    /// The port has just become free.
    case now
    case clientsCloseFirst
    /// Start the server through the socket unit that holds the port.
    case bySocketUnit
  }

  package enum OptionAdvice: Equatable, Sendable {
    /// SO_REUSEADDR.
    case reuseAddress(When)
    /// IPV6_V6ONLY.
    case v6Only(Whose)
    /// SO_REUSEPORT, on both sides.
    case reusePort
    /// IP_FREEBIND.
    case freeBind(WhyFreeBind)
    /// SOCK_CLOEXEC.
    case closeOnExec

    /// Which server has to set IPV6_V6ONLY.
    package enum Whose: Equatable, Sendable {
      /// The one that was asked about, whose IPv6 socket takes IPv4 addresses as well.
      case yours
      /// The one that listens.
      case theirs
    }

    /// Which server has to set SO_REUSEADDR, and when that helps.
    package enum When: Equatable, Sendable {
      /// It helps: the trial with the option succeeded, or the old sockets are known to have it.
      case beforeBind
      /// It does not help now, or that is unknown.
      case oldAndNew
      /// In the old server and the new one. Connections that are still alive are then not in the way. It does not help now.
      case againstConnections
      /// It does not help this restart, but later ones. `isSet`: the server has it already.
      case forLaterRestarts(isSet: Bool)
      case inNewServerToo
      case forRestartAfterNext
      /// It helps beside a socket that has the option too, and does not listen.
      case besideBound
    }

    package enum WhyFreeBind: Equatable, Sendable {
      case addressIsTentative
      case addressComesLater(AddressFamily)
    }
  }

  /// Which other address, or port, the server should bind.
  package enum OtherAddress: Equatable, Sendable {
    /// A specific address for each service instead of a wildcard.
    case eachItsOwn
    case otherFamily
    case ofThisHost
    case wildcardAlone
    case anotherPort
    /// Addresses that the server needs, in place of the wildcard: only this one is taken.
    case specific(besides: Finding.Place)
    /// The address that the server names twice.
    case once(BindAddress)
    /// The link-local address, with the interface that it lacks.
    case withInterface(IPAddress)
    /// Any port from this one on (net.ipv4.ip_unprivileged_port_start).
    case portFrom(Int)
  }

  package enum SettingAdvice: Equatable, Sendable {
    /// Gives the service CAP_NET_BIND_SERVICE.
    case grantCapability
    case runAsHoldersUser
    case lowerUnprivilegedPortStart
    case raiseTimeWaitLimit
    case widenEphemeralRange
    /// An address that another host has is taken from one of them.
    case removeDuplicate
  }

  /// What is lost when a holder is stopped, and what it leaves.
  package struct Loss: Equatable, Sendable {
    package enum What: Equatable, Sendable, CaseIterable {
      case service
      case otherWork
      case clients
      /// Nobody uses it.
      case nothing
    }

    /// What ends besides the holder, or begins anew.
    package enum Besides: Equatable, Sendable, CaseIterable {
      /// The session of the user who asks, which the holder has started.
      case ownSession
      /// The translation of names into addresses, for the whole host.
      case nameResolution
      /// The containers that a service runs.
      case containers
      /// The kubelet starts the container again.
      case restarts
    }

    package let what: What
    package var besides: Besides?
    /// The holder's connections keep the port for a while as FIN_WAIT2 and TIME_WAIT.
    package var leavesTimers = false

    package init(_ what: What) { self.what = what }

    package var leavingTimers: Loss {
      var loss = self
      loss.leavesTimers = true
      return loss
    }

    package static let service = Loss(.service)
    package static let otherWork = Loss(.otherWork)
    package static let clients = Loss(.clients)
    package static let nothing = Loss(.nothing)
  }

  /// What the user can look at to learn more.
  package enum Sight: Equatable, Sendable {
    /// Every socket on the port.
    case port
    /// A unit of the system's service manager.
    case unit(String)
    case container(CgroupPath.Container)
    case processes([Int32])
    /// The name of the socket unit; nil if unknown.
    case socketUnit(String?)
    case publishedContainer(ContainerProxy)
    case kernelServices
    /// The port in the network namespace of this process.
    case otherNamespace(Int32)
    /// The port in every network namespace.
    case allNamespaces
    /// Of Windows, beneath WSL: who has a port there, and which ports it keeps for itself.
    case windowsPorts
    case windowsExclusions
    case owners
    case ownersAsRoot
    case ownersFromHost
    /// Whether what listens could bind again at once, if it were restarted.
    /// Named by its unit, where that is the system's; otherwise by a process.
    case restart([SocketOwner], unit: String?)
    /// `trybind` with the server's own options.
    case trial
    /// `trybind` with SO_REUSEPORT.
    case trialWithReusePort
    /// The socket options of a listener, which `--flags live` reads.
    case listenersOptions
    case runningServersOptions(asRoot: Bool)
    case addresses
    case tentativeAddresses
    case duplicateAddresses
    case linkLocalAddresses
    case interfaces
    case ipv6Switch
    case policies
    case auditLog
    case connections
  }
}
