import LinuxHost
import Reports
import SocketTable

extension CommonRequest {
  /// Writes one answer in the format that was asked for, unless nobody wants to read it.
  ///
  /// - Parameters:
  ///   - document: JSON, on one line or on several; what comes before its end may go to the drain.
  ///   - plain: records, with or without the names of their columns.
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

  /// Text for the terminal that standard output is, or for a file of 80 columns.
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
