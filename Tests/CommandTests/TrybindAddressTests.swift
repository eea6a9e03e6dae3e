import Glibc
import KernelSupport
import TestSupport
import Testing

/// Addresses, devices and families that a server can get wrong, before any other socket matters.
@Suite(.needs(.networkNamespaces))
struct TrybindAddressTests {
  @Test(arguments: ["192.0.2.7", "2001:db8::7", "::ffff:192.0.2.7"])
  func notOfThisHost(_ address: String) throws {
    try withNetworkNamespace { lab in
      if address.contains(":") { try Requirement.ipv6.orSkip() }
      let answer = try expectTrybind(Server(addresses: [address]), false, ["address-not-local"])
      #expect(answer.kernel.map(\.bind) == ["EADDRNOTAVAIL"])
      #expect(answer.holders.isEmpty)
      let title = answer.finding("address-not-local")["title"].string
      #expect(title?.contains("Cannot assign requested address") == true)
      #expect(title?.contains(address) == true)
      // The setting of IPv4 was named for addresses of IPv6 as well.
      let actions =
        answer.finding("address-not-local")["remedies"].array?.compactMap { $0["action"].string } ?? []
      let setting = "net.\(address.hasPrefix("2001:") ? "ipv6" : "ipv4").ip_nonlocal_bind"
      #expect(actions.joined().contains(setting), "\(actions)")
    }
  }

  /// It wins over "in use": a listener on the wildcard is not the reason.
  @Test func notOfThisHostAndInUse() throws {
    try withNetworkNamespace { lab in
      try lab.listener(via: .ipv4Wildcard, port: 9527)
      try expectTrybind(Server(addresses: ["192.0.2.7"]), false, ["address-not-local"])
    }
  }

  @Test func ofThisHostOnceItIsAdded() throws {
    try withNetworkNamespace { lab in
      try lab.addLink("eth0")
      try lab.addAddress("192.0.2.7", prefix: 24, to: "eth0")
      try expectTrybind(Server(addresses: ["192.0.2.7"]), true, [])
    }
  }

  @Test func nonLocalAllowed() throws {
    try withNetworkNamespace { lab in
      try lab.sysctl("net.ipv4.ip_nonlocal_bind", "1")
      try expectTrybind(Server(addresses: ["192.0.2.7"]), true, [])
    }
  }

  @Test(.needs(.ipv6)) func linkLocal() throws {
    try withNetworkNamespace { lab in
      try lab.addLink("eth0")
      try lab.addAddress("fe80::1", prefix: 64, to: "eth0")
      try expectTrybind(Server(addresses: ["fe80::1"]), false, ["address-needs-scope"])
      try expectTrybind(Server(addresses: ["fe80::1%eth0"]), true, [])
      try expectTrybind(Server(addresses: ["fe80::2%eth0"]), false, ["address-not-local"])
      // The device of the socket does for the scope.
      try expectTrybind(Server(addresses: ["fe80::1"], interface: "eth0"), true, [])
      let listener = lab.keep(try TCPSocket(.ipv6))
      try listener.bind("fe80::1%eth0", port: 9527)
      try listener.listen()
      try expectTrybind(Server(addresses: ["fe80::1%eth0"]), false, ["listener-alive"])
      let brackets = try Tool.run("trybind", "9527", "--address", "[fe80::1%eth0]")
      #expect(brackets.exitCode == 1)
    }
  }

  /// The test's own resolver refuses the name, so the kernel is not asked again here.
  @Test(.needs(.ipv6)) func scopeThatDoesNotExist() throws {
    try withNetworkNamespace { lab in
      for scope in ["nope0", "77"] {
        let result = try Tool.run("trybind", "9527", "--address", "fe80::1%\(scope)", "--json")
        #expect(result.exitCode == 1)
        let findings = try result.json["findings"]
        #expect(findings.array?.map { $0["slug"].string } == ["no-such-interface"])
        #expect(findings[0]["title"].string?.contains(scope) == true)
      }
    }
  }

  @Test func noSuchInterface() throws {
    try withNetworkNamespace { lab in
      let answer = try expectTrybind(Server(interface: "nope0"), false, ["no-such-interface"])
      #expect(answer.text.contains("nope0"))
      try lab.addLink("eth0")
      try expectTrybind(Server(interface: "eth0"), true, [])
      try lab.deleteLink("eth0")
      try expectTrybind(Server(interface: "eth0"), false, ["no-such-interface"])
    }
  }

