import Diagnosis
import LinuxHost
import Reports
import SocketTable

extension BindDiagnosis {
  /// The exit status for the verdict. If it is neither yes nor no, the reason is written to standard error, even with -q.
  func exitStatus() -> Int32 {
    switch verdict {
    case .yes: return ExitStatus.yes
    case .no: return ExitStatus.no
    case .depends:
      StandardOutput.complain(
        "depends: on what the socket table does not show: \(Reason.text(of: prediction?.unknowns ?? []))")
    case .unknown:
      StandardOutput.complain(
        coverage.isComplete
          ? "could not look: none of the addresses could be tried"
          : "could not look: \(Reason.text(of: coverage.shortfall)); what was seen is shown")
    }
    return ExitStatus.incompleteLook
  }
}
