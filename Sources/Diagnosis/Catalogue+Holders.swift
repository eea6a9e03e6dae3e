internal import SocketTable

/// Ports that a socket holds, with a process or without.
extension Catalogue {
  private func findOut(_ records: [SocketRecord]) -> Finding.Remedy {
    identifying(records)
      ?? Finding.Remedy("find out whose it is", command: "sudo ss -tanp 'sport = :\(port)'")
  }

  /// ss before 6.9 does not list sockets that are bound and do not listen.
  private func findByInode(_ record: SocketRecord) -> Finding.Remedy {
    if let known = identifying([record]) { return known }
    return Finding.Remedy(
      "find out whose it is: /proc/PID/fd/N is the process and its descriptor",
      command: "sudo find /proc/[0-9]*/fd -lname 'socket:?\(record.inode)?'")
  }

  /// `listeners` are those that there is nothing more to say of.
  func listenerAlive(_ held: Holders, _ listeners: [SocketRecord]) -> Finding {
    let places = places(listeners)
    let isOne = listeners.count == 1
    let names = ownerNames(listeners)
    let isOneProcess = owners(listeners).count == 1
    let who =
      names.map { "by \($0), which \(isOneProcess ? "listens" : "listen") on \(places)." }
      ?? "\(isOne ? "a socket listens" : "\(listeners.count) sockets listen") on \(places)."
    let remaining =
      held.minisockets.isEmpty
      ? "" : " When it stops, \(count(held.minisockets)) on the port will remain for a while."
    return finding(
      .listenerAlive,
      title:
        """
        Port \(port) is in use\(names == nil ? ":" : "") \(who) \
        Waiting will not free it, and SO_REUSEADDR does not get past a listener.
        """,
      because:
        """
        A listening socket keeps its address and port for as long as it listens, whether it or the new \
        socket has SO_REUSEADDR or not.\(remaining)
        """,
      evidence: evidence(listeners),
      remedies: [
        findOut(listeners),
        stopping(listeners, "whoever uses that service loses it")
          ?? Finding.Remedy(
            "stop that service, or let yours use another port",
            sideEffects: "whoever uses that service loses it"),
      ],
      notSeen: [
        names == nil
          ? "which process listens, and whether it is the service that you want to start"
          : "whether it is the service that you want to start"
      ])
  }

  func places(_ listeners: [SocketRecord]) -> String {
    // Sockets that share a port by SO_REUSEPORT are all on one address.
    var seen: Set<Endpoint> = []
    let places = listeners.map(\.local).filter { seen.insert($0).inserted }
    let shown = places.prefix(3).map(\.text).joined(separator: ", ")
    return places.count > 3 ? "\(shown) and \(places.count - 3) more" : shown
  }

  /// SO_REUSEPORT got past it.
  func listenerShared(_ listeners: [SocketRecord]) -> Finding {
    let isOne = listeners.count == 1
    let isOneHolder = ownerNames(listeners) == nil ? isOne : owners(listeners).count == 1
    return finding(
      .listenerAlive, .info,
      title:
        """
        \(ownerNames(listeners) ?? (isOne ? "A socket" : "\(listeners.count) sockets")) \
        \(isOneHolder ? "listens" : "listen") on \(places(listeners)) already, and your server would share the \
        port with \(isOneHolder ? "it" : "them").
        """,
      because:
        """
        With SO_REUSEPORT on both sides and one user the kernel spreads new connections over the listeners \
        whose address fits best: a specific one goes before the wildcard.
        """,
      evidence: evidence(listeners),
      notSeen: ownerNames(listeners) == nil ? ["which process listens"] : [])
  }

  /// Why sockets overlap whose addresses differ; nil where one of them has the very address.
  func overlap(_ trial: Trial, _ listeners: [SocketRecord]) -> Finding? {
    let new = trial.socket.address.address
    guard let listener = listeners.first, !listeners.contains(where: { Self.isSame($0.local.address, new) })
    else {
      return nil
    }
    let isAcrossFamilies = (new.ipv4 != nil) != (listener.local.address.ipv4 != nil)
    // Of alternatives it is the one of the listener's own family that says why.
    if facts.target.areAlternatives, facts.target.addresses.count > 1, isAcrossFamilies { return nil }
    if isAcrossFamilies {
      return finding(
        .dualStackWildcard,
        title:
          """
          \(place(trial)) and \(listener.local.text), on which a socket listens, overlap: a dual-stack \
          IPv6 socket takes IPv4 as well.
          """,
        because:
          """
          A socket on [::] without IPV6_V6ONLY receives IPv4 connections too, so it competes with IPv4 \
          sockets on the same port.
          """,
        evidence: evidence(listeners),
        remedies: [
          Finding.Remedy("set IPV6_V6ONLY on the IPv6 socket, and bind IPv4 with a socket of its own"),
          listing,
        ],
        notSeen: [])
    }
    return finding(
      .wildcardOverlapsSpecific,
      title:
        """
        \(place(trial)) and \(listener.local.text), on which a socket listens, overlap: one of them is \
        the wildcard.
        """,
      because:
        """
        A wildcard address stands for every address of its family. Beside a listener on it no specific address \
        of the same port can be bound, nor the other way round, not even with SO_REUSEADDR on both; sockets of \
        one user that both have SO_REUSEPORT can.
        """,
      evidence: evidence(listeners),
      remedies: [
        Finding.Remedy(
          "give each service an address of its own: different specific addresses do not overlap"),
        listing,
      ],
      notSeen: [])
  }

