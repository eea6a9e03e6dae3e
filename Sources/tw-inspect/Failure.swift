import LinuxHost

/// Exit statuses that mean the same in every command (sysexits(3) where there is one).
enum ExitStatus {
  static let yes: Int32 = 0
  static let no: Int32 = 1
  static let usage: Int32 = 64
  static let incompleteLook: Int32 = 69
  static let systemError: Int32 = 71
  static let outputError: Int32 = 74
  static let notPermitted: Int32 = 77
}

/// Why a command ended without its answer: one line for standard error, and the exit status.
struct Failure: Error {
  let status: Int32
  let message: String

  static func usage(_ message: String) -> Failure { Failure(status: ExitStatus.usage, message: message) }

  static func notPermitted(_ message: String) -> Failure {
    Failure(status: ExitStatus.notPermitted, message: message)
  }

  static func output(_ error: SystemError) -> Failure {
    Failure(status: ExitStatus.outputError, message: error.description)
  }

  static func system(_ error: SystemError) -> Failure {
    Failure(status: ExitStatus.systemError, message: error.description)
  }

  static func source(_ error: SourceError) -> Failure {
    switch error {
    case .unavailable(let tried):
      Failure(status: ExitStatus.incompleteLook, message: "could not look at the sockets: \(tried)")
    case .system, .malformed, .foreignSender, .malformedLine:
      Failure(status: ExitStatus.systemError, message: error.description)
    }
  }
}
