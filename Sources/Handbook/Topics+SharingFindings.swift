internal import Diagnosis

/// Addresses that overlap, and options that both sides need.
extension Topics {
  static let sharingFindings: [Topic] = [
    finding(
      .dualStackWildcard, "IPv4 and a dual-stack [::] overlap",
      """
      A socket on [::] without IPV6_V6ONLY takes IPv4 as well. So it conflicts with IPv4 sockets on the port, whichever is
      bound first.
      """,
      here: [.bindV6Only],
      wrong: [.init("IPv4 and IPv6 each have their own ports.", "Only with IPV6_V6ONLY.")],
      advice: ["set IPV6_V6ONLY on the IPv6 socket, and bind IPv4 with a socket of its own"],
      sources: ["ipv6(7): IPV6_V6ONLY", "RFC 3493, section 5.3"],
      related: ["IPV6_V6ONLY", "own-addresses-overlap"]),
    finding(
      .wildcardOverlapsSpecific, "the wildcard and one address overlap",
      """
      0.0.0.0 or [::] stands for every address. A listener on it blocks every specific address of the port, and a listener
      on a specific address blocks the wildcard. SO_REUSEADDR on both does not help.
      """,
      wrong: [
        .init(
          "The more specific address wins, as on other systems.", "On Linux only with SO_REUSEPORT on both.")
      ],
      advice: ["give each service its own address: different specific addresses do not overlap"],
      sources: ["socket(7)", "ip(7)"], related: ["bind-rules", "sharing-a-port"]),
    finding(
      .ownAddressesOverlap, "your server's own sockets conflict",
      """
      The server binds several addresses, and one of its own sockets blocks the next. It may bind the same address twice, a
      wildcard and a specific address, or 0.0.0.0 and a dual-stack [::]. Each of them alone could be bound.
      """,
      here: [.bindV6Only],
      wrong: [.init("Something else holds the port.", "Nothing else does. The server blocks itself.")],
      advice: [
        "set IPV6_V6ONLY on [::], if 0.0.0.0 is bound as well", "bind each address only once",
      ],
      sources: ["ipv6(7): IPV6_V6ONLY"], related: ["dual-stack-wildcard", "IPV6_V6ONLY"]),
    finding(
      .reusePortOtherUser, "SO_REUSEPORT is for one user",
      """
      Both sockets may have SO_REUSEPORT, but they belong to different effective users. Linux does not let anybody take
      another user's connections like that. Root is no exception.
      """,
      wrong: [.init("As root it works.", "The users must be equal. Privileges do not help.")],
      advice: ["run the server as the user who runs the other one"], sources: ["socket(7): SO_REUSEPORT"],
      related: ["SO_REUSEPORT", "sharing-a-port"]),
    finding(
      .reusePortOneSided, "the other socket lacks SO_REUSEPORT",
      "Your server sets SO_REUSEPORT, but the socket that already listens did not. Both must have it, also the first one.",
      wrong: [.init("The option of the new server is enough.", "Every socket on the port must have it.")],
      advice: ["start every server on this port with SO_REUSEPORT"], sources: ["socket(7): SO_REUSEPORT"],
      related: ["SO_REUSEPORT", "sharing-a-port"]),
    finding(
      .listenConflict, "bind() works and listen() is refused",
      """
      Two sockets with SO_REUSEADDR can be bound to the same address while neither listens. listen() checks again, and the
      second socket is refused. That socket stays bound, and may try again.
      """,
      wrong: [.init("EADDRINUSE can only come from bind().", "It can come from listen() too: check both.")],
      advice: ["see what is on the port: tw-inspect port PORT --all"], sources: ["listen(2)"],
      related: ["SO_REUSEADDR", "EADDRINUSE"]),
  ]
}
