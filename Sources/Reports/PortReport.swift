package import Diagnosis
package import SocketTable

/// The result of `port`, ready to be written in any format.
package struct PortReport {
  package var filter: SocketFilter
  package var records: [SocketRecord]
  /// The indices in `records` of the sockets to list, sorted and cut to the limit.
  package var listed: [UInt32]
  /// The number of sockets to list before they were cut to the limit.
  package var listedCount: Int
  /// The number of sockets in each state, including those that are not listed because of their state.
  package var counts: StateCounts
  package var coverage: Coverage
  /// One step of the kernel's timer wheel, in milliseconds. A timer that stands at 0 can take this much longer.
  package var timerSlack: Int
  /// What was found out about the listed sockets; empty unless it was asked for.
  package var details: SocketDetailsTable
  /// What a quick look has found out about sockets that listen or are only bound; empty where it was not made.
  package var holderDetails = SocketDetailsTable()
  /// Lines that fit on the terminal; nil for no terminal.
  package var room: Int?
  /// Whether root asks, to whom nothing more is to be seen by sudo.
  package var isRoot = false
  /// The network namespace that was asked about; nil for the caller's own.
  package var namespace: NamespaceReference?
  /// Looked for only if no socket was found at all; otherwise empty.
  package var otherNamespaces: [OtherNamespace] = []
  /// Nil where nobody looked, or it could not be seen.
  package var otherProtocols: OtherProtocols?
  /// Which records are of which network namespace; nil if only one was asked.
  package var parts: NamespaceParts?

  package init(
    filter: SocketFilter, records: [SocketRecord], listed: [UInt32], listedCount: Int, counts: StateCounts,
    coverage: Coverage,
    timerSlack: Int, details: SocketDetailsTable = SocketDetailsTable()
  ) {
    self.filter = filter
    self.records = records
    self.listed = listed
    self.listedCount = listedCount
    self.counts = counts
    self.coverage = coverage
    self.timerSlack = timerSlack
    self.details = details
  }
}

extension PortReport {
  /// Those that listen or are only bound. With a hundred thousand minisockets and nothing else they are not gone through.
  package var holders: [SocketRecord] {
    counts[.listen] + counts[.bound] > 0 ? records.filter { $0.state == .listen || $0.state == .bound } : []
  }
}

// MARK: - JSON

extension PortReport {
  /// Returns the end of the document, after `drain` has taken what comes before it.
  package func document(
    _ envelope: Envelope, interfaceName: @escaping (UInt32) -> String, drain: @escaping Drain = { _ in }
  ) -> ByteBuffer {
    var row = SocketRow(looksForOwners: details.observedAt != nil, interfaceName: interfaceName)
    var writer = JSONWriter(.lines, drain: drain)
    writer.object { writer in
      envelope.write(&writer, coverage)
      PortQueryJSON.write(&writer, filter)
      ReuseOptionsJSON.write(&writer, details)
      writer.array("sockets", listed) { writer, index in
        let record = records[Int(index)]
        if let part = parts?.part(ofRecord: Int(index)) {
          row.enter(part.namespace, interfaceName: part.interfaceName)
        }
        let side = filter.side(of: record) ?? .local
        if let known = details[record] {
          writer.raw { row.appendObject(record, side: side, details: known, to: &$0) }
        } else {
          writer.raw { row.appendObject(record, side: side, to: &$0) }
        }
      }
      PortQueryJSON.write(&writer, counts, listed: listedCount)
      OtherProtocolsReport.write(&writer, otherProtocols)
      PortQueryJSON.write(&writer, coverage)
    }
    return writer.finish()
  }
}

