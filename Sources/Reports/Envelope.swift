internal import SocketTable

/// The members with which every JSON document begins: by which program and when it was made, on which host, and from which
/// source.
package struct Envelope: Sendable {
  /// The version of the structure of the documents. Members are added, never renamed, and adding does not change it.
  package static let schemaVersion: UInt = 1

  /// The subcommand.
  package var command: String
  package var toolVersion: String
  /// Wall-clock time since 1970-01-01 UTC.
  package var observedAtMilliseconds: Int64
  package var hostname: String
  /// The release of the kernel, as in uname(2).
  package var kernel: String
  /// Inode of this process's network namespace; nil if it is unknown, or if the answer is about another one.
  package var networkNamespace: UInt64?
  package var effectiveUserID: UInt32

  package init(
    command: String, toolVersion: String, observedAtMilliseconds: Int64, hostname: String, kernel: String,
    networkNamespace: UInt64?, effectiveUserID: UInt32
  ) {
    self.command = command
    self.toolVersion = toolVersion
    self.observedAtMilliseconds = observedAtMilliseconds
    self.hostname = hostname
    self.kernel = kernel
    self.networkNamespace = networkNamespace
    self.effectiveUserID = effectiveUserID
  }

  /// Writes the members that every object has, each line of a stream among them.
  func writeIdentity(_ writer: inout JSONWriter) {
    writer.member("schema_version", Self.schemaVersion)
    writer.member("command", command)
  }

  /// Writes the members of a document that rests on no look at sockets.
  func write(_ writer: inout JSONWriter) {
    writeIdentityAndHost(&writer)
    writer.memberNull("source")
  }

  /// Writes the members of a document that rests on a look.
  ///
  /// - Parameter isComplete: nil while the look is still going on.
  func write(_ writer: inout JSONWriter, origin: Coverage.Origin, isComplete: Bool?, blindSpots: [BlindSpot])
  {
    writeIdentityAndHost(&writer)
    writer.object("source") { writer in
      writer.member("kind", origin.rawValue)
      writer.member("complete", isComplete)
      writer.member("blind_spots", strings: blindSpots.map(\.rawValue))
    }
  }

  func write(_ writer: inout JSONWriter, _ coverage: Coverage) {
    write(&writer, origin: coverage.origin, isComplete: coverage.isComplete, blindSpots: coverage.blindSpots)
  }

  private func writeIdentityAndHost(_ writer: inout JSONWriter) {
    writeIdentity(&writer)
    writer.member("tool_version", toolVersion)
    writer.member("observed_at", Timestamp.rfc3339(milliseconds: observedAtMilliseconds))
    writer.object("host") { writer in
      writer.member("hostname", hostname)
      writer.member("kernel", kernel)
      writer.member("netns_inode", networkNamespace)
      writer.member("euid", effectiveUserID)
    }
  }
}

package enum Timestamp {
  /// RFC 3339 in UTC with milliseconds: 2026-11-22T12:04:55.123Z.
  package static func rfc3339(milliseconds: Int64) -> String {
    let day: Int64 = 86_400_000
    let days = milliseconds >= 0 ? milliseconds / day : (milliseconds - day + 1) / day
    let rest = milliseconds - days * day
    // The proleptic Gregorian calendar repeats every 400 years (an era). Years are counted from March, so that a leap day
    // is the last day of its year.
    let shifted = days + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let dayOfMonth = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    let date = "\(padded(year, 4))-\(padded(month, 2))-\(padded(dayOfMonth, 2))"
    let seconds = rest / 1000
    let time = "\(padded(seconds / 3600, 2)):\(padded(seconds / 60 % 60, 2)):\(padded(seconds % 60, 2))"
    return "\(date)T\(time).\(padded(rest % 1000, 3))Z"
  }

  /// For people: 2026-11-22 13:04:55.
  ///
  /// - Parameter milliseconds: of local time, as if it were UTC.
  package static func local(milliseconds: Int64) -> String {
    String(rfc3339(milliseconds: milliseconds).prefix(19)).replacing("T", with: " ")
  }

  private static func padded(_ value: Int64, _ width: Int) -> String {
    let digits = String(value)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }
}
