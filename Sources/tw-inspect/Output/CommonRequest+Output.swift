import LinuxHost
import Reports
import SocketTable

extension CommonRequest {
  /// Writes an answer in the format that was asked for; nothing with -q.
  ///
  /// - Parameters:
  ///   - document: returns JSON, or the end of it if the beginning went to the drain.
  ///   - plain: returns records, with the names of their columns or without.
  /// - Throws: if the output could not be written.
  func write(
    _ envelope: @autoclosure () -> Envelope, text: (inout StyledText) -> Void,
    document: (Envelope, _ isOneLine: Bool, @escaping Drain) -> ByteBuffer,
    plain: (_ withHeader: Bool) -> ByteBuffer
  ) throws(Failure) {
    if quiet { return }
    let output = Output()
    switch format {
    case .json, .jsonl:
      var end = document(envelope(), format == .jsonl, output.write)
      output.write(&end)
    case .plain:
      var records = plain(header)
      output.write(&records)
    case .table:
      var styled = self.text(to: output)
      text(&styled)
      styled.finish()
    }
    try output.check()
  }

  private static let widest = 79

  /// Text for standard output. It is wrapped at the width of the terminal, at 79 columns at the most.
  func text(to output: Output) -> StyledText {
    StyledText(
      usesColor: usesColor, width: max(20, min(Terminal.width ?? Self.widest, Self.widest)),
      rows: isWhole ? nil : Terminal.height, drain: output.write)
  }

  var usesColor: Bool {
    switch color {
    case .always: return true
    case .never: return false
    case .auto:
      if let none = Terminal.environment("NO_COLOR"), !none.isEmpty { return false }
      if let force = Terminal.environment("CLICOLOR_FORCE"), !force.isEmpty, force != "0" { return true }
      guard Terminal.isOutput, let kind = Terminal.environment("TERM") else { return false }
      return !kind.isEmpty && kind != "dumb"
    }
  }
}
