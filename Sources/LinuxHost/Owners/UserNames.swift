/// Names of users from /etc/passwd (passwd(5)). NSS is not asked: it could go to the network.
struct UserNames {
  private var names: [UInt32: String]?
  private let path: String

  init(path: String = "/etc/passwd") { self.path = path }

  mutating func name(of uid: UInt32) -> String? {
    if names == nil { names = Self.read(path) }
    return names?[uid]
  }

  /// The first line of a uid counts, as with getpwuid(3).
  private static func read(_ path: String) -> [UInt32: String] {
    var names: [UInt32: String] = [:]
    guard let contents = try? readFile(path) else { return names }
    for line in contents.split(separator: UInt8(ascii: "\n")) {
      let fields = line.split(separator: UInt8(ascii: ":"), maxSplits: 3, omittingEmptySubsequences: false)
      guard fields.count == 4, !fields[0].isEmpty,
        let uid = UInt32(String(decoding: fields[2], as: UTF8.self)), names[uid] == nil
      else { continue }
      names[uid] = String(decoding: fields[0], as: UTF8.self)
    }
    return names
  }
}
