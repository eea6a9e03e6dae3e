internal import Glibc

package enum Exit {
  package static func now(_ status: Int32) -> Never { exit(status) }
}
