import Diagnosis
import Reports
import SocketTable
import Testing

/// `demo`'s claims as text, without a kernel: above all what a run on a known kernel never shows.
@Suite struct DemoTextTests {
  private static let server = Endpoint(address: IPAddress(ipv4: 0x7f00_0001), port: 9527)
  private static let client = Endpoint(address: IPAddress(ipv4: 0x7f00_0001), port: 52_114)

  private func end(_ endpoint: Endpoint, _ state: TCPState?, known: TCPState?) -> ClaimEvent.End {
    let peer = endpoint == Self.server ? Self.client : Self.server
    let record = state.map {
      SocketRecord(
        state: $0, local: endpoint, peer: peer,
        timer: $0 == .timeWait ? .init(kind: .timeWait, expires: 59_960) : nil)
    }
    return ClaimEvent.End(endpoint, record, known: known)
  }

  private func closing(server: TCPState?) -> ClaimStep {
    .event(
      ClaimEvent(
        actor: .client, action: "closes", sends: "FIN",
        server: end(Self.server, server, known: .timeWait), client: end(Self.client, nil, known: nil)))
  }

  private func answer(_ result: ClaimAnswer.Result, known: ClaimAnswer.Result) -> ClaimStep {
    .answer(
      ClaimAnswer(given: [.init("old server", "on")], question: "bind", result: result, known: known))
  }

  private func report(_ verdict: ClaimReport.Verdict?, _ steps: [ClaimStep] = []) -> ClaimReport {
    var report = ClaimReport(number: 4, claim: "It starts again.")
    report.verdict = verdict
    report.steps = steps
    report.differences = steps.compactMap(\.difference)
    return report
  }

  private func text(_ report: ClaimReport, width: Int = 80) -> String {
    var text = StyledText(usesColor: false, width: width)
    DemoText(report).write(to: &text)
    return text.buffer.text
  }

  private func summary(_ reports: [ClaimReport]) -> String {
    var text = StyledText(usesColor: false, width: 80)
    DemoText.writeSummary(reports, to: &text)
    return text.buffer.text
  }

  @Test func asKnown() {
    var report = report(
      .holdsWithCondition,
      [closing(server: .timeWait), answer(.refused(.addressInUse), known: .refused(.addressInUse))])
    report.condition = "the old one must, too."
    report.reason = "Both are asked."
    #expect(
      text(report) == """
        4  "It starts again."

                          server :9527                         client :52114
           client closes  TIME_WAIT 60.0 s  <------ FIN -----  closed

           old server  bind
           on          EADDRINUSE

           Holds, with a condition: the old one must, too.
           Both are asked.

        """)
    #expect(
      summary([report]) == "1 claim: 1 holds with a condition. Everything came out as expected for Linux.\n")
  }

  @Test func otherwiseThanKnown() {
    let report = report(.holds, [closing(server: .finWait2), answer(.ok, known: .refused(.addressInUse))])
    #expect(
      text(report) == """
        4  "It starts again."

                          server :9527                     client :52114
           client closes  FIN_WAIT2     <------ FIN -----  closed

           old server  bind
           on          ok

           Holds.
           Not as expected for Linux:
           - after "client closes" the server's end is FIN_WAIT2 and the client's
             closed; expected are TIME_WAIT and closed
           - old server on: bind: ok; expected is EADDRINUSE

        """)
    #expect(summary([report]) == "1 claim: 1 holds. Not as expected for Linux: claim 4.\n")
  }

  @Test func skipped() {
    var report = report(.skipped)
    report.reason = "it changes a sysctl."
    #expect(text(report) == "4  \"It starts again.\"\n\n   Skipped: it changes a sysctl.\n")
    #expect(
      summary([report, report]) == "2 claims: 2 were skipped. Everything came out as expected for Linux.\n")
  }

  /// Where a table does not fit, it is told.
  @Test func narrow() {
    let report = report(.doesNotHold, [closing(server: .timeWait), answer(.ok, known: .ok)])
    let lines = text(report, width: 40).split(separator: "\n")
    #expect(lines.allSatisfy { $0.count <= 40 })
    #expect(lines.contains { $0.contains("client closes: server TIME_WAIT") })
  }

  @Test func document() throws {
    let report = report(nil)
    let envelope = Envelope(
      command: "demo", toolVersion: "1.2.3", observedAtMilliseconds: 0, hostname: "h", kernel: "k",
      networkNamespace: nil, effectiveUserID: 0)
    let demo = DemoDocument([report], coverage: nil)
    let members = """
      "number":4,"claim":"It starts again.","verdict":null,"condition":null,"as_known":null,"steps":[],\
      "reason":null,"remarks":[],"differences":[]
      """
    let document = try JSONObject(demo.document(envelope).text)
    #expect(document.isNull("source"), "nothing was looked at")
    #expect(try document.objects("claims").count == 1)
    let lines = demo.lines(envelope).text.split(separator: "\n")
    #expect(
      lines.dropFirst() == [
        "{\"type\":\"claim\",\"schema_version\":1,\"command\":\"demo\",\(members)}",
        """
        {"type":"end","schema_version":1,"command":"demo","counts":{"claims":1},"complete":true,"error":null}
        """,
      ])
    for line in lines { #expect(try JSONObject(String(line)).string("type") != nil) }
  }
}
