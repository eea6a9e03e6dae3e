import LinuxHost
import SocketTable

/// What was typed for a port. Whether a name is a service, only the host's /etc/services tells.
enum PortArgument {
  /// Numbers, ranges and service names, separated by commas. A whole token that is a service name wins, so that
  /// `ftp-data` is no range.
  static func set(_ tokens: [String], _ services: Services) throws(Failure) -> PortSet {
    var ranges: [ClosedRange<UInt16>] = []
    for argument in tokens {
      for token in argument.split(separator: ",", omittingEmptySubsequences: false) {
        ranges.append(try range(String(token), in: argument, services))
      }
    }
    return PortSet(ranges)
  }

  /// Refuses a number that is no port; a name is left for the host to know.
  static func checkNumber(_ token: String) throws(Failure) {
    if token != "0", !token.isEmpty, isNumber(token) { _ = try number(token) }
  }

  /// One number or service name; 0 asks the kernel to choose.
  static func single(_ token: String, _ services: Services = Services()) throws(Failure) -> UInt16 {
    if token == "0" { return 0 }
    return try port(token, services)
  }

  private static func range(
    _ token: String, in argument: String, _ services: Services
  ) throws(Failure) -> ClosedRange<UInt16> {
    if token.isEmpty {
      throw .usage(
        "PORTS '\(argument)': a port is missing; write numbers, ranges or service names: 80,9000-9100,https")
    }
    let ends = token.split(separator: "-", omittingEmptySubsequences: false).map(String.init)
    // Could be meant as the end of a range, rather than as a part of a name.
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

  /// Digits only; also if there are none.
  private static func isNumber(_ text: String) -> Bool {
    text.utf8.allSatisfy { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
  }

  private static func port(_ token: String, _ services: Services) throws(Failure) -> UInt16 {
    if !token.isEmpty, isNumber(token) { return try number(token) }
    if let port = services.port(named: token) { return port }
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
