import LinuxHost
import SocketTable

/// A port as people paste it: alone, with an address before it as servers log it, or with the protocol behind it.
struct PastedPort {
  /// With its interface, without brackets. Nil where there is none, or it is a "*".
  let address: String?
  /// A number, a range or the name of a service, which may not exist.
  let port: String

  /// Throws a usage error for the name of a host, an IPv6 address without brackets, and UDP.
  init(_ typed: String) throws(Failure) {
    guard typed.utf8.contains(where: { $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: "/") }) else {
      address = nil
      port = typed
      return
    }
    if typed.contains("://") {
      throw .usage("'\(ByteSafety.escaped(typed))': a URL; write its port only: 8080")
    }
    let place = try Self.withoutProtocol(typed)
    if IPAddress(parsing: place)?.family == .ipv6 || (place.hasPrefix("[") && place.hasSuffix("]")) {
      throw .usage(
        "'\(ByteSafety.escaped(typed))': an IPv6 address before a port stands in brackets: \(Self.bracketed(place))"
      )
    }
    let end = place.lastIndex(of: ":")
    port = end.map { String(place[place.index(after: $0)...]) } ?? place
    address = try Self.address(end.map { String(place[..<$0]) } ?? "", in: typed, port)
  }

  private static func withoutProtocol(_ typed: String) throws(Failure) -> String {
    guard let slash = typed.lastIndex(of: "/") else { return typed }
    switch typed[typed.index(after: slash)...].lowercased() {
    case "tcp": return String(typed[..<slash])
    case "udp":
      throw .usage("'\(ByteSafety.escaped(typed))': only TCP is looked at; UDP is reserved")
    default: return typed
    }
  }

  /// "::1:80" can be an address as a whole, or a port behind one: as the latter it is written "[::1]:80".
  private static func bracketed(_ place: String) -> String {
    guard !place.hasPrefix("["), let end = place.lastIndex(of: ":") else {
      return "\(ByteSafety.escaped(place)):80"
    }
    let (address, port) = (String(place[..<end]), String(place[place.index(after: end)...]))
    let isPort = UInt16(port).map { $0 > 0 } == true && IPAddress(parsing: address) != nil
    return isPort ? "[\(address)]:\(port)" : "[\(place)]:80"
  }

  private static func address(
    _ text: String, in typed: String, _ port: String
  ) throws(Failure) -> String? {
    if text.isEmpty || text == "*" { return nil }
    let shown = ByteSafety.escaped(typed)
    if text.hasPrefix("["), text.hasSuffix("]") { return String(text.dropFirst().dropLast()) }
    if text.contains(":") {
      throw .usage("'\(shown)': an IPv6 address before a port stands in brackets: [::1]:80")
    }
    if text.lowercased() == "localhost" {
      throw .usage(
        "'\(shown)': localhost has two addresses; write 127.0.0.1:\(ByteSafety.escaped(port)) or [::1]:\(ByteSafety.escaped(port))"
      )
    }
    guard IPAddress(parsing: text) != nil else {
      throw .usage("'\(shown)': no address before the colon; names are not looked up: 192.0.2.7:80")
    }
    return text
  }
}
