import CMnl
import NetlinkCodec
import Testing

@Suite struct InetDiagRequestTests {
  @Test func bytes() throws {
    try #require(UInt16(1).littleEndian == 1)
    let body = InetDiagRequest(states: 0x2fff, sourcePort: 9527).body
    var expected: [UInt8] = [0, 0, 0, 0]  // family, prefix lengths, extensions
    expected += [0x25, 0x37]  // source port 9527, network order
    expected += [0, 0]  // destination port
    expected += [UInt8](repeating: 0, count: 32)  // addresses
    expected += [0, 0, 0, 0]  // interface
    expected += [UInt8](repeating: 0xff, count: 8)  // INET_DIAG_NOCOOKIE
    expected += [0xff, 0x2f, 0, 0]  // states
    expected += [0, 0, 0, 0]  // dbs
    #expect(body == expected)
  }

  @Test func everyBitOfTheStatesAndThePort() {
    for bit in 0..<32 {
      let request = Self.asStruct(InetDiagRequest(states: 1 << UInt32(bit)).body)
      #expect(request.idiag_states == 1 << UInt32(bit))
    }
    for port: UInt16 in [0, 1, 255, 256, 0x1234, 0xff00, .max] {
      let request = Self.asStruct(InetDiagRequest(states: 0, sourcePort: port).body)
      #expect(request.id.idiag_sport == port.bigEndian)
      #expect(request.id.idiag_dport == 0)
      #expect(request.id.idiag_cookie.0 == .max)
      #expect(request.id.idiag_cookie.1 == .max)
      #expect(request.idiag_dbs == 0)
      #expect(request.idiag_ext == 0)
    }
  }

  private static func asStruct(_ body: [UInt8]) -> inet_diag_req {
    body.withUnsafeBytes { $0.loadUnaligned(as: inet_diag_req.self) }
  }
}
