import Glibc
import NetlinkCodec
import Testing

/// The pure modules know errno by numbers of their own: those of this machine's C library.
@Suite struct ErrnoTests {
  @Test func constants() {
    #expect(Errno.accessDenied.rawValue == EACCES)
    #expect(Errno.noSuchDevice.rawValue == ENODEV)
    #expect(Errno.invalidArgument.rawValue == EINVAL)
    #expect(Errno.protocolNotSupported.rawValue == EPROTONOSUPPORT)
    #expect(Errno.familyNotSupported.rawValue == EAFNOSUPPORT)
    #expect(Errno.addressInUse.rawValue == EADDRINUSE)
    #expect(Errno.addressNotAvailable.rawValue == EADDRNOTAVAIL)
  }

  /// Whatever socket, setsockopt, bind or listen can answer has its name and the C library's sentence.
  @Test(arguments: [
    (EPERM, "EPERM"), (EBADF, "EBADF"), (ENOMEM, "ENOMEM"), (EACCES, "EACCES"), (ENODEV, "ENODEV"),
    (EINVAL, "EINVAL"), (ENFILE, "ENFILE"), (EMFILE, "EMFILE"), (ENOSYS, "ENOSYS"), (ENOTSOCK, "ENOTSOCK"),
    (ENOPROTOOPT, "ENOPROTOOPT"), (EPROTONOSUPPORT, "EPROTONOSUPPORT"), (EOPNOTSUPP, "EOPNOTSUPP"),
    (EAFNOSUPPORT, "EAFNOSUPPORT"), (EADDRINUSE, "EADDRINUSE"), (EADDRNOTAVAIL, "EADDRNOTAVAIL"),
    (ENETDOWN, "ENETDOWN"), (ENETUNREACH, "ENETUNREACH"), (ENOBUFS, "ENOBUFS"),
  ])
  func known(errno: Int32, name: String) {
    #expect(Errno(errno).name == name)
    #expect(Errno(errno).message == String(cString: strerror(errno)))
  }

  @Test func unknown() {
    #expect(Errno(4095).name == "ERRNO_4095")
    #expect(Errno(4095).message == "error 4095")
    #expect(Errno(0).name == "ERRNO_0")
  }
}
