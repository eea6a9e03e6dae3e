import Diagnosis
import Glibc
@testable import LinuxHost
import SocketTable
import TestSupport
import Testing

/// What is read of a running server's sockets.
struct ServerSocketTests {
  @Test(arguments: [
    ("812", "812"), ("nginx", "nginx.service"), ("nginx.service", "nginx.service"), ("a@b", "a@b.service"),
    ("x.scope", "x.scope"), ("web.1", "web.1.service"),
  ])
  func names(typed: String, means: String) { #expect(ServerReference(typed)?.text == means) }

  @Test(arguments: ["", "0", "-1", "4294967296", "a/b", "..", "a b", "-x", "ä"])
  func noNames(typed: String) { #expect(ServerReference(typed) == nil) }

  /// A unit that is not running is told from one that there is not.
  @Test func unitFiles() throws {
    let folder = "/tmp/tw-inspect-units-\(getpid())"
    try check("mkdir", folder) { mkdir(folder, 0o755) }
    defer { rmdir(folder) }
    for name in ["web.service", "shop@.service"] {
      let path = "\(folder)/\(name)"
      close(try check("open", path) { open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600) })
    }
    defer { for name in ["web.service", "shop@.service"] { unlink("\(folder)/\(name)") } }
    for (unit, isKnown) in [
      ("web.service", true), ("shop@1.service", true), ("web.socket", false), ("shop.service", false),
    ] {
      #expect(UnitProcesses.isKnown(unit, in: ["/nonexistent", folder]) == isKnown, "\(unit)")
    }
  }

  @Test func theProcessOfAThread() {
    #expect(ProcessDirectory.process(in: Array("Name:\tx\nTgid:\t812\nPid:\t813\n".utf8)) == 812)
    #expect(ProcessDirectory.process(in: Array("Name:\tx\n".utf8)) == nil)
  }

  /// The duplicate keeps the port taken if the server ends meanwhile: from pidfd_open(2) to close(2) it takes less than 50 us
  /// as a rule, and it exists for a part of that.
  @Test(.needs(.networkNamespaces), .needs(.realTime)) func aDuplicateIsHeldBriefly() throws {
    try withNetworkNamespace { lab in
      let listener = try lab.makeListener(via: .ipv4, port: 9527)
      var investigation = try Investigation(Place())
      let record = try #require(try investigation.snapshot(onPort: 9527, .tcp).records.first)
      let owner = SocketOwner(pid: getpid(), command: "", descriptor: listener.descriptor)
      var times: [Int64] = []
      for _ in 0..<1000 {
        let start = Clock.monotonicNanoseconds
        _ = try ServerSocket.read(record, of: [owner])
        times.append(Clock.monotonicNanoseconds - start)
      }
      times.sort()
      print("a listener's options: \(times[500] / 1000) us, of ten \(times[900] / 1000) us")
      #expect(times[500] < 50_000)
    }
  }

  @Test(.needs(.networkNamespaces)) func aDescriptorThatIsAnotherFile() throws {
    try withNetworkNamespace { lab in
      _ = try lab.makeListener(via: .ipv4, port: 9527)
      var investigation = try Investigation(Place())
      let record = try #require(try investigation.snapshot(onPort: 9527, .tcp).records.first)
      for descriptor in [0, 9999] as [Int32] {
        let owner = SocketOwner(pid: getpid(), command: "", descriptor: descriptor)
        #expect(throws: SystemError.self) { try ServerSocket.read(record, of: [owner]) }
      }
    }
  }
}
