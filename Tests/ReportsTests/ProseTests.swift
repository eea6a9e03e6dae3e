import RecordSupport
import Reports
import Testing

/// Text that is wrapped, and what may not be torn apart.
@Suite struct ProseTests {
  @Test(
    arguments: [
      ("", 10, [""]), ("one", 10, ["one"]), ("one two", 7, ["one two"]), ("one two", 6, ["one", "two"]),
      ("a bb ccc", 4, ["a bb", "ccc"]), ("unbreakable", 3, ["unbreakable"]),
      ("a unbreakable b", 3, ["a", "unbreakable", "b"]),
      ("  a   b  ", 10, ["a b"]), ("a b", 0, ["a", "b"]), ("a b", -5, ["a", "b"]), ("é日 ß", 4, ["é日 ß"]),
      ("\(Prose(unbreakable: "58.4 s")) more", 6, ["58.4 s", "more"]),
      ("x \(Prose(unbreakable: "58.4 s"))", 5, ["x", "58.4 s"]),
    ] as [(Prose, Int, [String])])
  func lines(text: Prose, width: Int, lines: [String]) {
    #expect(text.lines(width: width) == lines)
  }

  /// Whichever way it goes, and whatever somebody's name is.
  @Test func noMarkGetsOut() {
    let time = Prose(unbreakable: "58.4 s")
    let texts: [Prose] = [
      time, "in \(time)", "in \(time.plain)", Prose("\(time)"), Prose("a\u{1f}b"),
      Prose(unbreakable: "a\u{1f}b"),
      "\("a\u{1f}b") \(time)", time + " or " + time, [time, time].joined(separator: " and "),
    ]
    for text in texts {
      #expect(!text.plain.contains("\u{1f}") && !"\(text)".contains("\u{1f}"), "\(text)")
      for width in [0, 10, 80] {
        #expect(!text.lines(width: width).joined().contains("\u{1f}"), "\(text)")
      }
    }
  }

  /// A name that holds the mark neither joins words nor parts them.
  @Test func aNameCannotJoinWords() {
    #expect(Prose("a\u{1f}b").lines(width: 1) == ["a", "b"])
    #expect(("x \("a\u{1f}b")" as Prose).lines(width: 1) == ["x", "a", "b"])
  }

  @Test func whatStandsInALiteralStaysTogether() {
    let time: Prose? = Prose(unbreakable: "58.4 s")
    let text: Prose = "free\(time.map { " in \($0)" } ?? "").\(time == nil ? "" : " Then")"
    #expect(text.lines(width: 1) == ["free", "in", "58.4 s.", "Then"])
  }

  @Test func nothingIsLost() {
    let seed = UInt64.random(in: 0...UInt64.max)
    var generator = SplitMix(seed: seed)
    for _ in 0..<500 {
      let words = (0..<Int.random(in: 1...30, using: &generator)).map { _ in
        String(repeating: "w", count: Int.random(in: 1...15, using: &generator))
      }
      let width = Int.random(in: 1...40, using: &generator)
      let lines = Prose(words.joined(separator: " ")).lines(width: width)
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
}
