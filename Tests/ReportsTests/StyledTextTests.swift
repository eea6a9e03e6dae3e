import Diagnosis
import RecordSupport
import Reports
import SocketTable
import Testing

@Suite struct StyledTextTests {
  private func text(usesColor: Bool = false, width: Int = 20, _ body: (inout StyledText) -> Void) -> String {
    var text = StyledText(usesColor: usesColor, width: width)
    body(&text)
    return text.buffer.text
  }

  @Test(
    arguments: [
      ("", 10, [""]), ("one", 10, ["one"]), ("one two", 7, ["one two"]), ("one two", 6, ["one", "two"]),
      ("a bb ccc", 4, ["a bb", "ccc"]), ("unbreakable", 3, ["unbreakable"]),
      ("a unbreakable b", 3, ["a", "unbreakable", "b"]),
      ("  a   b  ", 10, ["a b"]), ("a b", 0, ["a", "b"]), ("a b", -5, ["a", "b"]), ("é日 ß", 4, ["é日 ß"]),
      ("58.4\u{1f}s more", 6, ["58.4 s", "more"]), ("x 58.4\u{1f}s", 5, ["x", "58.4 s"]),
    ] as [(String, Int, [String])])
  func wrap(text: String, width: Int, lines: [String]) {
    #expect(StyledText.wrap(text, width: width) == lines)
  }

  @Test func nothingIsLost() {
    let seed = UInt64.random(in: 0...UInt64.max)
    var generator = SplitMix(seed: seed)
    for _ in 0..<500 {
      let words = (0..<Int.random(in: 1...30, using: &generator)).map { _ in
        String(repeating: "w", count: Int.random(in: 1...15, using: &generator))
      }
      let width = Int.random(in: 1...40, using: &generator)
      let lines = StyledText.wrap(words.joined(separator: " "), width: width)
      #expect(lines.joined(separator: " ") == words.joined(separator: " "), "seed \(seed)")
      for line in lines where line.count > width && line.contains(" ") {
        Issue.record("\(line), seed \(seed)")
      }
      // Greedy: the next word would not have fitted.
      for (line, next) in zip(lines, lines.dropFirst()) {
        let first = next.split(separator: " ").first?.count ?? 0
        #expect(line.count + 1 + first > width, "seed \(seed)")
      }
    }
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
