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
  package var differences: [Difference] = []

  /// What came otherwise than it is known of Linux.
  package enum Difference: Sendable {
    case event(ClaimEvent)
    case answer(ClaimAnswer)
    /// `seen` as in the answers, where it need not be a state.
    case state(after: String, seen: String, known: TCPState)
    case verdict(Verdict, known: Verdict)
  }

  package init(number: Int, claim: String) {
    self.number = number
    self.claim = claim
  }
}

/// What was done, or asked, and what was seen then.
package enum ClaimStep: Sendable {
  case event(ClaimEvent)
  case answer(ClaimAnswer)

  /// Nil if all came as it is known of Linux.
  package var difference: ClaimReport.Difference? {
    switch self {
    case .event(let event): event.isAsKnown ? nil : .event(event)
    case .answer(let answer): answer.isAsKnown ? nil : .answer(answer)
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

  var isAsKnown: Bool { server.state == server.known && client.state == client.known }
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
  }

  /// Under which circumstances.
  package let given: [Given]
  /// What was asked: "bind", "TIME_WAIT timer".
  package let question: String
  package let result: Result
  package let isAsKnown: Bool
  /// What is known of Linux; where that is no single answer, in words.
  package let known: Result

  /// - Parameter isAsKnown: nil means that it is as known if `result` equals `known`.
  package init(given: [Given], question: String, result: Result, isAsKnown: Bool? = nil, known: Result) {
    self.given = given
    self.question = question
    self.result = result
    self.isAsKnown = isAsKnown ?? (result == known)
    self.known = known
  }
}
