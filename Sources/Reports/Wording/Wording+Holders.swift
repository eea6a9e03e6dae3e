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
      ? "" : " When it stops, \(StateList(remaining).phrase) will stay on the port for a while."
    return Statement(
      """
      Port \(port) is in use\(who) \
      Waiting does not free it, and SO_REUSEADDR does not help against a listener.
      """,
      """
      A listening socket keeps its address and port as long as it listens. SO_REUSEADDR on both sockets does not \
      change that.\(later)
      """)
  }

  func sharedByReusePort(_ listeners: Finding.Listeners) -> Statement {
    let isOne = (listeners.owners?.count ?? listeners.count) == 1
    let who =
      listeners.owners.map(OwnerText.names)
      ?? (listeners.count == 1 ? "A socket" : "\(listeners.count) sockets")
    return Statement(
      """
      \(who) already \(isOne ? "listens" : "listen") on \(text(listeners.places)). Your server would share the port \
      with \(isOne ? "it" : "them").
      """,
      """
      With SO_REUSEPORT on all of them, and the same user, the kernel spreads new connections over the listeners. One on \
      a specific address comes before one on the wildcard.
      """)
  }

  func otherNameElsewhere(_ listeners: Finding.Listeners) -> Statement {
    let who =
      listeners.owners.map(OwnerText.names)
      ?? (listeners.count == 1 ? "A socket" : "\(listeners.count) sockets")
    let isOne = (listeners.owners?.count ?? listeners.count) == 1
    return Statement(
      """
      \(who) \(isOne ? "listens" : "listen") on \(text(listeners.places)). A client of "localhost" can reach that \
      server or yours.
      """,
      """
      127.0.0.1 and ::1 are two addresses, so two servers can use the same port number on them. A client that is given \
      "localhost" tries one address, and then the other.
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
        \(OwnerText.names(owners)) has a listening socket that was made in \
        \(ByteSafety.escaped(madeIn ?? "another cgroup")). The process does not run there.
        """,
      """
      A child process inherits its parent's descriptors. It keeps them through exec() unless they are marked \
      close-on-exec. So a helper that outlives its server keeps the port.
      """)
  }

  func socketActivation(_ places: Finding.Places, _ unit: String?, _ services: [SocketOwner]) -> Statement {
    let started: Prose =
      services.isEmpty
      ? "No service has taken the socket yet."
      : "\(OwnerText.names(services)) \(services.count == 1 ? "has" : "have") the socket as well: the service runs."
    return Statement(
      """
      Port \(port) is held by systemd (pid 1)\(unit.map { " for \(ByteSafety.escaped($0))" } ?? ""). It listens on \
      \(text(places)) and passes the socket to a service.
      """,
      """
      With a socket unit, systemd listens for a service, and starts it when a client connects. The port is taken as \
      long as the socket unit is active, whether the service runs or not. \(started)
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
      A process of the container runtime holds the published port on the host. It was recognized by its name. The \
      server itself is in the container's network namespace, where its port can be a different one.
      """)
  }

  func leftoverProxy(_ places: Finding.Places, _ owner: SocketOwner) -> Statement {
    Statement(
      """
      Port \(port) is held by \(OwnerText.name(owner)), a proxy that is left over from a container. It listens on \
      \(text(places)), and its parent is no Docker daemon any more.
      """,
      """
      The Docker daemon starts a docker-proxy for each published port, and ends it with the container. If the daemon was \
      killed, the proxy can stay, without a container. It keeps the port until you end it.
      """)
  }

  func holderStopped(_ places: Finding.Places, _ owners: [SocketOwner], _ isListening: Bool) -> Statement {
    let isOne = owners.count == 1
    let isTraced = owners.allSatisfy { $0.activity == .traced }
    let how: Prose =
      isTraced ? "by the debugger that traces \(isOne ? "it" : "them")" : "(Ctrl-Z, or SIGSTOP)"
    let does: Prose =
      isListening ? isOne ? "listens on" : "listen on" : isOne ? "has a socket on" : "have a socket on"
    return Statement(
      """
      Port \(port) is held by \(OwnerText.names(owners)), which \(does) \(text(places)) and \(isOne ? "is" : "are") \
      stopped \(how).
      """,
      """
      A stopped process keeps its sockets and does not answer. Signals wait until it continues, so SIGTERM alone does \
      nothing.\(isTraced ? " The debugger decides when it continues." : "")
      """)
  }

  func kernelOwnedSocket(_ places: Finding.Places) -> Statement {
    Statement(
      """
      Port \(port) seems to be held by the kernel itself: no process has the socket on \
      \(text(places)) open.
      """,
      """
      Every process and thread of this host was checked twice, and none has the socket open. NFS, its lock manager, \
      iSCSI and other kernel services listen without a process.
      """)
  }

  // MARK: Others

  func boundNotListening(
    _ count: Int, _ owners: [SocketOwner]?, _ againstReuse: Finding.AgainstReuse
  ) -> Statement {
    let advice: Prose =
      againstReuse == .helps ? "A server with SO_REUSEADDR can bind it." : "Waiting does not free it."
    let whose = owners.map { " of \(OwnerText.names($0))" as Prose } ?? ""
    let sockets: Prose =
      count == 1
      ? "a socket\(whose) that is bound and does not listen"
      : "\(count) sockets\(whose) that are bound and do not listen"
    return Statement(
      count == 0
        ? """
        Port \(port) is held by something that cannot be listed here: perhaps a socket that is bound and \
        does not listen.
        """
        : "Port \(port) is held by \(sockets). \(advice)",
      Self.boundAlone + " Most tools (netstat, lsof, older ss) do not show such sockets.")
  }

  var boundNotListed: Statement {
    Statement(
      "The socket table does not show whether port \(port) is free: it leaves out sockets that are bound and do not listen.",
      Self.boundAlone)
  }

  private static let boundAlone: Prose =
    """
    bind() alone takes the port, until the socket is closed.
    """

  func orphanedConnection(_ counts: StateCounts) -> Statement {
    Statement(
      "Port \(port) is held by \(StateList(counts).phrase) without a process: TCP is still closing \(counts.total == 1 ? "it" : "them").",
      """
      The process closed the connection, or is gone, but TCP still has data or a FIN to deliver. It tries again until \
      the other end answers, or until its retries (net.ipv4.tcp_orphan_retries) are used up. There is no process that \
      you could stop to end it.
      """)
  }

  func tcpSelfConnect(_ owners: [SocketOwner]?) -> Statement {
    let client: Prose =
      owners.map { $0.count == 1 ? "The client \(OwnerText.names($0))" : "A client, \(OwnerText.names($0))," }
      ?? "A client"
    return Statement(
      """
      \(client) has connected to itself on port \(port): both \
      ends of the connection are the same socket.
      """,
      """
      The client kept connecting to port \(port) of this host while nothing listened there. At last connect() chose \
      \(port) as its own ephemeral port, and TCP connected the socket to itself (simultaneous open).
      """)
  }

  func outgoingConnection(_ owners: [SocketOwner]?, _ isInEphemeralRange: Bool) -> Statement {
    Statement(
      """
      An outgoing connection\(owners.map { " of \(OwnerText.names($0))" } ?? "") has taken port \(port) as its \
      local port.
      """,
      """
      connect() without bind() takes an ephemeral port from net.ipv4.ip_local_port_range, and \(port) \
      \(isInEphemeralRange ? "lies in that range" : "was chosen by the client itself"). Clients do not set SO_REUSEADDR, \
      so the server's own SO_REUSEADDR does not help.
      """)
  }

  func leakedConnection(_ counts: StateCounts, _ owners: [SocketOwner]?) -> Statement {
    let process: Prose =
      owners.map { "\(OwnerText.names($0)), which still \($0.count == 1 ? "runs" : "run")" }
      ?? "a process that still runs"
    return Statement(
      "Port \(port) is held by \(StateList(counts).phrase) of \(process). No socket listens there.",
      """
      A connection keeps the port of the listener that accepted it. A worker or child process that outlives its server \
      keeps such connections open. Without SO_REUSEADDR on both sides they block the bind.
      """)
  }

  // MARK: Remarks

  var multipathHolder: Statement {
    Statement(
      "The port is held by a Multipath TCP socket (IPPROTO_MPTCP).",
      """
      Multipath TCP uses TCP's ports. Each of its connections consists of TCP sockets, and netstat and ss -t list them \
      like ordinary ones.
      """)
  }

  func ownerHidden(
    _ places: Finding.Places, _ concealment: Concealment, _ madeIn: String?, _ suspects: [SocketOwner]
  ) -> Statement {
    var because = OwnerText.concealment(concealment)
    if let madeIn, madeIn != "/" { because += " The socket was made in \(ByteSafety.escaped(madeIn))." }
    if !suspects.isEmpty {
      because += " \(OwnerText.names(suspects)) could not be checked, and may have it."
    }
    return Statement("The process that holds \(text(places)) cannot be seen from here.", because)
  }
}
