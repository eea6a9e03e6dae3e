import CTestSupport
import Glibc
import TestSupport
import Testing

/// A copy that lends its rights to whoever starts it answers nothing at all.
@Suite(.needs(.otherUsers), .needs(.setUserID))
struct RaisedPrivilegesTests {
  static let lines = [
    ["port", "9527"], ["release", "9527", "--yes"], ["--help"], ["--version"], [], ["no-such"],
  ]

  private func refused(
    _ path: String, _ arguments: [String], sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    var command = Command(path, arguments)
    command.user = 65_534
    let result = try command.run()
    #expect(result.exitCode == 77, "\(result)", sourceLocation: sourceLocation)
    #expect(result.output == "", sourceLocation: sourceLocation)
    #expect(result.errors.split(separator: "\n").count == 1, "\(result)", sourceLocation: sourceLocation)
    #expect(result.errors.contains("not permitted"), sourceLocation: sourceLocation)
  }

  @Test(arguments: [mode_t(0o4755), 0o2755])
  func setUserOrGroupID(mode: mode_t) throws {
    try withCopy { path in
      try check("chmod") { chmod(path, mode) }
      for arguments in Self.lines { try refused(path, arguments) }
    }
  }

  @Test func capabilitiesOfTheFile() throws {
    try withCopy { path in
      // CAP_NET_ADMIN.
      try check("setxattr") { test_set_file_capability(path, 12) }
      for arguments in Self.lines { try refused(path, arguments) }
    }
  }

  /// Without such rights the same copy works.
  @Test func theCopyItself() throws {
    try withCopy { path in
      var command = Command(path, ["--version"])
      command.user = 65_534
      let result = try command.run()
      #expect(result.exitCode == 0, "\(result)")
    }
  }

  private func withCopy(_ body: (String) throws -> Void) throws {
    var template = Array("/tmp/tw-inspect-raised.XXXXXX".utf8CString)
    let made = template.withUnsafeMutableBufferPointer {
      mkdtemp($0.baseAddress!).map { String(cString: $0) }
    }
    let directory = try #require(made)
    let path = directory + "/tw-inspect"
    defer {
      unlink(path)
      rmdir(directory)
    }
    try check("chmod", directory) { chmod(directory, 0o755) }
    let copied = try Command("/bin/cp", [try Tool.path.get(), path]).run()
    try #require(copied.exitCode == 0)
    try check("chmod", path) { chmod(path, 0o755) }
    try body(path)
  }
}
