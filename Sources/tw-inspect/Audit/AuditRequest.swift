import LinuxHost
import SocketTable

/// What `audit` was asked for. Service names among the ports are not looked up yet.
struct AuditRequest {
  let common: CommonRequest
  /// Empty for every port.
  let ports: [String]
  /// The whole name of a unit; nil for any.
  let unit: String?
  /// At most this many listeners are shown; nil is as many as suit the terminal, and `Int.max` all.
  let limit: Int?
  /// Whether it is read how listeners were set up.
  let readsOptions: Bool

  init(_ command: AuditCommand) throws(Failure) {
    common = try CommonRequest(command.output, command.look)
    ports = RepeatedArguments.values(command.port)
    unit = try command.unit.map(Self.unit)
    limit = try command.limit.map(PortRequest.count)
    let reuseOptions = try ReuseOptionsChoice.value(of: command.flags ?? ReuseOptionsChoice.live.rawValue)
    if reuseOptions == .all {
      throw .usage("--flags all: audit does not ask the kernel's iterator yet; use --flags live")
    }
    readsOptions = reuseOptions == .live
  }

  private static func unit(_ typed: String) throws(Failure) -> String {
    guard case .unit(let name)? = ServerReference(typed) else {
      throw .usage(
        "--unit '\(ByteSafety.escaped(typed))': not the name of a systemd unit; write nginx or nginx.service")
    }
    return name
  }
}
