import CTestSupport
import Glibc

/// A program to run as a child in the calling thread's network namespace (Foundation's Process might start it
/// from another thread). No controlling terminal, no descriptors but those named here, all signals as by
/// default.
package struct Command: Sendable {
  package enum Input: Sendable {
    case null
    case closed
    case text(String)
    /// A pipe that stays open; `RunningCommand.write` fills it.
    case pipe
    case descriptor(Int32)
  }

  package struct Denial: Sendable {
    let call: test_call
    let error: Int32
    var argument: Int32 = -1
    var value: Int32 = 0

    /// socket(2) for one address family.
    package static func socket(_ family: Int32, _ error: Int32) -> Denial {
      Denial(call: test_call_socket, error: error, argument: 0, value: family)
    }

    /// bind(2) to an IPv6 address, by the length of it: the filter cannot see the address itself.
    package static func bindIPv6(_ error: Int32) -> Denial {
      Denial(
        call: test_call_bind, error: error, argument: 2, value: Int32(MemoryLayout<sockaddr_in6>.size))
    }

    /// bind(2) to an IPv4 address.
    package static func bindIPv4(_ error: Int32) -> Denial {
      Denial(
        call: test_call_bind, error: error, argument: 2, value: Int32(MemoryLayout<sockaddr_in>.size))
    }

    package static func listen(_ error: Int32) -> Denial {
      Denial(call: test_call_listen, error: error)
    }

    /// unshare(2), whatever is to be unshared.
    package static func unshare(_ error: Int32) -> Denial {
      Denial(call: test_call_unshare, error: error)
    }
  }

  package enum Output: Sendable {
    case pipe
    case closed
    /// /dev/full: every write fails with ENOSPC.
    case full
    /// A pipe whose reader is gone: every write fails with EPIPE.
    case broken
    case null
    case descriptor(Int32)
  }

  package var executable: String
  package var arguments: [String]
  package var input: Input = .null
  package var output: Output = .pipe
  package var errorOutput: Output = .pipe
  /// Standard input, output and error output are one terminal of this size; `output` holds what it got.
  package var terminal: (rows: UInt16, columns: UInt16)?
  /// Added to the base environment.
  package var environment: [String: String] = [:]
  package var directory: String?
  /// Runs as this user, without supplementary groups; needs `Lab.canSwitchUser`.
  package var user: uid_t?
  /// RLIMIT_NOFILE.
  package var descriptorLimit: Int?
  /// Become descriptors 3, 4, ... of the child.
  package var inherited: [Int32] = []
  /// System calls that fail in it, by seccomp, as a service manager's sandbox does it.
  package var denials: [Denial] = []
  /// /proc is an empty directory for it; needs `Lab.canHideProc`.
  package var hidesProc = false

  package init(_ executable: String, _ arguments: [String] = []) {
    self.executable = executable
    self.arguments = arguments
  }

  /// Runs it to its end, or kills it and throws `CommandTimedOut`.
  package func run(timeout: Duration = .seconds(30)) throws -> CommandResult {
    let running = try start()
    return try running.finish(timeout: timeout)
  }

  package func start() throws -> RunningCommand {
    try RunningCommand(self)
  }

  /// Little, so that what a developer has set does not change the outcome; but sanitizers, coverage and a
  /// Swift runtime outside the usual places go on working.
  var completeEnvironment: [String] {
    var all = ["SWIFT_BACKTRACE": "enable=no", "TERM": "dumb"]
    let passed = [
      "PATH", "HOME", "LD_LIBRARY_PATH", "LLVM_PROFILE_FILE", "ASAN_OPTIONS", "LSAN_OPTIONS", "TSAN_OPTIONS",
    ]
    for name in passed {
      if let value = getenv(name) { all[name] = String(cString: value) }
    }
    all.merge(environment) { $1 }
    return all.map { "\($0)=\($1)" }.sorted()
  }
}

/// How a child ended.
package enum ExitStatus: Hashable, Sendable {
  case exited(Int32)
  case signalled(Int32)
}

package struct CommandResult: Sendable, CustomStringConvertible {
  package let command: String
  package let status: ExitStatus
  package let outputBytes: [UInt8]
  package let errorBytes: [UInt8]
  package let duration: Duration
  /// Of the child and the children that it waited for. Unlike `duration` it hardly grows on a busy machine. 0 while it runs.
  package let processorTime: Duration
  /// The most memory that it, or one of these, had at once (ru_maxrss). 0 while it runs.
  package let peakKibibytes: Int

  package var output: String { String(decoding: outputBytes, as: UTF8.self) }
  package var errors: String { String(decoding: errorBytes, as: UTF8.self) }
  package var lines: [String] {
    output.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  }

  /// The exit code; nil if a signal ended it.
  package var exitCode: Int32? {
    if case .exited(let code) = status { code } else { nil }
  }

  /// Standard output as one JSON document.
  package var json: JSON {
    get throws { try JSON(parsing: outputBytes) }
  }

  /// Standard output as JSON Lines.
  package var jsonLines: [JSON] {
    get throws { try outputBytes.split(separator: 0x0a).map { try JSON(parsing: Array($0)) } }
  }

  package var description: String {
    "\(command): \(status)\n--- stdout\n\(output)\n--- stderr\n\(errors)"
  }
}

/// A child that did not end in time, and was killed.
package struct CommandTimedOut: Error, CustomStringConvertible {
  package let limit: Duration
  package let result: CommandResult
  package var description: String { "not finished after \(limit): \(result)" }
}
