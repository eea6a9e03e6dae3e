import Diagnosis
import LinuxHost
import Reports
import SocketTable

/// Answers `trybind`, from the request to the exit status.
struct TrybindRun {
  let request: TrybindRequest
  let interfaces = Interfaces()
  /// Whether the text has the commands to paste.
  private let showsCommands: Bool

  var common: CommonRequest { request.common }

  init(_ request: TrybindRequest, showsCommands: Bool = true) {
    self.request = request
    self.showsCommands = showsCommands
  }

  func run() throws -> Int32 {
    let port = try request.server.portNumber()
    let named = try request.user.map(find)
    var investigation = try common.investigation()
    let (server, user) = try request.server.target(
      port, as: named, isPredicted: request.isPredicted, &investigation)
    let question = question(server, user)
    var prober = QuestionProber(as: question.user)
    let evidence = try investigation.evidence(for: question, &prober)
    common.complainAboutSource(investigation)
    common.complainAboutOwners(evidence.details)
    common.complainAboutReuseOptions(evidence.details)
    if let interval = request.interval {
      return try watch(question, evidence, &prober, &investigation, every: interval)
    }
    if common.verbose, !question.isPredicted {
      StandardOutput.complain("tw-inspect: \(prober.count) sockets made, tried and closed")
    }
    return try answer(BindDiagnosis(evidence))
  }

  /// The user to bind as. To bind as another user takes privilege; to predict what that user would be answered does not.
  private func find(_ typed: String) throws(Failure) -> User {
    guard let user = User.find(typed) else {
      throw .usage("--as-user '\(ByteSafety.escaped(typed))': not a user in /etc/passwd, and not a number")
    }
    guard
      request.isPredicted || user.uid == HostIdentity.current().effectiveUserID
        || Capabilities.isEffective(.setUID)
    else {
      throw .notPermitted(
        "--as-user \(ByteSafety.escaped(typed)): it needs CAP_SETUID and CAP_SETGID, which root has")
    }
    return user
  }

  private func question(_ server: BindTarget, _ user: User?) -> BindQuestion {
    var target = server
    target.isAfterStop = request.isAfterStop
    if request.isMatrix { target.addRows(common.family) }
    var question = BindQuestion(
      target, comparison: request.isMatrix ? .all : .withAndWithoutReuse, isPredicted: request.isPredicted,
      reuseOptions: request.reuseOptions, user: user, mayTakeConnections: request.server.mayTakeConnections,
      wantsExplanation: !common.quiet, looksAtOtherProtocols: !common.quiet && common.format != .plain)
    question.takesListeners = request.isAfterStop && !request.isMatrix && request.server.isUndescribed
    return question
  }

  /// JSON and plain lines have no words for it.
  private func complainAboutOrigin(_ diagnosis: BindDiagnosis) {
    guard !common.quiet, common.format != .table, [.unreadable, .unlike].contains(diagnosis.target.origin),
      let origin = Wording(diagnosis).origin
    else { return }
    StandardOutput.complain("tw-inspect: \(origin)")
  }

  private func answer(_ diagnosis: BindDiagnosis) throws(Failure) -> Int32 {
    complainAboutOrigin(diagnosis)
    try write(diagnosis)
    return diagnosis.exitStatus()
  }

  private func write(_ diagnosis: BindDiagnosis) throws(Failure) {
    let report = TrybindReport(diagnosis)
    try common.write(.current("trybind")) { text in
      TrybindText(diagnosis, showsCommands: showsCommands).write(to: &text)
    } document: { envelope, isOneLine, drain in
      report.document(envelope, isOneLine: isOneLine, interfaceName: interfaces.name, drain: drain)
    } plain: { withHeader in
      report.plain(withHeader: withHeader)
    }
  }
}
