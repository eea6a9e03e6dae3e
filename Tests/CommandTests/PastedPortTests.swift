import TestSupport
import Testing

/// Ports as they stand in logs, in unit files and in what ss prints.
@Suite(.needs(.networkNamespaces))
struct PastedPortTests {
  @Test(arguments: [
    "9527", ":9527", "*:9527", "9527/tcp", "9527/TCP", ":9527/tcp", "0.0.0.0:9527", "[::]:9527",
    "127.0.0.1:9527/tcp",
  ])
  func theSamePort(_ typed: String) throws {
    try withNetworkNamespace { lab in
      try lab.timeWait(port: 9527)
      let result = try Tool.run("port", typed, "--json")
      #expect(result.exitCode == 0)
      #expect(try result.json["sockets"].count == 1)
      let namesAddress = typed.contains(".") || typed.contains("[")
      #expect(result.errors.isEmpty != namesAddress, "\(result.errors)")
      if namesAddress { #expect(result.errors.contains("port 9527 is looked at, not only")) }
      #expect(try Tool.run("port", typed, "-q").errors == "")
    }
  }

  @Test func listsOfThem() throws {
    try withNetworkNamespace { lab in
      try lab.timeWait(port: 9527)
      let json = try Tool.run("port", ":9520-9530,127.0.0.1:80", "443/tcp", "--json").json
      let ports = json["query"]["ports"].array?.map { [$0["from"].int, $0["to"].int] }
      #expect(ports == [[80, 80], [443, 443], [9520, 9530]])
      #expect(json["sockets"].count == 1)
    }
  }

  /// There it is the server's address.
  @Test(
    .needs(.ipv6),
    arguments: [
      (":9527", ["0.0.0.0", "::"]), ("127.0.0.1:9527", ["127.0.0.1"]), ("[::1]:9527", ["::1"]),
      ("0.0.0.0:9527/tcp", ["0.0.0.0"]),
    ])
  func theServersAddress(_ typed: String, addresses: [String]) throws {
    try withNetworkNamespace { lab in
      try lab.listener(via: .ipv4, port: 9527)
      for command in [["trybind"], ["wait", "--fail-fast"]] {
        let result = try Tool.run(command + [typed, "--json"])
        #expect(try result.json["target"]["addresses"].array?.compactMap(\.string) == addresses)
        #expect(result.exitCode == (addresses == ["::1"] ? 0 : 1))
      }
    }
  }

  @Test func release() throws {
    try withNetworkNamespace { lab in
      try lab.timeWait(port: 9527)
      #expect(try Tool.run("release", "0.0.0.0:9527", "--dry-run").output.contains("1 TIME_WAIT"))
      let result = try Tool.run("release", "127.0.0.1:9527", "--dry-run")
      #expect(result.exitCode == 64)
      #expect(result.errors.contains("leave out the address"))
    }
  }
}
