internal import Diagnosis
internal import SocketTable

extension ClaimEvent.End {
  /// The name of the state, or words for a socket that is not listed any more.
  var title: String { Self.title(state) }

  fileprivate static func title(_ state: TCPState?) -> String { state?.title ?? "closed" }

  fileprivate var knownTitle: String { Self.title(known) }
}

extension ClaimAnswer.Result {
  var text: String { Outcome(self).text }
}

extension ClaimReport.Difference {
  /// A sentence with what was seen and what is known of Linux.
  var text: String {
    switch self {
    case .event(let event):
      """
      after "\(event.actor.rawValue) \(event.action)" the server's end is \(event.server.title) and the client's \
      \(event.client.title); expected are \(event.server.knownTitle) and \(event.client.knownTitle)
      """
    case .answer(let answer):
      """
      \(answer.given.map { "\($0.name) \($0.value)" }.joined(separator: ", ")): \(answer.question): \
      \(answer.result.text); expected is \(answer.known?.text ?? "nothing")
      """
    case .state(let story, let seen, let known): "\(story): the state is \(seen); expected is \(known.title)"
    case .verdict(let verdict, let known): "the verdict is \(verdict.rawValue); expected is \(known.rawValue)"
    }
  }
}
