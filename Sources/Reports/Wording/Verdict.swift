internal import Diagnosis
internal import SocketTable

/// The words of a `BindVerdict`: the first word, and the sentence that follows it.
struct Verdict {
  let word: String
  let sentence: Prose
  let isYes: Bool

  /// - Parameter title: the title of the finding that decides; nil if there is no finding.
  init(_ diagnosis: BindDiagnosis, deciding title: Prose?) {
    let port = diagnosis.target.port
    let place = port == 0 ? "a port that the kernel chooses" : "port \(port)"
    switch diagnosis.verdict {
    case .yes: self.init("Yes.", Self.yes(diagnosis, place, title), isYes: true)
    case .no: self.init("No.", Self.notEverywhere(diagnosis) + (title ?? "\(place) cannot be bound."))
    case .depends: self.init("It depends.", title ?? "The socket table does not show it.")
    case .unknown:
      self.init(
        "Unknown.",
        diagnosis.coverage.isComplete
          ? "None of the addresses could be tried."
          : "The list of sockets on \(place) is incomplete: \(Reason.text(of: diagnosis.coverage.shortfall)). \(Self.answers(diagnosis))"
      )
    }
  }

  private init(_ word: String, _ sentence: Prose, isYes: Bool = false) {
    self.word = word
    self.sentence = sentence
    self.isYes = isYes
  }

  /// What the kernel answered to the trials, which is true even if the look was incomplete.
  private static func answers(_ diagnosis: BindDiagnosis) -> Prose {
    guard diagnosis.prediction == nil else { return "Nothing was bound." }
    let refused = diagnosis.trials.filter { $0.usesServerOptions && $0.outcome != .ok }
    return refused.isEmpty
      ? "The trial itself succeeded." : "The trial itself was refused: \(Outcome(refused[0].outcome).text)."
  }

  /// Names the addresses that could be bound and those that could not. Empty unless the server may choose its address and
  /// one of them could be bound.
  private static func notEverywhere(_ diagnosis: BindDiagnosis) -> Prose {
    let yours = diagnosis.trials.filter(\.usesServerOptions)
    let ok = yours.filter { $0.outcome == .ok }.map(\.socket.address.text)
    let refused = yours.filter { $0.outcome != .ok }.map(\.socket.address.text)
    guard diagnosis.target.areAlternatives, !ok.isEmpty else { return "" }
    return """
      Not on every address: ok on \(ok.joined(separator: ", ")), refused on \
      \(refused.joined(separator: ", ")). 
      """
  }

  private static func yes(_ diagnosis: BindDiagnosis, _ place: String, _ title: Prose?) -> Prose {
    let target = diagnosis.target
    let options = Wording.names(target.options)
    let what = target.listens && diagnosis.prediction == nil ? "bind and listen on" : "bind"
    let with = target.options.isEmpty ? "" : " with \(options)"
    var text: Prose =
      if !target.isAfterStop {
        "A server\(with) can \(what) \(place)."
      } else if diagnosis.hasListener {
        "If what listens there now stops, a server\(with) can \(what) \(place) at once."
      } else {
        "Nothing listens there now, and a server\(with) can \(what) \(place) at once."
      }
    if let certainty = diagnosis.prediction?.certainty {
      text += certainty == .certain ? " Predicted; nothing was bound." : " That is likely; nothing was bound."
    }
    if diagnosis.findings.first?.slug == .portNowFree, let title { text += " \(title)" }
    if !diagnosis.holders.isEmpty, !target.options.isEmpty {
      text +=
        " Without \(options) it could not: \(StateList(StateCounts(diagnosis.holders)).list) \(diagnosis.holders.count == 1 ? "is" : "are") on the port."
      // The trial stands for the server as it was described.
      if diagnosis.prediction == nil {
        text += " If your server is still refused, it does not set that before bind()."
      }
    }
    if target.options.contains(.reuseAddress), target.taken == nil, diagnosis.hasListenerWithoutReuse {
      text +=
        " But what listens there now does not set SO_REUSEADDR: if that is your server, leave out --reuse."
    }
    return text
  }
}
