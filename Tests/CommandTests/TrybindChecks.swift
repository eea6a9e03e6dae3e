import Glibc
import KernelSupport
import TestSupport
import Testing

/// What one run of `trybind` said, and the kernel beside it.
struct TrybindAnswer {
  let json: JSON
  /// The `table` output of a second run.
  let text: String
  /// What the server itself was answered afterwards.
  let kernel: [KernelAnswer]
  /// The same where each socket listens before the next is bound, as a server's do that starts.
  let started: [KernelAnswer]

  /// But for the note about other namespaces: other tests use the same port there.
  var slugs: [String] { json.slugs.filter { $0 != "held-in-other-namespace" } }
  var freeIn: JSON { json["free_in_ms"] }
  var freeLatest: JSON { json["free_latest_ms"] }
  var holders: [JSON] { json["holders"].array ?? [] }

  func finding(_ slug: String) -> JSON {
    json["findings"].array?.first { $0["slug"].string == slug } ?? .missing
  }
}

enum Thoroughness {
  /// The text as well, and the kernel's table before and after.
  case full
  /// The JSON and bind(2) alone, where the same is asked many times.
  case brief
}

/// Runs `trybind` for a server, and holds it to everything that is true of every answer: exactly these findings,
/// the exit status that goes with them, the answer that bind(2) gives the server itself, and nothing changed.
@discardableResult
func expectTrybind(
  _ server: Server, _ bindable: Bool, _ slugs: [String]?, _ thoroughness: Thoroughness = .full,
  sourceLocation: SourceLocation = #_sourceLocation
) throws -> TrybindAnswer {
  let before = thoroughness == .full ? try TableImage() : nil
  let result = try Tool.run(server.arguments + ["--json"])
  let table = thoroughness == .full ? try Tool.run(server.arguments) : nil
  let after = thoroughness == .full ? try TableImage() : nil
  let answer = TrybindAnswer(
    json: try result.json, text: table?.output ?? "", kernel: try server.start(),
    started: try server.listening.start())

  let status: Int32 = bindable ? 0 : 1
  #expect(result.exitCode == status, "\(server)", sourceLocation: sourceLocation)
  #expect(result.errors == "", "\(server)", sourceLocation: sourceLocation)
  #expect(answer.json["bindable"].bool == bindable, "\(server)", sourceLocation: sourceLocation)
  if let slugs { #expect(answer.slugs == slugs, "\(server)", sourceLocation: sourceLocation) }
  expectKernelAgrees(answer, bindable, sourceLocation)
  try expectHelpIsTrue(answer.json, server, "\(server)", sourceLocation)
  expectTrialOrder(answer.json, server, sourceLocation)
  expectTimes(answer, bindable, sourceLocation)
  expectFindingsAreWhole(answer, bindable, sourceLocation)
  if let table {
    #expect(table.exitCode == status, "\(server)", sourceLocation: sourceLocation)
    #expect(before == after, "\(server): the trial left its mark", sourceLocation: sourceLocation)
    expectText(answer, bindable, sourceLocation)
  }
  return answer
}

private func expectKernelAgrees(_ answer: TrybindAnswer, _ bindable: Bool, _ sourceLocation: SourceLocation) {
  let said = answer.json["trials"].array?.filter { $0["yours"].bool == true }.map {
    KernelAnswer(
      address: $0["address"].string ?? "", bind: $0["bind"].string ?? "null", listen: $0["listen"].string)
  }
  // A family that the host lacks is skipped where no address was named.
  let kernel = answer.kernel.filter {
    $0.bind != "EAFNOSUPPORT" || said?.map(\.address).contains($0.address) == true
  }.map { KernelAnswer(address: withoutZone($0.address), bind: $0.bind, listen: $0.listen) }
  #expect(Set(said ?? []) == Set(kernel), sourceLocation: sourceLocation)
  let started = answer.started.filter {
    $0.bind != "EAFNOSUPPORT" || said?.map(\.address).contains($0.address) == true
  }
  #expect(started.allSatisfy(\.isYes) == bindable, "\(started)", sourceLocation: sourceLocation)
}

/// Holds what `helps` says of SO_REUSEADDR to what bind(2) and listen(2) answer the same server with it. Unknown is always true.
func expectHelpIsTrue(
  _ json: JSON, _ server: Server, _ comment: String, _ sourceLocation: SourceLocation = #_sourceLocation
) throws {
  #expect(
    json["helps"].isNull == (json["verdict"].string != "no"), "\(comment)", sourceLocation: sourceLocation)
  guard !server.reuse, let helps = json["helps"]["reuse"].bool else { return }
  var other = server
  other.reuse = true
  func isYes(_ answers: [KernelAnswer]) -> Bool {
    answers.filter { $0.bind != "EAFNOSUPPORT" }.allSatisfy(\.isYes)
  }
  let binds = isYes(try other.start())
  let starts = binds ? isYes(try other.listening.start()) : false
  #expect(helps ? binds : !starts, "\(comment): with SO_REUSEADDR", sourceLocation: sourceLocation)
}

