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
    let child = tw_fork()
    if child < 0 {
      let error = SystemError.last("fork")
      close(ends.1)
      throw error
    }
    if child == 0 { report(sockets, as: user, to: ends.1) }
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
    // The answer alone counts: where the caller ignores SIGCHLD there is no status to be had.
    var status: Int32 = 0
    _ = retryingOnInterrupt { unsafe waitpid(child, &status, 0) }
    if let failure { throw failure }
    return try outcomes(in: answer, of: sockets.count)
  }

  // MARK: What the child reports

  /// Stands before the errno, in the place of an outcome, where nothing could be tried.
  private static let couldNotBecome = UInt8.max
  private static let hadNoSocket = UInt8.max - 1

  private static func report(_ sockets: [TrialSocket], as user: User, to descriptor: Int32) -> Never {
    var prober = KernelBindProber()
    var answer: [UInt8] = []
    if tw_become(user.uid, user.gid, user.keepsNetBindService ? 1 : 0) != 0 {
      answer = [couldNotBecome, UInt8(truncatingIfNeeded: errno)]
    } else {
      do throws(SystemError) {
        for outcome in try prober.attempt(sockets) {
          answer.append(outcome.code)
          answer.append(UInt8(truncatingIfNeeded: outcome.error?.rawValue ?? 0))
        }
      } catch {
        answer = [hadNoSocket, UInt8(truncatingIfNeeded: error.errno.rawValue)]
      }
    }
    var position = 0
    while position < answer.count {
      let count = retryingOnInterrupt {
        unsafe answer[position...].withUnsafeBufferPointer { rest in
          unsafe write(descriptor, rest.baseAddress, rest.count)
        }
      }
      if count < 0 { break }
      position += count
    }
    _exit(0)
  }

  /// Reads two bytes for each socket, its outcome's `code` and errno.
  static func outcomes(in answer: [UInt8], of count: Int) throws(SystemError) -> [TrialOutcome] {
    if answer.count == 2, answer[0] == couldNotBecome || answer[0] == hadNoSocket {
      throw SystemError(
        call: answer[0] == hadNoSocket ? "socket" : "setuid", errno: Errno(Int32(answer[1])))
    }
    let outcomes = stride(from: 0, to: answer.count - 1, by: 2).compactMap {
      TrialOutcome(code: answer[$0], errno: answer[$0 + 1])
    }
    // It was killed, or could not write.
    guard outcomes.count == count, answer.count == 2 * count else {
      throw SystemError(call: "read", errno: .brokenPipe, context: "the answer of the child that binds")
    }
    return outcomes
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
