import Diagnosis
import RecordSupport
import SocketTable
import Testing

@Suite struct BindTargetTests {
  @Test func optionNames() {
    #expect(SocketOptions([]).names == [])
    #expect(SocketOptions.reuseAddress.names == ["SO_REUSEADDR"])
    #expect(SocketOptions.reusePort.names == ["SO_REUSEPORT"])
    #expect(SocketOptions([.reusePort, .reuseAddress]).names == ["SO_REUSEADDR", "SO_REUSEPORT"])
  }

  @Test func addresses() {
    #expect(BindAddress.anyIPv4.text == "0.0.0.0")
    #expect(BindAddress.anyIPv6Only.text(port: 9527) == "[::]:9527")
    let scoped = BindAddress(IPAddress(ipv6High: 0xfe80 << 48, low: 1), scope: 2, scopeName: "eth0")
    #expect(scoped.text == "[fe80::1%eth0]")
    #expect(scoped.text(port: 80) == "[fe80::1%eth0]:80")
  }

  @Test func newSocket() {
    var target = BindTarget.server([.reuseAddress], uid: 1000)
    let linkLocal = BindAddress(
      IPAddress(ipv6High: 0xfe80 << 48, low: 1), v6Only: true, scope: 2, scopeName: "eth0")
    #expect(
      target.newSocket(at: linkLocal)
        == NewSocket(
          address: linkLocal.address, v6Only: true, interface: 2, options: .reuseAddress, uid: 1000))
    target.interface = "eth1"
    target.interfaceIndex = 3
    #expect(
      target.newSocket(at: .anyIPv4, options: []) == NewSocket(address: .anyIPv4, interface: 3, uid: 1000))
  }

  @Test func ephemeralPorts() {
    let settings = HostSettings(
      ephemeralRange: 32_768...60_999, reservedPorts: PortSet([40_000...40_010, 50_000...50_000]))
    for (port, isEphemeral): (UInt16, Bool) in [
      (32_767, false), (32_768, true), (60_999, true), (61_000, false), (40_005, false), (50_000, false),
      (50_001, true),
    ] {
      #expect(settings.isEphemeral(port) == isEphemeral, "\(port)")
    }
    #expect(!HostSettings().isEphemeral(40_000))
  }
}
