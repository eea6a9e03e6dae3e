internal import Diagnosis

/// The words of `Unseen`.
extension Wording {
  func text(_ unseen: Unseen) -> Prose {
    switch unseen {
    case .bind:
      "what only bind() shows: whether the address is local, and whether privileges and policies allow it"
    case .udp: "UDP: only TCP was looked at"
    case .ownServer:
      """
      your server's own user, capabilities, cgroup programs, SELinux or Landlock domain and network \
      namespace: the answer is from here
      """

    case .ownReuseAddress: "whether your server sets SO_REUSEADDR; if it does, ask with --reuse"
    case .ownCapability: "whether your server runs with the capability"
    case .effectOfReuseAddress: "whether SO_REUSEADDR would help"
    case .oldServersOptions: "the socket options of the old server"
    case .runningServersOptions: "the socket options of the running server"
    case .waysToEnd:
      "how the server ends: it may wait for its clients to close first, or reset the connections (SO_LINGER)"

    case .boundSockets: "sockets that are bound and do not listen"
    case .whenClientsClose: "when the clients will close"
    case .listenersProcess: "which process listens"
    case .listenersProcessAndService:
      "which process listens, and whether it is the service that you want to start"
    case .listenersService: "whether it is the service that you want to start"
    case .otherReusePort: "whether the other socket has SO_REUSEPORT"
    case .otherOptions: "the other socket's options"
    case .otherSidesOptions: "the other side's socket options"
    case .whyNotListening: "why it does not listen"
    case .whyStopped: "why it was stopped"
    case .otherEnd: "whether the other end still answers"
    case .selfConnectedProcess: "which process it is"
    case .whoConnected: "who opened the connection: inferred from the port and the refused trial"
    case .keepingProcess: "which process keeps them"
    case .socketUnit: "which socket unit it is"
    case .dropInFiles: "drop-in files of socket units"
    case .insideContainer: "what listens inside the container"
    case .socketsOnTheirWay:
      "sockets that are being passed over a Unix socket, and those that io_uring holds without a descriptor"
    case .whyInherited: "whether it was inherited, or passed on purpose"
    case .process: "the process"
    case .ownersOfEach: "which process has which socket: there are too many"
    case .multipathOptions:
      "the options of the TCP sockets beneath Multipath TCP: only its own are shown"
    case .formerHolder: "what held the port until then"

    case .addressElsewhere: "whether another host has the address"
    case .whoHasTheAddress: "which other host has the address"
    case .addressesOfOtherNamespaces: "addresses of other network namespaces"
    case .interfacesOfOtherNamespaces: "interfaces of other network namespaces"
    case .policy: "which policy it was"
    case .windows: "the ports of Windows"
    case .endOfMinisockets: "whether this kernel can end TIME_WAIT sockets: it could not be asked"
    case .socketsOfSmallHash:
      "sockets that came and went while the table was read (small hash: tw-inspect explain small-hash)"
    case .kernelsReason: "why the kernel answers so"
    }
  }
}
