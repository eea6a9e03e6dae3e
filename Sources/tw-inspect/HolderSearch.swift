import Diagnosis
import LinuxHost
import SocketTable

/// Who has the sockets in a server's way.
enum HolderSearch {
  /// Finds out all that an explanation can use; with --quiet nobody reads one.
  static func diagnosis(
    _ session: TrialSession, _ settings: HostSettings, _ source: inout SocketSource, _ common: CommonSettings
  ) throws(Failure) -> BindDiagnosis {
    var settings = settings
    settings.namespace = common.namespace?.reference
    guard !common.quiet else { return BindDiagnosis(session, settings: settings) }
    if BindDiagnosis.isUnaccountedFor(session, settings: settings) {
      settings.otherNamespaces = OtherNamespace.all()
    }
    let details = try details(session, settings, &source, common)
    return BindDiagnosis(session, settings: settings, details: details)
  }

  static func details(
    _ session: TrialSession, _ settings: HostSettings, _ source: inout SocketSource, _ common: CommonSettings
  ) throws(Failure) -> SocketDetailsTable {
    let holders = BindDiagnosis.holdersOfProcesses(session, settings: settings)
    let start = Clock.monotonicNanoseconds
    var details = OwnerSearch.details(of: holders, .every)
    let abandoned = holders.filter { details[$0]?.visibility == OwnerVisibility.none }
    if !abandoned.isEmpty {
      // No process has it: one that ended in the meantime may have had it, and then the socket is gone as well.
      let filter = SocketFilter(ports: PortSet(session.target.port), states: .states(.all))
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
