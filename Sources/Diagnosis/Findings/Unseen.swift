internal import SocketTable

/// What was not seen, though the answer rests on it, or though it would say more. The words are in
/// `Reports/Wording/Wording+Unseen.swift`.
package enum Unseen: Equatable, Sendable {
  // MARK: Of every answer

  /// What only bind(2) tells, where nothing was bound.
  case bind
  case udp
  /// The server's own user, privileges, policies and network namespace: the answer is from this process.
  case ownServer

  /// A small hash of connections may have kept sockets from every reading, as they came and went.
  case socketsOfSmallHash

  // MARK: Of the server

  case ownReuseAddress
  case ownCapability
  case effectOfReuseAddress
  case oldServersOptions
  case runningServersOptions
  /// In which way the server would end its connections.
  case waysToEnd

  // MARK: Of holders

  /// Sockets that are bound and do not listen, where the kernel cannot list them.
  case boundSockets
  case whenClientsClose
  case listenersProcess
  case listenersProcessAndService
  case listenersService
  case otherReusePort
  case otherOptions
  case otherSidesOptions
  case whyNotListening
  case whyStopped
  case otherEnd
  case selfConnectedProcess
  case whoConnected
  case keepingProcess
  case socketUnit
  /// Drop-in files of socket units, which are not read.
  case dropInFiles
  case insideContainer
  /// Sockets that no process has as a descriptor: those passed over a Unix socket, and those that io_uring holds.
  case socketsOnTheirWay
  case whyInherited
  /// The process that has the socket.
  case process
  case formerHolder
  /// Of very many sockets, which process has which.
  case ownersOfEach
  /// The options of the TCP sockets beneath those of Multipath TCP.
  case multipathOptions

  // MARK: Of the host

  /// Whether another host has the address.
  case addressElsewhere
  case whoHasTheAddress
  case addressesOfOtherNamespaces
  case interfacesOfOtherNamespaces
  /// Which policy refused the bind.
  case policy
  case kernelsReason
  /// Whether SOCK_DESTROY ends minisockets, and so whether `release` would free the port.
  case endOfMinisockets
  case windows

  /// What no answer from these trials and this look can take into account.
  static func always(_ evidence: BindEvidence) -> [Unseen] {
    let session = evidence.session
    return (session.isPredicted ? [.bind] : [])
      + (session.target.isMultipath ? [.multipathOptions] : [])
      + (session.snapshot.coverage.hasChangedMeanwhile ? [.socketsOfSmallHash] : [])
      + (evidence.otherProtocols == nil ? [.udp] : []) + [.ownServer]
  }
}
