import LinuxHost
import SocketTable

/// A port as it is typed: a number, or the name of a service in the host's /etc/services.
enum PortArgument {
  /// Numbers, ranges and service names, separated by commas. A token that is a service name as a whole is never a range,
  /// as for `ftp-data`.
  ///
  /// An address before a port does not matter here, and is handed to `drop`.
  static func set(
    _ tokens: [String], _ services: Services, drop: (PastedPort) -> Void
  ) throws(Failure) -> PortSet {
    var ranges: [ClosedRange<UInt16>] = []
    for argument in tokens {
      for token in argument.split(separator: ",", omittingEmptySubsequences: false) {
        let pasted = try PastedPort(String(token))
        if pasted.address != nil { drop(pasted) }
        ranges.append(try range(pasted.port, in: argument, services))
      }
    }
    return PortSet(ranges)
  }

  /// Throws a usage error for a number that is no port. A name is checked later, because that needs the host.
  static func checkNumber(_ token: String) throws(Failure) {
    if token != "0", !token.isEmpty, isNumber(token) { _ = try number(token) }
  }

  /// One number or service name. 0 is allowed, and asks the kernel to choose.
  static func single(_ token: String, _ services: Services = Services()) throws(Failure) -> UInt16 {
    if token == "0" { return 0 }
    return try port(token, services)
  }

  /// For a command that takes one port: throws a usage error with the loop to write where the text stands for several.
  static func refuseSeveral(_ tokens: [String], of command: String) throws(Failure) {
    let typed = tokens.flatMap { $0.split(separator: ",").map(String.init) }
    guard typed.count < 2 else {
      let words = typed.prefix(mostInLoop).map(ByteSafety.escaped) + (typed.count > mostInLoop ? ["..."] : [])
      throw loop(words.joined(separator: " "), "$p", command)
    }
    guard let only = typed.first, let pasted = try? PastedPort(only) else { return }
    let port = pasted.port
    let ends = port.split(separator: "-", omittingEmptySubsequences: false)
    guard ends.count == 2, ends.allSatisfy({ !$0.isEmpty && isNumber(String($0)) }) else { return }
    // An address before it goes with each.
    let address = pasted.address.map { $0.contains(":") ? "[\($0)]:" : "\($0):" } ?? ""
    throw loop("$(seq \(ends[0]) \(ends[1]))", "\(ByteSafety.escaped(address))$p", command)
  }

  /// As many as can be read on a line.
  private static let mostInLoop = 8

  private static func loop(_ words: String, _ place: String, _ command: String) -> Failure {
    .usage(
      "it takes one port; for several: for p in \(words); do tw-inspect \(command) \(place) || break; done")
  }

  private static func range(
    _ token: String, in argument: String, _ services: Services
  ) throws(Failure) -> ClosedRange<UInt16> {
    if token.isEmpty {
      throw .usage(
        "PORTS '\(argument)': a port is missing; write numbers, ranges or service names: 80,9000-9100,https")
    }
    let ends = token.split(separator: "-", omittingEmptySubsequences: false).map(String.init)
    // Only if both parts can be ports is the token taken for a range, and not for an unknown name with a hyphen.
    func isEnd(_ text: String) -> Bool { isNumber(text) || services.port(named: text) != nil }
    guard ends.count == 2, services.port(named: token) == nil, ends.allSatisfy(isEnd) else {
      let port = try port(token, services)
      return port...port
    }
    guard !ends[0].isEmpty, !ends[1].isEmpty else {
      throw .usage("PORTS '\(token)': not a range; a range has two ends: 9000-9100")
    }
    let lower = try port(ends[0], services)
    let upper = try port(ends[1], services)
    guard lower <= upper else {
      throw .usage("PORTS '\(token)': the range runs backwards; write \(upper)-\(lower)")
    }
    return lower...upper
  }

  /// Whether the text has nothing but digits. True for an empty text.
  private static func isNumber(_ text: String) -> Bool {
    text.utf8.allSatisfy { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
  }

  private static func port(_ token: String, _ services: Services) throws(Failure) -> UInt16 {
    if !token.isEmpty, isNumber(token) { return try number(token) }
    if let port = services.port(named: token) { return port }
    if IPAddress(parsing: token) != nil {
      throw .usage("'\(token)': an address without a port; write \(token):80")
    }
    let shown = ByteSafety.escaped(token)
    throw .usage("port '\(shown)': neither a number from 1 to 65535 nor a TCP service in /etc/services")
  }

  private static func number(_ token: String) throws(Failure) -> UInt16 {
    guard let port = UInt16(token), port > 0 else {
      throw .usage("port '\(token)': out of range; ports are 1 to 65535")
    }
    return port
  }
}
