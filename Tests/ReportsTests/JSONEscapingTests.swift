import Foundation
import RecordSupport
import Reports
import SocketTable
import Testing

/// Names come from other processes, and everything that is written has to be JSON.
@Suite struct JSONEscapingTests {
  private func roundTrip(_ text: String) throws -> String? {
    let document = PortReport.of([]).document(.example(hostname: text), interfaceName: interfaceName).text
    // On a terminal C1 controls and what reorders text were as good as in a name.
    #expect(ByteSafety.escaped(document.replacing("\n", with: "")).contains("\\u{") == false)
    return try JSONObject(document)["host", "hostname"] as? String
  }

  @Test func everyControlCharacter() throws {
    for value in UInt32(0)..<0x120 {
      let scalar = try #require(Unicode.Scalar(value))
      let text = "a\(Character(scalar))b"
      #expect(try roundTrip(text) == text, "\(value)")
    }
  }

  @Test(arguments: [
    "", "\"", "\\", "\\\"", "\\u0000", "a\"b\\c/d", "\r\n\t\u{8}\u{c}", "\u{2028}\u{2029}", "\u{202e}evil",
    "é ß 日本 🦊",
    "\u{10ffff}", "</script>", "a\u{feff}b", "%s%n", "$(reboot)", "a\u{0}b", "e\u{301}",
  ])
  func hostileStrings(text: String) throws {
    #expect(try roundTrip(text)?.unicodeScalars.elementsEqual(text.unicodeScalars) == true)
  }

  @Test func bytesThatAreNoText() throws {
    let text = String(decoding: [0x61, 0xff, 0xc0, 0x80, 0xed, 0xa0, 0x80, 0x62] as [UInt8], as: UTF8.self)
    #expect(try roundTrip(text) == text)
    #expect(text.contains("\u{fffd}"))
  }
}