  /// A v4-mapped address and its IPv4 address are the same to bind().
  private static func isSame(_ left: IPAddress, _ right: IPAddress) -> Bool {
    if let ipv4 = left.ipv4 { return ipv4 == right.ipv4 }
    return left == right
  }

  func reusePortRefused(_ held: Holders) -> Finding {
    let listeners = held.listeners
    let uid = facts.target.uid
    let isOnlySuspect =
      held.all.count == 1 && !facts.session.snapshot.look.isBlind(to: .boundNotListening)
    if let other = listeners.first(where: { $0.uid != nil && $0.uid != uid }) {
      return finding(
        .reusePortOtherUser, .error, .likely,
        title:
          """
          SO_REUSEPORT does not share port \(port) with a socket of another user (uid \(other.uid ?? 0), \
          here \(uid)).
          """,
        because:
          """
          Linux shares a port by SO_REUSEPORT among sockets of one effective user only, so that nobody \
          can take another user's connections. Root is no exception.
          """,
        evidence: evidence(listeners),
        remedies: [Finding.Remedy("run the server as the user who runs the other one"), listing],
        notSeen: ["whether the other socket has SO_REUSEPORT"])
    }
    let isKnown = facts.session.isPredicted || listeners.allSatisfy { facts.details[$0]?.reusePort != nil }
    return finding(
      .reusePortOneSided, .error, isOnlySuspect ? .certain : .likely,
      title: "SO_REUSEPORT does not share port \(port): the socket that listens there has not set it.",
      because:
        """
        Both sockets must have SO_REUSEPORT\(isKnown ? ", and the other one has not" : " (inferred: same user, and the trial was refused)").
        """,
      evidence: evidence(listeners),
      remedies: [
        Finding.Remedy("start every server on this port with SO_REUSEPORT, the first one included"), listing,
      ],
      notSeen: isKnown ? [] : ["the other socket's options"])
  }

  /// The table does not tell what the listener has set.
  func reusePortUnknown(_ listeners: [SocketRecord]) -> Finding {
    let isOne = listeners.count == 1
    let hasAsked = facts.details.hasAskedForFlags
    return finding(
      .reusePortOneSided, .warning, .possible,
      title:
        """
        A server with SO_REUSEPORT can share port \(port) only if \(isOne ? "the socket that listens there has" : "the sockets that listen there have") \
        set it, too.
        """,
      because:
        """
        Both sockets must have SO_REUSEPORT, and belong to one user. What the other side has set \
        \(hasAsked ? "could not be read" : "the table does not tell").
        """,
      evidence: evidence(listeners),
      remedies: [
        hasAsked
          ? Finding.Remedy("find out by a bind", command: "tw-inspect trybind \(port) --reuse-port")
          : Finding.Remedy(
            "read the other side's options, as root or as its user",
            command: "tw-inspect trybind \(port) --reuse-port --predict --flags live"),
        listing,
      ],
      notSeen: ["the other side's socket options"])
  }

  func listenConflict(_ trial: Trial, _ blamed: [SocketRecord]) -> Finding {
    finding(
      .listenConflict,
      title: "\(place(trial)) can be bound, but listen() is refused: Address already in use.",
      because:
        """
        Two sockets that both have SO_REUSEADDR can be bound to one address while none listens. listen() \
        asks again, and then a listener, or a socket without the option, stands in the way.
        """,
      evidence: evidence(blamed),
      remedies: [findOut(blamed), listing],
      notSeen: [])
  }