/// Writes the members that the document and the stream of lines have in common.
package enum PortQueryJSON {
  /// The key in `by_state` for sockets in FIN_WAIT2 that only a timer keeps. They are not counted as "fin-wait-2".
  package static let finWait2Minisocket = "fin-wait-2-minisocket"

  static func write(_ writer: inout JSONWriter, _ filter: SocketFilter) {
    writer.object("query") { writer in
      write(&writer, filter.ports)
      writer.member("side", filter.side.rawValue)
      writer.member("states", strings: filter.states.mask.names)
      writer.member("minisockets", filter.states == .minisockets)
    }
  }

  static func write(_ writer: inout JSONWriter, _ ports: PortSet) {
    writer.array("ports", ports.ranges) { writer, range in
      writer.element { writer in
        writer.member("from", range.lowerBound)
        writer.member("to", range.upperBound)
      }
    }
  }

  static func write(_ writer: inout JSONWriter, _ counts: StateCounts, listed: Int) {
    writer.object("counts") { writer in
      writer.member(count: listed, "listed")
      writer.object("by_state") { writer in
        for (state, count) in counts.states {
          let minisockets = state == .finWait2 ? counts.finWait2Minisockets : 0
          if count > minisockets { writer.member(count: count - minisockets, state.name) }
          if minisockets > 0 { writer.member(count: minisockets, Self.finWait2Minisocket) }
        }
      }
    }
    writer.member("last_time_wait_ms", counts.longestTimeWait)
    writer.member("last_timer_ms", counts.longestMinisocket)
  }

  /// Which network namespaces were looked at; null if only one was asked.
  static func write(_ writer: inout JSONWriter, _ coverage: Coverage) {
    guard let namespaces = coverage.namespaces else { return writer.memberNull("namespaces") }
    writer.object("namespaces") { writer in
      writer.member(count: namespaces.lookedAt, "looked_at")
      writer.member(count: namespaces.notLookedAt, "not_looked_at")
      writer.member("blind_spots", strings: coverage.blindSpots.map(\.rawValue))
      writer.member("not_seen", strings: [NamespaceSummaries.unseen])
    }
  }
}

// MARK: - JSON Lines

/// The answer of `port` as a stream of JSON lines: one "snapshot", then one for each socket as it arrives, and one "end".
package struct PortLines: ~Copyable {
  private var row: SocketRow
  private let filter: SocketFilter

  package init(
    filter: SocketFilter, command: String, looksForOwners: Bool = false,
    interfaceName: @escaping (UInt32) -> String
  ) {
    row = SocketRow(
      beginning:
        "{\"type\":\"\(LineType.socket.rawValue)\",\"schema_version\":\(Envelope.schemaVersion),\"command\":\"\(command)\",",
      end: "}\n", looksForOwners: looksForOwners, interfaceName: interfaceName)
    self.filter = filter
  }

  package func appendSnapshot(
    _ envelope: Envelope, origin: Coverage.Origin, blindSpots: [BlindSpot],
    _ details: SocketDetailsTable = SocketDetailsTable(), to buffer: inout ByteBuffer
  ) {
    var writer = JSONWriter(.compact)
    writer.object { writer in
      writer.member(LineType.snapshot)
      envelope.write(&writer, origin: origin, isComplete: nil, blindSpots: blindSpots)
      PortQueryJSON.write(&writer, filter)
      ReuseOptionsJSON.write(&writer, details)
    }
    buffer.append(writer.finish())
  }

  /// The sockets that follow are of this network namespace.
  package mutating func enter(
    _ namespace: NamespaceIdentity, interfaceName: @escaping (UInt32) -> String
  ) {
    row.enter(namespace, interfaceName: interfaceName)
  }

  package mutating func appendSocket(_ record: SocketRecord, to buffer: inout ByteBuffer) {
    row.appendObject(record, side: filter.side(of: record) ?? .local, to: &buffer)
  }

  package mutating func appendSocket(
    _ record: SocketRecord, details: SocketDetails, to buffer: inout ByteBuffer
  ) {
    row.appendObject(record, side: filter.side(of: record) ?? .local, details: details, to: &buffer)
  }

  /// - Parameters:
  ///   - otherProtocols: nil where nobody looked, or it could not be seen.
  ///   - coverage: says whether the look was complete.
  ///   - error: why it ended early; nil if it did not.
  package func appendEnd(
    _ envelope: Envelope, counts: StateCounts, listed: Int, otherProtocols: OtherProtocols? = nil,
    coverage: Coverage, error: String?, to buffer: inout ByteBuffer
  ) {
    var writer = JSONWriter(.compact)
    writer.object { writer in
      writer.member(LineType.end)
      envelope.writeIdentity(&writer)
      PortQueryJSON.write(&writer, counts, listed: listed)
      OtherProtocolsReport.write(&writer, otherProtocols)
      PortQueryJSON.write(&writer, coverage)
      writer.member("complete", coverage.isComplete)
      writer.member("error", error)
    }
    buffer.append(writer.finish())
  }
}
