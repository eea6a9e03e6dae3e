/// A user to bind as.
package struct ServerUser: Hashable, Sendable {
  package let uid: UInt32
  package let gid: UInt32

  /// By name or number, from /etc/passwd (passwd(5)); a number without an entry is its own group. NSS is not asked. Nil if
  /// there is none.
  package init?(_ typed: String, path: String = "/etc/passwd") {
    let number = UInt32(typed)
    let contents = (try? readFile(path)) ?? []
    for line in contents.split(separator: UInt8(ascii: "\n")) {
      let fields = line.split(separator: UInt8(ascii: ":"), maxSplits: 4, omittingEmptySubsequences: false)
        .map { String(decoding: $0, as: UTF8.self) }
      guard fields.count == 5, !fields[0].isEmpty, let uid = UInt32(fields[2]), let gid = UInt32(fields[3]),
        fields[0] == typed || uid == number
      else { continue }
      self.uid = uid
      self.gid = gid
      return
    }
    // The last number means "no change" to setuid(2).
    guard let number, number != .max else { return nil }
    uid = number
    gid = number
  }
}
