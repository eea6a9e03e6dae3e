internal import Glibc
internal import SocketTable

/// Socket units of systemd (systemd.socket(5)), by their files. Drop-ins and templates are not read: the name that is found
/// says where to look, and is not certain.
enum SocketUnits {
  /// In systemd's order: a unit takes the place of those of the same name in later directories.
  static let directories = ["/etc", "/run", "/usr/local/lib", "/usr/lib", "/lib"].map {
    $0 + "/systemd/system"
  }

  /// The unit that listens on the port, where its address could be the socket's. Nil if it is none or several.
  static func unit(listeningOn local: Endpoint, in directories: [String] = directories) -> String? {
    var seen: Set<String> = []
    var found: [String] = []
    let reader = DirectoryReader()
    for path in directories {
      guard let directory = try? Descriptor.open(path, flags: O_DIRECTORY) else { continue }
      var names: [String] = []
      reader.forEach(in: directory) { entry in
        if let name = unsafe String(validatingCString: entry.name), name.hasSuffix(".socket") {
          names.append(name)
        }
        return true
      }
      for name in names where seen.insert(name).inserted && !name.hasSuffix("@.socket") {
        guard let file = try? readFile("\(path)/\(name)", limit: 1 << 16) else { continue }
        if listens(file, on: local) { found.append(name) }
      }
    }
    return found.count == 1 ? found[0] : nil
  }

  /// Whether a line ListenStream= names the port, alone or with the socket's address.
  static func listens(_ file: [UInt8], on local: Endpoint) -> Bool {
    for line in file.split(separator: UInt8(ascii: "\n")) {
      let words = line.split(separator: UInt8(ascii: "="), maxSplits: 1).map {
        String(decoding: $0, as: UTF8.self).split(whereSeparator: \.isWhitespace).joined()
      }
      guard words.count == 2, words[0] == "ListenStream" else { continue }
      if words[1] == "\(local.port)" { return true }
      guard let colon = words[1].lastIndex(of: ":"),
        words[1][words[1].index(after: colon)...] == "\(local.port)"
      else { continue }
      let host = words[1][..<colon].filter { $0 != "[" && $0 != "]" }
      if host == local.address.text || IPAddress(parsing: host) == local.address { return true }
    }
    return false
  }
}