  @Test func serviceNames() throws {
    try withNetworkNamespace { lab in
      try lab.listener(via: .ipv4Wildcard, port: 443)
      try lab.listener(via: .ipv4Wildcard, port: 20)
      for name in ["https", "ftp-data"] {
        let result = try Tool.run("trybind", name, "--json")
        #expect(result.exitCode == 1)
        #expect(try result.json["target"]["port"].int == (name == "https" ? 443 : 20))
      }
      #expect(try Tool.run("trybind", "http").exitCode == 0)
    }
  }

  // MARK: Families

  @Test(.needs(.ipv6)) func oneFamilyAskedFor() throws {
    try withNetworkNamespace { lab in
      try lab.listener(via: .ipv4Wildcard, port: 9527)
      try expectTrybind(Server(more: ["-4"]), false, ["listener-alive"])
      try expectTrybind(Server(v6Only: true, more: ["-6"]), true, ["other-name-elsewhere"])
      try lab.listener(via: .ipv6OnlyWildcard, port: 9528)
      try expectTrybind(Server(port: 9528, more: ["-4"]), true, ["other-name-elsewhere"])
      let answer = try expectTrybind(Server(port: 9528), false, ["listener-alive"])
      #expect(answer.text.contains("ok on 0.0.0.0, refused on [::]"))
    }
  }

  /// net.ipv6.bindv6only sets a default, and each trial sets its own option.
  @Test(.needs(.ipv6)) func bindV6OnlyMakesNoDifference() throws {
    try withNetworkNamespace { lab in
      try lab.sysctl("net.ipv6.bindv6only", "1")
      try lab.listener(via: .ipv4Wildcard, port: 9527)
      let answer = try expectTrybind(Server(addresses: ["::"]), false, nil)
      #expect(answer.json["trials"].array?.allSatisfy { $0["v6_only"].bool == false } == true)
      try expectTrybind(Server(addresses: ["::"], v6Only: true), true, ["other-name-elsewhere"])
    }
  }

  /// Without IPv6 in this process a server that named no address has IPv4 alone, and no fault.
  @Test func familyMissing() throws {
    try withNetworkNamespace { lab in
      let noIPv6 = Command.Denial.socket(AF_INET6, EAFNOSUPPORT)
      var command = try Tool.command(["trybind", "9527", "--json"])
      command.denials = [noIPv6]
      let skipped = try command.run()
      #expect(skipped.exitCode == 0)
      #expect(try skipped.json["bindable"].bool == true)
      #expect(try skipped.json.slugs.isEmpty)
      #expect(try skipped.json["trials"].array?.allSatisfy { $0["address"].string == "0.0.0.0" } == true)

      command.arguments = ["trybind", "9527"]
      let table = try command.run()
      #expect(table.output.contains("no IPv6"), "\(table)")
      expectNarrow(table.output)

      for more in [["--address", "::"], ["--address", "127.0.0.1", "--address", "::1"]] {
        command.arguments = ["trybind", "9527", "--json"] + more
        let named = try command.run()
        #expect(named.exitCode == 1)
        let slugs = try named.json.slugs
        #expect(slugs == ["family-unavailable"])
      }
    }
  }

  /// "-6" leaves only [::] to be tried, and there is none: no answer can be yes.
  @Test(arguments: [["-6"], ["--v6-only"]])
  func theOnlyFamilyMissing(_ more: [String]) throws {
    try withNetworkNamespace { _ in
      var command = try Tool.command(["trybind", "9527", "--json"] + more)
      command.denials = [.socket(AF_INET6, EAFNOSUPPORT)]
      let result = try command.run()
      #expect(result.exitCode == 1)
      #expect(try result.json.slugs == ["family-unavailable"])
    }
  }

  @Test func noFamilyAtAll() throws {
    try withNetworkNamespace { _ in
      var command = try Tool.command(["trybind", "9527", "--json"])
      command.denials = [.socket(AF_INET6, EAFNOSUPPORT), .socket(AF_INET, EAFNOSUPPORT)]
      let result = try command.run()
      #expect(result.exitCode != 0)
      #expect(try result.json["bindable"].bool != true)
    }
  }

