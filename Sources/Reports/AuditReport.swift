package import Diagnosis
package import SocketTable

/// What `audit` was asked, as JSON has it.
package struct AuditQuery: Sendable {
  /// Nil is every port.
  package var ports: PortSet?
  package var unit: String?
  package var family: SocketFilter.Family
  /// Whether it was read how the listeners were set up.
  package var readsOptions: Bool

  package init(ports: PortSet?, unit: String?, family: SocketFilter.Family, readsOptions: Bool) {
    self.ports = ports
    self.unit = unit
    self.family = family
    self.readsOptions = readsOptions
  }
}

/// The answer of `audit` for programs.
package struct AuditReport {
  private let audit: Audit
  private let query: AuditQuery
  private let interfaceName: (UInt32) -> String
  /// At most so many listeners are written; all are counted.
  private let limit: Int

  package init(
    _ audit: Audit, _ query: AuditQuery, limit: Int = .max, interfaceName: @escaping (UInt32) -> String
  ) {
    self.audit = audit
    self.query = query
    self.limit = limit
    self.interfaceName = interfaceName
  }

  private var listed: ArraySlice<AuditedListener> { audit.listeners.prefix(limit) }

  // MARK: JSON

  /// Returns the end of the document, after `drain` has taken what comes before it.
  package func document(_ envelope: Envelope, drain: @escaping Drain = { _ in }) -> ByteBuffer {
    var row = SocketRow(end: "", looksForOwners: true, interfaceName: interfaceName)
    var writer = JSONWriter(.lines, drain: drain)
    writer.object { writer in
      envelope.write(&writer, audit.coverage)
      write(query, to: &writer)
      writer.array("listeners", listed) { writer, listener in
        writer.raw {
          append(listener, &row, to: &$0)
          $0.append(literal: "}")
        }
      }
      writeTotals(to: &writer)
    }
    return writer.finish()
  }

  /// One line for the question, one for each listener, and one for the end.
  package func lines(_ envelope: Envelope, drain: @escaping Drain = { _ in }) -> ByteBuffer {
    var writer = JSONWriter(.compact)
    writer.object { writer in
      writer.member(LineType.snapshot)
      envelope.write(
        &writer, origin: audit.coverage.origin, isComplete: nil, blindSpots: audit.coverage.blindSpots)
      write(query, to: &writer)
    }
    var buffer = writer.finish()
    let beginning =
      "{\"type\":\"\(LineType.listener.rawValue)\",\"schema_version\":\(Envelope.schemaVersion),\"command\":\"\(envelope.command)\","
    var row = SocketRow(beginning: beginning, end: "", looksForOwners: true, interfaceName: interfaceName)
    for listener in listed {
      append(listener, &row, to: &buffer)
      buffer.append(literal: "}\n")
      if buffer.count >= ByteBuffer.drainAt { drain(&buffer) }
    }
    var end = JSONWriter(.compact)
    end.object { writer in
      writer.member(LineType.end)
      envelope.writeIdentity(&writer)
      writeTotals(to: &writer)
      writer.member("complete", audit.coverage.isComplete)
      writer.member("error", audit.coverage.isComplete ? nil : Reason.text(of: audit.coverage.shortfall))
    }
    buffer.append(end.finish())
    return buffer
  }

  private func write(_ query: AuditQuery, to writer: inout JSONWriter) {
    writer.object("query") { writer in
      if let ports = query.ports {
        PortQueryJSON.write(&writer, ports)
      } else {
        writer.memberNull("ports")
      }
      writer.member("unit", query.unit)
      let family: String? =
        switch query.family {
        case .any: nil
        case .ipv4: "ipv4"
        case .ipv6: "ipv6"
        }
      writer.member("family", family)
      writer.member("flags", query.readsOptions ? "live" : "none")
    }
  }

  private func append(_ listener: AuditedListener, _ row: inout SocketRow, to buffer: inout ByteBuffer) {
    row.appendObject(
      listener.record, side: .local, details: audit.details[listener.record] ?? SocketDetails(), to: &buffer)
    var writer = JSONWriter(.compact)
    writer.object { writer in
      writer.member("restart", listener.restart.rawValue)
      writer.member("blocked_for_ms", listener.blockedFor)
      writer.member("blocked_latest_ms", listener.blockedLatest)
      writer.member("made_by_uid", listener.socket?.settings.uid)
      writer.member("findings", strings: listener.findings.map(\.rawValue))
    }
    // The members of that object follow those of the socket.
    let members = writer.finish().text
    buffer.append(literal: ",")
    buffer.append(String(members.dropFirst().dropLast(2)))
  }

  private func writeTotals(to writer: inout JSONWriter) {
    writer.member("verdict", audit.verdict.rawValue)
    writer.object("counts") { writer in
      writer.member(count: audit.listeners.count, "listeners")
      for restart in AuditedListener.Restart.allCases {
        writer.member(count: audit.count(restart), restart.rawValue)
      }
    }
  }

  // MARK: Plain

  /// Scripts rely on their places, so new ones come last.
  package static let plainColumns = [
    "restart", "blocked_for_ms", "local_address", "local_port", "interface", "uid", "options", "unit", "pid",
    "command", "findings",
  ]

  package func plain(withHeader: Bool) -> ByteBuffer {
    var buffer = ByteBuffer()
    if withHeader { buffer.append(Self.plainColumns.joined(separator: "\t") + "\n") }
    for listener in listed {
      let record = listener.record
      let owner = audit.details[record]?.owners?.first
      let options = listener.socket.map { $0.settings.options.names }
      let columns: [String] = [
        listener.restart.rawValue, listener.blockedFor.map { "\($0)" } ?? "-", record.local.address.text,
        "\(record.localPort)",
        record.interface == 0 ? "-" : ByteSafety.escaped(interfaceName(record.interface)),
        record.uid.map { "\($0)" } ?? "-",
        // None is set: that is something else than not to know them.
        options.map { $0.isEmpty ? "none" : $0.joined(separator: ",") } ?? "-",
        owner?.unit.map(ByteSafety.escaped) ?? "-", owner.map { "\($0.pid)" } ?? "-",
        owner.map { ByteSafety.escaped($0.command) } ?? "-",
        listener.findings.isEmpty ? "-" : listener.findings.map(\.rawValue).joined(separator: ","),
      ]
      buffer.append(columns.joined(separator: "\t") + "\n")
    }
    return buffer
  }
}
