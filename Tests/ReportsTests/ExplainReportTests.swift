import Handbook
import Testing

@testable import Reports

/// Topics on narrow terminals: names and diagrams stood out of them, and bullets stood alone.
@Suite struct ExplainReportTests {
  private func lines(_ answer: ExplainReport.Answer, width: Int) -> [String] {
    var text = StyledText(usesColor: false, width: width)
    ExplainReport(query: nil, answer).write(to: &text)
    return text.buffer.text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  }

  @Test(arguments: [20, 30, 40, 49, 50, 60, 79])
  func everyTopicFits(width: Int) {
    for topic in Topics.all {
      let lines = lines(.topic(topic, values: topic.settings.map { _ in .known("131072") }), width: width)
      for (line, next) in zip(lines, lines.dropFirst()) {
        #expect(line.count <= width, "\(topic.name): \(line)")
        #expect(!line.hasSuffix(" ") && line.filter { $0 != " " } != "-", "\(topic.name): \(line)")
        if line.firstMatch(of: /\b[0-9]+$/) != nil {
          #expect(next.firstMatch(of: /^ *(s|ms|min)\b/) == nil, "\(topic.name): \(line)")
        }
      }
    }
  }

  @Test(arguments: [20, 40, 60, 79]) func theListFits(width: Int) {
    for line in lines(.list, width: width) { #expect(line.count <= width && !line.hasSuffix(" "), "\(line)") }
  }

  /// It was broken where the terminal ended.
  @Test func aDiagramIsWholeOrLeftOut() throws {
    let topic = try #require(Topics.find("TIME_WAIT"))
    let arrow = topic.diagram[2]
    func shown(_ width: Int) -> [String] {
      lines(.topic(topic, values: topic.settings.map { _ in .unknown }), width: width)
    }
    #expect(shown(79).contains { $0.hasSuffix("          " + arrow) })
    #expect(shown(55).contains { $0.hasSuffix(arrow) })
    #expect(!shown(40).contains { $0.contains("--->") })
    #expect(shown(40).joined(separator: " ").contains("A drawing of it needs"))
  }
}
