import Glibc
import Testing

/// Runs each test on a thread of its own, and not on one of the few that Swift Testing has for all: there are as many as
/// processors, and a test that sleeps would keep one from the others.
package struct OwnThread: TestTrait, SuiteTrait, TestScoping {
  package var isRecursive: Bool { true }

  package func provideScope(
    for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
  ) async throws {
    guard testCase != nil else { return try await function() }
    try await withTaskExecutorPreference(ThreadPerJob()) { try await function() }
  }
}

extension Trait where Self == OwnThread {
  /// For tests that wait for timers, or for commands that do.
  package static var ownThread: Self { OwnThread() }
}

/// A thread for each job.
private final class ThreadPerJob: TaskExecutor {
  func enqueue(_ job: consuming ExecutorJob) {
    let work = Work(job: UnownedJob(job), executor: asUnownedTaskExecutor())
    let argument = Unmanaged.passRetained(work).toOpaque()
    var thread = pthread_t()
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    pthread_attr_setstacksize(&attributes, 8 << 20)
    let error = pthread_create(
      &thread, &attributes,
      { argument in
        guard let argument else { return nil }
        let work = Unmanaged<Work>.fromOpaque(argument).takeRetainedValue()
        work.job.runSynchronously(on: work.executor)
        return nil
      }, argument)
    precondition(error == 0, "pthread_create: \(String(cString: strerror(error)))")
  }

  private final class Work {
    let job: UnownedJob
    let executor: UnownedTaskExecutor

    init(job: UnownedJob, executor: UnownedTaskExecutor) {
      self.job = job
      self.executor = executor
    }
  }
}
