import Foundation
import JSONLog
import LinuxHost
import NetlinkCodec
import Reports
import SocketTable
import Testing

/// What `port` writes of the sockets that were recorded in Tests/Fixtures, from the kernel's datagrams and from the lines
/// of /proc to the last byte. Nothing is masked: time, host and namespace are given.
///
/// `TW_UPDATE_SCREENS=1 swift test --disable-xctest --filter RecordedAnswerTests` writes Tests/Fixtures/answers anew.
@Suite struct RecordedAnswerTests {
  enum Format: String, CaseIterable {
    case table, json, jsonl, plain
  }

  /// A question, in the words of the command line.
  struct Question: Sendable {
    let typed: String
    let filter: SocketFilter
    /// Nil: by time for people and documents, else the kernel's order.
    var sort: SocketTable.SortOrder?
    var limit = Int.max
  }

  private static let servers = PortSet([9527...9533])

  private static let questions = [
    Question(typed: "9527", filter: SocketFilter(ports: PortSet(9527))),
    Question(typed: "9527-9533", filter: SocketFilter(ports: servers)),
    Question(typed: "9527-9533 --all", filter: SocketFilter(ports: servers, states: .states(.all))),
    Question(
      typed: "9527-9533 --all --sort peer", filter: SocketFilter(ports: servers, states: .states(.all)),
      sort: .peer),
    Question(
      typed: "9527-9533 --all --sort none --limit 3",
      filter: SocketFilter(ports: servers, states: .states(.all)), sort: SocketTable.SortOrder.none, limit: 3),
    Question(
      typed: "9527 --state listen,fin-wait-2",
      filter: SocketFilter(ports: PortSet(9527), states: .states(StateSet([.listen, .finWait2])))),
    Question(typed: "9527 --side peer", filter: SocketFilter(ports: PortSet(9527), side: .peer)),
    Question(
      typed: "9527 --all --side any",
      filter: SocketFilter(ports: PortSet(9527), side: .any, states: .states(.all))),
    Question(
      typed: "9527-9533 --all -4", filter: SocketFilter(ports: servers, states: .states(.all), family: .ipv4)),
    Question(
      typed: "9527-9533 --all -6", filter: SocketFilter(ports: servers, states: .states(.all), family: .ipv6)),
    Question(typed: "9532", filter: SocketFilter(ports: PortSet(9532))),
    Question(typed: "9600", filter: SocketFilter(ports: PortSet(9600))),
  ]

  @Test(arguments: Format.allCases) func netlink(format: Format) throws {
    try compare("netlink.\(format)", format) { try Self.look(Self.steps(of: Recorded.datagrams), $0) }
  }

  @Test(arguments: Format.allCases) func proc(format: Format) throws {
    let source = ProcNetSource(directory: Recorded.directory)
    try compare("proc.\(format)", format) { filter in
      var records: [SocketRecord] = []
      try source.dump(filter) { records.append($0) }
      let spots: [BlindSpot] = [.boundNotListening, .v6Only, .cgroup, .device]
      return Snapshot(
        records: records, coverage: Coverage(origin: .procNet, isComplete: true, blindSpots: spots))
    }
  }

  /// A datagram in the middle was cut short; the others count, and the answer says that it is not whole.
  @Test(arguments: Format.allCases) func incomplete(format: Format) throws {
    var parts = Self.steps(of: Recorded.messages + [Recorded.datagrams[1]])
    parts[20] = .truncated(Recorded.messages[20])
    try compare("incomplete.\(format)", format, Self.questions.prefix(3) + Self.questions.suffix(2)) {
      try Self.look(parts, $0)
    }
  }

  /// Whatever the boundaries between datagrams are.
  @Test(arguments: Format.allCases) func oneDatagramAMessage(format: Format) throws {
    let parts = Self.steps(of: Recorded.messages + [Recorded.datagrams[1]])
    for question in Self.questions {
      let whole = try Self.answer(question, format) { try Self.look(Self.steps(of: Recorded.datagrams), $0) }
      #expect(try Self.answer(question, format) { try Self.look(parts, $0) } == whole, "\(question.typed)")
    }
  }

  // MARK: Looks

  private static func steps(of datagrams: [[UInt8]]) -> [ScriptedChannel.Step] {
    datagrams.map { .datagram($0) }
  }

  private static func look(_ steps: [ScriptedChannel.Step], _ filter: SocketFilter) throws -> Snapshot {
    var source = SockDiagSource(ScriptedChannel(steps))
    var records: [SocketRecord] = []
    let isComplete = try source.dump(filter) { records.append($0) }
    return Snapshot(
      records: records, coverage: Coverage(origin: .sockDiag, isComplete: isComplete, blindSpots: []))
  }

  // MARK: Answers

