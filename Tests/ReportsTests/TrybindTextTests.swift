import Diagnosis
import RecordSupport
import Reports
import SocketTable
import Testing

/// What people see, at 80 columns.
@Suite struct TrybindTextTests {
  private static let all = TimerCases.all + HolderCases.listeners + HolderCases.others + HolderCases.blind

  private func text(_ diagnosis: BindDiagnosis, width: Int = 80, usesColor: Bool = false) -> String {
    var text = StyledText(usesColor: usesColor, width: width)
    TrybindText(diagnosis).write(to: &text)
    return text.buffer.text
  }

  @Test func theOldServerHadIt() throws {
    let holders = [Holder(.on(.loopback, peer: 52_114, expires: 58_400), .reuseAddress)]
    let result = try Diagnosing(holders, settings: HostSettings(timerSlack: 2048)).result()
    #expect(
      text(result) == """
        No. 1 TIME_WAIT holds port 9527 for 58.4 s; SO_REUSEADDR gets past it.

                      plain       SO_REUSEADDR
        0.0.0.0:9527  EADDRINUSE  ok
        [::]:9527     EADDRINUSE  ok

        Why     This side closed its connections first, as a server does when it stops.
                Linux keeps each one in TIME_WAIT for 60 s, and the port with it. If
                both the old and the new socket have SO_REUSEADDR, bind() still works.
                The old ones had it: the trial with SO_REUSEADDR succeeded.
        Seen    127.0.0.1:9527 - 127.0.0.1:52114  TIME_WAIT  58.4 s left
        Do      - wait 58.4 s, 60.4 s at the latest, then start the server
                    tw-inspect wait 9527
                - set SO_REUSEADDR on the listening socket before bind(), as TCP
                  servers commonly do
                - end it now (late segments can reach the next connection)
                    sudo tw-inspect release 9527
        Unseen  whether your server sets SO_REUSEADDR; if it does, ask with --reuse
                UDP: only TCP was looked at
                your server's own user, capabilities, cgroup programs, SELinux or
                Landlock domain and network namespace: the answer is from here
        More    tw-inspect explain time-wait-server-closed-first

        """)
  }

  @Test func yes() throws {
    #expect(
      text(try Diagnosing().result()) == """
        Yes. A server can bind port 9527.

                      plain  SO_REUSEADDR
        0.0.0.0:9527  ok     ok
        [::]:9527     ok     ok

        Unseen  UDP: only TCP was looked at
                your server's own user, capabilities, cgroup programs, SELinux or
                Landlock domain and network namespace: the answer is from here

        """)
  }

  @Test func aFamilyThatIsNotHere() throws {
    let result = try Diagnosing(script: { _, socket in
      socket.address.address.family == .ipv6 ? .refused(.socket, .familyNotSupported) : nil
    }).result()
    #expect(
      text(result).hasPrefix(
        """
        Yes. A server can bind port 9527.

                      plain     SO_REUSEADDR
        0.0.0.0:9527  ok        ok
        [::]:9527     not here  not here
        [::]: this host has no IPv6.

        """))
  }

  @Test func whereListenIsRefused() throws {
    let target = BindTarget.server(.reuseAddress, on: [.loopback], listens: true)
    let result = try Diagnosing(
      [], target,
      script: { _, socket in
        socket.listens ? .refused(.listen, .addressInUse) : nil
      }
    ).result()
    #expect(text(result).contains("listen: EADDRINUSE"))
  }

  // MARK: Terminals

  private func onTerminal(_ diagnosis: BindDiagnosis, rows: Int) -> [Substring] {
    var text = StyledText(usesColor: false, width: 79, rows: rows)
    TrybindText(diagnosis).write(to: &text)
    return text.buffer.text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
  }

  /// The verdict and what to do are on the screen, whatever else has no room.
  @Test(arguments: [10, 12, 24, 50]) func nothingScrollsAway(rows: Int) throws {
    for situation in Self.all {
      let diagnosis = try situation.diagnosis()
      let lines = onTerminal(diagnosis, rows: rows)
      let whole = text(diagnosis, width: 79).split(separator: "\n", omittingEmptySubsequences: false)
        .dropLast()
      #expect(lines[0].hasPrefix(Self.word(situation)), "\(situation.name)")
      #expect(lines.contains { $0.hasPrefix("Do  ") } == whole.contains { $0.hasPrefix("Do  ") })
      let left = lines.last?.hasPrefix("-v: ") == true
      if lines.count > rows - 2 {
        #expect(
          left && !lines.contains { $0.hasPrefix("Why") || $0.hasPrefix("Unseen") }, "\(situation.name)")
      }
      if rows == 24 { #expect(lines.count <= 22, "\(situation.name): \(lines.count)") }
      if rows == 50 { #expect(!left || lines.count > 40, "\(situation.name)") }
    }
  }

  /// What differs from one answer to the next is told on every terminal, and not only with -v.
  @Test func whatWasNotSeenIsNotHidden() throws {
    let holders = [Holder(.on(.loopback, expires: 5_000), .reuseAddress)]
    let lines = onTerminal(try Diagnosing(holders).result(), rows: 60)
    #expect(lines.contains("Unseen  whether your server sets SO_REUSEADDR; if it does, ask with --reuse"))
    #expect(lines.contains("        your server's own user, privileges and policies (-v tells more)"))
    #expect(lines.contains("        UDP: only TCP was looked at"))
    var changing = Coverage(origin: .sockDiag, isComplete: true, blindSpots: [.smallHash])
    changing.hasChangedMeanwhile = true
    let changed = onTerminal(try Diagnosing(holders, coverage: changing).result(), rows: 60)
    #expect(changed.contains { $0.contains("sockets that came and went") })
  }

  /// Of many sockets the first is shown, and so is what was not seen.
  @Test func theFirstSocketIsEnough() throws {
    let holders = (UInt16(1)...20).map {
      Holder(.on(.loopback, peer: $0, expires: UInt32($0) * 1000), .reuseAddress)
    }
    let lines = onTerminal(try Diagnosing(holders).result(), rows: 24)
    #expect(lines.contains { $0.hasPrefix("Seen    127.0.0.1:9527 - 127.0.0.1:20  TIME_WAIT") })
    #expect(lines.contains("        and 19 more  (tw-inspect port 9527 --all)"))
    #expect(lines.contains { $0.hasPrefix("Unseen  ") })
  }

  // MARK: All situations

  @Test(arguments: [60, 80, 120]) func nothingIsWiderThanItMayBe(width: Int) throws {
    for situation in Self.all {
      let text = text(try situation.diagnosis(), width: width)
      // The trials are as wide as their options.
      var lines = text.split(separator: "\n", omittingEmptySubsequences: false).filter {
        !$0.contains("SO_REUSEADDR") && !$0.contains(":9527 ")
      }
      if !situation.slugs.isEmpty { lines.removeLast(2) }
      for line in lines where line.count > width {
        let isCommand = line.contains("sudo ") || line.contains("tw-inspect ")
        #expect(isCommand || !line.drop { $0 == " " }.contains(" "), "\(situation.name): \(line)")
      }
    }
  }

  @Test func theSlugsKeepToTheWidth() throws {
    let widest =
      try Self.all.map { text(try $0.diagnosis()).split(separator: "\n").last?.count ?? 0 }.max() ?? 0
    #expect(widest <= 80)
  }

  private static func word(_ situation: BindCase) -> String {
    situation.bindable.map { $0 ? "Yes." : "No." } ?? "Unknown."
  }

  @Test func fourPartsAndTheSlugs() throws {
    for situation in Self.all {
      let diagnosis = try situation.diagnosis()
      let text = text(diagnosis)
      #expect(text.hasPrefix("\(Self.word(situation)) "), "\(situation.name)")
      #expect(text.contains("\nUnseen  "), "\(situation.name)")
      for slug in situation.slugs { #expect(text.contains(slug), "\(situation.name)") }
      guard let first = diagnosis.findings.first else { continue }
      #expect(text.contains("\nWhy     ") || text.contains("\nNote    "), "\(situation.name)")
      #expect(text.contains("\nDo      ") == !first.remedies.isEmpty, "\(situation.name)")
      #expect(text.contains("\nSeen    ") == (first.evidence != .nothing), "\(situation.name)")
    }
  }

  /// Whatever is on the port, it can be written, at any width.
  @Test func randomCrowds() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    var generator = SplitMix(seed: seed)
    for _ in 0..<500 {
      let diagnosis = try Diagnosing.random(&generator).result()
      let width = Int.random(in: 1...200, using: &generator)
      let text = text(diagnosis, width: width, usesColor: true)
      #expect(text.hasSuffix("\n") && !text.contains("Optional(") && !text.contains("\u{1f}"), "seed \(seed)")
      let document = TrybindReport(diagnosis).document(
        .example("trybind"), isOneLine: true, interfaceName: interfaceName)
      #expect(try JSONObject(document.text).int("schema_version") == 1, "seed \(seed)")
      #expect(TrybindReport(diagnosis).plain().text.split(separator: "\n").count == diagnosis.trials.count)
    }
  }

  /// A no never says that it could be bound as asked, and a yes never that it could not.
  @Test func theExplanationDoesNotContradictTheAnswer() throws {
    for situation in Self.all where situation.bindable == true {
      let text = text(try situation.diagnosis())
      #expect(text.hasPrefix("Yes."), "\(situation.name)")
      #expect(!text.contains("does not get past"), "\(situation.name)")
      #expect(!text.contains("\nDo "), "\(situation.name)")
    }
  }

  @Test func manyHoldersAreCounted() throws {
    let holders = (UInt16(1)...20).map {
      Holder(.on(.loopback, peer: $0, expires: UInt32($0) * 1000), .reuseAddress)
    }
    let text = text(try Diagnosing(holders).result())
    #expect(text.contains("Seen    127.0.0.1:9527 - 127.0.0.1:20  TIME_WAIT  20.0 s left\n"))
    #expect(text.contains("        and 17 more  (tw-inspect port 9527 --all)\n"))
  }

  /// A time of 0 is not printed as a time: the timer wheel may still need a step.
  @Test func endingIsNoTime() throws {
    for options: SocketOptions in [[], .reuseAddress] {
      for old: SocketOptions in [[], .reuseAddress] {
        let holder = Holder(.on(.loopback, expires: 0), old)
        let text = text(try Diagnosing([holder], .server(options)).result())
        if old == .reuseAddress, options == .reuseAddress {
          #expect(!text.contains("0.0 s"))
        } else {
          #expect(!text.contains("0.0 s"), "\(text)")
        }
      }
    }
  }

  /// One remedy promised the port two seconds later than another.
  @Test func oneInstantAtTheLatest() throws {
    var promises = 0
    for situation in Self.all {
      let diagnosis = try situation.diagnosis()
      let times = text(diagnosis, width: 200).matches(of: /([0-9.]+ s) at the latest/).map(\.output.1)
      promises += times.count
      let latest = diagnosis.freeLatest.map { Quantity.seconds(milliseconds: $0).plain }
      #expect(times.allSatisfy { $0 == latest ?? "" }, "\(situation.name): \(times)")
    }
    #expect(promises > 10)
  }

  // MARK: Colour

  @Test func colourOnlyWhenAskedFor() throws {
    for situation in Self.all {
      let diagnosis = try situation.diagnosis()
      let plain = text(diagnosis)
      #expect(!plain.contains("\u{1b}"))
      let colored = text(diagnosis, usesColor: true)
      #expect(
        colored.contains(
          "\u{1b}[38;5;\(situation.bindable == true ? 28 : 196)m\(Self.word(situation))\u{1b}[0m"))
      #expect(colored.replacing(try Regex("\u{1b}\\[[0-9;]+m"), with: "") == plain, "\(situation.name)")
    }
  }
}
