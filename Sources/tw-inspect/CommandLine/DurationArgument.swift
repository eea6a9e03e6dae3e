import SocketTable

/// A duration as it is typed: 90s, 2m, 1h30m, 500ms, 1.5s. A number without a unit is seconds.
enum DurationArgument {
  /// The duration in milliseconds, which is more than 0.
  ///
  /// - Throws: a usage error that names `option`, if the text is no such duration.
  static func milliseconds(_ option: String, _ typed: String) throws(Failure) -> Int64 {
    guard let milliseconds = parse(typed) else {
      throw .usage(
        "\(option) '\(ByteSafety.escaped(typed))': not a duration; write 500ms, 90s, 2m or 1h30m")
    }
    guard milliseconds > 0 else {
      throw .usage("\(option) '\(ByteSafety.escaped(typed))': a duration must be more than 0")
    }
    return milliseconds
  }

  private static let units: [(name: String, milliseconds: Int64)] = [
    ("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000),
  ]
  /// A hundred years. Up to this limit nothing overflows, not even as nanoseconds.
  private static let longest: Int64 = 36_525 * 86_400_000

  private static func parse(_ typed: String) -> Int64? {
    var rest = typed[...]
    var total: Int64 = 0
    repeat {
      let whole = takeDigits(&rest)
      guard !whole.isEmpty else { return nil }
      var fraction: Substring = ""
      if rest.first == "." {
        rest.removeFirst()
        fraction = takeDigits(&rest)
        guard !fraction.isEmpty, fraction.count <= 6 else { return nil }
      }
      let word = rest.prefix { $0.isLetter }
      rest = rest[word.endIndex...]
      let isAlone = word.isEmpty && rest.isEmpty && total == 0
      guard let unit = isAlone ? 1000 : units.first(where: { $0.name == word })?.milliseconds,
        let number = Int64(whole), number <= longest / unit
      else { return nil }
      total += number * unit
      if let parts = Int64(fraction) {
        var scale: Int64 = 1
        for _ in fraction { scale *= 10 }
        total += parts * unit / scale
      }
      guard total <= longest else { return nil }
    } while !rest.isEmpty
    return total
  }

  private static func takeDigits(_ rest: inout Substring) -> Substring {
    let digits = rest.prefix { ("0"..."9").contains($0) }
    rest = rest[digits.endIndex...]
    return digits
  }
}
