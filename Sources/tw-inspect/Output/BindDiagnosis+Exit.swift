import Diagnosis
import LinuxHost
import Reports
import SocketTable

/// What a verdict is to whoever called: the exit status, and for those that are neither yes nor no the reason.
extension BindDiagnosis {
  /// Says on standard error why there is neither a yes nor a no, also to those who want the status only.
  func exitStatus() -> Int32 {
    switch verdict {
    case .yes: return ExitStatus.yes
    case .no: return ExitStatus.no
    case .depends:
      StandardOutput.complain(
        "depends: on what the table does not tell: \(Reason.text(of: prediction?.unknowns ?? []))")
    case .unknown:
      StandardOutput.complain(
        coverage.isComplete
          ? "could not look: none of the addresses could be tried"
          : "could not look: \(Reason.incomplete); what was seen is shown")
    }
    return ExitStatus.incompleteLook
  }
}
