import Diagnosis
import LinuxHost
import SocketTable

extension ClaimReport {
  /// Claim 6: a second listener on the port of the first, at another address.
  mutating func carryOutSeveralServices(on network: ClaimNetwork) throws(ClaimError) {
    let other = IPAddress(ipv4: 0x7f00_0002)
    let cases: [(first: IPAddress, second: IPAddress, options: SocketOptions, known: ClaimAnswer.Result)] = [
      (ClaimNetwork.loopback, other, [], .ok),
      (.anyIPv4, other, [], .inUse),
      (.anyIPv4, other, .reuseAddress, .inUse),
      (.anyIPv4, other, .reusePort, .ok),
    ]
    var results: [ClaimAnswer.Result] = []
    for (first, second, options, known) in cases {
      let listener = try network.system { () throws(SystemError) in
        try Self.listener(at: first, options, on: network)
      }
      let port = try network.system { () throws(SystemError) in try listener.localPort() }
      let state = try network.record(Endpoint(address: first, port: port), nil)?.state.title ?? "gone"
      let result = try network.answer(second, port, options, listens: true)
      results.append(result)
      steps.append(
        .answer(
          ClaimAnswer(
            given: [
              .init("first service", "\(Endpoint(address: first, port: port).text) \(state)"),
              .init("second service", Endpoint(address: second, port: port).text),
              .init("both set", options.names.first ?? "nothing"),
            ], question: "bind and listen", result: result, known: known)))
      listener.close()
    }
    let needsNothing = results[0] == .ok
    let helpsBesideWildcard = results[2] == .ok
    verdict = needsNothing || !helpsBesideWildcard ? .doesNotHold : .holds
    reason =
      """
      Different addresses need no option. Beside a listener on the wildcard address SO_REUSEADDR does not help; \
      SO_REUSEPORT on both does.
      """
  }

  private static func listener(
    at address: IPAddress, _ options: SocketOptions, on network: ClaimNetwork
  ) throws(SystemError) -> StreamSocket {
    let listener = try StreamSocket(options)
    // A listener at 0.0.0.0 could otherwise be reached from outside of this host.
    if !network.isPrivate { try listener.bindToLoopbackDevice() }
    try listener.bind(Endpoint(address: address, port: network.serverPort))
    try listener.listen()
    return listener
  }
}
