package import Diagnosis
internal import NetlinkCodec
package import SocketTable

/// What `release` was asked to end, and the result.
package struct ReleaseReport {
  package let port: UInt16
  package let family: SocketFilter.Family
  package let includesFinWait2: Bool
  package let isDryRun: Bool
  /// The minisockets to end, in the order in which they are ended: those with the most time left come first.
  package let chosen: [SocketRecord]
  /// The minisockets that were ended, or would be in a dry run.
  package var released: [SocketRecord] = []
  /// The number of those that had ended by themselves before their turn came.
  package var vanished = 0
  /// The sockets that are still on the port afterwards.
  package var left: [SocketRecord]
  package var coverage: Coverage
  /// The outcome of a bind without options afterwards; nil if none was tried.
  package var plainBind: (address: BindAddress, outcome: TrialOutcome)?
  /// Why not all of them could be ended; nil if nothing went wrong.
  package var error: String?

  /// - Parameter snapshot: the sockets with this local port, in every state.
  package init(
    port: UInt16, family: SocketFilter.Family, includesFinWait2: Bool, isDryRun: Bool, _ snapshot: Snapshot
  ) {
    self.port = port
    self.family = family
    self.includesFinWait2 = includesFinWait2
    self.isDryRun = isDryRun
    coverage = snapshot.coverage
    let filter = SocketFilter(
      ports: PortSet(port),
      states: .states(StateSet(includesFinWait2 ? [.timeWait, .finWait2] : [.timeWait])),
      family: family)
    // After shutdown() on both sides a socket that a process still has open shares its cookie with the TIME_WAIT of its
    // connection. If the process makes it listen, and the TIME_WAIT ends meanwhile, the kernel would find and destroy the
    // listener instead.
    let living = Set(snapshot.records.filter { !$0.isMinisocket }.map(\.cookie))
    var seen: Set<UInt64> = []
    var (chosen, left): ([SocketRecord], [SocketRecord]) = ([], [])
    // There may be a hundred thousand, and an array that grows copies them to twice their room.
    chosen.reserveCapacity(snapshot.records.count)
    for record in snapshot.records {
      if record.destroyRequest != nil, filter.matches(record), !living.contains(record.cookie) {
        if seen.insert(record.cookie).inserted { chosen.append(record) }
      } else {
        left.append(record)
      }
    }
    chosen.sort { ($0.timer?.expires ?? 0) > ($1.timer?.expires ?? 0) }
    self.chosen = chosen
    self.left = left
    if isDryRun { released = chosen } else { self.left += chosen }
  }

  /// The chosen minisockets that are still there.
  package var remaining: [SocketRecord] {
    let asked = Set(chosen.map(\.cookie))
    return isDryRun ? [] : left.filter { $0.isMinisocket && asked.contains($0.cookie) }
  }

  // MARK: Formats

  package func document(
    _ envelope: Envelope, isOneLine: Bool, interfaceName: @escaping (UInt32) -> String,
    drain: @escaping Drain = { _ in }
  ) -> ByteBuffer {
    var row = SocketRow(interfaceName: interfaceName)
    var writer = JSONWriter(isOneLine ? .compact : .lines, drain: drain)
    writer.object { writer in
      writer.member(isOneLine ? .answer : nil)
      envelope.write(&writer, coverage)
      writer.object("target") { writer in
        writer.member("port", port)
        writer.member("family", family == .any ? nil : family == .ipv4 ? "ipv4" : "ipv6")
        writer.member("include_fin_wait_2", includesFinWait2)
      }
      writer.member("dry_run", isDryRun)
      write(&writer, &row, "released", isDryRun ? [] : released)
      write(&writer, &row, "would_release", isDryRun ? released : [])
      writer.member(count: vanished, "vanished")
      write(&writer, &row, "left", left)
      if let plainBind {
        writer.object("plain_bind") { writer in
          writer.member("address", plainBind.address.address.text)
          writer.member(
            "v6_only", plainBind.address.address.family == .ipv6 ? plainBind.address.v6Only : nil)
          writer.member("bind", plainBind.outcome.error?.name ?? "ok")
        }
      } else {
        writer.memberNull("plain_bind")
      }
      writer.member("error", error)
    }
    return writer.finish()
  }

  private func write(
    _ writer: inout JSONWriter, _ row: inout SocketRow, _ key: String, _ records: [SocketRecord]
  ) {
    writer.array(key, records) { writer, record in
      writer.raw {
        row.appendObject(record, side: record.peer?.port == port ? .both : .local, to: &$0)
      }
    }
  }

  /// The released sockets, with the same columns as `port`.
  package func plain(withHeader: Bool, interfaceName: @escaping (UInt32) -> String) -> ByteBuffer {
    var buffer = ByteBuffer()
    if withHeader { buffer.append(SocketRow.plainColumns.joined(separator: "\t") + "\n") }
    var row = SocketRow(interfaceName: interfaceName)
    for record in released { row.appendPlain(record, to: &buffer) }
    return buffer
  }
}
