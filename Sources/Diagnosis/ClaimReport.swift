package import NetlinkCodec
package import SocketTable

/// What became of one of the textbook's claims when it was carried out.
package struct ClaimReport: Sendable {
  package enum Verdict: String, Sendable {
    case holds
    case holdsWithCondition = "holds-with-condition"
    case doesNotHold = "does-not-hold"
    case skipped
  }

  package let number: Int
  /// As the textbook has it.
  package let claim: String
  /// Nil if it has not been carried out.
  package var verdict: Verdict?
  /// Under which it holds.
  package var condition: String?
  /// Why the kernel answers so, or why the claim was skipped.
  package var reason: String?
  package var steps: [ClaimStep] = []
  /// What else could be seen.
  package var remarks: [String] = []
  /// What came otherwise than it is known of Linux.
  package var differences: [String] = []

  package init(number: Int, claim: String) {
    self.number = number
    self.claim = claim
  }
}

/// What was done, or asked, and what was seen then.
package enum ClaimStep: Sendable {
  case event(ClaimEvent)
  case answer(ClaimAnswer)

  /// What came otherwise than it is known of Linux.
  package var difference: String? {
    switch self {
    case .event(let event): event.difference
    case .answer(let answer): answer.difference
    }
  }
}

/// One end of a connection did something; both were then looked at.
package struct ClaimEvent: Sendable {
  package enum Actor: String, Sendable {
    case server
    case client
  }

  /// One end as the kernel lists it.
  package struct End: Sendable {
    package let endpoint: Endpoint
    /// Nil if it is not in the table any more.
    package let state: TCPState?
    /// Milliseconds, where only a timer keeps it.
    package let expires: UInt32?
    /// The state that it is known to have here.
    package let known: TCPState?

    package init(_ endpoint: Endpoint, _ record: SocketRecord?, known: TCPState?) {
      self.endpoint = endpoint
      state = record?.state
      expires = record?.isMinisocket == true ? record?.timer?.expires : nil
      self.known = known
    }

    /// The state, or that there is none any more.
    package var title: String { state?.title ?? "closed" }
  }

  package let actor: Actor
  /// "connects", "closes".
  package let action: String
  /// What that sends, by its name in RFC 9293.
  package let sends: String
  package let server: End
  package let client: End

  package init(actor: Actor, action: String, sends: String, server: End, client: End) {
    self.actor = actor
    self.action = action
    self.sends = sends
    self.server = server
    self.client = client
  }

  var difference: String? {
    guard server.state != server.known || client.state != client.known else { return nil }
    let known = [server, client].map { $0.known?.title ?? "closed" }
    return """
      after "\(actor.rawValue) \(action)" the server's end is \(server.title) and the client's \(client.title); \
      known are \(known[0]) and \(known[1])
      """
  }
}

/// What the kernel answered to a question.
package struct ClaimAnswer: Sendable {
  package struct Given: Sendable, Equatable {
    package let name: String
    package let value: String

    package init(_ name: String, _ value: String) {
      self.name = name
      self.value = value
    }
  }

  package enum Result: Sendable, Equatable {
    case ok
    case refused(Errno)
    case milliseconds(UInt32)
    case text(String)

    package var text: String {
      switch self {
      case .ok: "ok"
      case .refused(let error): error.name
      case .milliseconds(let time): Quantity.seconds(milliseconds: time).plain
      case .text(let text): text
      }
    }
  }

  /// Under which circumstances.
  package let given: [Given]
  /// What was asked: "bind", "TIME_WAIT timer".
  package let question: String
  package let result: Result
  package let isAsKnown: Bool
  /// What is known of Linux.
  package let known: String

  package init(given: [Given], question: String, result: Result, isAsKnown: Bool, known: String) {
    self.given = given
    self.question = question
    self.result = result
    self.isAsKnown = isAsKnown
    self.known = known
  }

  package init(given: [Given], question: String, result: Result, known: Result) {
    self.init(
      given: given, question: question, result: result, isAsKnown: result == known, known: known.text)
  }

  var difference: String? {
    guard !isAsKnown else { return nil }
    let circumstances = given.map { "\($0.name) \($0.value)" }.joined(separator: ", ")
    return "\(circumstances): \(question): \(result.text); known is \(known)"
  }
}
