import Diagnosis
import SocketTable

/// Ports that only timers keep. The slack is 2048 ms (HZ=250).
package enum TimerCases {
  private static let timeWait = SocketRecord.on(.loopback, expires: 41_000, cookie: 1)
  private static let older = SocketRecord.on(.loopback, peer: 50_001, expires: 7000, cookie: 2)
  private static let finWait2 = SocketRecord.on(
    .loopback, 9527, .finWait2, peer: 50_002, timer: .timeWait, expires: 30_000, cookie: 3)
  private static let mapped = SocketRecord.on(.mapped(127, 0, 0, 1), expires: 41_000, cookie: 4)
  private static let ipv6 = SocketRecord.on(.loopbackIPv6, expires: 41_000, cookie: 5)
  private static let ending = SocketRecord.on(.loopback, expires: 0, cookie: 6)
  /// net.ipv4.tcp_fin_timeout above 60 s: a full socket until 60 s are left.
  private static let longFinWait2 = SocketRecord.on(
    .loopback, 9527, .finWait2, timer: .keepalive, expires: 90_000, cookie: 7)

  package static let all = withReuse + withoutReuse + families

  /// The old server had SO_REUSEADDR.
  private static let withReuse: [BindCase] = [
    BindCase(
      "TIME_WAIT, server without options", [Holder(timeWait, .reuseAddress)],
      says: "time-wait-server-closed-first",
      freeIn: 41_000, latest: 43_048, holders: [0]),
    BindCase(
      "TIME_WAIT, server with SO_REUSEADDR", [Holder(timeWait, .reuseAddress)], .server(.reuseAddress),
      says: "time-wait-server-closed-first", bindable: true, freeIn: 0, latest: 0, holders: [0]),
    BindCase(
      "several TIME_WAIT: the longest counts",
      [Holder(older, .reuseAddress), Holder(timeWait, .reuseAddress)],
      says: "time-wait-server-closed-first", freeIn: 41_000, latest: 43_048, holders: [0, 1]),
    BindCase(
      "TIME_WAIT that is ending", [Holder(ending, .reuseAddress)], says: "time-wait-server-closed-first",
      freeIn: 1,
      latest: 2048, holders: [0]),
    BindCase(
      "FIN_WAIT2 minisocket", [Holder(finWait2, .reuseAddress)], says: "fin-wait-2-orphan", freeIn: 30_000,
      latest: 92_048, holders: [0]),
    BindCase(
      "FIN_WAIT2 minisocket, server with SO_REUSEADDR", [Holder(finWait2, .reuseAddress)],
      .server(.reuseAddress),
      says: "fin-wait-2-orphan", bindable: true, freeIn: 0, latest: 0, holders: [0]),
    BindCase(
      "TIME_WAIT and FIN_WAIT2", [Holder(timeWait, .reuseAddress), Holder(finWait2, .reuseAddress)],
      says: "time-wait-server-closed-first fin-wait-2-orphan", freeIn: 41_000, latest: 103_048,
      holders: [0, 1]),
    BindCase(
      "FIN_WAIT2 that is a full socket still", [Holder(longFinWait2, .reuseAddress)],
      says: "fin-wait-2-orphan",
      holders: [0]),
    BindCase(
      "TIME_WAIT of a server with both options", [Holder(timeWait, [.reuseAddress, .reusePort])],
      .server(.reusePort), says: "time-wait-server-closed-first", bindable: true, freeIn: 0, latest: 0,
      holders: [0]),
    // Crossed options never help.
    BindCase(
      "TIME_WAIT, server with SO_REUSEPORT alone", [Holder(timeWait, .reuseAddress)], .server(.reusePort),
      says: "time-wait-server-closed-first", freeIn: 41_000, latest: 43_048, holders: [0]),
  ]

  private static let withoutReuse: [BindCase] = [
    BindCase(
      "TIME_WAIT without, server without", [Holder(timeWait)], says: "time-wait-holder-without-reuse",
      freeIn: 41_000,
      latest: 43_048, holders: [0]),
    BindCase(
      "TIME_WAIT without, server with SO_REUSEADDR", [Holder(timeWait)], .server(.reuseAddress),
      says: "time-wait-holder-without-reuse", freeIn: 41_000, latest: 43_048, holders: [0]),
    BindCase(
      "TIME_WAIT of SO_REUSEPORT alone, server with SO_REUSEADDR", [Holder(timeWait, .reusePort)],
      .server(.reuseAddress), says: "time-wait-holder-without-reuse", freeIn: 41_000, latest: 43_048,
      holders: [0]),
    BindCase(
      "one with and one without", [Holder(older), Holder(timeWait, .reuseAddress)], .server(.reuseAddress),
      says: "time-wait-holder-without-reuse", freeIn: 41_000, latest: 43_048, holders: [0, 1]),
    BindCase(
      "FIN_WAIT2 minisocket without", [Holder(finWait2)], .server(.reuseAddress),
      says: "fin-wait-2-orphan time-wait-holder-without-reuse", freeIn: 30_000, latest: 92_048, holders: [0]),
    BindCase(
      "TIME_WAIT and FIN_WAIT2 without", [Holder(timeWait), Holder(finWait2)], .server(.reuseAddress),
      says: "time-wait-holder-without-reuse fin-wait-2-orphan", freeIn: 41_000, latest: 103_048,
      holders: [0, 1]),
  ]

  private static let families: [BindCase] = [
    BindCase(
      "v4-mapped TIME_WAIT", [Holder(mapped, .reuseAddress)],
      says: "time-wait-server-closed-first v4-mapped-time-wait",
      freeIn: 41_000,
      latest: 43_048, holders: [0]),
    BindCase(
      "IPv6 TIME_WAIT of a dual-stack server", [Holder(ipv6, .reuseAddress)],
      says: "time-wait-server-closed-first",
      freeIn: 41_000, latest: 43_048, holders: [0]),
    BindCase(
      "IPv6 TIME_WAIT of a server on [::1]", [Holder(ipv6, .reuseAddress, v6Only: true)],
      says: "time-wait-server-closed-first", freeIn: 41_000, latest: 43_048, holders: [0]),
    BindCase(
      "IPv6 TIME_WAIT, server on 127.0.0.1", [Holder(ipv6)], .server(on: [.loopback]), says: "",
      bindable: true,
      freeIn: 0, latest: 0),
    BindCase(
      "IPv4 TIME_WAIT, server on [::1]", [Holder(timeWait)], .server(on: [.loopbackIPv6]), says: "",
      bindable: true,
      freeIn: 0, latest: 0),
    BindCase(
      "IPv4 TIME_WAIT, server on [::] with IPV6_V6ONLY", [Holder(timeWait)], .server(on: [.anyIPv6Only]),
      says: "",
      bindable: true, freeIn: 0, latest: 0),
    BindCase(
      "TIME_WAIT on another address", [Holder(timeWait)], .server(on: [BindAddress(.v4(127, 0, 0, 2))]),
      says: "",
      bindable: true, freeIn: 0, latest: 0),
    // One of two addresses that the server binds together.
    BindCase(
      "TIME_WAIT on one of two addresses", [Holder(timeWait)],
      .server(.reuseAddress, on: [BindAddress(.v4(127, 0, 0, 2)), .loopback]),
      says: "time-wait-holder-without-reuse", freeIn: 41_000, latest: 43_048, holders: [0]),
  ]
}
