/// Service names from /etc/services (services(5)). NSS is not asked: it could go to the network.
package enum Services {
  /// The TCP port of a service name or alias; nil if there is none.
  package static func port(named name: String, path: String = "/etc/services") -> UInt16? {
    guard let contents = try? readFile(path) else { return nil }
    for line in contents.split(separator: UInt8(ascii: "\n")) {
      let words = line.prefix { $0 != UInt8(ascii: "#") }
        .split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
      guard words.count >= 2 else { continue }
      let target = words[1].split(separator: UInt8(ascii: "/"))
      guard target.count == 2, target[1].elementsEqual("tcp".utf8) else { continue }
      let isNamed = words[0].elementsEqual(name.utf8) || words[2...].contains { $0.elementsEqual(name.utf8) }
      if isNamed { return UInt16(String(decoding: target[0], as: UTF8.self)) }
    }
    return nil
  }
}
