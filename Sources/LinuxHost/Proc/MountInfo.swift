/// /proc/thread-self/mountinfo (proc_pid_mountinfo(5)).
enum MountInfo {
  struct Mount: Equatable {
    /// The directory inside the file system that is mounted; "/" where it is all of it.
    let root: String
    let point: String
    let type: String
    /// The options of the file system, not those of this mount alone.
    let options: [String]
  }

  /// The mounts that this process sees, as the kernel writes them.
  static func contents() throws(SystemError) -> [UInt8] {
    try readFile("/proc/thread-self/mountinfo", limit: 1 << 24)
  }

  /// Lines that are cut short or malformed are skipped.
  static func mounts(in contents: [UInt8]) -> [Mount] {
    contents.split(separator: UInt8(ascii: "\n")).compactMap { line in
      let words = line.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
      // A lone dash ends the optional fields, of which there can be any number.
      guard let dash = words.firstIndex(where: { $0.elementsEqual("-".utf8) }), dash >= 6,
        words.count > dash + 1
      else { return nil }
      let options = words.count > dash + 3 ? String(decoding: words[dash + 3], as: UTF8.self) : ""
      return Mount(
        root: unescaped(words[3]), point: unescaped(words[4]),
        type: String(decoding: words[dash + 1], as: UTF8.self),
        options: options.split(separator: ",").map(String.init))
    }
  }

  /// Space, tab, line break and backslash are written as three octal digits.
  private static func unescaped(_ field: ArraySlice<UInt8>) -> String {
    var bytes: [UInt8] = []
    var rest = field[...]
    while let byte = rest.popFirst() {
      let digits = rest.prefix(3)
      if byte == UInt8(ascii: "\\"), digits.count == 3, digits.allSatisfy({ (0x30...0x37).contains($0) }) {
        bytes.append(digits.reduce(0) { $0 &* 8 &+ ($1 - 0x30) })
        rest = rest.dropFirst(3)
      } else {
        bytes.append(byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
