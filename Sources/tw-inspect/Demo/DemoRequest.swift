import Demo
import SocketTable

/// What `demo` was asked for.
struct DemoRequest {
  let claims: [Claim]
  /// Whether a TIME_WAIT is shown first and a summary last. That is so if no claim was named.
  let hasIntroduction: Bool
  let onlyLists: Bool
  /// Whether claim 3 waits for the end of a TIME_WAIT (`--full`).
  let waitsItOut: Bool
  let common: CommonRequest
  /// Options for the commands that the introduction runs.
  let passedOn: [String]

  init(_ command: DemoCommand) throws(Failure) {
    common = try CommonRequest(command.output, source: command.source)
    onlyLists = command.list
    waitsItOut = command.full
    if let typed = command.claim {
      guard let number = Int(typed), let claim = Claim(rawValue: number), "\(number)" == typed else {
        throw .usage(
          "'\(ByteSafety.escaped(typed))': no such claim; they are 1 to \(Claim.allCases.count): tw-inspect demo --list"
        )
      }
      claims = [claim]
      if onlyLists { throw .usage("--list with a claim: --list lists all claims; leave one of them out") }
      if waitsItOut, claim != .lifetime {
        throw .usage("--full with claim \(number): --full is for claim 3 only")
      }
    } else {
      claims = Claim.allCases
      if onlyLists, waitsItOut {
        throw .usage("--list with --full: --list carries out no claim; leave one of them out")
      }
    }
    hasIntroduction = command.claim == nil
    passedOn =
      (command.output.color.map { ["--color", $0] } ?? [])
      + (command.source.map { ["--source", $0] } ?? [])
  }
}
