package import NetlinkCodec
package import SocketTable

/// The result of carrying out one of the textbook's claims about TIME_WAIT with real sockets (`demo`). The raw values of its
/// enumerations stand in JSON.
package struct ClaimReport: Sendable {
  package enum Verdict: String, Sendable, CaseIterable {
    case holds
    case holdsWithCondition = "holds-with-condition"
    case doesNotHold = "does-not-hold"
    case skipped
  }

  package let number: Int
  /// The claim in the textbook's words.
  package let claim: String
  /// Nil until the claim has been carried out.
  package var verdict: Verdict?
  /// The condition under which the claim holds; nil unless it holds with a condition.
  package var condition: String?
  /// Why the kernel answers so, or why the claim was skipped.
  package var reason: String?
  package var steps: [ClaimStep] = []
  /// Other observations that were made on the way.
  package var remarks: [String] = []
  /// Where this kernel behaved unlike what is known of Linux.
  package var differences: [Difference] = []

  /// One observation that differs from what is known of Linux.
  package enum Difference: Sendable {
    case event(ClaimEvent)
    case answer(ClaimAnswer)
    /// `seen` is text, because what was seen need not be a state.
    case state(after: String, seen: String, known: TCPState)
    case verdict(Verdict, known: Verdict)
  }

  package init(number: Int, claim: String) {
    self.number = number
    self.claim = claim
  }
}

/// One step of a claim: something that was done or asked, with what was seen then.
package enum ClaimStep: Sendable {
  case event(ClaimEvent)
  case answer(ClaimAnswer)

  /// Nil if the step went as is known of Linux.
  package var difference: ClaimReport.Difference? {
    switch self {
    case .event(let event): event.isAsKnown ? nil : .event(event)
    case .answer(let answer): answer.isAsKnown ? nil : .answer(answer)
    }
  }
}

/// An action of one end of a connection, with the state of both ends afterwards.
package struct ClaimEvent: Sendable {
  package enum Actor: String, Sendable, CaseIterable {
    case server
    case client
  }

  /// One end of the connection as the kernel lists it.
  package struct End: Sendable {
    package let endpoint: Endpoint
    /// Nil if the kernel does not list the socket any more.
    package let state: TCPState?
    /// Milliseconds that its timer has left; nil unless it is a minisocket.
    package let expires: UInt32?
    /// The state that Linux is known to have here; nil if no socket should be left.
    package let known: TCPState?

    package init(_ endpoint: Endpoint, _ record: SocketRecord?, known: TCPState?) {
      self.endpoint = endpoint
      state = record?.state
      expires = record?.isMinisocket == true ? record?.timer?.expires : nil
      self.known = known
    }
  }

  package let actor: Actor
  /// A verb: "connects", "closes".
  package let action: String
  /// The segments that the action sends, by their names in RFC 9293.
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

/// A question to the kernel, with its answer and the answer that Linux is known to give.
package struct ClaimAnswer: Sendable {
  /// One circumstance under which the question was asked, such as an option of the socket.
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

  package let given: [Given]
  /// The subject of the question: "bind", "TIME_WAIT timer".
  package let question: String
  package let result: Result
  package let isAsKnown: Bool
  /// The answer that is known of Linux; a text in words where it is not a single value.
  /// Nil where kernels differ: then it is an observation.
  package let known: Result?

  /// - Parameter isAsKnown: nil compares `result` with `known`.
  package init(given: [Given], question: String, result: Result, isAsKnown: Bool? = nil, known: Result?) {
    self.given = given
    self.question = question
    self.result = result
    self.isAsKnown = isAsKnown ?? (known == nil || result == known)
    self.known = known
  }
}
