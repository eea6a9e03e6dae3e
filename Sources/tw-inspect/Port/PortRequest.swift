import LinuxHost
import SocketTable

/// What `port` was asked for. Service names among the ports are not looked up yet.
struct PortRequest {
  let common: CommonRequest
  let ports: [String]
  let side: SocketFilter.Side
  let states: SocketFilter.States
  let sort: SortOrder
  /// At most this many sockets are shown; nil is as many as suit the terminal, and `Int.max` all.
  let limit: Int?
  /// What has to be listed for an exit status of 0 (`--expect`); nil if anything may be.
  let expectation: Expectation?
  /// The time between two looks in nanoseconds; nil for one look only.
  let interval: Int64?
  let looksForOwners: Bool
  /// In every network namespace.
  let looksEverywhere: Bool
  /// Of which sockets SO_REUSEADDR and SO_REUSEPORT are read, where that is permitted.
  let reuseOptions: ReuseOptionsChoice

  init(_ command: PortCommand) throws(Failure) {
    common = try CommonRequest(command.output, command.look)
    let format = common.format
    ports = RepeatedArguments.values(command.ports)
    expectation = try Choice.value(of: "--expect", command.expect, Expectation.self)
    limit = try command.limit.map(Self.count)
    sort =
      try Choice.value(of: "--sort", command.sort, SortOrder.self)
      ?? (format == .table || format == .json ? .time : .none)
    if format == .jsonl, sort != .none {
      throw .usage(
        """
        --sort \(sort.rawValue) with jsonl: it streams in the kernel's order; use --output json, or \
        --sort none
        """)
    }
    reuseOptions = try ReuseOptionsChoice.value(of: command.flags)
    looksForOwners = command.owners || reuseOptions != .none
    if looksForOwners {
      let option = command.owners ? "--owners" : "--flags \(reuseOptions.rawValue)"
      if reuseOptions != .none, format == .plain {
        throw .usage(
          "--flags \(reuseOptions.rawValue) with plain: it has no column for them; use --output table, json or jsonl"
        )
      }
      if command.watch, format == .table {
        throw .usage("--watch with \(option): the screen has no column for them; use --output jsonl")
      }
    }
    looksEverywhere = command.place.allNetns
    if looksEverywhere, command.look.netns != nil {
      throw .usage("--all-netns and --netns: they contradict each other; give one of them")
    }
    if looksEverywhere, command.watch {
      throw .usage("--all-netns with --watch: a watch stays in one namespace; name it by --netns")
    }
    if command.all, !command.state.isEmpty {
      throw .usage("--all and --state: they contradict each other; give one of them")
    }
    side = try Choice.value(of: "--side", command.side, SocketFilter.Side.self) ?? .local
    states = command.all ? .states(.all) : try Self.states(RepeatedArguments.values(command.state))
    interval = try WatchOptions.interval(command.watch, command.interval, common)
    if interval != nil, expectation != nil {
      throw .usage("--watch with --expect: a watch ends only when you end it; leave one of them out")
    }
  }

  static func count(_ typed: String) throws(Failure) -> Int {
    guard let count = Int(typed), count >= 0 else {
      throw .usage("--limit '\(ByteSafety.escaped(typed))': not a count; write a number, or 0 for all")
    }
    return count == 0 ? .max : count
  }

  private static func states(_ names: [String]) throws(Failure) -> SocketFilter.States {
    guard !names.isEmpty else { return .minisockets }
    var states: StateSet = []
    for name in names.flatMap({ $0.split(separator: ",", omittingEmptySubsequences: false) }) {
      guard let named = StateSet(name: String(name)) else {
        let known = (TCPState.known.map(\.name) + StateSet.groupNames).joined(separator: " ")
        throw .usage("--state '\(ByteSafety.escaped(String(name)))': no such state; known are \(known)")
      }
      states.formUnion(named)
    }
    return .states(states)
  }
}

enum Expectation: String, CaseIterable {
  case none
  case some

  func isMet(by count: Int) -> Bool { self == .none ? count == 0 : count > 0 }
}
