import KernelSupport
import Diagnosis
import Glibc
import LinuxHost
import SocketTable
import TestSupport
import Testing

extension Oracle {
  /// One existing socket, in every state and on all axes, against new ones on the same axes.
  @Suite struct OneSocketTests {
    /// New sockets that each existing one is tried with.
    private static let newcomers = 10
    /// Existing sockets made at a time, as some states take a while.
    private static let batch = 8

    @Test(arguments: OracleState.allCases)
    func netlink(state: OracleState) throws {
      if state == .boundOnly { try Requirement.boundSockets.orSkip() }
      if state == .multipathListener { try Requirement.mptcp.orSkip() }
      try withOracleBench { bench in
        try run(state, bench, cases: Oracle.cases * 7 / 10 / OracleState.allCases.count)
      }
    }

    /// Less is known, so that more is left open, and nothing is told wrong. Sockets that are only bound are
    /// not in /proc at all.
    @Test func proc() throws {
      let hasMultipath = Requirement.mptcp.isMet()
      let states = OracleState.allCases.filter {
        $0 != .boundOnly && ($0 != .multipathListener || hasMultipath)
      }
      try withOracleBench(.proc) { bench in
        for state in states { try run(state, bench, cases: Oracle.cases / 10 / states.count) }
      }
    }

    private func run(_ state: OracleState, _ bench: OracleBench, cases: Int) throws {
      var random = OracleRandom("\(state)")
      var space = bench.space
      if !state.mayBeOnOtherDevice { space.devices = [.none, .loopback] }
      var existing = space.spread(&random)
      var asked = 0
      while asked < cases {
        var situations: [OracleSituation] = []
        for _ in 0..<min(Self.batch, (cases - asked) / Self.newcomers + 1) {
          guard let socket = existing.next() else { break }
          situations.append(try OracleSituation(state, socket, bench))
        }
        for situation in situations {
          asked += try confront(situation, bench, &random)
          situation.close()
        }
      }
    }

    /// How many binds and listens were judged.
    private func confront(
      _ situation: OracleSituation, _ bench: OracleBench, _ random: inout OracleRandom
    ) throws -> Int {
      let before = try situation.settle()
      let learned = try bench.learned(before.records)
      var newcomers = bench.space.spread(&random)
      let sockets = (0..<Self.newcomers).compactMap { _ in newcomers.next() }
      var answers: [(OracleSocket, TrialOutcome)] = []
      // A SO_REUSEPORT bind that succeeds makes the kernel more lenient, for as long as no other kind of bind
      // has succeeded on the port. First those that have nothing but SO_REUSEPORT, as they are exempt from
      // the least.
      for socket in sockets.sorted(by: { $0.options == .reusePort && $1.options != .reusePort }) {
        let outcome = try bench.attempt(socket, port: situation.port, listens: true)
        answers.append((socket, outcome))
        if socket.options.contains(.reusePort), outcome == .ok { try forget(situation, bench) }
      }
      guard before.isSame(as: try bench.look(situation.port)) else {
        Oracle.tally.withLock { $0.unsettled += answers.count }
        return answers.count
      }
      var asked = 0
      for (socket, outcome) in answers {
        asked += try judge(situation, before, learned, try bench.newSocket(socket), "\(socket)", outcome)
      }
      return asked
    }

    private func judge(
      _ situation: OracleSituation, _ snapshot: Snapshot, _ learned: [SocketRecord]?, _ new: NewSocket,
      _ name: String,
      _ outcome: TrialOutcome
    ) throws -> Int {
      let description = "\(situation.state) \(situation.socket), new \(name)"
      let question = { (call: String) in
        OracleCase(
          call: call, new: new, snapshot: snapshot, known: situation.known, learned: learned,
          description: description)
      }
      switch outcome {
      case .ok:
        question("bind").judge(isOK: true, mayRememberReusePort: false)
        question("listen").judge(isOK: true, mayRememberReusePort: false)
        return 2
      case .refused(.bind, .addressInUse):
        question("bind").judge(isOK: false, mayRememberReusePort: false)
        return 1
      case .refused(.listen, .addressInUse):
        question("bind").judge(isOK: true, mayRememberReusePort: false)
        question("listen").judge(isOK: false, mayRememberReusePort: false)
        return 2
      case .refused, .undetermined: throw Unexpected(description: "\(description): \(outcome)")
      }
    }

    /// A plain bind that succeeds makes the kernel forget SO_REUSEPORT binds. Where the existing socket
    /// leaves no room for one there is nothing to be done.
    private func forget(_ situation: OracleSituation, _ bench: OracleBench) throws {
      for place in bench.space.places.reversed() {
        for device in [.other, .loopback, .none] as [OracleDevice] where device != situation.socket.device {
          let plain = OracleSocket(place: place, options: [], owner: geteuid(), device: device)
          if try bench.attempt(plain, port: situation.port, listens: false) == .ok { return }
        }
      }
    }
  }

  /// Several sockets on one port, opened and closed in random order.
  @Suite(.needs(.boundSockets))
  struct SequenceTests {
    private static let groups = 4

    @Test(arguments: 0..<groups)
    func netlink(group: Int) throws {
      try withOracleBench { bench in
        var random = OracleRandom("sequence \(group)")
        var (asked, withReusePort, allowed) = (0, 0, 0)
        while asked < Oracle.cases * 3 / 10 / Self.groups {
          let sequence = OracleSequence(bench, random.fork())
          try sequence.run(steps: Int.random(in: 10...60, using: &random))
          asked += sequence.asked
          withReusePort += sequence.askedWithReusePort
          allowed += sequence.allowedAgainstTheRules
        }
        // Two in a hundred are usual, four where there is only one user; few as they are, in a small sample
        // they may be more.
        #expect(allowed <= 15 + withReusePort / 10, "of \(withReusePort); TW_SEED=\(Oracle.seed)")
      }
    }
  }

  struct Unexpected: Error, CustomStringConvertible {
    let description: String
  }
}
