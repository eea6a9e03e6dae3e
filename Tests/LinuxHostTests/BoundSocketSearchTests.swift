import KernelSupport
import Glibc
import SocketTable
import TestSupport
import Testing

@testable import LinuxHost

/// Sockets that are only bound, found in the process that has them.
@Suite(.needs(.networkNamespaces), .needs(.program("perl")), .needs(.everyProcess))
struct BoundSocketSearchTests {
  @Test func boundSocketsOfAProcess() throws {
    try withNetworkNamespace { _ in
      let script = """
        use Socket qw(:all); socket(my $a, PF_INET, SOCK_STREAM, 0); bind($a, sockaddr_in(9527, INADDR_LOOPBACK)) or die;
        socket(my $b, PF_INET6, SOCK_STREAM, 0); setsockopt($b, 41, 26, 1); bind($b, pack_sockaddr_in6(9528, IN6ADDR_ANY)) or die;
        my $l = server(9529); socket(my $u, PF_INET, SOCK_DGRAM, 0); bind($u, sockaddr_in(9530, INADDR_ANY)) or die;
        socket(my $n, PF_INET, SOCK_STREAM, 0);
        """
      let process = try Perl(script).start()
      defer { try? process.send(signal: SIGKILL) }
      let found = BoundSocketSearch.sockets(besides: [])
      #expect(found.map(\.local.text).sorted() == ["127.0.0.1:9527", "[::]:9528"])
      #expect(found.allSatisfy { $0.state == .bound && $0.inode != 0 && $0.cookie != 0 })
      #expect(found.first { $0.localPort == 9528 }?.v6Only == true)
      if Requirement.boundSockets.isMet() {
        let listed = try records(onPort: 9527)
        #expect(found.filter { $0.localPort == 9527 }.map(\.cookie) == listed.map(\.cookie))
      }
      #expect(BoundSocketSearch.sockets(besides: Set(found.map(\.inode))).isEmpty)
    }
  }
}
