import Diagnosis
import LinuxHost
internal import NetlinkCodec
import Reports
import SocketTable

extension ClaimReport {
  /// Claim 7: the client connects again from the same port, first to a listener and then where nobody listens.
  mutating func carryOutTakeover(on network: ClaimNetwork) throws(ClaimError) {
    let talk = try ClaimConnection.begin(on: network, .reuseAddress)
    let old = talk.nextSequenceNumber
    try talk.close(.server, keepsListening: true)
    try talk.close(.client)
    let isInTimeWait = try talk.record()?.state == .timeWait
    let connected = try talk.connectAgain()
    var answers: [ClaimAnswer] = []
    func add(
      _ listener: String, _ question: String, _ result: ClaimAnswer.Result, _ known: ClaimAnswer.Result?
    ) {
      answers.append(
        ClaimAnswer(given: [.init("listener", listener)], question: question, result: result, known: known))
    }
    add("still there", "connect again", connected, .ok)
    let taken = try talk.states()
    add("still there", "4-tuple then", .text(taken), .text(TCPState.established.title))
    var jump: UInt32?
    if let old, let new = talk.nextSequenceNumber {
      // The FIN took one number, and the new SYN one. Kernels before 6.10 begin anywhere.
      jump = (new &- 1) &- (old &+ 1)
      add("still there", "sequence jump", .text("\(jump ?? 0)"), nil)
    }
    steps = talk.events

    try network.clear()
    let alone = try ClaimConnection.begin(on: network, .reuseAddress)
    try alone.close(.server)
    try alone.close(.client)
    let refused = try alone.connectAgain()
    add("gone", "connect again", refused, .refused(.connectionRefused))
    let left = try alone.states()
    add("gone", "4-tuple then", .text(left), .text("gone"))
    steps += answers.map { .answer($0) }

    let isTaken = isInTimeWait && connected == .ok && taken == TCPState.established.title
    verdict = isTaken ? refused == .ok ? .holds : .holdsWithCondition : .doesNotHold
    condition =
      verdict == .holdsWithCondition
      ? "something must listen, and the SYN must be newer, by its sequence number or its timestamp." : nil
    reason =
      """
      The SYN ends the TIME_WAIT and goes to the listener. Late segments of the old connection lie outside of the new \
      one's sequence numbers\(jump == 65_537 ? ", which begin 65537 above the old one's last" : "").
      """
    if refused != .ok, left == "gone" {
      remarks.append(
        """
        Without a listener the SYN is answered with an ACK, the client's RST ends the TIME_WAIT, and its next SYN is \
        refused.
        """)
    }
  }

  /// Claim 8: asks what each value of tcp_tw_reuse changes for connect(), whose only port has a TIME_WAIT to each of three
  /// servers, and for the bind of a server whose port is in TIME_WAIT.
  mutating func carryOutReuseSysctl(on network: ClaimNetwork) throws(ClaimError) {
    let sysctl = "net.ipv4.tcp_tw_reuse"
    try network.set("net.ipv4.ip_local_port_range", "40001 40001")
    let restarted = try ClaimConnection.begin(on: network, port: 9527)
    try restarted.close(.server)
    try restarted.close(.client)
    var talks: [ClaimConnection] = []
    var answers: [[ClaimAnswer]] = []
    func ask(_ value: Int, _ question: String, _ result: ClaimAnswer.Result, _ known: ClaimAnswer.Result) {
      answers[value].append(
        ClaimAnswer(
          given: [.init("tcp_tw_reuse", "\(value)")], question: question, result: result, known: known))
    }
    // Each value is tried with a connection of its own that has just ended: on a busy host the delay could be over for an
    // earlier one.
    for (value, port) in [9528, 9529, 9530 as UInt16].enumerated() {
      let talk = try ClaimConnection.begin(on: network, port: port)
      try talk.close(.client)
      try talk.close(.server, keepsListening: true)
      talks.append(talk)
      answers.append([])
      try network.set(sysctl, "\(value)")
      ask(value, "connect at once", try talk.connectionAttempt(), .noPort)
    }
    let began = Clock.monotonicNanoseconds
    // The kernel reuses a TIME_WAIT after tcp_tw_reuse_delay (before Linux 6.14 a constant second, before 4.19 counted in
    // whole seconds). The value 0 is tried last, when that time has passed for its connection as well.
    let late = try [1, 2].map { value throws(ClaimError) in
      try network.set(sysctl, "\(value)")
      return try talks[value].connectionSoon(on: network)
    }
    let passed = UInt32(clamping: (Clock.monotonicNanoseconds - began) / 1_000_000)
    let question = "connect after \(Quantity.seconds(milliseconds: passed))"
    try network.set(sysctl, "0")
    ask(0, question, try talks[0].connectionAttempt(), .noPort)
    for value in [1, 2] { ask(value, question, late[value - 1], .ok) }
    for value in 0...2 {
      try network.set(sysctl, "\(value)")
      ask(value, "server's bind", try network.answer(ClaimNetwork.loopback, restarted.server.port), .inUse)
    }
    steps = talks[0].events + answers.flatMap { $0 }.map { .answer($0) }

    let helpsConnect = late[0] == .ok
    let helpsBind = (0...2).contains { answers[$0].last?.result == .ok }
    verdict = helpsConnect && !helpsBind ? .holdsWithCondition : .doesNotHold
    condition =
      verdict == .holdsWithCondition
      ? "only for connect() with an ephemeral port, 1 s after the connection ended (2, the default: on loopback only)."
      : nil
    reason =
      """
      The client has only one port (ip_local_port_range 40001), and its connection is in TIME_WAIT. The bind is that of \
      a server whose own port is in TIME_WAIT: bind() does not look at tcp_tw_reuse.
      """
  }
}

extension ClaimAnswer.Result {
  fileprivate static let noPort = ClaimAnswer.Result.refused(.addressNotAvailable)
}

extension ClaimConnection {
  /// Tries for four seconds at most: the first success, or the last refusal.
  fileprivate func connectionSoon(on network: ClaimNetwork) throws(ClaimError) -> ClaimAnswer.Result {
    var result = ClaimAnswer.Result.noPort
    try network.settle(seconds: 4) { () throws(ClaimError) in
      result = try connectionAttempt()
      return result == .ok
    }
    return result
  }

  /// What connect() from a port of the kernel's choice answers.
  fileprivate func connectionAttempt() throws(ClaimError) -> ClaimAnswer.Result {
    do throws(SystemError) {
      let socket = try StreamSocket()
      try socket.connect(to: server)
      socket.close()
      return .ok
    } catch {
      guard error.call == "connect" else { throw .failed(.system(error)) }
      return .refused(error.errno)
    }
  }
}
