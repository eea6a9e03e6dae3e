import KernelSupport
import TestSupport
import Testing

/// Servers of several addresses, automatic ports, and SO_REUSEPORT.
@Suite(.needs(.networkNamespaces))
struct TrybindSeveralSocketsTests {
  // MARK: Held together

  @Test(
    .needs(.ipv6),
    arguments: [
      ["0.0.0.0", "::"], ["::", "0.0.0.0"], ["127.0.0.1", "0.0.0.0"], ["0.0.0.0", "127.0.0.1"],
      ["::1", "::"],
      ["127.0.0.1", "127.0.0.1"], ["127.0.0.1", "::ffff:127.0.0.1"], ["127.0.0.1", "::1", "::"],
    ])
  func ownAddressesOverlap(_ addresses: [String]) throws {
    try withNetworkNamespace { lab in
      try expectTrybind(Server(addresses: addresses), false, ["own-addresses-overlap"])
      // bind() allows it while none of them listens, so a yes was told to servers that could not start.
      try expectTrybind(Server(addresses: addresses, reuse: true), false, ["own-addresses-overlap"])
      try expectTrybind(
        Server(addresses: addresses, reuse: true, listens: true), false, ["own-addresses-overlap"])
      try expectTrybind(
        Server(addresses: addresses, reusePort: true, listens: true), true, [])
    }
  }

  /// Nothing told which of the outcomes stand for all sockets at once.
  @Test(.needs(.boundSockets), arguments: [[], ["--reuse"], ["--matrix"], ["--predict"]])
  func whatWasHeldTogetherIsMarked(options: [String]) throws {
    try withNetworkNamespace { _ in
      let two = try Tool.run(
        ["trybind", "9527", "--address", "127.0.0.1", "--address", "127.0.0.2"] + options)
      #expect(two.exitCode == 0)
      #expect(two.output.contains("(yours)") == (options != ["--predict"]))
      #expect(two.output.contains("held together") == (options != ["--predict"]))
      let one = try Tool.run(["trybind", "9527", "--address", "127.0.0.1"] + options)
      #expect(!one.output.contains("held together"))
    }
  }

  @Test(.needs(.ipv6)) func addressesApart() throws {
    try withNetworkNamespace { lab in
      for listens in [false, true] {
        try expectTrybind(Server(addresses: ["127.0.0.1", "127.0.0.2", "::1"], listens: listens), true, [])
        try expectTrybind(Server(addresses: ["0.0.0.0", "::"], v6Only: true, listens: listens), true, [])
        try expectTrybind(Server(addresses: ["::", "0.0.0.0"], v6Only: true, listens: listens), true, [])
      }
    }
  }

  /// It is another socket that stands in the way of one of them.
  @Test func oneOfTwoIsTaken() throws {
    try withNetworkNamespace { lab in
      try lab.listener(port: 9527)
      let answer = try expectTrybind(
        Server(addresses: ["127.0.0.2", "127.0.0.1"]), false, ["listener-alive"])
      #expect(answer.kernel.map(\.bind) == ["ok", "EADDRINUSE"])
    }
  }

  /// The first is refused by TIME_WAIT, and so is not there to be in the second's way; but when the TIME_WAIT has ended it
  /// will be, and no time may be promised.
  @Test(.needs(.ipv6)) func timeWaitBeforeTheOverlap() throws {
    try withNetworkNamespace { lab in
      try lab.timeWait(port: 9527, .init(reuseAddress: true))
      let answer = try expectTrybind(
        Server(addresses: ["0.0.0.0", "::"]), false,
        ["own-addresses-overlap", "time-wait-server-closed-first"])
      #expect(answer.freeIn.isNull)
      try expectTrybind(
        Server(addresses: ["0.0.0.0", "::"], reuse: true), false,
        ["own-addresses-overlap", "time-wait-server-closed-first"])
      try expectTrybind(
        Server(addresses: ["0.0.0.0", "::"], reuse: true, listens: true), false, ["own-addresses-overlap"])
    }
  }

  /// Its own SO_REUSEPORT trial on 0.0.0.0 let a repeated one on [::] succeed, which was told as "has just become free".
  @Test(.needs(.ipv6)) func ownTrialsTurnNoAnswer() throws {
    try withNetworkNamespace { lab in
      try lab.timeWait(port: 9527, .init(reusePort: true))
      try lab.listener(via: .ipv6, port: 9527)
      let result = try Tool.run("trybind", "9527", "--reuse-port", "--json")
      #expect(result.exitCode == 1)
      let slugs = try result.json.slugs
      #expect(!slugs.contains("port-now-free"))
    }
  }

  /// The TIME_WAIT was named first, with the advice to wait, although a listener holds [::] for good.
  @Test(.needs(.ipv6)) func aListenerDecidesBeforeATimer() throws {
    try withNetworkNamespace { lab in
      try lab.timeWait(port: 9527)
      try lab.listener(via: .ipv6, port: 9527)
      let result = try Tool.run("trybind", "9527", "--json")
      #expect(try result.json["findings"][0]["slug"].string == "listener-alive")
      #expect(try result.json["free_in_ms"].isNull)
    }
  }

  // MARK: Automatic port

  @Test func automaticPort() throws {
    try withNetworkNamespace { lab in
      for server in [Server(port: 0), Server(port: 0, reuse: true), Server(port: 0, listens: true)] {
        let answer = try expectTrybind(server, true, [])
        #expect(answer.json["target"]["port"].int == 0)
      }
      try lab.timeWait(port: 9527)
      try expectTrybind(Server(port: 0), true, [])
    }
  }

