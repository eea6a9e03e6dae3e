import CMnl
import Glibc
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

  /// A word of 32 bits in host order: the kernel refuses any other length.
  @Test func udpIsNamedByAnAttribute() throws {
    try #require(UInt16(1).littleEndian == 1)
    let request = InetDiagRequest(transport: .udp, states: 1 << 7 | 1 << 1, sourcePort: 53)
    #expect(request.attributes == [RequestAttribute(type: 3, payload: [17, 0, 0, 0])])
    #expect(request.body == InetDiagRequest(states: 0x82, sourcePort: 53).body)
  }

  @Test func whatFollowsTheBody() {
    #expect(InetDiagRequest(states: 1).attributes.isEmpty)
    let program = PortBytecode.program([PortBytecode.Test(.source, 1...2)]) ?? []
    let bytecode = RequestAttribute(type: 1, payload: program)
    #expect(InetDiagRequest(states: 1, bytecode: program).attributes == [bytecode])
    #expect(
      InetDiagRequest(transport: .udp, states: 1, bytecode: program).attributes.map(\.type) == [1, 3])
    #expect(InetDiagRequest(transport: .udp, states: 1, bytecode: program).attributes[0] == bytecode)
  }

  @Test func numbersOfTheHeaders() {
    #expect(InetDiagRequest.bytecodeAttribute == UInt16(INET_DIAG_REQ_BYTECODE))
    #expect(InetDiagRequest.protocolAttribute == UInt16(INET_DIAG_REQ_PROTOCOL))
    #expect(TransportProtocol.tcp.number == UInt8(IPPROTO_TCP))
    #expect(TransportProtocol.udp.number == UInt8(IPPROTO_UDP))
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
