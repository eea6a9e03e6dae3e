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
  private let predicts: Bool
  let flags: FlagsChoice
  private let comparison: TrialSession.Comparison
  private let user: User?

  init(_ command: TrybindCommand) throws(Failure) {
    common = try CommonSettings(command.common)
    mayTakeConnections = command.server.yes
    predicts = command.predict || command.afterStop
    user = try Self.user(command.asUser, isToBecome: !predicts)
    comparison = command.matrix ? .all : .withAndWithoutReuse
    var target = try BindTarget(port: command.port, command.server, command.common)
    target.isAfterStop = command.afterStop
    if let user {
      target.uid = user.uid
      target.asUID = user.uid
    }
    if command.matrix { target.addRows(common.family) }
    self.target = target
    interval = try WatchOptions.interval(command.watch, command.interval, common)
    flags = try FlagsChoice.value(of: command.flags)
    try refuseContradictions(command)
  }

  /// What is predicted of a user takes no privilege.
  private static func user(_ typed: String?, isToBecome: Bool) throws(Failure) -> User? {
    guard let typed else { return nil }
    guard let user = User.find(typed) else {
      throw .usage("--as-user '\(ByteSafety.escaped(typed))': no such user in /etc/passwd, and no number")
    }
    guard
      !isToBecome || user.uid == HostIdentity.current().effectiveUserID || Capabilities.isEffective(.setUID)
    else {
      throw .notPermitted(
        "--as-user \(ByteSafety.escaped(typed)): it takes CAP_SETUID and CAP_SETGID, as root has")
    }
    return user
  }

  private func refuseContradictions(_ command: TrybindCommand) throws(Failure) {
    if command.matrix, command.watch {
      throw .usage(
        "--matrix with --watch: what repeats tries your server's options only; leave one of them out")
    }
    let option = command.afterStop ? "--after-stop" : "--predict"
    guard predicts else { return }
    if target.port == 0 {
      throw .usage("\(option) 0: the kernel chooses the port, so there is nothing to predict")
    }
    if command.watch {
      throw .usage("\(option) with --watch: one answer is predicted; leave one of them out")
    }
    if command.server.listen {
      throw .usage("\(option) with --listen: nothing is bound, so nothing listens; leave one of them out")
    }
  }

  func run() throws(Failure) -> Int32 {
    var source = try Sockets.open(common)
    let filter = SocketFilter(ports: PortSet(target.port), states: .states(.all))
    if predicts { return try predict(&source, filter) }
    try Self.refuseToTakeConnections(target, &source, unless: mayTakeConnections)
    let start = Clock.monotonicNanoseconds
    var prober = CommandProber(as: user)
    let session = try TrialSession.run(target, comparing: comparison, prober: &prober) { () throws(Failure) in
      try Sockets.snapshot(&source, filter)
    }
    Sockets.report(source, common, since: start, filter: filter)
    if let interval { return try watch(session, &prober, &source, filter, every: interval) }
    if common.verbose {
      StandardOutput.complain("tw-inspect: \(prober.count) sockets made, tried and closed")
    }
    return try answer(
      try HolderSearch.diagnosis(session, Self.settings(target), flags: flags, &source, common))
  }

  private func answer(_ diagnosis: BindDiagnosis) throws(Failure) -> Int32 {
    if !common.quiet { try write(diagnosis) }
    guard diagnosis.look.isComplete, let bindable = diagnosis.bindable else {
      return ExitStatus.incompleteLook
    }
    return bindable ? ExitStatus.yes : ExitStatus.no
  }

  static func settings(_ target: BindTarget) -> HostSettings {
    var settings = HostSettings.current()
    if let uid = target.asUID, uid != 0 { settings.mayBindPrivilegedPorts = false }
    return settings
  }

  /// From the table alone.
  private func predict(_ source: inout SocketSource, _ filter: SocketFilter) throws(Failure) -> Int32 {
    let start = Clock.monotonicNanoseconds
    let snapshot = try Sockets.snapshot(&source, filter)
    Sockets.report(source, common, since: start, filter: filter)
    var settings = Self.settings(target)
    settings.namespace = common.namespace?.reference
    let lacksPrivilege =
      Int(target.port) < settings.unprivilegedPortStart && settings.mayBindPrivilegedPorts == false
    func predicted(_ details: SocketDetailsTable) -> TrialSession {
      .predicted(
        target, comparing: comparison, snapshot: snapshot, details: details, lacksPrivilege: lacksPrivilege)
    }
    var session = predicted(SocketDetailsTable())
    let holders =
      target.isAfterStop
      ? snapshot.records.filter { $0.inode != 0 }
      : BindDiagnosis.holdersOfProcesses(session, settings: settings)
    guard !common.quiet || flags == .live else {
      return try answer(BindDiagnosis(session, settings: settings))
    }
    let details = try HolderSearch.details(of: holders, on: target.port, flags: flags, &source, common)
    if !holders.isEmpty { session = predicted(details) }
    return try answer(BindDiagnosis(session, settings: settings, details: details))
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
        .current("trybind", common), isOneLine: common.format == .jsonl, interfaceName: interfaces.name)
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
  private var prober: KernelBindProber
  private(set) var count = 0

  init(as user: User? = nil) { prober = KernelBindProber(as: user) }

  func pause() { prober.pause() }

  mutating func attempt(_ sockets: [TrialSocket]) throws(Failure) -> [TrialOutcome] {
    count += sockets.count
    do throws(SystemError) {
      return try prober.attempt(sockets)
    } catch {
      throw error.call == "setuid" ? .notPermitted("--as-user: \(error)") : .system(error)
    }
  }
}
