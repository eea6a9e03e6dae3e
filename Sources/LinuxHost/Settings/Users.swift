/// A line of /etc/passwd (passwd(5)). NSS is not used, because it could ask the network.
package struct User: Hashable, Sendable {
  package let name: String
  package let uid: UInt32
  package let gid: UInt32
  /// Whether, as the one who binds, it has CAP_NET_BIND_SERVICE, which a service manager may give to any user.
  package var keepsNetBindService = false

  /// The user with this name or number. A number that the file does not have is taken for a user whose group has the same
  /// number; an unknown name is nil.
  package static func find(_ typed: String, path: String = "/etc/passwd") -> User? {
    let number = UInt32(typed)
    if let user = all(path).first(where: { $0.name == typed || $0.uid == number }) { return user }
    // setresuid(2) takes the highest number, -1, for "no change".
    guard let number, number != .max else { return nil }
    return User(name: typed, uid: number, gid: number)
  }

  /// In the order of the file; malformed lines are skipped.
  static func all(_ path: String) -> [User] {
    let contents = (try? readFile(path)) ?? []
    return contents.split(separator: UInt8(ascii: "\n")).compactMap { line in
      let fields = line.split(separator: UInt8(ascii: ":"), maxSplits: 4, omittingEmptySubsequences: false)
        .prefix(4).map { String(decoding: $0, as: UTF8.self) }
      guard fields.count == 4, !fields[0].isEmpty, let uid = UInt32(fields[2]), let gid = UInt32(fields[3])
      else { return nil }
      return User(name: fields[0], uid: uid, gid: gid)
    }
  }
}

/// Names by number from /etc/passwd, which is read when the first is asked for.
struct UserNames {
  private var names: [UInt32: String]?
  private let path: String

  init(path: String = "/etc/passwd") { self.path = path }

  /// The first line of a uid counts, as with getpwuid(3).
  mutating func name(of uid: UInt32) -> String? {
    if names == nil {
      names = Dictionary(User.all(path).map { ($0.uid, $0.name) }, uniquingKeysWith: { first, _ in first })
    }
    return names?[uid]
  }
}