  /// `bound` is empty where such sockets cannot be listed and nothing else is left.
  func boundNotListening(_ trial: Trial, _ bound: [SocketRecord]) -> Finding {
    finding(
      .boundNotListening, .error, bound.isEmpty ? .possible : .certain,
      title:
        bound.isEmpty
        ? """
        Port \(port) is held by something that cannot be listed here: perhaps a socket that is bound and \
        does not listen.
        """
        : """
        Port \(port) is held by \
        \(ownerNames(bound).map { "\($0): " } ?? "")\(bound.count == 1 ? "a socket that is bound and does not listen" : "\(bound.count) sockets that are bound and do not listen"). \
        Waiting will not free it.
        """,
      because:
        """
        bind() alone takes the port; a socket that neither listens nor connects holds it until it is \
        closed. netstat, lsof and older versions of ss do not show it.
        """,
      evidence: evidence(bound),
      remedies: [
        bound.first.map(findByInode) ?? listing,
        stopping(bound, "it loses whatever else it does")
          ?? Finding.Remedy("stop the process that holds it", sideEffects: "it loses whatever else it does"),
      ],
      notSeen: bound.isEmpty ? ["sockets that are bound and do not listen"] : ["why it does not listen"])
  }

  func orphanedConnection(_ trial: Trial, _ orphans: [SocketRecord]) -> Finding {
    finding(
      .orphanedConnection,
      title: "Port \(port) is held by \(count(orphans)) without a process, still being closed.",
      because:
        """
        The process closed the connection, or is gone; TCP still has data or a FIN to deliver and tries \
        again until the other end answers or net.ipv4.tcp_orphan_retries is used up. No process can be \
        stopped to end it.
        """,
      evidence: evidence(orphans),
      remedies: [
        Finding.Remedy("wait: it ends when the other end answers, or when the kernel gives up"),
        Finding.Remedy(
          "set SO_REUSEADDR in the server, old and new: then such a connection does not block it"),
      ],
      notSeen: ["whether the other end still answers"])
  }

  func tcpSelfConnect(_ trial: Trial, _ sockets: [SocketRecord]) -> Finding {
    finding(
      .tcpSelfConnect,
      title:
        """
        \(ownerNames(sockets).map { "The client \($0)" } ?? "A client") has connected to itself on port \(port): both \
        ends of the connection are the same socket.
        """,
      because:
        """
        A client that kept connecting to \(port) on this host while nothing listened was given \(port) as \
        its own automatic port, and TCP's simultaneous open joined it to itself.
        """,
      evidence: evidence(sockets),
      remedies: [
        findOut(sockets),
        stopping(sockets, "the client loses that connection, which leads nowhere anyway")
          ?? Finding.Remedy(
            "stop that client, then start the server",
            sideEffects: "the client loses that connection, which leads nowhere anyway"),
        keepOutOfEphemeralRange,
      ],
      notSeen: ownerNames(sockets) == nil ? ["which process it is"] : [])
  }

  func outgoingConnection(_ trial: Trial, _ connections: [SocketRecord]) -> Finding {
    let isCertain = connections.contains { $0.state == .synSent }
    return finding(
      .outgoingConnectionTookPort, .error, isCertain ? .certain : .likely,
      title:
        """
        An outgoing connection\(ownerNames(connections).map { " of \($0)" } ?? "") has taken port \(port) as its own \
        port.
        """,
      because:
        """
        connect() without bind() takes a port from net.ipv4.ip_local_port_range, and \(port) \
        \(facts.settings.ephemeralRange?.contains(port) == true ? "lies in it" : "was chosen by the client"). \
        Clients do not set SO_REUSEADDR, so the server's own does not help.
        """,
      evidence: evidence(connections),
      remedies: [
        Finding.Remedy("wait until that connection ends, or restart its client"), findOut(connections),
        keepOutOfEphemeralRange,
      ],
      notSeen: isCertain
        ? [] : ["who opened the connection: it is inferred from the port and the refused trial"])
  }

  func leakedConnection(_ trial: Trial, _ connections: [SocketRecord]) -> Finding {
    finding(
      .leakedConnection, .error, .likely,
      title:
        """
        Port \(port) is held by \(count(connections)) of \
        \(ownerNames(connections).map { "\($0), which still runs" } ?? "a process that still runs"), without a listener.
        """,
      because:
        """
        A connection keeps the port of the listener that accepted it. A worker or child process that \
        outlives its server keeps such connections open, and without SO_REUSEADDR on both sides they \
        block the bind.
        """,
      evidence: evidence(connections),
      remedies: [
        findOut(connections),
        Finding.Remedy(
          "set SO_REUSEADDR in the server, old and new: then such a connection does not block it"),
        stopping(connections, "its clients are cut off")
          ?? Finding.Remedy("end the process that keeps them", sideEffects: "its clients are cut off"),
      ],
      notSeen: ownerNames(connections) == nil ? ["which process keeps them"] : [])
  }

  var keepOutOfEphemeralRange: Finding.Remedy {
    Finding.Remedy(
      "keep clients off this port from now on: add \(port) to net.ipv4.ip_local_reserved_ports",
      sideEffects: "none for binds to the port: the setting only keeps automatic choice away")
  }
}
