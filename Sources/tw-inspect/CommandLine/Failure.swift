import Demo
import LinuxHost
import SocketTable

/// The exit statuses, which mean the same in every command. Those from 64 on are taken from sysexits(3).
enum ExitStatus {
  static let yes: Int32 = 0
  static let no: Int32 = 1
  static let usage: Int32 = 64
  static let incompleteLook: Int32 = 69
  static let systemError: Int32 = 71
  static let outputError: Int32 = 74
  static let notPermitted: Int32 = 77
}

/// Why a command ended without an answer: one line for standard error, and the exit status.
struct Failure: Error {
  let status: Int32
  let message: String

  static func usage(_ message: String) -> Failure { Failure(status: ExitStatus.usage, message: message) }

  static func notPermitted(_ message: String) -> Failure {
    Failure(status: ExitStatus.notPermitted, message: message)
  }

  static func look(_ reason: String) -> Failure {
    Failure(status: ExitStatus.incompleteLook, message: "could not look: \(reason)")
  }

  static func output(_ error: SystemError) -> Failure {
    Failure(status: ExitStatus.outputError, message: error.description)
  }
}

/// This is the only place that turns errors from other rooms into a message and an exit status.
extension Failure {
  init(_ error: any Error) {
    switch error {
    case let failure as Failure: self = failure
    case let error as InvestigationError: self.init(error)
    case let error as SourceError: self.init(error)
    case let error as ClaimError: self.init(error)
    default: self.init(status: ExitStatus.systemError, message: "\(error)")
    }
  }

  private init(_ error: SourceError) {
    switch error {
    case .unavailable(let tried):
      self = .look(tried)
    case .system, .malformed, .foreignSender, .malformedLine:
      self.init(status: ExitStatus.systemError, message: error.description)
    }
  }

  private init(_ error: InvestigationError) {
    switch error {
    case .source(let error): self.init(error)
    case .system(let error): self.init(status: ExitStatus.systemError, message: error.description)
    case .namespace(let error, let namespace): self.init(error, namespace)
    case .user(let error): self = .notPermitted("--as-user: \(error)")
    case .server(let error, let reference): self.init(error, reference)
    case .wouldTakeConnections(let port):
      self = .usage(
        """
        --listen with --reuse-port: a socket listens on port \(port), and the trial could take \
        connections from it; leave out --listen, or add --yes
        """)
    }
  }

  private init(_ error: ClaimError) {
    switch error {
    case .failed(let error): self.init(error)
    case .notHere(let reason): self.init(status: ExitStatus.systemError, message: reason)
    }
  }

  private init(_ error: NetworkNamespace.EntryError, _ namespace: NetworkNamespace) {
    let shown = ByteSafety.escaped(namespace.typed)
    switch error {
    case .noSuch(let error): self = .look("--netns '\(shown)': no network namespace: \(error)")
    case .notPermitted(let error):
      let needed = error.call == "setns" ? "CAP_SYS_ADMIN" : "CAP_SYS_PTRACE and CAP_SYS_ADMIN"
      self = .notPermitted("--netns '\(shown)': \(error); it needs \(needed), which root has")
    case .system(let error): self.init(status: ExitStatus.systemError, message: error.description)
    }
  }
}
