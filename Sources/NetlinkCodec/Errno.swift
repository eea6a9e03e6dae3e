/// An errno as Linux numbers them on x86, ARM, RISC-V and most others (asm-generic/errno.h).
package struct Errno: Error, Hashable, Sendable {
  package let rawValue: Int32

  package init(_ rawValue: Int32) { self.rawValue = rawValue }

  package static let notPermitted = Errno(1)
  package static let noSuchFile = Errno(2)
  package static let noSuchProcess = Errno(3)
  package static let interrupted = Errno(4)
  package static let noSuchAddressOrDevice = Errno(6)
  package static let badDescriptor = Errno(9)
  package static let tryAgain = Errno(11)
  package static let noMemory = Errno(12)
  package static let accessDenied = Errno(13)
  package static let noSuchDevice = Errno(19)
  package static let notDirectory = Errno(20)
  package static let invalidArgument = Errno(22)
  package static let tooManyOpenFilesInSystem = Errno(23)
  package static let tooManyOpenFiles = Errno(24)
  package static let brokenPipe = Errno(32)
  package static let nameTooLong = Errno(36)
  package static let notImplemented = Errno(38)
  package static let tooManyLinks = Errno(40)
  package static let badMessage = Errno(74)
  package static let protocolNotSupported = Errno(93)
  package static let notSupported = Errno(95)
  package static let familyNotSupported = Errno(97)
  package static let addressInUse = Errno(98)
  package static let addressNotAvailable = Errno(99)
  package static let connectionReset = Errno(104)
  package static let noBufferSpace = Errno(105)
  package static let timedOut = Errno(110)
  package static let connectionRefused = Errno(111)

  /// The process or the host has run out of descriptors or memory, which says nothing about what was asked for.
  package var isExhaustion: Bool {
    [.noMemory, .tooManyOpenFiles, .tooManyOpenFilesInSystem, .noBufferSpace].contains(self)
  }

  /// EPERM or EACCES.
  package var isNotPermitted: Bool { self == .notPermitted || self == .accessDenied }

  /// The kernel has no such thing.
  package var isNotSupported: Bool {
    [.notSupported, .notImplemented, .protocolNotSupported, .invalidArgument].contains(self)
  }

  // MARK: Words

  /// "EADDRINUSE"; "ERRNO_4095" for a number that is not known here.
  package var name: String { Self.known[rawValue]?.name ?? "ERRNO_\(rawValue)" }

  /// The C library's sentence, "Address already in use"; "error 4095" for a number that is not known here.
  package var message: String { Self.known[rawValue]?.message ?? "error \(rawValue)" }

  private static let known: [Int32: (name: String, message: String)] = [
    1: ("EPERM", "Operation not permitted"),
    2: ("ENOENT", "No such file or directory"),
    3: ("ESRCH", "No such process"),
    4: ("EINTR", "Interrupted system call"),
    5: ("EIO", "Input/output error"),
    6: ("ENXIO", "No such device or address"),
    7: ("E2BIG", "Argument list too long"),
    8: ("ENOEXEC", "Exec format error"),
    9: ("EBADF", "Bad file descriptor"),
    10: ("ECHILD", "No child processes"),
    11: ("EAGAIN", "Resource temporarily unavailable"),
    12: ("ENOMEM", "Cannot allocate memory"),
    13: ("EACCES", "Permission denied"),
    14: ("EFAULT", "Bad address"),
    15: ("ENOTBLK", "Block device required"),
    16: ("EBUSY", "Device or resource busy"),
    17: ("EEXIST", "File exists"),
    18: ("EXDEV", "Invalid cross-device link"),
    19: ("ENODEV", "No such device"),
    20: ("ENOTDIR", "Not a directory"),
    21: ("EISDIR", "Is a directory"),
    22: ("EINVAL", "Invalid argument"),
    23: ("ENFILE", "Too many open files in system"),
    24: ("EMFILE", "Too many open files"),
    25: ("ENOTTY", "Inappropriate ioctl for device"),
    26: ("ETXTBSY", "Text file busy"),
    27: ("EFBIG", "File too large"),
    28: ("ENOSPC", "No space left on device"),
    29: ("ESPIPE", "Illegal seek"),
    30: ("EROFS", "Read-only file system"),
    31: ("EMLINK", "Too many links"),
    32: ("EPIPE", "Broken pipe"),
    33: ("EDOM", "Numerical argument out of domain"),
    34: ("ERANGE", "Numerical result out of range"),
    35: ("EDEADLK", "Resource deadlock avoided"),
    36: ("ENAMETOOLONG", "File name too long"),
    37: ("ENOLCK", "No locks available"),
    38: ("ENOSYS", "Function not implemented"),
    39: ("ENOTEMPTY", "Directory not empty"),
    40: ("ELOOP", "Too many levels of symbolic links"),
    61: ("ENODATA", "No data available"),
    71: ("EPROTO", "Protocol error"),
    74: ("EBADMSG", "Bad message"),
    75: ("EOVERFLOW", "Value too large for defined data type"),
    88: ("ENOTSOCK", "Socket operation on non-socket"),
    89: ("EDESTADDRREQ", "Destination address required"),
    90: ("EMSGSIZE", "Message too long"),
    91: ("EPROTOTYPE", "Protocol wrong type for socket"),
    92: ("ENOPROTOOPT", "Protocol not available"),
    93: ("EPROTONOSUPPORT", "Protocol not supported"),
    94: ("ESOCKTNOSUPPORT", "Socket type not supported"),
    95: ("EOPNOTSUPP", "Operation not supported"),
    96: ("EPFNOSUPPORT", "Protocol family not supported"),
    97: ("EAFNOSUPPORT", "Address family not supported by protocol"),
    98: ("EADDRINUSE", "Address already in use"),
    99: ("EADDRNOTAVAIL", "Cannot assign requested address"),
    100: ("ENETDOWN", "Network is down"),
    101: ("ENETUNREACH", "Network is unreachable"),
    102: ("ENETRESET", "Network dropped connection on reset"),
    103: ("ECONNABORTED", "Software caused connection abort"),
    104: ("ECONNRESET", "Connection reset by peer"),
    105: ("ENOBUFS", "No buffer space available"),
    106: ("EISCONN", "Transport endpoint is already connected"),
    107: ("ENOTCONN", "Transport endpoint is not connected"),
    108: ("ESHUTDOWN", "Cannot send after transport endpoint shutdown"),
    110: ("ETIMEDOUT", "Connection timed out"),
    111: ("ECONNREFUSED", "Connection refused"),
    112: ("EHOSTDOWN", "Host is down"),
    113: ("EHOSTUNREACH", "No route to host"),
    114: ("EALREADY", "Operation already in progress"),
    115: ("EINPROGRESS", "Operation now in progress"),
  ]
}

extension Errno {
  /// Reads the negative errno with which the body of NLMSG_DONE and NLMSG_ERROR begins; nil if it is 0. A kernel without a
  /// handler for the request answers NLMSG_DONE with an errno, which would otherwise look like an empty table.
  @_lifetime(payload: copy payload)
  init?(reading payload: inout ByteReader) throws(DecodingError) {
    let status = Int32(bitPattern: try payload.hostUInt32())
    guard status < 0 else { return nil }
    self.init(status == .min ? .max : -status)
  }
}
