import Diagnosis
import SocketTable

extension ClaimReport {
  /// Claim 1: the end that closes first keeps the TIME_WAIT, and with it the port.
  mutating func carryOutServerClosesFirst(on network: ClaimNetwork) throws(ClaimError) {
    let talk = try ClaimConnection.begin(on: network)
    let port = talk.server.port
    try talk.close(.server)
    let early = try answer(network, talk, .inUse)
    try talk.close(.client)
    let same = try answer(network, talk, .inUse)
    let wildcard = try answer(network, talk, at: .anyIPv4, .inUse)
    let other = try answer(network, talk, at: IPAddress(ipv4: 0x7f00_0002), .ok)
    steps = talk.events + [early, same, wildcard, other].map { .answer($0) }

    verdict = same.result == .inUse && same.given[0].value == TCPState.timeWait.title ? .holds : .doesNotHold
    reason = "The end that closes first keeps the connection in TIME_WAIT, and the connection keeps its port."
    if other.result == .ok {
      remarks.append("Only addresses that overlap are refused: 127.0.0.2:\(port) does not overlap.")
    }
    if early.result == .inUse, early.given[0].value == TCPState.finWait2.title {
      remarks.append(
        """
        Before the client closes, the state is FIN_WAIT2, and no process has the socket (as after kill -9). A list of \
        TIME_WAIT does not show it, but bind still fails.
        """)
    }
  }

  private func answer(
    _ network: ClaimNetwork, _ talk: ClaimConnection, at address: IPAddress = ClaimNetwork.loopback,
    _ known: ClaimAnswer.Result
  ) throws(ClaimError) -> ClaimAnswer {
    let place = Endpoint(address: address, port: talk.server.port)
    return ClaimAnswer(
      given: [
        .init("old connection", try talk.record()?.state.title ?? "gone"),
        .init("new server on", place.text),
      ],
      question: "bind", result: try network.answer(address, place.port), known: known)
  }

  /// Claim 2: where the client closes first, the TIME_WAIT is on the client's port.
  mutating func carryOutClientClosesFirst(on network: ClaimNetwork) throws(ClaimError) {
    let talk = try ClaimConnection.begin(on: network)
    try talk.close(.client)
    try talk.close(.server)
    var answers: [ClaimAnswer] = []
    let rows: [(name: String, endpoint: Endpoint, known: ClaimAnswer.Result)] = [
      ("server's", talk.server, .ok), ("client's", talk.peer, .inUse),
    ]
    for (name, endpoint, known) in rows {
      for (question, options) in [("plain", []), ("SO_REUSEADDR", SocketOptions.reuseAddress)] {
        answers.append(
          ClaimAnswer(
            given: [.init("port", "\(name) \(endpoint.text)")], question: question,
            result: try network.answer(endpoint.address, endpoint.port, options), known: known))
      }
    }
    steps = talk.events + answers.map { .answer($0) }

    verdict = answers[0].result == .ok ? .holds : .doesNotHold
    reason = "The TIME_WAIT is at the client's end, and keeps the client's port."
    if answers[3].result == .inUse {
      remarks.append(
        "A bind to the client's port fails, even with SO_REUSEADDR: the client had not set it (claim 4).")
    }
  }

  /// Claim 4: SO_REUSEADDR has to be set by the old server and by the new one.
  mutating func carryOutReuseAddress(on network: ClaimNetwork) throws(ClaimError) {
    var results: [Bool: [Bool: ClaimAnswer.Result]] = [:]
    var answers: [ClaimStep] = []
    for old in [false, true] {
      if old { try network.clear() }
      let talk = try ClaimConnection.begin(on: network, old ? .reuseAddress : [])
      try talk.close(.server)
      try talk.close(.client)
      // The connection takes the same steps both times, so only the second time is shown.
      if old { steps = talk.events } else { differences += talk.events.compactMap(\.difference) }
      for new in [false, true] {
        let result = try network.answer(
          talk.server.address, talk.server.port, new ? .reuseAddress : [], listens: true)
        results[old, default: [:]][new] = result
        answers.append(
          .answer(
            ClaimAnswer(
              given: [.init("old server", old ? "on" : "off"), .init("new server", new ? "on" : "off")],
              question: "bind and listen", result: result, known: old && new ? .ok : .inUse)))
      }
    }
    steps += answers
    switch (results[true]?[true], results[false]?[true]) {
    case (.ok, .ok): verdict = .holds
    case (.ok, _):
      verdict = .holdsWithCondition
      condition = "the old server must have set it too."
    default: verdict = .doesNotHold
    }
    reason =
      """
      Linux requires SO_REUSEADDR on both sides, and a TIME_WAIT keeps what its socket had. So the first restart after \
      the option was added still fails.
      """
  }
}
