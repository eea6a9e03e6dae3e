import Diagnosis
import Foundation
import NetlinkCodec
import RecordSupport
import Reports
import SocketTable
import Testing

@Suite struct TrybindDocumentTests {
  private static let all = TimerCases.all + HolderCases.listeners + HolderCases.others + HolderCases.blind

  private func document(_ diagnosis: BindDiagnosis, isOneLine: Bool = false) throws -> JSONObject {
    let buffer = TrybindReport(diagnosis).document(
      .example("trybind"), isOneLine: isOneLine, interfaceName: interfaceName)
    let text = buffer.text
    #expect(text.hasSuffix("}\n"))
    #expect((text.split(separator: "\n").count == 1) == isOneLine)
    return try JSONObject(text)
  }

  @Test(arguments: [false, true]) func everyKeyAndNoOther(isOneLine: Bool) throws {
    for situation in Self.all {
      let json = try document(try situation.diagnosis(), isOneLine: isOneLine)
      #expect(json.string("type") == (isOneLine ? "answer" : nil))
      #expect(
        json.keys.subtracting(isOneLine ? ["type"] : [])
          == Keys.envelope.union([
            "target", "trials", "verdict", "bindable", "helps", "prediction", "free_in_ms", "free_latest_ms",
            "holders",
            "flags", "other_protocols", "findings",
          ]))
      #expect(json.isNull("prediction"), "it was tried")
      #expect(try json.object("target").keys == Keys.target)
      for trial in try json.objects("trials") { #expect(trial.keys == Keys.trial) }
      for holder in try json.objects("holders") { #expect(holder.keys == Keys.socket) }
      for finding in try json.objects("findings") {
        #expect(finding.keys == Keys.finding)
        for remedy in try finding.objects("remedies") { #expect(remedy.keys == Keys.remedy) }
      }
    }
  }

  @Test func valuesAreThoseOfTheDiagnosis() throws {
    for situation in Self.all {
      let json = try document(try situation.diagnosis())
      #expect(json.bool("bindable") == situation.bindable)
      #expect(json.int("free_in_ms") == situation.freeIn.map(Int.init), "\(situation.name)")
      #expect(json.isNull("free_in_ms") == (situation.freeIn == nil))
      #expect(json.int("free_latest_ms") == situation.freeLatest.map(Int.init), "\(situation.name)")
      #expect(try json.objects("holders").count == situation.inTheWay.count)
      #expect(try json.objects("findings").map { $0.string("slug") } == situation.slugs)
    }
  }

  @Test func words() throws {
    for situation in Self.all {
      for finding in try document(try situation.diagnosis()).objects("findings") {
        #expect(["info", "warning", "error"].contains(finding.string("severity")))
        #expect(["certain", "likely", "possible"].contains(finding.string("certainty")))
        #expect((finding["not_seen"] as? [String])?.isEmpty == false)
      }
      for trial in try document(try situation.diagnosis()).objects("trials") {
        #expect(["ok", "fails", "depends"].contains(trial.string("predicted")))
      }
    }
  }

  /// The mark that keeps a number and its unit on one line of a table was in "not_seen".
  @Test func noLayoutInAnyString() throws {
    var diagnosing = Diagnosing(script: { _, _ in .refused(.bind, .addressInUse) })
    diagnosing.otherNamespaces = OwnerCases.otherNamespaces
    let elsewhere = try diagnosing.result()
    for diagnosis in try Self.all.map({ try $0.diagnosis() }) + [elsewhere] {
      let text = TrybindReport(diagnosis).document(
        .example("trybind"), isOneLine: true, interfaceName: interfaceName
      ).text
      #expect(!text.contains("\\u001f") && !text.contains("\u{1f}"), "\(text)")
    }
    let findings = try document(elsewhere).objects("findings")
    let title = findings.first { $0.string("slug") == "held-in-other-namespace" }?.string("title")
    #expect(title?.contains("nginx (pid 1): 1 LISTEN; nginx (pid 2): 1 LISTEN") == true)
  }

  /// With `--netns` the commands that lead elsewhere named two namespaces, of which the last, the one asked about, won.
  @Test func commandsNameOneNamespace() throws {
    var diagnosing = Diagnosing(script: { _, _ in .ok })
    diagnosing.namespace = .named("red")
    diagnosing.otherNamespaces = OwnerCases.otherNamespaces
    let findings = try document(try diagnosing.result()).objects("findings")
    let elsewhere = try #require(findings.first { $0.string("slug") == "held-in-other-namespace" })
    #expect(
      try elsewhere.objects("remedies").compactMap { $0.string("command") } == [
        "sudo tw-inspect trybind 9527 --netns pid:1", "sudo tw-inspect port 9527 --all-netns",
      ])
    diagnosing.otherNamespaces.removeSubrange(1...)
    let one = try document(try diagnosing.result()).objects("findings").first {
      $0.string("slug") == "held-in-other-namespace"
    }
    #expect(try one?.objects("remedies").count == 1)
  }

  @Test func trials() throws {
    let holder = Holder(.on(.loopback), .reuseAddress)
    let json = try document(
      try Diagnosing([holder], .server(.reuseAddress, on: [.loopback, .anyIPv6Only])).result())
    let trials = try json.objects("trials")
    let target = try json.object("target")
    #expect(target.int("port") == 9527)
    #expect((target["addresses"] as? [String]) == ["127.0.0.1", "::"])
    #expect(
      target.bool("reuse") == true && target.bool("reuse_port") == false && target.bool("v6_only") == true)
    #expect(target.isNull("interface") && target.isNull("as_uid"))
    #expect(target.bool("after_stop") == false)
    #expect(trials.map { $0.string("address") } == ["127.0.0.1", "::", "127.0.0.1", "::"])
    #expect(trials.map { $0["options"] as? [String] } == [["SO_REUSEADDR"], ["SO_REUSEADDR"], [], []])
    #expect(trials.map { $0.string("bind") } == ["ok", "ok", "EADDRINUSE", "ok"])
    #expect(trials.map { $0.string("predicted") } == ["depends", "ok", "fails", "ok"])
    #expect(trials.map { $0.bool("yours") } == [true, true, false, false])
    #expect(trials.allSatisfy { $0.isNull("listen") })
    #expect(trials[0].isNull("v6_only") && trials[1].bool("v6_only") == true)
  }

