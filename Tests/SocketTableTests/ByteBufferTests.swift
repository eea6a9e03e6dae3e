import RecordSupport
import SocketTable
import Testing

@Suite struct ByteBufferTests {
  private func text(_ body: (inout ByteBuffer) -> Void) -> String {
    var buffer = ByteBuffer()
    body(&buffer)
    return buffer.text
  }

  @Test func decimals() {
    var numbers: Set<UInt64> = [0, .max, UInt64(UInt32.max), UInt64(UInt32.max) + 1, 1 << 63]
    var power: UInt64 = 1
    for _ in 0..<20 {
      numbers.formUnion([power &- 1, power, power &+ 1, power &* 9, power / 2])
      power = power &* 10
    }
    let seed = UInt64.random(in: 0...UInt64.max)
    var generator = SplitMix(seed: seed)
    for bits: UInt64 in 0..<64 { for _ in 0..<50 { numbers.insert(generator.next() >> bits) } }
    for number in numbers {
      if text({ $0.append(decimal: number) }) != String(number) { Issue.record("\(number), seed \(seed)") }
      let small = UInt32(truncatingIfNeeded: number)
      if text({ $0.append(decimal: small) }) != String(small) { Issue.record("\(small), seed \(seed)") }
      if ByteBuffer.digits(small) != String(small).count { Issue.record("digits of \(small)") }
    }
    for number in UInt16.min...UInt16.max where text({ $0.append(decimal: number) }) != String(number) {
      Issue.record("\(number)")
    }
  }

  @Test func hexadecimals() {
    for shift: UInt64 in 0..<64 {
      for number: UInt64 in [1 << shift, (1 << shift) &- 1, .max >> shift, 0x0123_4567_89ab_cdef >> shift] {
        #expect(text { $0.append(hexadecimal: number) } == String(number, radix: 16))
      }
    }
  }

  /// Every octet at every place.
  @Test func dotted() {
    for octet in UInt8.min...UInt8.max {
      for place in 0..<4 {
        var octets: [UInt8] = [7, 77, 177, 0]
        octets[place] = octet
        let address = IPAddress.v4(octets[0], octets[1], octets[2], octets[3])
        let expected = octets.map(String.init).joined(separator: ".")
        if address.text != expected { Issue.record("\(address.text) should be \(expected)") }
        let endpoint = Endpoint(address: address, port: 443)
        if endpoint.dottedWidth != endpoint.text.count { Issue.record("width of \(endpoint.text)") }
      }
    }
  }

  @Test func widths() {
    for port: UInt16 in [0, 9, 10, 99, 100, 999, 1000, 9999, 10_000, 65_535] {
      for address in [
        IPAddress.anyIPv4, .v4(255, 255, 255, 255), .mapped(1, 2, 3, 4), .mapped(255, 255, 255, 255),
      ] {
        let endpoint = Endpoint(address: address, port: port)
        #expect(endpoint.dottedWidth == endpoint.text.count)
      }
      #expect(Endpoint(address: .loopbackIPv6, port: port).dottedWidth == nil)
    }
  }

  /// Across every boundary at which the buffer has to grow, by every kind of append.
  @Test func growing() {
    for start in 0..<200 {
      var buffer = ByteBuffer(capacity: 0)
      var expected = String(repeating: "x", count: start)
      buffer.append(expected)
      for _ in 0..<40 {
        buffer.append(byte: UInt8(ascii: "a"))
        buffer.append(literal: "literal")
        buffer.append("é")
        buffer.append(decimal: UInt32.max)
        buffer.append(hexadecimal: .max)
        buffer.append(IPAddress.v4(255, 255, 255, 255))
        expected += "aliteralé4294967295ffffffffffffffff255.255.255.255"
      }
      if buffer.text != expected || buffer.count != expected.utf8.count { Issue.record("start \(start)") }
    }
  }

  @Test func emptiedAndUsedAgain() {
    var buffer = ByteBuffer(capacity: 10)
    buffer.append(String(repeating: "y", count: 1000))
    buffer.removeAll()
    #expect(buffer.count == 0 && buffer.text == "")
    buffer.append("z")
    #expect(buffer.text == "z")
    var other = ByteBuffer()
    other.append(buffer)
    other.append(buffer)
    #expect(other.text == "zz")
    #expect(other.span.count == 2)
  }

  @Test func emptyText() {
    #expect(text { $0.append("") } == "")
    #expect(text { $0.append(literal: "") } == "")
    #expect(text { $0.append(ByteBuffer()) } == "")
  }
}
