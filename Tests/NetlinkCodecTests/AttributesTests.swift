import NetlinkCodec
import Testing

@Suite struct AttributesTests {
  /// Types and payloads in the order they come.
  private func attributes(_ bytes: [UInt8], base: Int = 0) throws(DecodingError) -> [(UInt16, [UInt8])] {
    var found: [(UInt16, [UInt8])] = []
    var walk = Attributes(ByteReader(bytes.span.bytes, base: base))
    var payload = ByteReader(bytes.span.bytes.extracting(first: 0))
    while let type = try walk.next(payload: &payload) {
      var contents: [UInt8] = []
      while payload.remaining > 0 { contents.append(try payload.uint8()) }
      found.append((type, contents))
    }
    return found
  }

  private func failure(_ bytes: [UInt8], base: Int = 0) -> DecodingError? {
    do throws(DecodingError) {
      _ = try attributes(bytes, base: base)
      return nil
    } catch { return error }
  }

  @Test func paddingIsNoPayload() throws {
    let bytes: [UInt8] = [
      5, 0, 11, 0, 1, 0, 0, 0,  // length 5, type 11, one byte, three of padding
      4, 0, 12, 0,  // length 4: empty
      6, 0, 13, 0, 7, 8, 0, 0,  // two bytes, two of padding
      8, 0, 14, 0, 1, 2, 3, 4,  // four bytes
    ]
    let found = try attributes(bytes)
    #expect(found.map(\.0) == [11, 12, 13, 14])
    #expect(found.map(\.1) == [[1], [], [7, 8], [1, 2, 3, 4]])
  }

  @Test func lastWithoutItsPadding() throws {
    let found = try attributes([5, 0, 11, 0, 1])
    #expect(found.map(\.1) == [[1]])
  }

  /// NLA_F_NESTED and NLA_F_NET_BYTEORDER.
  @Test func flagsAreNoPartOfTheType() throws {
    #expect(try attributes([4, 0, 21, 0xc0]).map(\.0) == [21])
  }

  @Test func restTooShortForAHeader() throws {
    for count in 0..<4 {
      #expect(try attributes([4, 0, 1, 0] + [UInt8](repeating: 0xff, count: count)).map(\.0) == [1])
    }
  }

  @Test(arguments: [0, 1, 2, 3] as [UInt8]) func lengthBelowTheHeader(length: UInt8) {
    // A length of 0 must not go round for ever.
    #expect(
      failure([8, 0, 1, 0, 1, 2, 3, 4, length, 0, 2, 0, 0, 0], base: 88)
        == DecodingError(.badLength(declared: Int(length), minimum: 4, available: 6), offset: 96))
  }

  @Test(arguments: [9, 0xff, 0xffff] as [UInt16]) func lengthBeyondTheData(length: UInt16) {
    #expect(
      failure(Datagram.attribute(1, [1, 2, 3, 4], length: length))
        == DecodingError(.badLength(declared: Int(length), minimum: 4, available: 8), offset: 0))
  }

  @Test func none() throws {
    #expect(try attributes([]).isEmpty)
  }
}
