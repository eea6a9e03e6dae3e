import Diagnosis
import RecordSupport
import SocketTable

/// `wait` in a world that is given as a function of time, with a clock that costs nothing. Times are milliseconds.
struct WaitSimulation {
  var target = BindTarget.server(on: [.loopback])
  var settings = HostSettings(timerSlack: 2048)
  /// What one look takes, in microseconds of processor time.
  var lookCost: (StateSet) -> Int64 = { _ in 100 }
  /// The answer of the kernel in the rules' place.
  var script: (Int64, TrialSocket) -> TrialOutcome? = { _, _ in nil }
  let world: (Int64) -> [Holder]

  init(_ world: @escaping (Int64) -> [Holder]) { self.world = world }

  struct Result {
    /// When the trial succeeded; nil if the time was up before.
    var free: Int64?
    /// Each later trial.
    var trials: [Int64] = []
    var looks: [(time: Int64, states: StateSet)] = []
    var delays: [(time: Int64, delay: WaitPlan.Delay)] = []
    var endsByItself: [Bool] = []
    var isHopeless = false
    var expectedEnd: Int64?
    /// Microseconds.
    var cost: Int64 = 0
  }

  func run(until limit: Int64 = 300_000) throws -> Result {
    var result = Result()
    var first = kernel(at: 0)
    var session = try TrialSession.run(target, comparing: .none, prober: &first) { () throws(ProbeFailed) in
      Snapshot(records: world(0).map(\.record), coverage: .netlink)
    }
    guard session.trials.contains(where: { $0.outcome != .ok }) else {
      result.free = 0
      return result
    }
    var now: Int64 = 0
    var plan = WaitPlan(session, settings: settings, at: 0)
    result.expectedEnd = plan.expectedEnd.map { $0 / 1_000_000 }
    while now / 1_000_000 < limit, !plan.isHopeless {
      result.endsByItself.append(plan.endsByItself)
      if let delay = plan.delay { result.delays.append((now / 1_000_000, delay)) }
      plan.delay = nil
      let time = now / 1_000_000
      func look(_ states: StateSet) -> [SocketRecord] {
        result.looks.append((time, states))
        result.cost += lookCost(states)
        return world(time).map(\.record).filter { states.contains($0.state) }
      }
      switch plan.next(at: now) {
      case .lookAtAll: plan.looked(look(.all), cost: lookCost(.all) * 1000, at: now)
      case .look(let states): plan.looked(states, look(states), cost: lookCost(states) * 1000, at: now)
      case .attempt:
        result.trials.append(time)
        var kernel = kernel(at: time)
        if try session.tryAgain(&kernel) {
          result.free = time
          return result
        }
        plan.refused(session, cost: 20_000, at: now)
      case .sleep(let until):
        precondition(until > now, "a sleep that does not end is one too many")
        now = min(until, limit * 1_000_000)
      }
      // A plan that does not sleep would never end here.
      guard result.looks.count + result.trials.count < 100_000 else { return result }
    }
    result.isHopeless = plan.isHopeless
    return result
  }

  private func kernel(at time: Int64) -> FakeKernel {
    FakeKernel(world(time), uid: target.uid) { _, socket in script(time, socket) }
  }
}

/// A minisocket whose timer reaches 0 at `end` and fires at `gone`.
func minisocket(
  _ now: Int64, end: Int64, gone: Int64, _ state: TCPState = .timeWait, peer: UInt16 = 50_000,
  _ options: SocketOptions = []
) -> [Holder] {
  guard now < gone else { return [] }
  return [
    Holder(
      .on(
        .loopback, 9527, state, peer: peer, timer: .timeWait, expires: UInt32(max(0, end - now)),
        cookie: UInt64(peer)),
      options)
  ]
}

func listener(_ now: Int64, until end: Int64, _ options: SocketOptions = []) -> [Holder] {
  now < end ? [Holder(.on(.loopback, 9527, .listen, inode: 7, cookie: 1), options)] : []
}

func connection(
  _ now: Int64, until end: Int64, _ state: TCPState = .established, peer: UInt16 = 50_000, inode: UInt32 = 8,
  _ options: SocketOptions = []
) -> [Holder] {
  now < end
    ? [Holder(.on(.loopback, 9527, state, peer: peer, inode: inode, cookie: UInt64(peer)), options)] : []
}
