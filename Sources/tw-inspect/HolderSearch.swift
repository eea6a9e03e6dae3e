import Diagnosis
import LinuxHost
import SocketTable

/// Who has the sockets in a server's way.
enum HolderSearch {
  /// So many connections are asked for their socket options; the others have their listener's.
  private static let flagsLimit = 1000

  /// Finds out all that an explanation can use; with --quiet nobody reads one.
  static func diagnosis(
    _ session: TrialSession, _ settings: HostSettings, flags: FlagsChoice = .none,
    _ source: inout SocketSource, _ common: CommonSettings
  ) throws(Failure) -> BindDiagnosis {
    var settings = settings
    settings.namespace = common.namespace?.reference
    guard !common.quiet else { return BindDiagnosis(session, settings: settings) }
    if BindDiagnosis.isUnaccountedFor(session, settings: settings) {
      settings.otherNamespaces = OtherNamespace.all()
    }
    let details = try details(session, settings, flags: flags, &source, common)
    var session = session
    session.learn(details)
    return BindDiagnosis(session, settings: settings, details: details)
  }

  /// Of what is in the way.
  static func details(
    _ session: TrialSession, _ settings: HostSettings, flags: FlagsChoice, _ source: inout SocketSource,
    _ common: CommonSettings
  ) throws(Failure) -> SocketDetailsTable {
    let holders = BindDiagnosis.holdersOfProcesses(session, settings: settings)
    return try details(of: holders, on: session.target.port, flags: flags, &source, common)
  }

  static func details(
    of holders: [SocketRecord], on port: UInt16, flags: FlagsChoice, _ source: inout SocketSource,
    _ common: CommonSettings
  ) throws(Failure) -> SocketDetailsTable {
    let start = Clock.monotonicNanoseconds
    var details = OwnerSearch.details(of: holders, .every)
    if flags == .live {
      let listeners = holders.filter { $0.state == .listen }
      LiveFlags.read(listeners + holders.filter { $0.state != .listen }.prefix(flagsLimit), into: &details)
    }
    let abandoned = holders.filter { details[$0]?.visibility == OwnerVisibility.none }
    if !abandoned.isEmpty {
      // No process has it: one that ended in the meantime may have had it, and then the socket is gone as well.
      let filter = SocketFilter(ports: PortSet(port), states: .states(.all))
      var present: Set<UInt32> = []
      do throws(SourceError) {
        _ = try source.stream(filter, begin: { _ in }) { present.insert($0.inode) }
      } catch {
        throw .source(error)
      }
      for record in abandoned where !present.contains(record.inode) { details[record]?.visibility = .unknown }
    }
    if common.verbose, !holders.isEmpty {
      let microseconds = (Clock.monotonicNanoseconds - start) / 1000
      StandardOutput.complain("tw-inspect: owners of \(holders.count) sockets, by /proc: \(microseconds) us")
    }
    return details
  }
}
