import Diagnosis
import Glibc
import Testing

/// The pure modules know errno by numbers of their own: those of this machine's C library.
@Suite struct ErrorNumberTests {
  @Test func constants() {
    #expect(ErrorNumber.accessDenied.rawValue == EACCES)
    #expect(ErrorNumber.noSuchDevice.rawValue == ENODEV)
    #expect(ErrorNumber.invalidArgument.rawValue == EINVAL)
    #expect(ErrorNumber.protocolNotSupported.rawValue == EPROTONOSUPPORT)
    #expect(ErrorNumber.familyNotSupported.rawValue == EAFNOSUPPORT)
    #expect(ErrorNumber.addressInUse.rawValue == EADDRINUSE)
    #expect(ErrorNumber.addressNotAvailable.rawValue == EADDRNOTAVAIL)
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
    #expect(ErrorNumber(errno).name == name)
    #expect(ErrorNumber(errno).message == String(cString: strerror(errno)))
  }

  @Test func unknown() {
    #expect(ErrorNumber(4095).name == "ERRNO_4095")
    #expect(ErrorNumber(4095).message == "error 4095")
    #expect(ErrorNumber(0).name == "ERRNO_0")
  }
}