  @Test(arguments: [false, true])
  func ephemeralRangeUsedUp(listening: Bool) throws {
    try withNetworkNamespace { lab in
      try lab.sysctl("net.ipv4.ip_local_port_range", "40000 40007")
      for port in UInt16(40_000)...40_007 {
        if listening {
          try lab.listener(via: .ipv4Wildcard, port: port)
        } else {
          try lab.boundOnly(via: .ipv4Wildcard, port: port)
        }
      }
      let answer = try expectTrybind(Server(port: 0), false, ["ephemeral-range-exhausted"])
      #expect(answer.holders.isEmpty)
      #expect(answer.text.contains("40000-40007"))
      try expectTrybind(Server(port: 9527), true, [])
    }
  }

  @Test func portInTheEphemeralRange() throws {
    try withNetworkNamespace { lab in
      let answer = try expectTrybind(Server(port: 40_000), true, ["port-in-ephemeral-range"])
      #expect(answer.finding("port-in-ephemeral-range")["severity"].string == "info")
      try lab.sysctl("net.ipv4.ip_local_reserved_ports", "39999-40001")
      try expectTrybind(Server(port: 40_000), true, [])
      try lab.sysctl("net.ipv4.ip_local_port_range", "9000 9999")
      try expectTrybind(Server(port: 40_000), true, [])
      try expectTrybind(Server(port: 9527), true, ["port-in-ephemeral-range"])
    }
  }

  // MARK: SO_REUSEPORT

  @Test func sharedByOneUser() throws {
    try withNetworkNamespace { lab in
      try lab.listener(port: 9527, .init(reusePort: true))
      for address in [["127.0.0.1"], []] {
        let answer = try expectTrybind(
          Server(addresses: address, reusePort: true), true, ["shared-by-reuse-port"])
        #expect(answer.finding("shared-by-reuse-port")["severity"].string == "info")
      }
      try expectTrybind(Server(addresses: ["127.0.0.1"]), false, ["listener-alive"])
      try expectTrybind(Server(addresses: ["127.0.0.1"], reuse: true), false, ["listener-alive"])
    }
  }

  @Test func oneSided() throws {
    try withNetworkNamespace { lab in
      try lab.listener(port: 9527, .init(reuseAddress: true))
      try expectTrybind(
        Server(addresses: ["127.0.0.1"], reusePort: true), false, ["reuse-port-one-sided", "listener-alive"])
      try expectTrybind(
        Server(addresses: ["127.0.0.1"], reuse: true, reusePort: true), false,
        ["reuse-port-one-sided", "listener-alive"])
    }
  }

  @Test(.needs(.otherUsers), arguments: [false, true])
  func anotherUser(hasOption: Bool) throws {
    try withNetworkNamespace { lab in
      try lab.listener(port: 9527, .init(reusePort: hasOption, owner: 65_534))
      let answer = try expectTrybind(
        Server(addresses: ["127.0.0.1"], reusePort: true), false, ["reuse-port-other-user", "listener-alive"])
      #expect(answer.holders.map { $0["uid"].int } == [65_534])
      // Whether the other one has the option cannot be seen.
      #expect(answer.finding("reuse-port-other-user")["certainty"].string == "likely")
    }
  }

  /// The user's own sockets are shared among themselves.
  @Test(.needs(.otherUsers))
  func nobodySharesWithNobody() throws {
    try withNetworkNamespace { lab in
      try lab.listener(port: 9527, .init(reusePort: true, owner: 65_534))
      let result = try Tool.run("trybind", "9527", "--reuse-port", "--json", asUser: 65_534)
      #expect(result.exitCode == 0)
      // Its user, and not its process: that is of root.
      let slugs = try result.json.slugs
      #expect(slugs == ["shared-by-reuse-port", "owner-hidden"])
      // And root is no exception.
      #expect(try Tool.run("trybind", "9527", "--reuse-port", "-q").exitCode == 1)
    }
  }

  /// Beside a live listener a listening trial would take its connections, and reset them.
  @Test func listenBesideALiveListener() throws {
    try withNetworkNamespace { lab in
      let situation = try lab.listener(port: 9527, .init(reusePort: true))
      let arguments = ["trybind", "9527", "--address", "127.0.0.1", "--reuse-port", "--listen"]
      let before = try TableImage()
      for more in [[], ["--reuse"], ["--json"], ["-q"], ["--source", "proc"]] {
        let refused = try Tool.run(arguments + more)
        #expect(refused.exitCode == 64)
        #expect(refused.output == "")
        #expect(refused.errors.contains("--yes"))
        #expect(refused.errors.contains("--listen"))
        #expect(refused.errors.split(separator: "\n").count == 1)
      }
      #expect(try TableImage() == before)
      let server = Server(addresses: ["127.0.0.1"], reusePort: true, listens: true, more: ["--yes"])
      try expectTrybind(server, true, ["shared-by-reuse-port"])

      // It took none: the listener is still the only one.
      let client = lab.keep(try TCPSocket())
      try client.connect(to: situation.local)
      let accepted = try #require(situation.listener).accept()
      try client.send([7])
      #expect(try accepted.receive() == [7])
    }
  }

  /// Nobody listens yet, so there is nothing to take.
  @Test func listenWithNobodyThere() throws {
    try withNetworkNamespace { lab in
      try expectTrybind(Server(reusePort: true, listens: true), true, [])
      try lab.timeWait(port: 9527, .init(reusePort: true))
      try expectTrybind(Server(reusePort: true, listens: true), true, ["time-wait-holder-without-reuse"])
    }
  }
}
