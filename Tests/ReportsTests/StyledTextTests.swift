import Glibc
@testable import Reports
import SocketTable
import Testing

@Suite struct StyledTextTests {
  private func text(usesColor: Bool = false, width: Int = 20, _ body: (inout StyledText) -> Void) -> String {
    var text = StyledText(usesColor: usesColor, width: width)
    body(&text)
    return text.buffer.text
  }

  @Test func paragraphs() {
    #expect(
      text { $0.paragraph("aaaa bbbb cccc dddd eeee", indent: 8) }
        == "aaaa bbbb\n        cccc dddd\n        eeee\n")
    #expect(text { $0.paragraph("") } == "\n")
  }

  @Test func cells() {
    #expect(text { $0.cell("ab", width: 5) } == "ab   ")
    #expect(text { $0.cell("ab", width: 5, alignsRight: true) } == "   ab")
    #expect(text { $0.cell("abc", width: 2) } == "abc")
    // Padding stands outside the colour.
    #expect(text(usesColor: true) { $0.cell("ok", width: 4, .good) } == "\u{1b}[38;5;28mok\u{1b}[0m  ")
  }

  @Test func tones() {
    for tone in [StyledText.Tone.good, .bad, .state, .strong] {
      #expect(text(usesColor: true) { $0.append("x", tone) } == "\u{1b}[\(tone.code)mx\u{1b}[0m")
      #expect(text { $0.append("x", tone) } == "x")
    }
    var state = ByteBuffer()
    state.append(titleOf: .timeWait, isColored: true)
    #expect(state.text == "\u{1b}[\(StyledText.Tone.state.code)mTIME_WAIT\u{1b}[0m")
  }

  /// On a white terminal as on a black one, by the formula of WCAG 2 (relative luminance).
  @Test(arguments: [StyledText.Tone.good, .bad, .state]) func contrast(of tone: StyledText.Tone) throws {
    let number = try #require(Int(tone.code.replacing("38;5;", with: "")))
    try #require((16...231).contains(number), "of the colour cube")
    var luminance = 0.0
    for (place, weight) in [(36, 0.2126), (6, 0.7152), (1, 0.0722)] {
      let step = (number - 16) / place % 6
      let level: Double = step == 0 ? 0 : Double(55 + 40 * step) / 255
      luminance += weight * (level <= 0.03928 ? level / 12.92 : pow((level + 0.055) / 1.055, 2.4))
    }
    #expect(1.05 / (luminance + 0.05) >= 3.9 && (luminance + 0.05) / 0.05 >= 4)
  }

  /// Long output is handed out on the way.
  @Test func drained() {
    var parts = ""
    var text = StyledText(usesColor: false, width: 80) { buffer in
      parts += buffer.text
      buffer.removeAll()
    }
    for number in 0..<20_000 { text.line("line \(number)") }
    #expect(!parts.isEmpty)
    text.finish()
    #expect(parts.split(separator: "\n").count == 20_000)
    #expect(parts.hasSuffix("line 19999\n"))
  }
}
