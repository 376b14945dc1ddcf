import Dispatch

/// Threads for deliveries: a sink that blocks its thread must not keep another one from sending.
final class DeliveryThreads: TaskExecutor {
  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    let executor = unsafe asUnownedTaskExecutor()
    // SAFETY: the queue retains this executor through the closure's capture of `self` until the job ran.
    // A serial queue each: those have threads of their own, while a concurrent one takes the threads that
    // tasks run on.
    DispatchQueue(label: "alert-delivery").async { [self] in
      unsafe job.runSynchronously(on: executor)
      withExtendedLifetime(self) {}
    }
  }
}
