import Foundation

/// Keeps the JSON that tests see, for scripts/check-json: in the directory that TW_JSON_LOG names (`make test` makes one), a
/// file for each output. Does nothing without it.
package enum JSONLog {
  private static let directory = ProcessInfo.processInfo.environment["TW_JSON_LOG"].map {
    URL(filePath: $0, directoryHint: .isDirectory)
  }

  /// - Parameters:
  ///   - output: one document, or lines. It is left out if it is no JSON of tw-inspect, or a document that was broken off. Of
  ///     lines that were broken off the whole ones are kept.
  ///   - origin: how it was made, for the name of the file.
  package static func add(_ output: some Collection<UInt8>, of origin: String) {
    guard let directory, let whole = whole(Array(output)) else { return }
    let words = String(origin.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "-" }.suffix(80))
    let file = directory.appending(path: "\(words).\(UUID().uuidString.prefix(8)).json")
    do {
      try Data(whole).write(to: file)
    } catch {
      fatalError("TW_JSON_LOG: \(error)")
    }
  }

  private static func whole(_ output: [UInt8]) -> ArraySlice<UInt8>? {
    let beginnings = ["{\n  \"schema_version\":", "{\"schema_version\":", "{\"type\":"]
    guard beginnings.contains(where: { output.starts(with: $0.utf8) }) else { return nil }
    if output.starts(with: "{\n".utf8) {
      return output.suffix(2) == Array("}\n".utf8)[...] ? output[...] : nil
    }
    return output.lastIndex(of: UInt8(ascii: "\n")).map { output[...$0] }
  }
}
