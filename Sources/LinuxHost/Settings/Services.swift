/// Service names from /etc/services (services(5)), which is read when the first name is asked for. NSS is not used, because
/// it could ask the network.
package final class Services {
  private let path: String
  private lazy var ports = read()

  package init(path: String = "/etc/services") { self.path = path }

  /// The TCP port of a service name or alias; nil if there is none.
  package func port(named name: String) -> UInt16? { ports[name] }

  /// The first line of a name counts, as with getservbyname(3).
  private func read() -> [String: UInt16] {
    guard let contents = try? readFile(path) else { return [:] }
    var ports: [String: UInt16] = [:]
    for line in contents.split(separator: UInt8(ascii: "\n")) {
      let words = line.prefix { $0 != UInt8(ascii: "#") }
        .split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
        .map { String(decoding: $0, as: UTF8.self) }
      guard words.count >= 2 else { continue }
      let target = words[1].split(separator: "/")
      guard target.count == 2, target[1] == "tcp", let port = UInt16(target[0]) else { continue }
      for name in [words[0]] + words[2...] where ports[name] == nil { ports[name] = port }
    }
    return ports
  }
}
