import SocketTable
import Testing

@Suite struct ByteSafetyTests {
  @Test(arguments: ["", "nginx", "a b", "é ß 日本", "🦊", "a\"b\\c$`'", "\u{a0}x"])
  func harmless(text: String) { #expect(ByteSafety.escaped(text) == text) }

  @Test func controlCharacters() throws {
    for value in Array(UInt32(0)..<0x20) + Array(0x7f..<0xa0) {
      let scalar = try #require(Unicode.Scalar(value))
      #expect(ByteSafety.escaped("a\(Character(scalar))b") == "a\\u{\(String(value, radix: 16))}b")
    }
    #expect(ByteSafety.escaped("\u{1b}[2J\r\n") == "\\u{1b}[2J\\u{d}\\u{a}")
    // What may lie between two bytes of a sequence.
    #expect(ByteSafety.escaped("\u{9b}31m") == "\\u{9b}31m")
  }

  /// UAX #9: everything that can show text in another order than it is stored.
  @Test(
    arguments: [
      0x200e, 0x200f, 0x202a, 0x202b, 0x202c, 0x202d, 0x202e, 0x2066, 0x2067, 0x2068, 0x2069,
    ] as [UInt32])
  func bidirectionalControls(value: UInt32) throws {
    let scalar = try #require(Unicode.Scalar(value))
    #expect(ByteSafety.escaped("a\(Character(scalar))b") == "a\\u{\(String(value, radix: 16))}b")
  }

  @Test func theArabicLetterMark() {
    withKnownIssue("ByteSafety.isHarmful lets U+061C through, the third of the implicit directional marks") {
      #expect(ByteSafety.escaped("a\u{61c}b") == "a\\u{61c}b")
    }
  }

  @Test func invisibleOnes() {
    for text in ["\u{200b}", "\u{2028}", "\u{2029}", "\u{feff}", "\u{2060}"] {
      #expect(ByteSafety.escaped(text).hasPrefix("\\u{"))
    }
  }

  /// What is written cannot be mistaken for what was escaped once it has been.
  @Test func twiceIsOnce() {
    let once = ByteSafety.escaped("a\u{1b}b")
    #expect(ByteSafety.escaped(once) == once)
  }
}
