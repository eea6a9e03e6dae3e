package import SocketTable

/// What to do about a finding, with all that its words and its command need.
package enum Remedy: Equatable, Sendable {
  case wait(Wait)
  case restartOrder(RestartOrder)
  case setOption(OptionAdvice)
  case otherAddress(OtherAddress)
  /// Ends minisockets.
  case release(count: Int, includesFinWait2: Bool)
  case stopUnit(String, isUser: Bool, Loss)
  /// Nil where it is not known which.
  case stopSocketUnit(String?)
  case stopContainer(CgroupPath.Container, Loss)
  /// The container that a port is published for; nil where its name is not known.
  case stopPublishedContainer(String?)
  case signal(pids: [Int32], Loss)
  /// To end processes that inherited a listener and should not have it.
  case signalHeirs([SocketOwner])
  /// What holds the port, which is not known by name.
  case stopHolder(Loss)
  case stopKernelService
  case reservePort
  case changeSetting(SettingAdvice)
  case look(Sight)

  package enum Wait: Equatable, Sendable {
    /// Milliseconds until the timers in the way fire, and until that at the latest; nil if that cannot be told.
    case timers(free: UInt32?, latest: UInt32?)
    case otherEnd
    case addressDetection
    case connection
    case anyPort
  }

  package enum RestartOrder: Equatable, Sendable {
    case now
    case clientsCloseFirst
    /// By the socket unit that holds the port.
    case bySocketUnit
  }

  package enum OptionAdvice: Equatable, Sendable {
    case reuseAddress(When)
    /// IPV6_V6ONLY; `separately`: with a socket of its own for IPv4.
    case v6Only(separately: Bool)
    case reusePort
    case freeBind(WhyFreeBind)
    /// SOCK_CLOEXEC.
    case closeOnExec

    package enum When: Equatable, Sendable {
      case beforeBind
      case oldAndNew
      /// Connections that a process, or the kernel, still has would then be no obstacle.
      case againstConnections
      /// It does not help now.
      case forLaterRestarts(isSet: Bool)
      case inNewServerToo
      case forRestartAfterNext
    }

    package enum WhyFreeBind: Equatable, Sendable {
      case addressIsTentative
      case addressComesLater
    }
  }

  package enum OtherAddress: Equatable, Sendable {
    case eachItsOwn
    case otherFamily
    case ofThisHost
    case wildcardAlone
    case once(BindAddress)
    case withInterface(IPAddress)
    case portFrom(Int)
  }

  package enum SettingAdvice: Equatable, Sendable {
    /// CAP_NET_BIND_SERVICE for the service.
    case grantCapability
    case runAsHoldersUser
    case lowerUnprivilegedPortStart
    case raiseTimeWaitLimit
    case widenEphemeralRange
  }

  /// What is lost when a holder is stopped.
  package enum Loss: Equatable, Sendable {
    case service
    case otherWork
    case selfConnection
    case clients
  }

  /// What to look at.
  package enum Sight: Equatable, Sendable {
    case port
    case socketsWithProcesses
    case descriptor(inode: UInt32)
    case unit(String, isUser: Bool)
    case container(CgroupPath.Container)
    case process(Int32)
    /// Nil where it is not known which.
    case socketUnit(String?)
    case publishedContainer(ContainerProxy)
    case kernelServices
    case ownersAsRoot
    case ownersFromHost
    /// A trial, with the server's own options; with SO_REUSEPORT alone.
    case trial
    case trialWithReusePort
    /// Socket options of a listener, by --flags live.
    case listenersOptions
    case runningServersOptions(asRoot: Bool)
    case addresses
    case tentativeAddresses
    case linkLocalAddresses
    case interfaces
    case ipv6Switch
    case policies
    case auditLog
    case connections
  }
}
