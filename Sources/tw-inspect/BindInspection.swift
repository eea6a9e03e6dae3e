import Diagnosis
import LinuxHost
import Reports
import SocketTable

/// `trybind`: what the options mean, and the trials.
struct BindInspection {
  let target: BindTarget
  let mayTakeConnections: Bool
  let common: CommonSettings
  /// Nanoseconds between two looks; nil is one look only.
  private let interval: Int64?

  init(_ command: TrybindCommand) throws(Failure) {
    common = try CommonSettings(command.common)
    mayTakeConnections = command.server.yes
    target = try BindTarget(port: command.port, command.server, command.common)
    interval = try WatchOptions.interval(command.watch, command.interval, common)
  }

  func run() throws(Failure) -> Int32 {
    var source = try Sockets.open(common)
    let filter = SocketFilter(ports: PortSet(target.port), states: .states(.all))
    try Self.refuseToTakeConnections(target, &source, unless: mayTakeConnections)
    let start = Clock.monotonicNanoseconds
    var prober = CommandProber()
    let session = try TrialSession.run(target, prober: &prober) { () throws(Failure) in
      do throws(SourceError) {
        return try source.snapshot(filter)
      } catch {
        throw .source(error)
      }
    }
    Sockets.report(source, common, since: start, filter: filter)
    if let interval { return try watch(session, &prober, &source, filter, every: interval) }
    if common.verbose {
      StandardOutput.complain("tw-inspect: \(prober.count) sockets made, tried and closed")
    }
    let diagnosis = try HolderSearch.diagnosis(session, .current(), &source, common)
    if !common.quiet { try write(diagnosis) }
    guard diagnosis.look.isComplete, let bindable = diagnosis.bindable else {
      return ExitStatus.incompleteLook
    }
    return bindable ? ExitStatus.yes : ExitStatus.no
  }

  /// A SO_REUSEPORT socket that listens beside another gets its share of the connections, and would reset them.
  static func refuseToTakeConnections(
    _ target: BindTarget, _ source: inout SocketSource, unless isAllowed: Bool
  ) throws(Failure) {
    guard target.listens, target.options.contains(.reusePort), !isAllowed else { return }
    var listeners = 0
    let filter = SocketFilter(ports: PortSet(target.port), states: .states(StateSet(.listen)))
    do throws(SourceError) {
      _ = try source.stream(filter, begin: { _ in }) { _ in listeners += 1 }
    } catch {
      throw .source(error)
    }
    if listeners > 0 {
      throw .usage(
        """
        --listen with --reuse-port: a socket listens on port \(target.port), and the trial could take \
        connections from it; leave out --listen, or add --yes
        """
      )
    }
  }

  private func write(_ diagnosis: BindDiagnosis) throws(Failure) {
    let interfaces = Interfaces()
    let report = TrybindReport(diagnosis)
    let output = Output()
    switch common.format {
    case .json, .jsonl:
      var document = report.document(
        .current("trybind"), isOneLine: common.format == .jsonl, interfaceName: interfaces.name)
      output.write(&document)
    case .plain:
      var plain = report.plain(withHeader: common.header)
      output.write(&plain)
    case .table:
      var text = common.text(to: output)
      TrybindText(diagnosis).write(to: &text)
      text.finish()
    }
    try output.check()
  }
}

/// Binds for real, and speaks this program's errors.
struct CommandProber: BindProber {
  private var prober = KernelBindProber()
  private(set) var count = 0

  func pause() { prober.pause() }

  mutating func attempt(_ sockets: [TrialSocket]) throws(Failure) -> [TrialOutcome] {
    count += sockets.count
    do throws(SystemError) {
      return try prober.attempt(sockets)
    } catch {
      throw .system(error)
    }
  }
}