  @Test(.needs(.ipv6)) func ipv6SwitchedOff() throws {
    try withNetworkNamespace { lab in
      try lab.sysctl("net.ipv6.conf.all.disable_ipv6", "1")
      try expectTrybind(Server(addresses: ["::1"]), false, ["family-unavailable"])
      // The wildcard needs no address.
      try expectTrybind(Server(), true, [])
    }
  }

  // MARK: Refusals by others

  @Test(.needs(.otherUsers))
  func privilegedPort() throws {
    try withNetworkNamespace { lab in
      func ask(_ more: String...) throws -> JSON {
        let result = try Tool.run(["trybind", "80", "--json"] + more, asUser: 65_534)
        #expect(result.exitCode == 1)
        return try result.json
      }
      let free = try ask()
      #expect(free.slugs == ["privileged-port"])
      #expect(free["trials"].array?.allSatisfy { $0["bind"].string == "EACCES" } == true)
      #expect(free["host"]["euid"].int == 65_534)
      #expect(free["free_in_ms"].isNull)
      // It comes before "in use".
      try lab.listener(via: .ipv4Wildcard, port: 80)
      #expect(try ask().slugs == ["privileged-port"])

      try expectTrybind(Server(port: 80), false, ["listener-alive"])
      try lab.sysctl("net.ipv4.ip_unprivileged_port_start", "80")
      #expect(try ask().slugs == ["listener-alive", "owner-hidden"])
    }
  }

  @Test(arguments: [EPERM, EACCES])
  func refusedByPolicy(error: Int32) throws {
    try withNetworkNamespace { lab in
      try lab.timeWait(via: .ipv6, port: 9527)
      var command = try Tool.command(["trybind", "9527", "-6", "--json"])
      command.denials = [.bindIPv6(error)]
      let result = try command.run()
      #expect(result.exitCode == 1)
      let json = try result.json
      #expect(json.slugs == ["denied-by-policy"])
      #expect(json["holders"].count == 0)
      #expect(json["free_in_ms"].isNull)
    }
  }

  /// "In use", and no socket on the port that could be the reason: a cgroup program can answer so. What is not known
  /// is said to be not known.
  @Test(.needs(.boundSockets)) func refusedForNoReason() throws {
    try withNetworkNamespace { _ in
      var command = try Tool.command(["trybind", "9527", "-6", "--json"])
      command.denials = [.bindIPv6(EADDRINUSE)]
      let result = try command.run()
      #expect(result.exitCode == 1)
      let json = try result.json
      #expect(json["source"]["blind_spots"].array?.contains(.string("bound-not-listening")) == false)
      #expect(json.slugs == ["rules-and-kernel-disagree"])
      #expect(json["findings"][0]["because"].string?.contains("seccomp") == true)
      #expect(json["free_in_ms"].isNull)
    }
  }

  /// "Is not an address of this host" was said of one that duplicate address detection still keeps.
  @Test(.needs(.ipv6)) func tentativeAddress() throws {
    try withNetworkNamespace { lab in
      try lab.addLink("eth0", carrier: false)
      try lab.addAddress("2001:db8::7", prefix: 64, to: "eth0", checked: true)
      let result = try Tool.run("trybind", "9527", "--address", "2001:db8::7", "--json")
      #expect(result.exitCode == 1)
      #expect(try result.json.slugs == ["address-tentative"])
      let wait = try result.json["findings"][0]["remedies"][0]["command"].string
      #expect(wait == "tw-inspect wait 9527 --address 2001:db8::7")
    }
  }

  /// "Still tentative, wait a few seconds" was said of an address that another host has: time never helps.
  @Test(.needs(.ipv6)) func duplicateAddress() throws {
    try withNetworkNamespace { lab in
      try lab.addDuplicateAddress("2001:db8::7", to: "eth0")
      let answer = try expectTrybind(
        Server(addresses: ["2001:db8::7"]), false, ["address-duplicate"])
      #expect(answer.freeIn.isNull)
      let waited = try Tool.run("wait", "9527", "--address", "2001:db8::7", "--fail-fast", "--timeout", "30s")
      #expect(waited.exitCode == 1)
    }
  }
}
