import LinuxHost
import Reports
import SocketTable

/// Where `port` looks: in one network namespace, or with `--all-netns` in each, one after the other.
struct PortPlaces: ~Copyable {
  /// Asks in the namespace in which the question was asked.
  var investigation: Investigation
  private let areAll: Bool

  /// - Throws: `.notPermitted` where all are asked for, and others may not be entered.
  init(_ common: CommonRequest, areAll: Bool) throws {
    if areAll, !NamespaceWalk.isPermitted {
      throw Failure.notPermitted(
        "--all-netns: to enter every network namespace needs CAP_SYS_ADMIN and CAP_SYS_PTRACE, which root has"
      )
    }
    investigation = try common.investigation(tablesSuffice: true)
    self.areAll = areAll
  }

  /// - Parameter body: looks in one namespace; the visit is nil where only one is asked.
  /// - Returns: what all looks together can have missed.
  mutating func look(
    _ body: (inout Investigation, NamespaceWalk.Visit?) throws(InvestigationError) -> Coverage
  ) throws(InvestigationError) -> Coverage {
    guard areAll else { return try body(&investigation, nil) }
    return try NamespaceWalk().look(&investigation) {
      (investigation: inout Investigation, visit: NamespaceWalk.Visit) throws(InvestigationError) in
      try body(&investigation, visit)
    }
  }

  /// Every socket that matches, with the options that the kernel tells of it if all are asked for.
  mutating func records(
    _ filter: SocketFilter, _ reuseOptions: ReuseOptionsChoice = .none
  ) throws(InvestigationError) -> (records: [SocketRecord], parts: NamespaceParts?, coverage: Coverage) {
    var records: [SocketRecord] = []
    var parts = areAll ? NamespaceParts() : nil
    var refusal: String?
    let coverage = try look {
      (investigation: inout Investigation, visit: NamespaceWalk.Visit?) throws(InvestigationError) in
      var snapshot = try investigation.snapshot(filter)
      if reuseOptions == .all {
        investigation.learnReuseOptions(of: &snapshot.records, filter)
        refusal = refusal ?? investigation.reuseOptionsRefusal
      }
      let start = records.count
      if start == 0 { records = snapshot.records } else { records += snapshot.records }
      if let visit, visit.isOwn || records.count > start {
        var names: [UInt32: String] = [:]
        for record in snapshot.records where record.interface != 0 {
          names[record.interface] = visit.interfaces.name(record.interface)
        }
        parts?.append(
          .init(namespace: visit.identity, records: start..<records.count, interfaceNames: names))
      }
      return snapshot.coverage
    }
    investigation.reuseOptionsRefusal = refusal
    return (records, parts, coverage)
  }
}
