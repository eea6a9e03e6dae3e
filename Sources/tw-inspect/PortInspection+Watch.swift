import Diagnosis
import LinuxHost
import Reports
import SocketTable

/// `port --watch`.
extension PortInspection {
  /// How long what has come or gone is marked, in milliseconds.
  static let markedFor: Int64 = 3000

  func watch(_ source: inout SocketSource, every interval: Int64) throws(Failure) -> Int32 {
    let loop = try WatchLoop(every: interval, draws: format == .table, common)
    guard format == .table else {
      return try loop.run { () throws(Failure) in _ = try lines(&source) }
    }
    var wide = filter
    wide.states = .states(.all)
    var changes = SocketChanges(markedFor: max(Self.markedFor, interval / 1_000_000))
    var report: PortReport?
    var title = ""
    let seconds = Quantity.seconds(milliseconds: interval / 1_000_000).plain
    return try loop.run { () throws(Failure) in
      let snapshot = try Sockets.snapshot(&source, wide)
      title =
        "port \(filter.ports.description), every \(seconds)  "
        + Timestamp.rfc3339(milliseconds: Clock.wallMilliseconds)
      let chosen = sort.order(snapshot.records) { filter.matchesState($0) }
      changes.update(
        chosen.lazy.map { snapshot.records[Int($0)] }, at: Clock.monotonicNanoseconds / 1_000_000)
      report = PortReport(
        filter: filter, records: snapshot.records, listed: Array(chosen.prefix(limit)),
        listedCount: chosen.count, counts: StateCounts(snapshot.records), look: snapshot.look,
        timerSlack: TimerWheel.slackMilliseconds(hz: Clock.kernelHZ))
    } draw: { canvas in
      report.map {
        PortWatch($0, changes: changes, title: title).lines(on: canvas, interfaceName: interfaces.name)
      } ?? []
    }
  }
}
