import Glibc
import KernelSupport
import TestSupport
import Testing

/// Situations that people met and asked about, and what they are told: docs/field-cases.txt, to be read like a page.
@Suite(
  .needs(.networkNamespaces), .needs(.otherUsers), .needs(.ipv6), .needs(.boundSockets),
  .needs(.program("perl")))
struct FieldCasesTests {
  private var screens = ScreenFile()

  @Test mutating func asToldInDocs() throws {
    try stoppedServer()
    try remainsOfAClient()
    try publishedPort()
    try resolver()
    try otherLocalhost()
    try accidentalSharing()
    try duplicateAddress()
    try screens.compare(withFile: "docs/field-cases.txt")
  }

  private mutating func show(
    _ title: String, _ arguments: String..., asUser user: uid_t? = nil, make: (Lab) throws -> [RunningCommand]
  ) throws {
    let result = try withNetworkNamespace { lab in
      let servers = try make(lab)
      let result = try Tool.run(["trybind"] + arguments, asUser: user)
      for server in servers {
        try server.send(signal: SIGKILL)
        _ = try server.finish()
      }
      return result
    }
    screens.add(title, result)
  }

  private mutating func stoppedServer() throws {
    try show("a server was stopped with Ctrl-Z, and its port stays taken", "3000") { _ in
      let server = try Perl(#"name("node"); our $s = server(3000);"#).start()
      try server.send(signal: SIGSTOP)
      try waitUntil("it is stopped") {
        String(decoding: try readFile("/proc/\(server.pid)/stat"), as: UTF8.self).contains(") T ")
      }
      return [server]
    }
  }

  private mutating func remainsOfAClient() throws {
    try show("a client of this host had the server's port, and is gone", "40001", "--reuse") { lab in
      try lab.clientTimeWait(localPort: 40_001, toPort: 443)
      return []
    }
  }

  private mutating func publishedPort() throws {
    try show("a container publishes the port, and an ordinary user asks", "8080", asUser: 65_534) { _ in
      var perl = Perl(#"name("docker-proxy"); our $s = server(8080);"#)
      perl.arguments = [
        "-proto", "tcp", "-host-ip", "127.0.0.1", "-host-port", "8080", "-container-ip", "172.17.0.2",
        "-container-port", "80",
      ]
      return [try perl.start()]
    }
  }

  private mutating func resolver() throws {
    try show("the host's own resolver has port 53", "53") { _ in
      [
        try Perl(
          #"""
          name("systemd-resolve"); socket(our $s, PF_INET, SOCK_STREAM, 0) or die $!;
          setsockopt($s, SOL_SOCKET, 25, pack("Z*", "lo")) or die $!;
          bind($s, sockaddr_in(53, inet_aton("127.0.0.53"))) or die $!; listen($s, 8);
          """#
        ).start()
      ]
    }
  }

  private mutating func otherLocalhost() throws {
    try show("another server has the other localhost", "5173", "--address", "127.0.0.1") { _ in
      [
        try Perl(
          #"""
          name("node"); socket(our $s, PF_INET6, SOCK_STREAM, 0) or die $!;
          bind($s, Socket::pack_sockaddr_in6(5173, Socket::inet_pton(PF_INET6, "::1"))) or die $!; listen($s, 8);
          """#
        ).start()
      ]
    }
  }

  private mutating func accidentalSharing() throws {
    try show("a second instance would share the port, and nobody would notice", "50051", "--reuse-port") {
      _ in
      try (0..<2).map { _ in
        try Perl(
          #"""
          name("grpc_server"); socket(our $s, PF_INET, SOCK_STREAM, 0) or die $!;
          setsockopt($s, SOL_SOCKET, SO_REUSEPORT, 1) or die $!;
          bind($s, sockaddr_in(50051, INADDR_ANY)) or die $!; listen($s, 8);
          """#
        ).start()
      }
    }
  }

  private mutating func duplicateAddress() throws {
    try show("another host has the address", "80", "--address", "2001:db8::7") { lab in
      try lab.addDuplicateAddress("2001:db8::7", to: "eth0")
      return []
    }
  }
}
