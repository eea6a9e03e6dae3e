package import Diagnosis
package import SocketTable

/// The answer of `trybind` and of `wait` as JSON and as plain lines. `TrybindText` has the text.
package struct TrybindReport {
  /// What the answer of `wait` has in addition.
  package struct Wait {
    /// The time that was waited.
    package var milliseconds: Int64
    package var isTimedOut: Bool

    package init(milliseconds: Int64, isTimedOut: Bool) {
      self.milliseconds = milliseconds
      self.isTimedOut = isTimedOut
    }
  }

  private let diagnosis: BindDiagnosis
  private let wait: Wait?

  package init(_ diagnosis: BindDiagnosis, wait: Wait? = nil) {
    self.diagnosis = diagnosis
    self.wait = wait
  }

  private var target: BindTarget { diagnosis.target }

  // MARK: JSON

  /// Returns the end of the document, after `drain` has taken what comes before it.
  package func document(
    _ envelope: Envelope, isOneLine: Bool, interfaceName: @escaping (UInt32) -> String,
    drain: @escaping Drain = { _ in }
  ) -> ByteBuffer {
    var row = SocketRow(
      looksForOwners: diagnosis.details.observedAt != nil, interfaceName: interfaceName)
    var writer = JSONWriter(isOneLine ? .compact : .lines, drain: drain)
    writer.object { writer in
      writer.member(isOneLine ? .answer : nil)
      envelope.write(&writer, diagnosis.coverage)
      writeMembers(&writer, &row)
      if let wait {
        writer.member("waited_ms", UInt64(max(0, wait.milliseconds)))
        writer.member("timed_out", wait.isTimedOut)
      }
    }
    return writer.finish()
  }

  private func writeMembers(_ writer: inout JSONWriter, _ row: inout SocketRow) {
    writer.object("target") { writer in
      writer.member("port", target.port)
      writer.member("addresses", strings: target.addresses.map(\.address.text))
      writer.member("reuse", target.options.contains(.reuseAddress))
      writer.member("reuse_port", target.options.contains(.reusePort))
      writer.member("v6_only", target.addresses.contains { $0.v6Only })
      writer.member("interface", target.interface ?? Self.commonZone(of: target.addresses))
      writer.member("as_uid", target.asUID)
      writer.member("after_stop", target.isAfterStop)
      if let server = target.taken {
        writer.object("taken_from") { writer in
          writer.member("pid", integer: Int64(server.process.pid))
          writer.member("command", server.process.command)
          writer.member("unit", server.process.unit)
          writer.member("mptcp", target.isMultipath)
        }
      } else {
        writer.memberNull("taken_from")
      }
    }
    ReuseOptionsJSON.write(&writer, diagnosis.details)
    writer.array("trials", diagnosis.trials) { writer, trial in
      writer.element { writer in
        writer.member("address", trial.socket.address.address.text)
        writer.member(
          "interface", trial.socket.interface ?? Self.commonZone(of: CollectionOfOne(trial.socket.address)))
        writer.member("options", strings: trial.socket.options.names)
        writer.member(
          "v6_only", trial.socket.address.address.family == .ipv6 ? trial.socket.address.v6Only : nil)
        writer.member("bind", trial.bindAnswer)
        writer.member("listen", trial.listenAnswer)
        writer.member("predicted", trial.prediction.rawValue)
        writer.member("yours", trial.usesServerOptions)
      }
    }
    writer.member("verdict", diagnosis.verdict.rawValue)
    writer.member("bindable", diagnosis.verdict.bindable)
    if let help = diagnosis.help {
      writer.object("helps") { writer in
        writer.member("reuse", help.reuseAddress)
        writer.member("reuse_port", help.reusePort)
        writer.member("waiting", help.waiting)
      }
    } else {
      writer.memberNull("helps")
    }
    if let prediction = diagnosis.prediction {
      writer.object("prediction") { writer in
        writer.member("answer", prediction.answer.rawValue)
        writer.member("certainty", prediction.certainty.rawValue)
        writer.member("depends_on", strings: prediction.unknowns.names)
      }
    } else {
      writer.memberNull("prediction")
    }
    writer.member("free_in_ms", diagnosis.freeIn)
    writer.member("free_latest_ms", diagnosis.freeLatest)
    writer.array("holders", diagnosis.holders) { writer, record in
      let side: MatchedSide = record.peer?.port == target.port ? .both : .local
      if let known = diagnosis.details[record] {
        writer.raw { row.appendObject(record, side: side, details: known, to: &$0) }
      } else {
        writer.raw { row.appendObject(record, side: side, to: &$0) }
      }
    }
    OtherProtocolsReport.write(&writer, diagnosis.otherProtocols)
    let wording = Wording(diagnosis)
    writer.array("findings", diagnosis.findings) { writer, finding in
      writer.element { FindingJSON.write(&$0, finding, wording.text(finding)) }
    }
  }

  /// The interface that the link-local ones of the addresses name; nil if none does, or if they name several.
  private static func commonZone(of addresses: some Collection<BindAddress>) -> String? {
    let zones = Set(addresses.lazy.map(\.scopeName).filter { !$0.isEmpty })
    return zones.count == 1 ? zones.first : nil
  }

  private static func unbracketed(_ address: BindAddress) -> String {
    address.address.text + (address.scopeName.isEmpty ? "" : "%\(address.scopeName)")
  }

  // MARK: Plain

  package static let plainColumns = ["address", "options", "v6_only", "bind", "listen", "predicted", "yours"]

  package func plain(withHeader: Bool = false) -> ByteBuffer {
    var buffer = ByteBuffer()
    if withHeader { buffer.append(Self.plainColumns.joined(separator: "\t") + "\n") }
    for trial in diagnosis.trials {
      let socket = trial.socket
      let columns = [
        Self.unbracketed(socket.address),
        socket.options.isEmpty ? "-" : socket.options.names.joined(separator: ","),
        socket.address.address.family == .ipv4 ? "-" : socket.address.v6Only ? "true" : "false",
        trial.bindAnswer ?? "-", trial.listenAnswer ?? "-", trial.prediction.rawValue,
        trial.usesServerOptions ? "true" : "false",
      ]
      buffer.append(columns.joined(separator: "\t") + "\n")
    }
    return buffer
  }
}
