internal import Diagnosis
internal import SocketTable

/// The words of the findings in `BindFindings+Sharing.swift`.
extension Wording {
  func dualStackWildcard(_ address: BindAddress, _ listener: Finding.Place) -> Statement {
    Statement(
      """
      \(place(address)) and \(text(listener)), on which a socket listens, overlap: a dual-stack \
      IPv6 socket takes IPv4 as well.
      """,
      """
      A socket on [::] without IPV6_V6ONLY receives IPv4 connections too, so it competes with IPv4 \
      sockets on the same port.
      """)
  }

  func wildcardOverlapsSpecific(_ address: BindAddress, _ listener: Finding.Place) -> Statement {
    Statement(
      """
      \(place(address)) and \(text(listener)), on which a socket listens, overlap: one of them is \
      the wildcard.
      """,
      """
      A wildcard address stands for every address of its family. Beside a listener on it no specific address \
      of the same port can be bound, nor the other way round, not even with SO_REUSEADDR on both; sockets of \
      one user that both have SO_REUSEPORT can.
      """)
  }

  func ownAddressesOverlap(_ address: BindAddress, _ overlap: Finding.OwnOverlap) -> Statement {
    switch overlap {
    case .bound(let isAloneOK, let isRepeated):
      Statement(
        isAloneOK
          ? """
          Your server's own addresses overlap: \(place(address)) is refused once its other sockets are bound, and \
          ok alone.
          """
          : "Your server's own addresses overlap: its other sockets keep \(place(address)) from being bound.",
        isRepeated
          ? "Without SO_REUSEADDR on both, one address and port can be bound once only."
          : """
          A wildcard takes every address of its family, and [::] without IPV6_V6ONLY takes IPv4 as well, so \
          one bind of the server collides with another.
          """)
    case .listening:
      Statement(
        "Your server's own addresses overlap: all can be bound with SO_REUSEADDR, but not all can listen.",
        """
        SO_REUSEADDR does not get past a listener: once the sockets before it listen, \(place(address)) is refused.
        """)
    }
  }

  func reusePortOtherUser(_ uid: UInt32) -> Statement {
    Statement(
      """
      SO_REUSEPORT does not share port \(port) with a socket of another user (uid \(uid), \
      here \(target.uid)).
      """,
      """
      Linux shares a port by SO_REUSEPORT among sockets of one effective user only, so that nobody \
      can take another user's connections. Root is no exception.
      """)
  }

  func reusePortOneSided(_ isKnown: Bool) -> Statement {
    Statement(
      "SO_REUSEPORT does not share port \(port): the socket that listens there has not set it.",
      """
      Both sockets must have \
      SO_REUSEPORT\(isKnown ? ", and the other one has not" : " (inferred: same user, and the trial was refused)").
      """)
  }

  func reusePortUnknown(_ listeners: Int, _ couldNotRead: Bool) -> Statement {
    Statement(
      """
      A server with SO_REUSEPORT can share port \(port) only if \
      \(listeners == 1 ? "the socket that listens there has" : "the sockets that listen there have") \
      set it, too.
      """,
      """
      Both sockets must have SO_REUSEPORT, and belong to one user. What the other side has set \
      \(couldNotRead ? "could not be read" : "the table does not tell").
      """)
  }

  func listenConflict(_ address: BindAddress) -> Statement {
    Statement(
      "\(place(address)) can be bound, but listen() is refused: Address already in use.",
      """
      Two sockets that both have SO_REUSEADDR can be bound to one address while none listens. listen() \
      asks again, and then a listener, or a socket without the option, stands in the way.
      """)
  }

  func v4MappedTimeWait(_ counts: StateCounts) -> Statement {
    Statement(
      """
      \(StateList(counts).phrase) on port \(port) \(counts.total == 1 ? "is" : "are") IPv4, \
      although listed under IPv6.
      """,
      """
      A server on [::] took IPv4 connections; what is left of them has addresses of the form ::ffff:a.b.c.d, \
      and is in the way of IPv4 binds as if it were IPv4.
      """)
  }
}
