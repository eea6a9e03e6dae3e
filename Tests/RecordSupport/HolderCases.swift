import Diagnosis
import SocketTable

/// Ports that something other than a timer keeps.
package enum HolderCases {
  private static func listener(_ address: IPAddress, uid: UInt32 = 0, v6Only: Bool? = nil) -> SocketRecord {
    .on(address, 9527, .listen, uid: uid, inode: 11, cookie: 1, v6Only: v6Only)
  }

  private static let timeWait = SocketRecord.on(.loopback, expires: 41_000, cookie: 2)
  private static let established = SocketRecord.on(.loopback, 9527, .established, inode: 12, cookie: 3)
  private static let both: SocketOptions = [.reuseAddress, .reusePort]
  private static let ephemeral = HostSettings(ephemeralRange: 9000...9999, timerSlack: 2048)

  package static let listeners: [BindCase] = [
    BindCase("listener on 0.0.0.0", [Holder(listener(.anyIPv4))], says: "listener-alive", holders: [0]),
    BindCase(
      "listener on 0.0.0.0 with SO_REUSEADDR on both", [Holder(listener(.anyIPv4), .reuseAddress)],
      .server(.reuseAddress), says: "listener-alive", holders: [0]),
    BindCase(
      "listener on [::]", [Holder(listener(.anyIPv6, v6Only: false))], says: "listener-alive", holders: [0]),
    BindCase(
      "listener on [::] with IPV6_V6ONLY", [Holder(listener(.anyIPv6, v6Only: true), v6Only: true)],
      says: "listener-alive", holders: [0]),
    BindCase(
      "listener on 127.0.0.1", [Holder(listener(.loopback))],
      says: "listener-alive wildcard-overlaps-specific",
      holders: [0]),
    BindCase(
      "listener on [::1]", [Holder(listener(.loopbackIPv6), v6Only: true)],
      says: "listener-alive wildcard-overlaps-specific", holders: [0]),
    // An address was named: how the two overlap decides.
    BindCase(
      "the very address", [Holder(listener(.loopback))], .server(on: [.loopback]), says: "listener-alive",
      holders: [0]),
    BindCase(
      "0.0.0.0 beside 127.0.0.1", [Holder(listener(.anyIPv4))], .server(on: [.loopback]),
      says: "listener-alive wildcard-overlaps-specific", holders: [0]),
    BindCase(
      "dual-stack [::] beside 0.0.0.0", [Holder(listener(.anyIPv6, v6Only: false))], .server(on: [.anyIPv4]),
      says: "listener-alive dual-stack-wildcard", holders: [0]),
    BindCase(
      "0.0.0.0 beside dual-stack [::]", [Holder(listener(.anyIPv4))], .server(on: [.anyIPv6]),
      says: "listener-alive dual-stack-wildcard", holders: [0]),
    BindCase(
      "another address", [Holder(listener(.loopback))], .server(on: [BindAddress(.v4(127, 0, 0, 2))]),
      says: "",
      bindable: true, freeIn: 0, latest: 0),
    // What else is on the port says nothing of its own, and time alone does not help.
    BindCase(
      "listener with connections and TIME_WAIT",
      [
        Holder(listener(.anyIPv4), .reuseAddress), Holder(established, .reuseAddress),
        Holder(timeWait, .reuseAddress),
      ],
      says: "listener-alive", holders: [0, 1, 2]),
    BindCase(
      "two listeners",
      [Holder(listener(.loopback)), Holder(.on(.v4(127, 0, 0, 2), 9527, .listen, inode: 13))],
      says: "listener-alive wildcard-overlaps-specific", holders: [0, 1]),

    BindCase(
      "SO_REUSEPORT on one side", [Holder(listener(.anyIPv4), .reuseAddress)], .server(.reusePort),
      says: "reuse-port-one-sided listener-alive", holders: [0]),
    BindCase(
      "four things at once", [Holder(listener(.anyIPv4))], .server(.reusePort, on: [.loopback]),
      settings: ephemeral,
      says: "reuse-port-one-sided listener-alive wildcard-overlaps-specific port-in-ephemeral-range",
      holders: [0]),
    BindCase(
      "SO_REUSEPORT of another user", [Holder(listener(.anyIPv4, uid: 33), .reusePort)],
      .server(.reusePort, uid: 1000),
      says: "reuse-port-other-user listener-alive", holders: [0]),
    BindCase(
      "root is no exception", [Holder(listener(.anyIPv4, uid: 33), both)], .server(both, uid: 0),
      says: "reuse-port-other-user listener-alive", holders: [0]),
    BindCase(
      "SO_REUSEPORT on both sides", [Holder(listener(.anyIPv4), .reusePort)], .server(.reusePort),
      says: "shared-by-reuse-port", bindable: true, freeIn: 0, latest: 0, holders: [0]),
  ]

  package static let others: [BindCase] = [
    BindCase(
      "bound", [Holder(.on(.loopback, 9527, .bound, inode: 9))], says: "bound-not-listening", holders: [0]),
    BindCase(
      "bound, server with SO_REUSEADDR", [Holder(.on(.loopback, 9527, .bound, inode: 9))],
      .server(.reuseAddress),
      says: "bound-not-listening", holders: [0]),
    BindCase(
      "bound with SO_REUSEADDR on both", [Holder(.on(.loopback, 9527, .bound, inode: 9), .reuseAddress)],
      .server(.reuseAddress), says: "bound-not-listening", bindable: true, freeIn: 0, latest: 0, holders: [0]),
    BindCase(
      "bound beside TIME_WAIT: nothing is known of the TIME_WAIT",
      [Holder(.on(.loopback, 9527, .bound, inode: 9)), Holder(timeWait, .reuseAddress)],
      .server(.reuseAddress),
      says: "bound-not-listening", holders: [0, 1]),

    BindCase(
      "FIN_WAIT1 without a process",
      [Holder(.on(.loopback, 9527, .finWait1, timer: .retransmit), .reuseAddress)],
      says: "orphaned-connection", holders: [0]),
    BindCase(
      "LAST_ACK without a process", [Holder(.on(.loopback, 9527, .lastAck, timer: .retransmit))],
      .server(.reuseAddress), says: "orphaned-connection", holders: [0]),
    BindCase(
      "CLOSING without a process, and TIME_WAIT",
      [
        Holder(.on(.loopback, 9527, .closing, timer: .retransmit), .reuseAddress),
        Holder(timeWait, .reuseAddress),
      ],
      says: "orphaned-connection time-wait-server-closed-first", holders: [0, 1]),

    BindCase(
      "connected to itself", [Holder(.on(.loopback, 9527, .established, peer: 9527, inode: 9))],
      says: "tcp-self-connect", holders: [0]),
    BindCase(
      "connected to itself, in the ephemeral range",
      [Holder(.on(.loopback, 9527, .established, peer: 9527, inode: 9))], settings: ephemeral,
      says: "tcp-self-connect port-in-ephemeral-range", holders: [0]),

    BindCase(
      "SYN_SENT", [Holder(.on(.loopback, 9527, .synSent, timer: .retransmit, inode: 9))],
      says: "outgoing-connection-took-port", holders: [0]),
    BindCase(
      "connection from the ephemeral range", [Holder(established)], .server(.reuseAddress),
      settings: ephemeral,
      says: "outgoing-connection-took-port port-in-ephemeral-range", holders: [0]),
    // With SO_REUSEADDR the bind succeeds: the other side set it, as servers do.
    BindCase(
      "server's connection in the ephemeral range", [Holder(established, .reuseAddress)], settings: ephemeral,
      says: "leaked-connection port-in-ephemeral-range", holders: [0]),

    BindCase(
      "ESTABLISHED without a listener", [Holder(established, .reuseAddress)], says: "leaked-connection",
      holders: [0]),
    BindCase(
      "CLOSE_WAIT without a listener", [Holder(.on(.loopback, 9527, .closeWait, inode: 12))],
      .server(.reuseAddress),
      says: "leaked-connection", holders: [0]),
    BindCase(
      "ESTABLISHED and TIME_WAIT", [Holder(established, .reuseAddress), Holder(timeWait, .reuseAddress)],
      says: "leaked-connection time-wait-server-closed-first", holders: [0, 1]),
    BindCase(
      "ESTABLISHED, both sides with SO_REUSEADDR", [Holder(established, .reuseAddress)],
      .server(.reuseAddress),
      says: "leaked-connection", bindable: true, freeIn: 0, latest: 0, holders: [0]),
    BindCase(
      "a connection request alone holds nothing",
      [Holder(.on(.loopback, 9527, .synReceived, timer: .retransmit))],
      says: "", bindable: true, freeIn: 0, latest: 0),
  ]

  /// Where bound sockets that do not listen cannot be listed, no time is promised.
  package static let blind: [BindCase] = [
    BindCase(
      "TIME_WAIT without", [Holder(timeWait)], .server(.reuseAddress), coverage: .proc,
      says: "time-wait-holder-without-reuse", holders: [0]),
    BindCase(
      "TIME_WAIT with", [Holder(timeWait, .reuseAddress)], coverage: .proc,
      says: "time-wait-server-closed-first",
      holders: [0]),
    BindCase(
      "TIME_WAIT with, server with SO_REUSEADDR", [Holder(timeWait, .reuseAddress)], .server(.reuseAddress),
      coverage: .proc,
      says: "time-wait-server-closed-first", bindable: true, freeIn: 0, latest: 0, holders: [0]),
    BindCase(
      "something that nobody lists", [Holder(.on(.loopback, 9527, .bound, inode: 9))], coverage: .proc,
      says: "bound-not-listening"),
    BindCase(
      "an incomplete look promises no time", [Holder(timeWait)],
      coverage: Coverage(origin: .sockDiag, isComplete: false, blindSpots: []),
      says: "time-wait-holder-without-reuse", bindable: nil,
      holders: [0]),
  ]
}
