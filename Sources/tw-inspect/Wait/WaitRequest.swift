/// What `wait` was asked for.
struct WaitRequest {
  let common: CommonRequest
  let server: ServerRequest
  /// In nanoseconds; nil to wait for ever.
  let timeout: Int64?
  /// Whether to give up as soon as time alone will not help.
  let failsFast: Bool

  /// In milliseconds.
  private static let defaultTimeout: Int64 = 180_000

  init(_ command: WaitCommand) throws(Failure) {
    common = try CommonRequest(command.output, command.look)
    server = try ServerRequest(port: command.port, of: "wait", command.server, common)
    failsFast = command.failFast
    let milliseconds: Int64? =
      switch command.timeout {
      case nil: Self.defaultTimeout
      case "none": nil
      case let typed?: try DurationArgument.milliseconds("--timeout", typed)
      }
    timeout = milliseconds.map { $0 * 1_000_000 }
  }
}
