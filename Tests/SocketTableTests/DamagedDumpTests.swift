import NetlinkCodec
import SocketTable
import RecordSupport
import Testing

/// Recorded answers, damaged in every place: an error or records, never a trap. A trap ends the whole test run.
@Suite struct DamagedDumpTests {
  /// What came of a damaged answer, and that it is no worse than what was there before the damage.
  private func check(_ datagrams: [[UInt8]], _ what: @autoclosure () -> String, atMost: Int = 26) {
    do throws(DecodingError) {
      let (records, _) = try Fixture.records(datagrams)
      if records.count > atMost { Issue.record("\(what()): \(records.count) records") }
      for record in records { _ = Fixture.columns(record) }
    } catch {
      let longest = datagrams.map(\.count).max() ?? 0
      if !(0...longest).contains(error.offset) { Issue.record("\(what()): offset \(error.offset)") }
    }
  }

  @Test func cutAtEveryByte() throws {
    for (index, whole) in Fixture.datagrams.enumerated() {
      for count in 0..<whole.count {
        var datagrams = Fixture.datagrams
        datagrams[index] = Array(whole[..<count])
        check(datagrams, "datagram \(index) cut to \(count)")
      }
    }
  }

  /// Cut anywhere but between two messages, an answer is an error: never one that is whole and shorter.
  @Test func aCutIsNoticed() {
    let whole = Fixture.datagrams[0]
    let boundaries = Set(Fixture.lengthFields(whole).filter { $0.byteCount == 4 }.map(\.offset))
    for count in 0..<whole.count where !boundaries.contains(count) {
      let isNoticed = (try? Fixture.records([Array(whole[..<count])])) == nil
      if !isNoticed { Issue.record("cut to \(count)") }
    }
  }

  @Test(
    arguments: [0, 1, 3, 4, 15, 16, 17, 87, 88, 89, 0x7fff, 0xffff, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff]
      as [UInt32])
  func everyLengthField(length: UInt32) {
    for (index, whole) in Fixture.datagrams.enumerated() {
      for field in Fixture.lengthFields(whole) {
        var datagrams = Fixture.datagrams
        for byte in 0..<field.byteCount {
          datagrams[index][field.offset + byte] = UInt8(truncatingIfNeeded: length >> UInt32(8 * byte))
        }
        check(datagrams, "datagram \(index), length at \(field.offset) is \(length)")
      }
    }
  }

  @Test func everyLengthOfTheFirstMessage() {
    for length in UInt16.min...UInt16.max {
      var datagrams = Fixture.datagrams
      datagrams[0][0] = UInt8(truncatingIfNeeded: length)
      datagrams[0][1] = UInt8(truncatingIfNeeded: length >> 8)
      check(datagrams, "first length \(length)")
    }
  }

  @Test(arguments: [0x01, 0x80, 0xff] as [UInt8]) func everyByteFlipped(mask: UInt8) {
    for (index, whole) in Fixture.datagrams.enumerated() {
      for position in whole.indices {
        var datagrams = Fixture.datagrams
        datagrams[index][position] ^= mask
        check(datagrams, "datagram \(index), byte \(position) ^ \(mask)")
      }
    }
  }

  @Test func everyValueOfEveryByteOfTwoMessages() {
    let start = Array(Fixture.datagrams[0][..<256])
    for position in start.indices {
      for value in UInt8.min...UInt8.max {
        var datagram = start
        datagram[position] = value
        check([datagram], "byte \(position) = \(value)", atMost: 4)
      }
    }
  }

  @Test func noise() {
    let seed = UInt64.random(in: 0...UInt64.max)
    var generator = SplitMix(seed: seed)
    for round in 0..<3000 {
      let count = Int.random(in: 0...200, using: &generator)
      check(
        [(0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }], "seed \(seed) round \(round)"
      )
    }
  }

  // MARK: /proc

  private func lines(_ table: [UInt8]) -> [[UInt8]] {
    table.split(separator: UInt8(ascii: "\n")).dropFirst().map(Array.init)
  }

  @Test func procLinesCutAtEveryByte() {
    for (table, family) in [(Fixture.tcp, AddressFamily.ipv4), (Fixture.tcp6, .ipv6)] {
      for line in lines(table) {
        for count in line.indices { _ = try? ProcNetLine.record(Array(line[..<count]).span, family: family) }
      }
    }
  }

  @Test(arguments: [0x01, 0x10, 0x20, 0x80, 0xff] as [UInt8]) func procLinesWithEveryByteFlipped(mask: UInt8)
  {
    for (table, family) in [(Fixture.tcp, AddressFamily.ipv4), (Fixture.tcp6, .ipv6)] {
      for line in lines(table) {
        for position in line.indices {
          var damaged = line
          damaged[position] ^= mask
          _ = try? ProcNetLine.record(damaged.span, family: family)
        }
      }
    }
  }

  @Test func procLinesOfTheOtherFamily() {
    for line in lines(Fixture.tcp) {
      #expect(throws: ProcNetLine.ParsingError.self) { try ProcNetLine.record(line.span, family: .ipv6) }
    }
    for line in lines(Fixture.tcp6) {
      #expect(throws: ProcNetLine.ParsingError.self) { try ProcNetLine.record(line.span, family: .ipv4) }
    }
  }
}
