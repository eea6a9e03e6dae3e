import Diagnosis
import LinuxHost
import Reports
import SocketTable

/// `trybind --watch`.
extension BindInspection {
  func watch(
    _ first: TrialSession, _ prober: inout CommandProber, _ source: inout SocketSource,
    _ filter: SocketFilter, every interval: Int64
  ) throws(Failure) -> Int32 {
    let loop = try WatchLoop(every: interval, draws: common.format == .table, common)
    let interfaces = Interfaces()
    var session = first
    var fingerprint = Fingerprint(first.snapshot.records)
    var triedAt = Clock.monotonicNanoseconds
    var changes = SocketChanges(markedFor: max(PortInspection.markedFor, interval / 1_000_000))
    var settings = Self.settings(target)
    settings.namespace = common.namespace?.reference
    var details = try HolderSearch.details(session, settings, flags: flags, &source, common)
    var screen: BindWatch?
    let seconds = Quantity.seconds(milliseconds: interval / 1_000_000).plain
    return try loop.run { () throws(Failure) in
      let snapshot = try Sockets.snapshot(&source, filter)
      let now = Fingerprint(snapshot.records)
      session.replaceLook(with: snapshot)
      if now != fingerprint, snapshot.look.isComplete {
        try Self.refuseToTakeConnections(target, &source, unless: mayTakeConnections)
        try session.tryYours(&prober)
        triedAt = Clock.monotonicNanoseconds
        fingerprint = now
        details = try HolderSearch.details(session, settings, flags: flags, &source, common)
      }
      let diagnosis = BindDiagnosis(session, settings: settings, details: details)
      guard common.format == .table else { return try writeLine(diagnosis, interfaces) }
      let time = Clock.monotonicNanoseconds
      if diagnosis.bindable == false { changes.update(diagnosis.holders, at: time / 1_000_000) }
      if diagnosis.bindable == true { changes.update([], at: time / 1_000_000) }
      screen = BindWatch(
        diagnosis, changes: changes,
        title: "port \(target.port), every \(seconds)  "
          + Timestamp.rfc3339(milliseconds: Clock.wallMilliseconds),
        triedAgo: (time - triedAt) / 1_000_000)
    } draw: { canvas in
      screen?.lines(on: canvas, interfaceName: interfaces.name) ?? []
    }
  }

  private func writeLine(_ diagnosis: BindDiagnosis, _ interfaces: Interfaces) throws(Failure) {
    let output = Output()
    var document = TrybindReport(diagnosis).document(
      .current("trybind"), isOneLine: true, interfaceName: interfaces.name)
    output.write(&document)
    try output.check()
  }
}
