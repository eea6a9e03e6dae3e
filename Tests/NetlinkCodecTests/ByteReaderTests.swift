import NetlinkCodec
import Testing

@Suite struct ByteReaderTests {
  private let bytes: [UInt8] = [0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08]

  @Test func hostOrder() throws {
    for value: UInt64 in [0, 1, 0x0102_0304_0506_0708, .max] {
      let bytes = withUnsafeBytes(of: value) { Array($0) }
      #expect(try reading(bytes) { r throws(DecodingError) in try r.hostUInt64() } == value)
      let low = withUnsafeBytes(of: UInt32(truncatingIfNeeded: value)) { Array($0) }
      #expect(
        try reading(low) { r throws(DecodingError) in try r.hostUInt32() }
          == UInt32(truncatingIfNeeded: value))
    }
  }

  /// Attributes are aligned, those of a damaged datagram need not be.
  @Test func unaligned() throws {
    try reading(bytes) { reader throws(DecodingError) in
      #expect(try reader.uint8() == 1)
      #expect(try reader.hostUInt32() == UInt32(bigEndian: 0x0203_0405))
      #expect(try reader.uint8() == 6)
      try reader.skip(1)
      #expect(try reader.uint8() == 8)
      #expect(reader.remaining == 0)
    }
  }

  @Test func everyReadStopsAtTheEnd() {
    typealias Read = (inout ByteReader) throws(DecodingError) -> Void
    let reads: [(Int, Read)] = [
      (1, { r throws(DecodingError) in _ = try r.uint8() }),
      (4, { r throws(DecodingError) in _ = try r.hostUInt32() }),
      (8, { r throws(DecodingError) in _ = try r.hostUInt64() }),
      (5, { r throws(DecodingError) in try r.skip(5) }),
      (5, { r throws(DecodingError) in _ = try r.slice(5) }),
    ]
    for (size, read) in reads {
      #expect(throws: Never.self) { try reading([UInt8](repeating: 0, count: size), read) }
      for available in 0..<size {
        #expect(
          throws: DecodingError(.truncated(needed: size, available: available), offset: 100 + 3)
        ) {
          try reading([UInt8](repeating: 0, count: 3 + available), base: 100) { r throws(DecodingError) in
            try r.skip(3)
            try read(&r)
          }
        }
      }
    }
  }

  @Test func aFailedReadMovesNothing() throws {
    try reading([1, 2, 3]) { reader throws(DecodingError) in
      #expect(throws: DecodingError.self) {
        try reading([1, 2, 3]) { r throws(DecodingError) in _ = try r.hostUInt32() }
      }
      do throws(DecodingError) { _ = try reader.hostUInt32() } catch {}
      #expect(reader.offset == 0)
      #expect(try reader.uint8() == 1)
      #expect(try reader.uint8() == 2)
    }
  }

  @Test func slicesKeepTheDatagramsOffsets() throws {
    try reading(bytes, base: 16) { reader throws(DecodingError) in
      try reader.skip(2)
      var part = try reader.slice(3)
      #expect(reader.offset == 21)
      #expect(part.offset == 18)
      #expect(part.remaining == 3)
      #expect(try part.uint8() == 3)
      var failure: DecodingError?
      do throws(DecodingError) { _ = try part.hostUInt32() } catch { failure = error }
      #expect(failure == DecodingError(.truncated(needed: 4, available: 2), offset: 19))
    }
  }

  @Test func emptySlicesAndSkips() throws {
    try reading([]) { reader throws(DecodingError) in
      try reader.skip(0)
      let part = try reader.slice(0)
      #expect(part.remaining == 0)
    }
  }

  @Test func errorsSayWhatAndWhere() {
    #expect(
      "\(DecodingError(.truncated(needed: 8, available: 3), offset: 12))"
        == "8 bytes needed at offset 12, 3 left")
    #expect(
      "\(DecodingError(.badLength(declared: 15, minimum: 16, available: 92), offset: 0))"
        == "length 15 at offset 0 is outside 16...92")
    #expect("\(DecodingError(.unknownFamily(1), offset: 16))" == "address family 1 at offset 16")
  }
}
