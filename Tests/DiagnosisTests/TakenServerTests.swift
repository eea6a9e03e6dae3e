@testable import Diagnosis
import SocketTable
import Testing

struct TakenServerTests {
  private static let server = TakenServer(
    process: SocketOwner(pid: 812, command: "nginx"), uid: 33, userName: "www-data")
  private static let described = BindTarget(
    port: 8080, addresses: [BindAddress(.anyIPv4), BindAddress(.anyIPv6)], areAlternatives: true, uid: 1000)

  private func socket(
    _ address: IPAddress, _ options: SocketOptions = [], v6Only: Bool = false, uid: UInt32 = 33,
    isFreeBind: Bool = false
  ) -> ServerSocket {
    ServerSocket(
      address: BindAddress(address, v6Only: v6Only), settings: .init(options: options, uid: uid),
      isFreeBind: isFreeBind)
  }

  @Test func itsSocketsAreHeldTogether() throws {
    let sockets = [
      socket(.anyIPv6, .reuseAddress, v6Only: true), socket(.anyIPv4, .reuseAddress, isFreeBind: true),
    ]
    let target = try #require(Self.described.like(sockets, of: Self.server))
    #expect(target.addresses == [BindAddress(.anyIPv6, v6Only: true), BindAddress(.anyIPv4)])
    #expect(!target.areAlternatives && target.options == .reuseAddress && target.port == 8080)
    #expect(target.uid == 33 && target.asUID == 33 && target.taken == Self.server && target.isFreeBind)
    #expect(Self.described.like(sockets, of: Self.server, as: 0)?.uid == 0)
    #expect(Self.described.taken == nil)
  }

  @Test func equalSocketsCountOnce() {
    let sockets = Array(repeating: socket(.anyIPv4, .reusePort), count: 8)
    #expect(Self.described.like(sockets, of: Self.server)?.addresses == [BindAddress(.anyIPv4)])
  }

  @Test func whatDiffersCannotBeOneServer() {
    let other = IPAddress(ipv4: 0x7f00_0001)
    #expect(Self.described.like([socket(.anyIPv4), socket(other, .reuseAddress)], of: Self.server) == nil)
    #expect(Self.described.like([socket(.anyIPv4), socket(other, uid: 0)], of: Self.server) == nil)
    #expect(Self.described.like([], of: Self.server) == nil)
  }
}
