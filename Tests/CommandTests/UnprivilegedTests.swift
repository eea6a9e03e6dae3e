import Glibc
import TestSupport
import Testing

/// Everything works without root; only what the kernel refuses to that user differs.
@Suite(.needs(.networkNamespaces), .needs(.otherUsers))
struct UnprivilegedTests {
  private static let nobody: uid_t = 65_534

  /// The answer without what must differ: who asked, when, how much time has passed, and what of processes is hidden.
  private func answer(_ arguments: [String], as user: uid_t?) throws -> [JSON] {
    let result = try Tool.run(arguments + ["--json"], asUser: user)
    let json = try result.json
    #expect(json["host"]["euid"].int == Int(user ?? 0))
    let holders = json["holders"].array ?? []
    return [
      json["bindable"], json["trials"],
      .array(json.slugs.filter { $0 != "owner-hidden" }.map(JSON.string)),
      .array(holders.map { .array([$0["local"], $0["peer"], $0["state"], $0["uid"], $0["inode"]]) }),
      json["source"],
    ]
  }

  @Test func sameAnswers() throws {
    func compare(_ arguments: [String], _ make: (Lab) throws -> Void) throws {
      try withNetworkNamespace { lab in
        try make(lab)
        for more in [[], ["--reuse"], ["--listen"], ["--interface", "lo"]] {
          let line = ["trybind"] + arguments + more
          #expect(try answer(line, as: Self.nobody) == answer(line, as: nil), "\(line)")
        }
      }
    }
    try compare(["9527"]) { _ in }
    try compare(["9527"]) { try $0.timeWait(port: 9527, .init(reuseAddress: true)) }
    try compare(["9527"]) { try $0.finWait2Minisocket(port: 9527) }
    try compare(["9527"]) { try $0.listener(port: 9527) }
    try compare(["9527"]) { try $0.boundOnly(port: 9527) }
    try compare(["9527"]) { try $0.finWait1(port: 9527, orphan: true) }
    try compare(["9527", "--address", "192.0.2.7"]) { _ in }
    try compare(["0"]) { _ in }
  }

  /// A user's own sandbox: neither root nor netlink.
  @Test func withoutNetlink() throws {
    try withNetworkNamespace { lab in
      try lab.timeWait(port: 9527, .init(reuseAddress: true))
      var command = try Tool.command(["trybind", "9527", "--json"])
      command.user = Self.nobody
      command.denials = [.socket(AF_NETLINK, EAFNOSUPPORT)]
      let result = try command.run()
      #expect(result.exitCode == 1)
      let json = try result.json
      #expect(json["source"]["kind"].string == "proc")
      #expect(json.slugs == ["time-wait-server-closed-first"])
      #expect(json["holders"].count == 1)
      // A bound socket could be there as well, unseen, and stay longer.
      #expect(json["free_in_ms"].isNull)
    }
  }
}
