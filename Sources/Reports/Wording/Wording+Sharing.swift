internal import Diagnosis
internal import SocketTable

/// The words of the findings in `BindFindings+Sharing.swift`.
extension Wording {
  func dualStackWildcard(_ address: BindAddress, _ listener: Finding.Place) -> Statement {
    Statement(
      """
      \(place(address)) overlaps with \(text(listener)), where a socket listens: a dual-stack IPv6 socket takes IPv4 as \
      well.
      """,
      """
      A socket on [::] without IPV6_V6ONLY accepts IPv4 connections too, so it conflicts with IPv4 sockets on the same \
      port.
      """)
  }

  func wildcardOverlapsSpecific(_ address: BindAddress, _ listener: Finding.Place) -> Statement {
    Statement(
      """
      \(place(address)) overlaps with \(text(listener)), where a socket listens: one of them is the wildcard.
      """,
      """
      A wildcard stands for every address of its family. A listener on it blocks every specific address of the port, and \
      a listener on a specific address blocks the wildcard. SO_REUSEADDR on both does not help. SO_REUSEPORT on both \
      does, for sockets of one user.
      """)
  }

  func ownAddressesOverlap(_ address: BindAddress, _ overlap: Finding.OwnOverlap) -> Statement {
    switch overlap {
    case .bound(let isAloneOK, let isRepeated):
      Statement(
        isAloneOK
          ? """
          Your server's own addresses overlap: \(place(address)) alone is ok, but is refused once its other sockets are \
          bound.
          """
          : "Your server's own addresses overlap: its other sockets block \(place(address)).",
        isRepeated
          ? "Without SO_REUSEADDR on both sockets, an address and port can be bound only once."
          : """
          A wildcard takes every address of its family, and [::] without IPV6_V6ONLY takes IPv4 as well. So one bind of \
          the server conflicts with another.
          """)
    case .listening:
      Statement(
        "Your server's own addresses overlap: all can be bound with SO_REUSEADDR, but not all can listen.",
        """
        SO_REUSEADDR does not help against a listener. Once the sockets before it listen, \(place(address)) is refused.
        """)
    }
  }

  func reusePortOtherUser(_ uid: UInt32) -> Statement {
    Statement(
      """
      SO_REUSEPORT does not share port \(port) with a socket of another user: its uid is \(uid), and that of your server \
      is \(target.uid).
      """,
      """
      With SO_REUSEPORT, Linux shares a port only among sockets of one effective user. So nobody can take another \
      user's connections. Root is no exception.
      """)
  }

  func reusePortOneSided(_ isKnown: Bool) -> Statement {
    Statement(
      "SO_REUSEPORT does not share port \(port): the socket that listens there has not set it.",
      """
      Both sockets must have SO_REUSEPORT\
      \(isKnown ? ", and the other one does not" : ". This is inferred: same user, and the trial was refused").
      """)
  }

  func reusePortUnknown(_ listeners: Int, _ couldNotRead: Bool) -> Statement {
    Statement(
      """
      A server with SO_REUSEPORT can share port \(port) only if \
      \(listeners == 1 ? "the socket that listens there has" : "the sockets that listen there have") \
      set it as well.
      """,
      """
      Both sockets must have SO_REUSEPORT, and belong to one user. \
      \(couldNotRead ? "The options of the other side could not be read." : "The socket table does not show the options of the other side.")
      """)
  }

  func listenConflict(_ address: BindAddress) -> Statement {
    Statement(
      "\(place(address)) can be bound, but listen() is refused: Address already in use.",
      """
      Two sockets with SO_REUSEADDR can be bound to the same address while neither listens. listen() checks again, and \
      then a listener, or a socket without the option, blocks it.
      """)
  }

  func v4MappedTimeWait(_ counts: StateCounts) -> Statement {
    Statement(
      """
      \(StateList(counts).phrase) on port \(port) \(counts.total == 1 ? "is" : "are") IPv4, although listed as IPv6.
      """,
      """
      A server on [::] accepted IPv4 connections. What is left of them has addresses of the form ::ffff:a.b.c.d, \
      and blocks IPv4 binds like any IPv4 socket.
      """)
  }
}
