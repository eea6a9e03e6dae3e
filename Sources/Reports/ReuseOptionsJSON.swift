internal import SocketTable

/// Writes the member that tells of which sockets the options were asked for, and what kept the kernel from telling them.
enum ReuseOptionsJSON {
  static func write(_ writer: inout JSONWriter, _ details: SocketDetailsTable) {
    writer.object("flags") { writer in
      writer.member("asked", details.reuseOptionsAsked.rawValue)
      writer.member("refusal", details.reuseOptionsRefusal)
    }
  }
}