/// JSON has the interface of a link-local address apart.
private func withoutZone(_ address: String) -> String { String(address.prefix { $0 != "%" }) }

/// SO_REUSEPORT before SO_REUSEADDR before plain; each address once in each.
private func expectTrialOrder(_ json: JSON, _ server: Server, _ sourceLocation: SourceLocation) {
  var expected: [[String]] = [["SO_REUSEADDR"], []]
  if server.reusePort {
    expected.insert(server.reuse ? ["SO_REUSEADDR", "SO_REUSEPORT"] : ["SO_REUSEPORT"], at: 0)
  }
  let trials = json["trials"].array ?? []
  let seen = trials.map { $0["options"].array?.compactMap(\.string) ?? ["?"] }
  var runs: [[String]] = []
  for options in seen where runs.last != options { runs.append(options) }
  #expect(runs == expected, sourceLocation: sourceLocation)
  for options in expected {
    let addresses = trials.filter { $0["options"].array?.compactMap(\.string) == options }.map {
      $0["address"].string ?? "null"
    }
    #expect(
      addresses.sorted() == server.effectiveAddresses.map(withoutZone).sorted(),
      sourceLocation: sourceLocation)
  }
}

private func expectTimes(_ answer: TrybindAnswer, _ bindable: Bool, _ sourceLocation: SourceLocation) {
  if bindable {
    #expect(answer.freeIn == .int(0), sourceLocation: sourceLocation)
    #expect(answer.freeLatest == .int(0), sourceLocation: sourceLocation)
    return
  }
  let onlyTimers = !answer.holders.isEmpty && answer.holders.allSatisfy { $0["minisocket"].bool == true }
  let refusals = answer.kernel.filter { !$0.isYes }
  // What the server's own sockets do to each other no timer ends.
  if answer.slugs.contains("own-addresses-overlap") {
    #expect(answer.freeIn.isNull, sourceLocation: sourceLocation)
    #expect(answer.freeLatest.isNull, sourceLocation: sourceLocation)
    return
  }
  guard onlyTimers, refusals.allSatisfy({ $0.bind == "EADDRINUSE" || $0.listen == "EADDRINUSE" }) else {
    #expect(answer.freeIn.isNull, sourceLocation: sourceLocation)
    #expect(answer.freeLatest.isNull, sourceLocation: sourceLocation)
    return
  }
  // A socket that is only bound could be there, too, and end at no time.
  if !Requirement.boundSockets.isMet(), answer.freeIn.isNull {
    #expect(answer.freeLatest.isNull, sourceLocation: sourceLocation)
    return
  }
  let freeIn = answer.freeIn.int ?? -1
  let longest = answer.holders.compactMap { $0["timer"]["expires_ms"].int }.max()
  #expect(freeIn == longest, sourceLocation: sourceLocation)
  let becomesTimeWait = answer.holders.contains { $0["state"].string == "fin-wait-2" }
  let slack = (answer.freeLatest.int ?? 0) - freeIn - (becomesTimeWait ? 60_000 : 0)
  #expect((1000...5200).contains(slack), sourceLocation: sourceLocation)
}

