import Reports
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
    #expect(text(usesColor: true) { $0.cell("ok", width: 4, .good) } == "\u{1b}[32mok\u{1b}[0m  ")
  }

  @Test func tones() {
    for (tone, code): (StyledText.Tone, Int) in [(.good, 32), (.bad, 31), (.state, 36), (.strong, 1)] {
      #expect(text(usesColor: true) { $0.append("x", tone) } == "\u{1b}[\(code)mx\u{1b}[0m")
      #expect(text { $0.append("x", tone) } == "x")
    }
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
