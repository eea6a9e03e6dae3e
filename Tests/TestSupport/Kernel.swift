import Glibc

/// The running kernel, for what differs from one to another.
package enum Kernel {
  /// "6.18" of "6.18.44-cloud-amd64".
  package static let release: (major: Int, minor: Int) = {
    var name = utsname()
    guard uname(&name) == 0 else { return (0, 0) }
    let text = withUnsafeBytes(of: name.release) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    let numbers = text.split { !$0.isNumber }.prefix(2).compactMap { Int($0) }
    return numbers.count == 2 ? (numbers[0], numbers[1]) : (0, 0)
  }()

  package static func isAtLeast(_ major: Int, _ minor: Int) -> Bool { release >= (major, minor) }

  /// In 6.1 bind(2) began to look sockets up by address as well, and until 6.9 it got some cases of v4-mapped
  /// addresses, IPV6_V6ONLY and TIME_WAIT wrong.
  package static let comparesAddressesRight = isAtLeast(6, 9)
}
