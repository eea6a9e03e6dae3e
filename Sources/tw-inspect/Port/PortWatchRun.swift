import Diagnosis
import LinuxHost
import Reports
import SocketTable

/// Answers `port --watch`. The screen is drawn by `PortWatch`.
extension PortRun {
  /// How long a socket that has appeared or gone is marked, in milliseconds.
  static let markedFor: Int64 = 3000

  func watch(_ places: inout PortPlaces, every interval: Int64) throws -> Int32 {
    var loop = try WatchLoop(every: interval, draws: common.format == .table, common)
    guard common.format == .table else {
      try loop.run { _ = try lines(&places) }
      return ExitStatus.yes
    }
    var wide = filter
    wide.states = .states(.all)
    var changes = SocketChanges(markedFor: max(Self.markedFor, interval / 1_000_000))
    var report: PortReport?
    var title = ""
    let seconds = Quantity.seconds(milliseconds: interval / 1_000_000).plain
    try loop.run {
      let snapshot = try places.investigation.snapshot(wide)
      title =
        "port \(filter.ports.description), every \(seconds)  "
        + Timestamp.local(milliseconds: Clock.localMilliseconds)
      let chosen = request.sort.order(snapshot.records) { filter.matchesState($0) }
      changes.update(
        chosen.lazy.map { snapshot.records[Int($0)] }, at: Clock.monotonicNanoseconds / 1_000_000)
      report = PortReport(
        filter: filter, records: snapshot.records, listed: Array(chosen.prefix(request.limit ?? .max)),
        listedCount: chosen.count, counts: StateCounts(snapshot.records), coverage: snapshot.coverage,
        timerSlack: TimerWheel.slackMilliseconds(hz: Clock.kernelHZ))
      report?.namespace = common.place.reference
    } draw: { canvas in
      report.map {
        PortWatch($0, changes: changes, title: title, isSteady: request.sort == .time)
          .lines(on: canvas, interfaceName: interfaces.name)
      } ?? []
    }
    return ExitStatus.yes
  }
}
