import LinuxHost
import Reports
import SocketTable

/// What was typed for a port, and what it means.
enum PortArgument {
  /// Numbers, ranges and service names, separated by commas. A whole token that is a service name wins, so that
  /// `ftp-data` is no range.
  static func set(_ tokens: [String]) throws(Failure) -> PortSet {
    var ranges: [ClosedRange<UInt16>] = []
    for argument in tokens {
      for token in argument.split(separator: ",", omittingEmptySubsequences: false) {
        ranges.append(try range(String(token), in: argument))
      }
    }
    return PortSet(ranges)
  }

  /// One number or service name; 0 asks the kernel to choose.
  static func single(_ token: String) throws(Failure) -> UInt16 {
    if token == "0" { return 0 }
    return try port(token)
  }

  private static func range(_ token: String, in argument: String) throws(Failure) -> ClosedRange<UInt16> {
    if token.isEmpty {
      throw .usage(
        "PORTS '\(argument)': a port is missing; write numbers, ranges or service names: 80,9000-9100,https")
    }
    let ends = token.split(separator: "-", omittingEmptySubsequences: false).map(String.init)
    guard ends.count == 2, Services.port(named: token) == nil, ends.allSatisfy(isEnd) else {
      let port = try port(token)
      return port...port
    }
    guard !ends[0].isEmpty, !ends[1].isEmpty else {
      throw .usage("PORTS '\(token)': not a range; a range has two ends: 9000-9100")
    }
    let lower = try port(ends[0])
    let upper = try port(ends[1])
    guard lower <= upper else {
      throw .usage("PORTS '\(token)': the range runs backwards; write \(upper)-\(lower)")
    }
    return lower...upper
  }

  /// Could be meant as the end of a range, rather than as a part of a name.
  private static func isEnd(_ text: String) -> Bool { isNumber(text) || Services.port(named: text) != nil }

  /// Digits only; also if there are none.
  private static func isNumber(_ text: String) -> Bool {
    text.utf8.allSatisfy { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
  }

  private static func port(_ token: String) throws(Failure) -> UInt16 {
    if !token.isEmpty, isNumber(token) {
      guard let port = UInt16(token), port > 0 else {
        throw .usage("port '\(token)': out of range; ports are 1 to 65535")
      }
      return port
    }
    if let port = Services.port(named: token) { return port }
    let shown = ByteSafety.escaped(token)
    throw .usage("port '\(shown)': neither a number from 1 to 65535 nor a TCP service in /etc/services")
  }
}
