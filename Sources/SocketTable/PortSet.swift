/// A set of ports.
package struct PortSet: Hashable, Sendable {
  /// Ascending; they neither touch nor overlap.
  package let ranges: [ClosedRange<UInt16>]

  /// Ranges in any order, which may overlap.
  package init(_ ranges: some Sequence<ClosedRange<UInt16>>) {
    var merged: [ClosedRange<UInt16>] = []
    for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
      if let last = merged.last, UInt32(range.lowerBound) <= UInt32(last.upperBound) + 1 {
        merged[merged.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
      } else {
        merged.append(range)
      }
    }
    self.ranges = merged
  }

  package init(_ port: UInt16) { self.init([port...port]) }

  /// The port, where it is only one; nil otherwise.
  package var single: UInt16? {
    guard ranges.count == 1, let range = ranges.first, range.count == 1 else { return nil }
    return range.lowerBound
  }

  package func contains(_ port: UInt16) -> Bool {
    ranges.contains { $0.contains(port) }
  }

  /// "9527", "9000-9100, 9527".
  package var description: String { parts.joined(separator: ", ") }

  /// "9000-9100,9527", as settings of the kernel are written.
  package var settingText: String { parts.joined(separator: ",") }

  private var parts: [String] {
    ranges.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }
  }
}
