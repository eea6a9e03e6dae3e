import Glibc
import Synchronization
import Testing

/// Runs tests that wait, for timers or for commands that do, on threads beside those that Swift Testing has: it has as many
/// as there are processors, and a test that sleeps would keep one from the others.
package struct OwnThread: TestTrait, SuiteTrait, TestScoping {
  package var isRecursive: Bool { true }

  package func provideScope(
    for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
  ) async throws {
    guard testCase != nil else { return try await function() }
    try await withTaskExecutorPreference(ThreadsThatWait.shared) { try await function() }
  }
}

extension Trait where Self == OwnThread {
  package static var ownThread: Self { OwnThread() }
}

/// A few threads only: what runs beside a test should not make it late.
private final class ThreadsThatWait: TaskExecutor {
  static let shared = ThreadsThatWait()
  private static let count = 6

  private let jobs = Mutex<[UnownedJob]>([])
  /// Counts the jobs that no thread has taken yet.
  nonisolated(unsafe) private let waiting: UnsafeMutablePointer<sem_t>

  private init() {
    waiting = .allocate(capacity: 1)
    sem_init(waiting, 0, 0)
    for _ in 0..<Self.count {
      var thread = pthread_t()
      let error = pthread_create(
        &thread, nil,
        { _ in
          while true { ThreadsThatWait.shared.runNext() }
        }, nil)
      precondition(error == 0, "pthread_create: \(String(cString: strerror(error)))")
      pthread_detach(thread)
    }
  }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    jobs.withLock { $0.append(job) }
    sem_post(waiting)
  }

  private func runNext() {
    guard sem_wait(waiting) == 0 else { return }
    let job = jobs.withLock { $0.removeFirst() }
    job.runSynchronously(on: asUnownedTaskExecutor())
  }
}
