internal import Diagnosis
internal import NetlinkCodec

/// An outcome in the words that all formats use.
struct Outcome {
  let text: String
  /// Nil for a value that is neither good nor bad.
  let tone: StyledText.Tone?

  /// "ok", "EADDRINUSE", "listen: EADDRINUSE", "depends". "not here" for nil, where no such trial was made on this host.
  init(_ outcome: TrialOutcome?) {
    switch outcome {
    case .ok?: (text, tone) = (Self.name(nil), .good)
    case .refused(.listen, let error)?: (text, tone) = ("listen: \(Self.name(error))", .bad)
    case .refused(_, let error)?: (text, tone) = (Self.name(error), .bad)
    case .undetermined?: (text, tone) = ("depends", .state)
    case nil: (text, tone) = ("not here", .state)
    }
  }

  init(_ result: ClaimAnswer.Result) {
    switch result {
    case .ok: (text, tone) = (Self.name(nil), .good)
    case .refused(let error): (text, tone) = (Self.name(error), .bad)
    case .milliseconds(let time): (text, tone) = (Quantity.seconds(milliseconds: time).plain, nil)
    case .text(let words): (text, tone) = (words, nil)
    }
  }

  /// The name of the errno in C; "ok" for nil.
  static func name(_ error: Errno?) -> String { error?.name ?? "ok" }
}

extension Trial {
  /// "ok", or the errno with which bind(2) or a call before it failed. Nil if the trial was not made.
  var bindAnswer: String? {
    guard isTried else { return nil }
    return switch outcome {
    case .ok, .refused(.listen, _): Outcome.name(nil)
    case .refused(_, let error): Outcome.name(error)
    case .undetermined: nil
    }
  }

  /// "ok", or the errno with which listen(2) failed. Nil if it was not called.
  var listenAnswer: String? {
    switch outcome {
    case .ok: socket.listens ? Outcome.name(nil) : nil
    case .refused(.listen, let error): Outcome.name(error)
    case .refused, .undetermined: nil
    }
  }
}
