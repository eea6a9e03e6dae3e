package import SocketTable

/// The words for numbers with their units.
package enum Quantity {
  private static let space = Prose(unbreakable: " ")

  /// "58.4 s". Times are given to the tenth of a second up to ten minutes.
  package static func seconds(milliseconds: some BinaryInteger) -> Prose {
    let tenths = (Int64(milliseconds) + 50) / 100
    return "\(tenths / 10).\(tenths % 10)\(space)s"
  }

  /// "12 s", "5 min", "2 h 14 min", "3 d 4 h".
  static func age(milliseconds: Int64) -> Prose {
    let seconds = milliseconds / 1000
    switch seconds {
    case ..<60: return "\(seconds)\(space)s"
    case ..<3600: return "\(seconds / 60)\(space)min"
    case ..<86_400: return "\(seconds / 3600)\(space)h\(space)\(seconds / 60 % 60)\(space)min"
    default: return "\(grouped(Int(seconds / 86_400)))\(space)d\(space)\(seconds / 3600 % 24)\(space)h"
    }
  }

  private static let units: Set<Substring> = ["s", "ms", "min", "h", "d", "bytes"]

  /// The text with every number kept on one line with the unit that follows it.
  static func unitsKept(in text: String) -> Prose {
    var kept: Prose = ""
    var isBehindNumber = false
    for word in text.split(separator: " ") {
      let isUnit = isBehindNumber && units.contains(word.prefix { $0.isLetter })
      if !kept.isEmpty { kept += isUnit ? space : " " }
      kept += Prose(String(word))
      // Also in "(60 s" and "60,000 ms".
      let number = word.drop { $0 == "(" || $0 == "\"" }
      isBehindNumber = !number.isEmpty && number.allSatisfy { $0.isNumber || ".,-".contains($0) }
    }
    return kept
  }

  /// Whether the time left would be printed as 0.0 s. It is called "ending", because the timer may need another step of the
  /// timer wheel to fire.
  package static func isEnding(milliseconds: some BinaryInteger) -> Bool { milliseconds < 50 }

  /// "1 socket", "3 sockets".
  package static func count(_ number: Int, _ noun: String) -> Prose {
    counted(number, number == 1 ? noun : noun + "s")
  }

  /// "3 TIME_WAIT".
  package static func count(_ number: Int, of state: TCPState) -> Prose { counted(number, state.title) }

  /// The number is kept on one line with what is counted.
  static func counted(_ number: Int, _ things: String) -> Prose {
    "\(grouped(number))\(space)\(Prose(things))"
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
