/// What an answer rests on and was not seen, or what would say more.
package enum Unseen: Equatable, Sendable {
  // MARK: Of every answer

  /// Nothing was bound.
  case bind
  case udp
  case ownServer

  // MARK: Of the server

  case ownReuseAddress
  case ownCapability
  case effectOfReuseAddress
  case oldServersOptions
  case runningServersOptions
  case waysToEnd

  // MARK: Of holders

  case boundSockets
  case whenClientsClose
  case listenersProcess
  case listenersProcessAndService
  case listenersService
  case otherReusePort
  case otherOptions
  case otherSidesOptions
  case whyNotListening
  case otherEnd
  case selfConnectedProcess
  case whoConnected
  case keepingProcess
  case socketUnit
  case dropInFiles
  case insideContainer
  case socketsOnTheirWay
  case whyInherited
  case process
  case formerHolder

  // MARK: Of the host

  case addressElsewhere
  case addressesOfOtherNamespaces
  case interfacesOfOtherNamespaces
  case socketsOfOtherNamespaces([OtherNamespace])
  case policy
  case kernelsReason

  /// What no answer can have looked at.
  static func always(isPredicted: Bool) -> [Unseen] { (isPredicted ? [.bind] : []) + [.udp, .ownServer] }
}