private func expectFindingsAreWhole(
  _ answer: TrybindAnswer, _ bindable: Bool, _ sourceLocation: SourceLocation
) {
  let findings = answer.json["findings"].array ?? []
  let sawUDP = !answer.json["other_protocols"].isNull
  for finding in findings {
    #expect(
      finding.keys == [
        "slug", "severity", "certainty", "title", "because", "evidence", "remedies", "not_seen",
      ], sourceLocation: sourceLocation)
    #expect(finding["title"].string?.isEmpty == false, sourceLocation: sourceLocation)
    if finding["slug"].string == "held-in-other-namespace" {
      #expect(finding["severity"].string == "info", sourceLocation: sourceLocation)
    }
    #expect(finding["because"].string?.isEmpty == false, sourceLocation: sourceLocation)
    #expect(
      finding["not_seen"].array?.contains { $0.string?.contains("only TCP was looked at") == true }
        == !sawUDP,
      "that UDP was not seen is said where it was not, and only there",
      sourceLocation: sourceLocation)
    for remedy in finding["remedies"].array ?? [] {
      #expect(
        remedy.keys == [
          "kind", "effect", "ms", "unit", "container", "pids", "sysctl", "value", "action", "command",
          "side_effects",
        ], sourceLocation: sourceLocation)
    }
  }
  let errors = findings.filter { $0["severity"].string == "error" }
  #expect(
    errors.isEmpty == bindable, "a no has an error to show, a yes has none", sourceLocation: sourceLocation)
  for holder in answer.holders {
    #expect(holder["local"]["port"] == answer.json["target"]["port"], sourceLocation: sourceLocation)
    #expect(
      holder["side"].string == "local" || holder["side"].string == "both", sourceLocation: sourceLocation)
  }
}

private func expectText(_ answer: TrybindAnswer, _ bindable: Bool, _ sourceLocation: SourceLocation) {
  let lines = answer.text.split(separator: "\n", omittingEmptySubsequences: false)
  #expect(lines.contains { $0.hasPrefix(bindable ? "Yes." : "No.") }, sourceLocation: sourceLocation)
  #expect(!lines.contains { $0.hasPrefix(bindable ? "No." : "Yes.") }, sourceLocation: sourceLocation)
  #expect(lines.contains { $0.hasPrefix("Unseen") }, sourceLocation: sourceLocation)
  #expect(
    answer.text.contains("only TCP was looked at") == answer.json["other_protocols"].isNull,
    sourceLocation: sourceLocation)
  let words = Set(answer.text.split(whereSeparator: \.isWhitespace).map(String.init))
  for slug in answer.slugs { #expect(words.contains(slug), sourceLocation: sourceLocation) }
  expectNarrow(answer.text, sourceLocation: sourceLocation)
}

/// No line is wider than 80 columns, none ends in a blank, and nothing moves the cursor.
func expectNarrow(_ text: String, sourceLocation: SourceLocation = #_sourceLocation) {
  for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
    #expect(line.count <= 80, "\(line)", sourceLocation: sourceLocation)
    #expect(line.last != " ", "\(line)|", sourceLocation: sourceLocation)
    #expect(
      !line.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x7f }, sourceLocation: sourceLocation)
  }
}

/// The kernel's table without what time alone changes.
struct TableImage: Hashable {
  private struct Row: Hashable {
    let local: SocketAddress
    let peer: SocketAddress
    let state: TCPStateCode
    let inode: UInt64
    /// Of a listener: connections that wait to be accepted.
    let queue: UInt64
  }

  private let rows: [Row: Int]

  init() throws {
    var rows: [Row: Int] = [:]
    for row in try KernelTable.read().rows {
      rows[
        Row(
          local: row.local, peer: row.peer, state: row.state, inode: row.inode,
          queue: row.state == .listen ? row.receiveQueue : 0), default: 0] += 1
    }
    self.rows = rows
  }
}
