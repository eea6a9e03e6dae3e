import SocketTable
import RecordSupport
import Testing

@Suite struct PortSetTests {
  @Test(
    arguments: [
      ([], []), ([80...80], [80...80]), ([81...81, 80...80], [80...81]),
      ([80...80, 82...82], [80...80, 82...82]),
      ([1...10, 5...7], [1...10]), ([1...10, 5...20], [1...20]), ([1...10, 11...20], [1...20]),
      ([100...200, 1...300, 250...251], [1...300]), ([80...80, 80...80], [80...80]),
      // At the upper end there is no port behind the last.
      ([65535...65535, 65534...65534], [65534...65535]), ([0...65535, 65535...65535, 0...0], [0...65535]),
      ([0...65534, 65535...65535], [0...65535]), ([0...0, 65535...65535], [0...0, 65535...65535]),
    ] as [([ClosedRange<UInt16>], [ClosedRange<UInt16>])])
  func merging(given: [ClosedRange<UInt16>], merged: [ClosedRange<UInt16>]) {
    #expect(PortSet(given).ranges == merged)
    #expect(PortSet(given.reversed()).ranges == merged)
    #expect(PortSet(PortSet(given).ranges) == PortSet(given))
  }

  @Test func membership() {
    let seed = UInt64.random(in: 0...UInt64.max)
    var generator = SplitMix(seed: seed)
    for _ in 0..<50 {
      let ranges = (0..<Int.random(in: 0...6, using: &generator)).map { _ -> ClosedRange<UInt16> in
        let first = UInt16.random(in: 0...UInt16.max, using: &generator)
        return first...UInt16(min(65_535, Int(first) + Int.random(in: 0...9000, using: &generator)))
      }
      let set = PortSet(ranges)
      for pair in zip(set.ranges, set.ranges.dropFirst()) {
        #expect(Int(pair.0.upperBound) + 1 < Int(pair.1.lowerBound), "touching, seed \(seed)")
      }
      for port in UInt16.min...UInt16.max
      where set.contains(port) != ranges.contains(where: { $0.contains(port) }) {
        Issue.record("\(ranges): \(port), seed \(seed)")
      }
    }
  }

  @Test func single() {
    #expect(PortSet(9527).single == 9527)
    #expect(PortSet(0).single == 0)
    #expect(PortSet(65535).single == 65535)
    #expect(PortSet([80...80, 80...80]).single == 80)
    #expect(PortSet([]).single == nil)
    #expect(PortSet([80...81]).single == nil)
    #expect(PortSet([80...80, 443...443]).single == nil)
    #expect(PortSet([0...65535]).single == nil)
  }

  @Test func description() {
    #expect(PortSet(9527).description == "9527")
    #expect(PortSet([9527...9527, 9000...9100, 1...2]).description == "1-2, 9000-9100, 9527")
    #expect(PortSet([]).description == "")
  }
}
