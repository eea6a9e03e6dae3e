internal import Diagnosis
internal import SocketTable

/// The words of the findings in `BindFindings+Holders.swift`.
extension Wording {
  // MARK: Listeners

  func listenerAlive(_ listeners: Finding.Listeners, _ remaining: StateCounts) -> Statement {
    let places = text(listeners.places)
    let who: Prose
    if let owners = listeners.owners {
      who = " by \(OwnerText.names(owners)), which \(owners.count == 1 ? "listens" : "listen") on \(places)."
    } else if listeners.count == 1 {
      who = ": a socket listens on \(places)."
    } else {
      who = ": \(listeners.count) sockets listen on \(places)."
    }
    let later: Prose =
      remaining.total == 0
      ? "" : " When it stops, \(StateList(remaining).phrase) on the port will remain for a while."
    return Statement(
      """
      Port \(port) is in use\(who) \
      Waiting will not free it, and SO_REUSEADDR does not get past a listener.
      """,
      """
      A listening socket keeps its address and port for as long as it listens, whether it or the new \
      socket has SO_REUSEADDR or not.\(later)
      """)
  }

  func sharedByReusePort(_ listeners: Finding.Listeners) -> Statement {
    let isOne = (listeners.owners?.count ?? listeners.count) == 1
    let who =
      listeners.owners.map(OwnerText.names)
      ?? (listeners.count == 1 ? "A socket" : "\(listeners.count) sockets")
    return Statement(
      """
      \(who) \(isOne ? "listens" : "listen") on \(text(listeners.places)) already, and your server would share the \
      port with \(isOne ? "it" : "them").
      """,
      """
      With SO_REUSEPORT on both sides and one user the kernel spreads new connections over the listeners \
      whose address fits best: a specific one goes before the wildcard.
      """)
  }

  func otherNameElsewhere(_ listeners: Finding.Listeners) -> Statement {
    let who =
      listeners.owners.map(OwnerText.names)
      ?? (listeners.count == 1 ? "A socket" : "\(listeners.count) sockets")
    let isOne = (listeners.owners?.count ?? listeners.count) == 1
    return Statement(
      """
      \(who) \(isOne ? "listens" : "listen") on \(text(listeners.places)): "localhost" can reach that one or yours.
      """,
      """
      127.0.0.1 and ::1 are two addresses, and two servers can have one port on them. A client that is told "localhost" \
      tries the one and then the other.
      """)
  }

  func listenerInherited(_ owners: [SocketOwner], _ madeIn: String?) -> Statement {
    Statement(
      owners.count > 1
        ? """
        \(owners.count) processes have the listening socket open: \
        \(OwnerText.names(owners)). It listens until the last of them closes it.
        """
        : """
        \(OwnerText.names(owners)) has a listening socket open that was made in \
        \(ByteSafety.escaped(madeIn ?? "another cgroup")), where it does not run.
        """,
      """
      A child process gets its parent's descriptors, and keeps them through exec() unless they are marked \
      close-on-exec. A helper that outlives its server so keeps the port.
      """)
  }

  func socketActivation(_ places: Finding.Places, _ unit: String?, _ services: [SocketOwner]) -> Statement {
    let started: Prose =
      services.isEmpty
      ? "No service has taken it over yet."
      : "\(OwnerText.names(services)) has it as well: the service runs."
    return Statement(
      """
      Port \(port) is held by systemd (pid 1)\(unit.map { " for \(ByteSafety.escaped($0))" } ?? ""), which listens \
      on \(text(places)) and hands the socket to a service.
      """,
      """
      A socket unit has systemd listen in a service's place, and start it when a client connects. The port stays \
      taken for as long as the socket unit is active, whether the service runs or not. \(started)
      """)
  }

  func containerProxy(_ places: Finding.Places, _ owner: SocketOwner, _ proxy: ContainerProxy) -> Statement {
    let container =
      proxy.container.map { "container \(ByteSafety.escaped($0))" }
      ?? proxy.target.map { "a container at \(ByteSafety.escaped($0))" } ?? "a container"
    return Statement(
      """
      Port \(port) is published for \(container) by \(OwnerText.name(owner)), which listens on \
      \(text(places)).
      """,
      """
      A container's published port is held on the host by a process of the container runtime, known by its name. \
      The server itself is in the container's network namespace, where the port may be another one.
      """)
  }

  func leftoverProxy(_ places: Finding.Places, _ owner: SocketOwner) -> Statement {
    Statement(
      """
      Port \(port) is held by \(OwnerText.name(owner)), a container's proxy that is left over: it listens on \
      \(text(places)), and no Docker daemon is its parent any more.
      """,
      """
      The Docker daemon starts a docker-proxy for each published port, and ends it with the container. One whose daemon \
      was killed can stay behind, without a container. It keeps the port until it is ended.
      """)
  }

