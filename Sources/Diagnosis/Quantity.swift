package import SocketTable

/// Numbers with their units.
package enum Quantity {
  /// Stands between a number and its unit while text is wrapped; printed as a space.
  package static let unbreakableSpace = "\u{1f}"

  /// "58.4 s". Times are given to the tenth of a second up to ten minutes.
  package static func seconds(milliseconds: some BinaryInteger) -> String {
    let tenths = (Int64(milliseconds) + 50) / 100
    return "\(tenths / 10).\(tenths % 10)\(unbreakableSpace)s"
  }

  /// The text with numbers kept on one line with a unit of time behind them.
  package static func unitsKept(in text: String) -> String {
    var kept = ""
    var isBehindNumber = false
    for word in text.split(separator: " ") {
      let isUnit = isBehindNumber && ["s", "ms"].contains(word.prefix { $0.isLetter })
      if !kept.isEmpty { kept += isUnit ? unbreakableSpace : " " }
      kept += word
      isBehindNumber = word.allSatisfy(\.isNumber)
    }
    return kept
  }

  /// A time that would be printed as 0.0 s. It is not over: the timer wheel may need another step.
  package static func isEnding(milliseconds: UInt32) -> Bool { milliseconds < 50 }

  /// "1 socket", "3 sockets".
  package static func count(_ number: Int, _ noun: String) -> String {
    "\(grouped(number))\(unbreakableSpace)\(number == 1 ? noun : noun + "s")"
  }

  /// "3 TIME_WAIT".
  package static func count(_ number: Int, of state: TCPState) -> String {
    "\(grouped(number))\(unbreakableSpace)\(state.title)"
  }

  /// 131072 as "131,072".
  package static func grouped(_ number: Int) -> String {
    let digits = String(number)
    guard digits.count > 4 else { return digits }
    var text = ""
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index) % 3 == 0 { text.append(",") }
      text.append(digit)
    }
    return text
  }
}

extension String {
  /// With spaces where numbers and their units were kept on one line.
  package var plain: String {
    guard utf8.contains(0x1f) else { return self }
    return String(decoding: utf8.map { $0 == 0x1f ? 0x20 : $0 }, as: UTF8.self)
  }
}
