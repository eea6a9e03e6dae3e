/// An errno as Linux numbers them on x86, ARM, RISC-V and most others (asm-generic/errno.h).
package struct ErrorNumber: Hashable, Sendable {
  package let rawValue: Int32

  package init(_ rawValue: Int32) { self.rawValue = rawValue }

  package static let accessDenied = ErrorNumber(13)
  package static let noSuchDevice = ErrorNumber(19)
  package static let invalidArgument = ErrorNumber(22)
  package static let protocolNotSupported = ErrorNumber(93)
  package static let familyNotSupported = ErrorNumber(97)
  package static let addressInUse = ErrorNumber(98)
  package static let addressNotAvailable = ErrorNumber(99)
  package static let connectionRefused = ErrorNumber(111)

  private static let known: [Int32: (name: String, message: String)] = [
    1: ("EPERM", "Operation not permitted"),
    9: ("EBADF", "Bad file descriptor"),
    12: ("ENOMEM", "Cannot allocate memory"),
    13: ("EACCES", "Permission denied"),
    19: ("ENODEV", "No such device"),
    22: ("EINVAL", "Invalid argument"),
    23: ("ENFILE", "Too many open files in system"),
    24: ("EMFILE", "Too many open files"),
    38: ("ENOSYS", "Function not implemented"),
    88: ("ENOTSOCK", "Socket operation on non-socket"),
    92: ("ENOPROTOOPT", "Protocol not available"),
    93: ("EPROTONOSUPPORT", "Protocol not supported"),
    95: ("EOPNOTSUPP", "Operation not supported"),
    97: ("EAFNOSUPPORT", "Address family not supported by protocol"),
    98: ("EADDRINUSE", "Address already in use"),
    99: ("EADDRNOTAVAIL", "Cannot assign requested address"),
    100: ("ENETDOWN", "Network is down"),
    101: ("ENETUNREACH", "Network is unreachable"),
    105: ("ENOBUFS", "No buffer space available"),
    110: ("ETIMEDOUT", "Connection timed out"),
    111: ("ECONNREFUSED", "Connection refused"),
  ]

  /// "EADDRINUSE".
  package var name: String { Self.known[rawValue]?.name ?? "ERRNO_\(rawValue)" }

  /// "Address already in use".
  package var message: String { Self.known[rawValue]?.message ?? "error \(rawValue)" }
}
