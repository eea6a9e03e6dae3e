import CMnl
import NetlinkCodec
import Testing

@Suite struct MessageHeaderTests {
  @Test func everyField() throws {
    // On a little-endian machine; host order is covered by ByteReaderTests.
    let bytes: [UInt8] = [
      0x5c, 0x00, 0x00, 0x00,  // length 92
      0x14, 0x00,  // type 20, SOCK_DIAG_BY_FAMILY
      0x12, 0x00,  // flags NLM_F_MULTI | NLM_F_DUMP_INTR
      0x40, 0xe2, 0x01, 0x00,  // sequence 123456
      0x92, 0x10, 0x00, 0x00,  // port id 4242
    ]
    try #require(UInt16(1).littleEndian == 1)
    let header = try reading(bytes) { r throws(DecodingError) in try MessageHeader(&r) }
    #expect(header.length == 92)
    #expect(header.type == .sockDiag(20))
    #expect(header.flags == Datagram.multipart | MessageHeader.dumpInterruptedFlag)
    #expect(header.sequence == 123_456)
    #expect(header.portID == 4242)
  }

  @Test(arguments: 0..<16) func tooShort(count: Int) {
    #expect(throws: DecodingError.self) {
      try reading([UInt8](repeating: 0, count: count)) { r throws(DecodingError) in _ = try MessageHeader(&r)
      }
    }
  }

  @Test func types() {
    #expect(MessageType(rawValue: 1) == .noop)
    #expect(MessageType(rawValue: 2) == .error)
    #expect(MessageType(rawValue: 3) == .done)
    #expect(MessageType(rawValue: 4) == .overrun)
    #expect(MessageType(rawValue: 18) == .sockDiag(18))
    #expect(MessageType(rawValue: 20) == .sockDiag(20))
    // 0, DCCPDIAG_GETSOCK, SOCK_DESTROY.
    for other: UInt16 in [0, 5, 15, 16, 17, 19, 21, 0x1234, .max] {
      #expect(MessageType(rawValue: other) == .unknown(other))
    }
  }

  /// The numbers written down in the codec are those of the kernel's headers.
  @Test func numbersOfTheHeaders() {
    #expect(Datagram.multipart == UInt16(NLM_F_MULTI))
    #expect(MessageHeader.dumpInterruptedFlag == UInt16(NLM_F_DUMP_INTR))
    #expect(MessageType.tcpDiagGetSock == UInt16(TCPDIAG_GETSOCK))
    #expect(MessageType.sockDiagByFamily == UInt16(SOCK_DIAG_BY_FAMILY))
  }
}
