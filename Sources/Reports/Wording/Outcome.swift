internal import Diagnosis
internal import NetlinkCodec

/// What the kernel answered, as every output has it.
struct Outcome {
  let text: String
  /// Nil for what is neither good nor bad.
  let tone: StyledText.Tone?

  /// "ok", "EADDRINUSE", "listen: EADDRINUSE", "depends"; "not here" where nothing could be tried.
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

  /// The errno by its name in C, or "ok" if there is none.
  static func name(_ error: Errno?) -> String { error?.name ?? "ok" }
}

extension Trial {
  /// "ok" or the errno that bind, or an option before it, was refused with.
  var bindAnswer: String? {
    guard isTried else { return nil }
    return switch outcome {
    case .ok, .refused(.listen, _): Outcome.name(nil)
    case .refused(_, let error): Outcome.name(error)
    case .undetermined: nil
    }
  }

  /// Nil where listen was not called.
  var listenAnswer: String? {
    switch outcome {
    case .ok: socket.listens ? Outcome.name(nil) : nil
    case .refused(.listen, let error): Outcome.name(error)
    case .refused, .undetermined: nil
    }
  }
}
