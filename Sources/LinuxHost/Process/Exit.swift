internal import CLinux
internal import Glibc

package enum Exit {
  package static func now(_ status: Int32) -> Never { exit(status) }

  /// Whoever is process 1 of a container without an init is sent signals only for which it has a handler (pid_namespaces(7)):
  /// then SIGINT and SIGTERM end it with 128 and their number.
  package static func endAsInit() { tw_end_as_init() }

  /// Ends the process by the signal, as if it had not been caught, so that the parent learns which signal it was.
  package static func bySignal(_ number: Int32) -> Never {
    tw_end_by_signal(number)
    exit(128 + number)
  }
}
