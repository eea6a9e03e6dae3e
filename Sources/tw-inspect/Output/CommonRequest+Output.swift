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

  /// Text for standard output. It is wrapped at the width of the terminal, between 40 and 100 columns, or at 80 columns if
  /// standard output is no terminal.
  func text(to output: Output) -> StyledText {
    StyledText(
      usesColor: usesColor, width: max(40, min(Terminal.width ?? 80, 100)), drain: output.write)
  }

  var usesColor: Bool {
    switch color {
    case .always: return true
    case .never: return false
    case .auto:
      if let none = Terminal.environment("NO_COLOR"), !none.isEmpty { return false }
      if let force = Terminal.environment("CLICOLOR_FORCE"), !force.isEmpty, force != "0" { return true }
      return Terminal.isOutput && Terminal.environment("TERM") != "dumb"
    }
  }
}
