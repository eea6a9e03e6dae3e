internal import CLinux
internal import Glibc

package enum Exit {
  package static func now(_ status: Int32) -> Never { exit(status) }

  /// Ends the process by the signal, as if it had not been caught, so that the parent learns which signal it was.
  package static func bySignal(_ number: Int32) -> Never {
    tw_end_by_signal(number)
    exit(128 + number)
  }
}
