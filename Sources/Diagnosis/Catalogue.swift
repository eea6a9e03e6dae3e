internal import SocketTable

/// The words. Each finding states what was observed, why the kernel answers so, what to do, and what could not be
/// seen from here.
struct Catalogue {
  let facts: BindFacts

  init(_ facts: BindFacts) { self.facts = facts }

  var port: UInt16 { facts.target.port }

  func finding(
    _ slug: Finding.Slug, _ severity: Finding.Severity = .error, _ certainty: Finding.Certainty = .certain,
    title: String, because: String, evidence: [String] = [], remedies: [Finding.Remedy] = [],
    notSeen: [String] = []
  ) -> Finding {
    let remedies = remedies.map { remedy in
      var remedy = remedy
      if let namespace = facts.evidence.namespace {
        remedy.command = remedy.command.flatMap(namespace.command)
      }
      return remedy
    }
    return Finding(
      slug: slug, severity: severity, certainty: certainty, title: title, because: because,
      evidence: evidence,
      remedies: remedies,
      notSeen: notSeen + (facts.session.isPredicted ? [Self.unseenWithoutBinding] : []) + Self.alwaysUnseen)
  }

  static let unseenWithoutBinding =
    "what only bind() tells: whether the address is local, and whether privileges and policies allow it"

  static let alwaysUnseen = [
    "UDP: only TCP was looked at",
    """
    your server's own user, capabilities, cgroup programs, SELinux or Landlock domain and network \
    namespace: the answer is from here
    """,
  ]

  // MARK: Parts that several findings share

  /// How many evidence lines a finding carries at the most.
  private static let evidenceLimit = 8

  func evidence(_ records: [SocketRecord]) -> [String] {
    let shown = longest(records)
    var lines = shown.map(line)
    if records.count > shown.count {
      lines.append("and \(Quantity.grouped(records.count - shown.count)) more")
    }
    return lines
  }

  /// Those to show, the longest timer first: of a hundred thousand no more are put in order.
  private func longest(_ records: [SocketRecord]) -> [SocketRecord] {
    var longest: [SocketRecord] = []
    func time(_ record: SocketRecord) -> UInt32 { record.timer?.expires ?? 0 }
    for record in records {
      if longest.count == Self.evidenceLimit {
        guard let last = longest.last, time(record) > time(last) else { continue }
        longest.removeLast()
      }
      let place = longest.firstIndex { time($0) < time(record) } ?? longest.endIndex
      longest.insert(record, at: place)
    }
    return longest
  }

  /// "127.0.0.1:9527 - 127.0.0.1:52114  TIME_WAIT  58.4 s left".
  func line(_ record: SocketRecord) -> String {
    var line = record.local.text
    if let peer = record.peer { line += " - \(peer.text)" }
    line += "  \(record.state.title)"
    if record.isMinisocket, let timer = record.timer {
      line +=
        Quantity.isEnding(milliseconds: timer.expires)
        ? "  ending" : "  \(Quantity.seconds(milliseconds: timer.expires)) left"
    } else if let owner = ownerLine(record) {
      line += "  \(owner)"
      if facts.details.hasAskedForFlags {
        line += "  \(facts.details[record]?.flagsText ?? "options not readable")"
      }
    } else if let uid = record.uid, record.inode != 0 {
      line += "  uid \(uid)"
    } else if record.inode == 0 {
      line += "  no process"
    }
    return line
  }

  /// "3 TIME_WAIT", "2 TIME_WAIT and 1 FIN_WAIT2".
  func count(_ records: [SocketRecord]) -> String {
    let parts = StateCounts(records).states.map { Quantity.count($0.count, of: $0.state) }
    return parts.count > 1
      ? parts.dropLast().joined(separator: ", ") + " and " + parts[parts.count - 1] : parts.joined()
  }

  /// "in 43.2 s"; "any moment: it is ending" where the timer has run out and its slack has not. Nil if no timer will free it.
  var freeing: String? {
    facts.freeIn.map {
      Quantity.isEnding(milliseconds: $0)
        ? "any moment: it is ending" : "in \(Quantity.seconds(milliseconds: $0))"
    }
  }

  var waiting: Finding.Remedy {
    let command = facts.target.commandOptions.map { "tw-inspect wait \(port)\($0)" }
    guard let latest = facts.freeLatest, let free = facts.freeIn else {
      return Finding.Remedy("wait until the timers have run out", command: command)
    }
    let bound = "at the latest \(Quantity.seconds(milliseconds: latest))"
    let wait =
      Quantity.isEnding(milliseconds: free)
      ? "wait until it has ended, \(bound)" : "wait \(Quantity.seconds(milliseconds: free)), \(bound)"
    return Finding.Remedy("\(wait), and start the server then", command: command)
  }

  /// Of minisockets; no other socket can be ended from outside its process without harm.
  func release(_ minisockets: [SocketRecord]) -> Finding.Remedy {
    let option = minisockets.contains { $0.state == .finWait2 } ? " --include-fin-wait-2" : ""
    return Finding.Remedy(
      "end \(minisockets.count == 1 ? "it" : "them") now",
      command: "sudo tw-inspect release \(port)\(option)",
      sideEffects: "late segments could reach the next connection: RFC 1337")
  }

  var listing: Finding.Remedy {
    Finding.Remedy("see every socket on the port", command: "tw-inspect port \(port) --all")
  }

  /// The answer that the trial's options got, in words.
  func options(_ trial: Trial) -> String {
    trial.socket.options.isEmpty ? "no options" : trial.socket.options.names.joined(separator: " and ")
  }

  func place(_ trial: Trial) -> String { trial.socket.address.text(port: port) }
}
