import Diagnosis
import LinuxHost
import SocketTable

/// What `trybind` was asked for.
struct TrybindRequest {
  let common: CommonRequest
  let server: ServerRequest
  /// Whether every combination of reuse options is compared, at the usual addresses as well (`--matrix`).
  let isMatrix: Bool
  /// Whether nothing is bound (`--predict`, `--after-stop`).
  let isPredicted: Bool
  /// Whether the listeners on the port are assumed to be stopped (`--after-stop`).
  let isAfterStop: Bool
  let reuseOptions: ReuseOptionsChoice
  /// The user to bind as, by name or number; nil for this process's own.
  let user: String?
  /// The time between two looks in nanoseconds; nil for one look only.
  let interval: Int64?

  init(_ command: TrybindCommand) throws(Failure) {
    common = try CommonRequest(command.output, command.look)
    isMatrix = command.matrix
    isAfterStop = command.afterStop
    isPredicted = command.predict || command.afterStop
    user = command.asUser
    server = try ServerRequest(port: command.port, of: "trybind", command.server, common)
    interval = try WatchOptions.interval(command.watch, command.interval, common)
    // What a restart meets depends on them, so they are read unless that is declined.
    let choice = try ReuseOptionsChoice.value(of: command.flags)
    reuseOptions = command.afterStop && command.flags == nil ? .live : choice
    try refuseContradictions(command)
  }

  private func refuseContradictions(_ command: TrybindCommand) throws(Failure) {
    if command.matrix, command.watch {
      throw .usage(
        "--matrix with --watch: --watch tries your server's options only; leave one of them out")
    }
    guard isPredicted else { return }
    let option = command.afterStop ? "--after-stop" : "--predict"
    if server.isAutomaticPort {
      throw .usage("\(option) 0: the kernel chooses the port, so there is nothing to predict")
    }
    if command.watch {
      throw .usage("\(option) with --watch: a prediction is one answer; leave one of them out")
    }
    if command.server.listen {
      throw .usage("\(option) with --listen: nothing is bound, so nothing listens; leave one of them out")
    }
  }
}