  private static let envelope = Envelope(
    command: "port", toolVersion: "1.2.3", observedAtMilliseconds: 1_795_349_095_123, hostname: "host",
    kernel: "6.18.44", networkNamespace: 4_026_531_840, effectiveUserID: 1000)

  private static func interfaceName(_ index: UInt32) -> String { index == 1 ? "lo" : "#\(index)" }

  /// As `port` does it: the table and the document look at every state, so that what is not listed can be counted.
  private static func answer(
    _ question: Question, _ format: Format, _ look: (SocketFilter) throws -> Snapshot
  ) throws -> String {
    var filter = question.filter
    if format == .table || format == .json { filter.states = .states(.all) }
    let snapshot = try look(filter)
    let records = snapshot.records
    switch format {
    case .table, .json:
      let order = (question.sort ?? .time).order(records) { question.filter.matchesState($0) }
      let report = PortReport(
        filter: question.filter, records: records, listed: Array(order.prefix(question.limit)),
        listedCount: order.count, counts: StateCounts(records), coverage: snapshot.coverage, timerSlack: 2048)
      if format == .json { return report.document(envelope, interfaceName: interfaceName).text }
      var text = StyledText(usesColor: false, width: 80)
      PortTable(report, interfaceName: interfaceName).write(to: &text)
      return text.buffer.text
    case .jsonl:
      var lines = PortLines(filter: question.filter, command: "port", interfaceName: interfaceName)
      var buffer = ByteBuffer()
      let look = snapshot.coverage
      lines.appendSnapshot(envelope, origin: look.origin, blindSpots: look.blindSpots, to: &buffer)
      for record in records.prefix(question.limit) { lines.appendSocket(record, to: &buffer) }
      lines.appendEnd(
        envelope, counts: StateCounts(records), listed: records.count, coverage: look,
        error: look.isComplete ? nil : "lost", to: &buffer)
      return buffer.text
    case .plain:
      var row = SocketRow(interfaceName: interfaceName)
      var buffer = ByteBuffer()
      for index in (question.sort ?? SocketTable.SortOrder.none).order(records, { _ in true }).prefix(
        question.limit)
      {
        row.appendPlain(records[Int(index)], to: &buffer)
      }
      return buffer.text
    }
  }

  private func compare(
    _ name: String, _ format: Format, _ questions: [Question] = Self.questions,
    sourceLocation: SourceLocation = #_sourceLocation,
    look: (SocketFilter) throws -> Snapshot
  ) throws {
    var text = ""
    for question in questions {
      let answer = try Self.answer(question, format, look)
      JSONLog.add(answer.utf8, of: "port \(question.typed)")
      text += "=== port \(question.typed)\n" + answer
    }
    let url = URL(filePath: Recorded.directory).appending(path: "answers/\(name)")
    if ProcessInfo.processInfo.environment["TW_UPDATE_SCREENS"] == "1" {
      try Data(text.utf8).write(to: url)
      return
    }
    let kept = Self.sections(String(decoding: try Data(contentsOf: url), as: UTF8.self))
    let now = Self.sections(text)
    #expect(now.map(\.title) == kept.map(\.title), sourceLocation: sourceLocation)
    for (now, kept) in zip(now, kept) {
      #expect(now.text == kept.text, "\(name), \(now.title)", sourceLocation: sourceLocation)
    }
  }

  private static func sections(_ text: String) -> [(title: String, text: String)] {
    ("\n" + text).components(separatedBy: "\n=== ").dropFirst().map { section in
      let end = section.firstIndex(of: "\n") ?? section.endIndex
      return (String(section[..<end]), String(section[end...]))
    }
  }
}

/// The sock_diag answer in Tests/Fixtures, as the kernel would have given it to the scripted channel's first request.
private enum Recorded {
  static let directory = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "Fixtures").path

  static let datagrams = ["netlink-1.bin", "netlink-2.bin"].map { name in
    messages(in: bytes(name)).flatMap { $0 }
  }

  /// The socket messages, one a datagram.
  static let messages = messages(in: bytes("netlink-1.bin"))

  private static func bytes(_ name: String) -> [UInt8] {
    guard let data = FileManager.default.contents(atPath: "\(directory)/\(name)") else {
      fatalError("Tests/Fixtures/\(name) cannot be read")
    }
    return Array(data)
  }

  /// Cut where one message ends and the next begins. The sequence number, 123456 when it was recorded, is 1.
  private static func messages(in datagram: [UInt8]) -> [[UInt8]] {
    var messages: [[UInt8]] = []
    var start = 0
    while start + 16 <= datagram.count {
      let length = (0..<4).reduce(0) { $0 | Int(datagram[start + $1]) << (8 * $1) }
      let end = min(start + max((length + 3) & ~3, 16), datagram.count)
      var message = Array(datagram[start..<end])
      message.replaceSubrange(8..<12, with: [1, 0, 0, 0])
      messages.append(message)
      start = end
    }
    return messages
  }
}
