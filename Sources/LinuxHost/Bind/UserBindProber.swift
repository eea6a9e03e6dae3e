internal import CLinux
internal import Diagnosis
internal import Glibc
internal import NetlinkCodec

/// Binds as another user: in a child that gives up its rights, tries, reports through a pipe, and ends.
enum UserBindProber {
  /// - Throws: `setuid` where this process may not become that user; `pipe`, `fork`, `read` or `socket` where that fails.
  static func attempt(_ sockets: [TrialSocket], as user: User) throws(SystemError) -> [TrialOutcome] {
    var ends: (Int32, Int32) = (-1, -1)
    guard unsafe tw_pipe(&ends.0, &ends.1) == 0 else { throw .last("pipe") }
    let reading = Descriptor(owning: ends.0)
    let child = tw_fork_as(user.uid, user.gid)
    if child < 0 {
      let error = SystemError.last("fork")
      close(ends.1)
      throw error
    }
    if child == 0 { report(sockets, to: ends.1) }
    close(ends.1)
    var answer: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 256)
    var failure: SystemError?
    do throws(SystemError) {
      while true {
        let count = try reading.read(into: &buffer)
        if count == 0 { break }
        answer.append(contentsOf: buffer[..<count])
      }
    } catch {
      failure = error
    }
    var status: Int32 = 0
    _ = retryingOnInterrupt { unsafe waitpid(child, &status, 0) }
    if let failure { throw failure }
    let outcomes = stride(from: 0, to: answer.count - 1, by: 2).compactMap {
      TrialOutcome(code: answer[$0], errno: answer[$0 + 1])
    }
    guard outcomes.count == sockets.count else {
      // The child ended early, with the errno as its exit status.
      throw SystemError(
        call: answer.first == UInt8.max ? "socket" : "setuid", errno: Errno((status >> 8) & 0xff))
    }
    return outcomes
  }

  /// Runs in the child. Writes two bytes for each socket, its outcome's `code` and errno; or a single 255, where no more
  /// sockets can be made.
  private static func report(_ sockets: [TrialSocket], to descriptor: Int32) -> Never {
    var prober = KernelBindProber()
    do throws(SystemError) {
      var answer: [UInt8] = []
      for outcome in try prober.attempt(sockets) {
        answer.append(outcome.code)
        answer.append(UInt8(truncatingIfNeeded: outcome.error?.rawValue ?? 0))
      }
      _ = unsafe write(descriptor, answer, answer.count)
      _exit(0)
    } catch {
      _ = unsafe write(descriptor, [UInt8.max], 1)
      _exit(error.errno.rawValue & 0xff)
    }
  }
}

extension TrialOutcome {
  private static let steps: [Step] = [
    .socket, .option(.v6Only), .option(.reuseAddress), .option(.reusePort), .option(.bindToDevice), .bind,
    .listen,
  ]

  /// 0 is ok, any other number the step that was refused. An errno of bind and its like fits into the byte behind it.
  fileprivate var code: UInt8 {
    guard case .refused(let step, _) = self, let index = Self.steps.firstIndex(of: step) else { return 0 }
    return UInt8(index + 1)
  }

  fileprivate init?(code: UInt8, errno: UInt8) {
    if code == 0 {
      self = .ok
    } else if Self.steps.indices.contains(Int(code) - 1) {
      self = .refused(Self.steps[Int(code) - 1], Errno(Int32(errno)))
    } else {
      return nil
    }
  }
}
