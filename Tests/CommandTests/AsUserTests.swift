import Glibc
import TestSupport
import Testing

/// `trybind --as-user`: the answer is that user's.
@Suite(.needs(.networkNamespaces), .needs(.otherUsers))
struct AsUserTests {
  private static let nobody: uid_t = 65_534

  private func binds(_ json: JSON) -> [JSON] {
    (json["trials"].array ?? []).map {
      .array([$0["address"], $0["options"], $0["bind"], $0["listen"], $0["yours"]])
    }
  }

  /// As if that user had run it.
  @Test func isWhatThatUserIsTold() throws {
    func compare(
      _ port: UInt16, _ slug: String?, _ more: [String] = [], _ make: (Lab) throws -> Void = { _ in }
    ) throws {
      try withNetworkNamespace { lab in
        try make(lab)
        let line = ["trybind", "\(port)", "--json"] + more
        let own = try Tool.run(line, asUser: Self.nobody)
        let result = try Tool.run(line + ["--as-user", "nobody"])
        #expect(result.exitCode == own.exitCode && result.errors == "", "\(result)")
        #expect(try binds(result.json) == binds(own.json), "\(port) \(more)")
        #expect(try result.json["target"]["as_uid"].int == Int(Self.nobody))
        #expect(try own.json["target"]["as_uid"].isNull)
        #expect(try result.json.slugs.first == slug)
        #expect(try Tool.run(line + ["--as-user", "65534"]).exitCode == own.exitCode)
      }
    }
    try compare(80, "privileged-port")
    try compare(9527, nil)
    try compare(9527, nil, ["--listen"])
    try compare(9527, "address-not-local", ["--address", "192.0.2.7"])
    try compare(9527, "own-addresses-overlap", ["--address", "127.0.0.1", "--address", "127.0.0.1"])
    try compare(9527, nil, ["--address", "127.0.0.1", "--address", "127.0.0.2"])
    try compare(9527, "listener-alive") { try $0.listener(port: 9527) }
    try compare(9527, "no-such-interface", ["--interface", "gone0"])
    // SO_REUSEPORT is shared with a user's own sockets only.
    try compare(9527, "reuse-port-other-user", ["--reuse-port"]) {
      try $0.listener(port: 9527, .init(reusePort: true))
    }
    try compare(9527, "shared-by-reuse-port", ["--reuse-port"]) {
      try $0.listener(port: 9527, .init(reusePort: true, owner: Self.nobody))
    }
  }

  @Test func withoutThePrivilege() throws {
    try withNetworkNamespace { _ in
      let result = try Tool.run("trybind", "9527", "--as-user", "root", asUser: Self.nobody)
      #expect(result.exitCode == 77 && result.output == "")
      #expect(result.errors.hasPrefix("tw-inspect trybind: --as-user root: "))
      #expect(result.errors.split(separator: "\n").count == 1)
      // What one is already takes none.
      #expect(try Tool.run("trybind", "9527", "--as-user", "nobody", asUser: Self.nobody).exitCode == 0)
    }
  }

  /// Where there is no /proc to read them from, root was told that it lacks capabilities.
  @Test(.needs(.hiddenProc)) func rootWithoutProc() throws {
    try withNetworkNamespace { lab in
      var command = try Tool.command(["trybind", "9527", "--as-user", "65534", "--json"])
      command.hidesProc = true
      let yes = try command.run()
      #expect(yes.exitCode == 0, "\(yes)")
      #expect(!yes.errors.contains("CAP_SETUID"))
      command.arguments[1] = "80"
      let no = try command.run()
      #expect(try no.exitCode == 1 && no.json.slugs == ["privileged-port"], "\(no)")
    }
  }

  /// Not enough descriptors for the pipe, or in the child for the last of several sockets.
  @Test func outOfDescriptors() throws {
    try withNetworkNamespace { _ in
      var statuses: Set<Int32> = []
      let addresses = (1...6).flatMap { ["--address", "127.0.0.\($0)"] }
      for limit in 4...12 {
        var command = try Tool.command(["trybind", "9527", "--as-user", "nobody", "-q"] + addresses)
        command.descriptorLimit = limit
        let result = try command.run()
        statuses.insert(result.exitCode ?? -1)
        #expect([0, 71].contains(result.exitCode), "\(limit): \(result)")
        if result.exitCode == 71 { #expect(result.errors.split(separator: "\n").count == 1) }
      }
      #expect(statuses == [0, 71])
    }
  }

  /// No child outlives its trial, nor stays behind as a zombie, while --watch goes on.
  @Test func noZombies() throws {
    try withNetworkNamespace { lab in
      let listener = try lab.listener(port: 9527)
      let watch = try Tool.command([
        "trybind", "9527", "--as-user", "nobody", "--watch", "--interval", "100ms", "--output", "jsonl",
      ]).start()
      try watch.waitForOutput { $0.contains("\"bindable\":false") }
      listener.subject?.close()
      try watch.waitForOutput { $0.contains("\"bindable\":true") }
      let children = try readFile("/proc/\(watch.pid)/task/\(watch.pid)/children")
      #expect(children.isEmpty, "\(String(decoding: children, as: UTF8.self))")
    }
  }
}