  /// What the errno of which call is; a step that was not reached is null.
  @Test(
    arguments: [
      (.socket, "EMFILE", nil), (.option(.reuseAddress), "EMFILE", nil), (.bind, "EMFILE", nil),
      (.listen, "ok", "EMFILE"),
    ] as [(TrialOutcome.Step, String, String?)])
  func answers(step: TrialOutcome.Step, bind: String, listen: String?) throws {
    let target = BindTarget.server(.reuseAddress, on: [.loopback], listens: true)
    let diagnosis = try Diagnosing([], target, script: { _, _ in .refused(step, Errno(24)) }).result()
    let trial = try document(diagnosis).objects("trials")[0]
    #expect(trial.string("bind") == bind)
    #expect(trial.string("listen") == listen)
    #expect(trial.isNull("listen") == (listen == nil))
  }

  @Test func listening() throws {
    let target = BindTarget.server(.reuseAddress, on: [.loopback], listens: true)
    let trials = try document(try Diagnosing([], target).result()).objects("trials")
    #expect(trials.map { $0.string("listen") } == ["ok", nil])
  }

  @Test func scopesAndInterfaces() throws {
    let linkLocal = BindAddress(IPAddress(ipv6High: 0xfe80 << 48, low: 1), scope: 2, scopeName: "eth0")
    var target = BindTarget.server(on: [linkLocal])
    target.interface = "e\"\u{1b}"
    let json = try document(try Diagnosing([], target).result())
    #expect((json["target", "addresses"] as? [String]) == ["fe80::1"])
    #expect(json["target", "interface"] as? String == "e\"\u{1b}")
    #expect(try json.objects("trials").allSatisfy { $0.string("interface") == "e\"\u{1b}" })
  }

  /// An address has no zone: its interface has a member of its own.
  @Test func zones() throws {
    func address(_ low: UInt64, _ name: String) -> BindAddress {
      BindAddress(IPAddress(ipv6High: 0xfe80 << 48, low: low), scope: 2, scopeName: name)
    }
    let one = try document(try Diagnosing([], .server(on: [.loopback, address(1, "eth0")])).result())
    #expect((one["target", "addresses"] as? [String]) == ["127.0.0.1", "fe80::1"])
    #expect(one["target", "interface"] as? String == "eth0")
    #expect(try one.objects("trials")[0].isNull("interface"))
    #expect(try one.objects("trials")[1].string("interface") == "eth0")
    #expect(try one.objects("trials")[1].string("address") == "fe80::1")
    let two = try document(
      try Diagnosing([], .server(on: [address(1, "eth0"), address(2, "eth1")])).result())
    #expect(try two.object("target").isNull("interface"), "there are two")
    #expect(try two.objects("trials").prefix(2).map { $0.string("interface") } == ["eth0", "eth1"])
  }

  /// Both its ends are on the port.
  @Test func aHolderIsOnItsSide() throws {
    let record = SocketRecord.on(.loopback, 9527, .established, peer: 9527, inode: 9)
    let json = try document(try Diagnosing([Holder(record)]).result())
    let side = try json.objects("holders")[0].string("side")
    #expect(side == "both")
  }

  // MARK: Plain

  @Test func plain() throws {
    #expect(
      TrybindReport.plainColumns == ["address", "options", "v6_only", "bind", "listen", "predicted", "yours"])
    let holder = Holder(.on(.loopback), .reuseAddress)
    let options: SocketOptions = [.reuseAddress, .reusePort]
    let diagnosis = try Diagnosing([holder], .server(options, listens: true)).result()
    let text = TrybindReport(diagnosis).plain().text
    #expect(
      text == """
        ::\tSO_REUSEADDR,SO_REUSEPORT\tfalse\tok\tok\tdepends\ttrue
        0.0.0.0\tSO_REUSEADDR,SO_REUSEPORT\t-\tok\tok\tdepends\ttrue
        0.0.0.0\tSO_REUSEADDR\t-\tok\t-\tdepends\tfalse
        ::\tSO_REUSEADDR\tfalse\tok\t-\tdepends\tfalse
        0.0.0.0\t-\t-\tEADDRINUSE\t-\tfails\tfalse
        ::\t-\tfalse\tEADDRINUSE\t-\tfails\tfalse

        """)
  }
}