  func holderStopped(_ places: Finding.Places, _ owners: [SocketOwner], _ isListening: Bool) -> Statement {
    let isOne = owners.count == 1
    let isTraced = owners.allSatisfy { $0.activity == .traced }
    let how: Prose =
      isTraced ? "by the debugger that traces \(isOne ? "it" : "them")" : "(Ctrl-Z, or SIGSTOP)"
    let does: Prose = isListening ? isOne ? "listens on" : "listen on" : isOne ? "has" : "have"
    return Statement(
      """
      Port \(port) is held by \(OwnerText.names(owners)), which \(does) \(text(places)) and \(isOne ? "is" : "are") \
      stopped \(how).
      """,
      """
      A stopped process keeps its sockets, and does not answer. Signals wait until it continues, so that SIGTERM alone \
      does nothing\(isTraced ? "; the debugger decides when that is" : "").
      """)
  }

  func kernelOwnedSocket(_ places: Finding.Places) -> Statement {
    Statement(
      """
      Port \(port) is held by the kernel itself, as far as can be seen: no process has the socket on \
      \(text(places)) open.
      """,
      """
      Every process and thread of this host was looked at, twice, and none has the socket among its descriptors. \
      NFS, its lock manager, iSCSI and other kernel services listen by themselves.
      """)
  }

  // MARK: Others

  func boundNotListening(
    _ count: Int, _ owners: [SocketOwner]?, _ againstReuse: Finding.AgainstReuse
  ) -> Statement {
    let advice: Prose =
      againstReuse == .helps ? "A server with SO_REUSEADDR can bind it." : "Waiting will not free it."
    let whose = owners.map { "\(OwnerText.names($0)): " as Prose } ?? ""
    let sockets: Prose =
      count == 1
      ? "a socket that is bound and does not listen" : "\(count) sockets that are bound and do not listen"
    return Statement(
      count == 0
        ? """
        Port \(port) is held by something that cannot be listed here: perhaps a socket that is bound and \
        does not listen.
        """
        : "Port \(port) is held by \(whose)\(sockets). \(advice)",
      Self.boundAlone + " netstat, lsof and older versions of ss do not show it.")
  }

  var boundNotListed: Statement {
    Statement(
      "The table does not tell whether port \(port) is free: it leaves out sockets that are bound and do not listen.",
      Self.boundAlone)
  }

  private static let boundAlone: Prose =
    """
    bind() alone takes the port; a socket that neither listens nor connects holds it until it is closed.
    """

  func orphanedConnection(_ counts: StateCounts) -> Statement {
    Statement(
      "Port \(port) is held by \(StateList(counts).phrase) without a process, still being closed.",
      """
      The process closed the connection, or is gone; TCP still has data or a FIN to deliver and tries \
      again until the other end answers or net.ipv4.tcp_orphan_retries is used up. No process can be \
      stopped to end it.
      """)
  }

  func tcpSelfConnect(_ owners: [SocketOwner]?) -> Statement {
    let client = owners.map { "The client \(OwnerText.names($0))" as Prose } ?? "A client"
    return Statement(
      """
      \(client) has connected to itself on port \(port): both \
      ends of the connection are the same socket.
      """,
      """
      A client that kept connecting to \(port) on this host while nothing listened was given \(port) as \
      its own automatic port, and TCP's simultaneous open joined it to itself.
      """)
  }

  func outgoingConnection(_ owners: [SocketOwner]?, _ isInEphemeralRange: Bool) -> Statement {
    Statement(
      """
      An outgoing connection\(owners.map { " of \(OwnerText.names($0))" } ?? "") has taken port \(port) as its own \
      port.
      """,
      """
      connect() without bind() takes a port from net.ipv4.ip_local_port_range, and \(port) \
      \(isInEphemeralRange ? "lies in it" : "was chosen by the client"). \
      Clients do not set SO_REUSEADDR, so the server's own does not help.
      """)
  }

  func leakedConnection(_ counts: StateCounts, _ owners: [SocketOwner]?) -> Statement {
    let process: Prose =
      owners.map { "\(OwnerText.names($0)), which still runs" } ?? "a process that still runs"
    return Statement(
      "Port \(port) is held by \(StateList(counts).phrase) of \(process), without a listener.",
      """
      A connection keeps the port of the listener that accepted it. A worker or child process that \
      outlives its server keeps such connections open, and without SO_REUSEADDR on both sides they \
      block the bind.
      """)
  }

  // MARK: Remarks

  var multipathHolder: Statement {
    Statement(
      "What holds the port is a Multipath TCP socket (IPPROTO_MPTCP).",
      """
      Multipath TCP uses TCP's ports: each of its connections consists of TCP sockets, which netstat and ss -t \
      list as if they were ordinary ones.
      """)
  }

  func ownerHidden(
    _ places: Finding.Places, _ concealment: Concealment, _ madeIn: String?, _ suspects: [SocketOwner]
  ) -> Statement {
    var because = OwnerText.concealment(concealment)
    if let madeIn, madeIn != "/" { because += " The socket was made in \(ByteSafety.escaped(madeIn))." }
    if !suspects.isEmpty {
      because += " \(OwnerText.names(suspects)) could not be looked into, and may have it."
    }
    return Statement("Which process holds \(text(places)) cannot be seen from here.", because)
  }
}
