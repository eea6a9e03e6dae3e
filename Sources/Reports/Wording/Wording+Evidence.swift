internal import Diagnosis
internal import SocketTable

/// The evidence of findings, one line for each piece. The parts of a line are separated by two spaces.
extension Wording {
  func evidence(_ exhibit: Finding.Exhibit) -> [Prose] {
    switch exhibit {
    case .nothing: return []
    case .sockets(let sample):
      let more = sample.total - sample.records.count
      return sample.records.map(line) + (more > 0 ? ["and \(Quantity.grouped(more)) more"] : [])
    case .processes(let owners): return owners.map { OwnerText.line($0, now: details.observedAt) }
    case .settings(let changed): return changed.map { Prose(Self.text($0)) }
    }
  }

  /// "127.0.0.1:9527 - 127.0.0.1:52114  TIME_WAIT  58.4 s left".
  func line(_ record: SocketRecord) -> Prose {
    var line = Prose(text(record.local, on: record.interface))
    if let peer = record.peer { line += " - \(peer.text)" }
    line += "  \(record.state.title)"
    if record.isMinisocket, let timer = record.timer {
      line +=
        Quantity.isEnding(milliseconds: timer.expires)
        ? "  ending" : "  \(Quantity.seconds(milliseconds: timer.expires)) left"
    } else if let owner = ownerLine(record) {
      line += "  \(owner)"
    } else if let uid = record.uid, record.inode != 0 {
      line += "  \(user(uid))"
    } else if record.inode == 0 {
      line += "  no process"
    }
    if let options = OwnerText.reuseOptions(record, details) { line += "  \(options)" }
    return line
  }

  /// Nil if nothing is known about the owner.
  private func ownerLine(_ record: SocketRecord) -> Prose? {
    guard record.inode != 0, let known = details[record] else { return nil }
    guard let owner = known.owners?.first else {
      return OwnerText.hidden(known).map { hidden in
        record.uid.map { "\(user($0))  \(hidden)" } ?? hidden
      }
    }
    let more = (known.owners?.count ?? 1) - 1
    let others: Prose = more > 0 ? "  and \(more) more \(more == 1 ? "process" : "processes")" : ""
    return OwnerText.line(owner, now: details.observedAt) + others
  }

  /// "user www-data", or by number where the host has no name for it.
  private func user(_ uid: UInt32) -> String {
    details.userNames[uid].map { "user \(ByteSafety.escaped($0))" } ?? "uid \(uid)"
  }
}
