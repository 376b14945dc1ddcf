import GatewayAndScheduler

/// Threads for deliveries: a sink that blocks its thread must not keep another one from sending.
final class DeliveryThreads: TaskExecutor {
  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    let executor = unsafe asUnownedTaskExecutor()
    // SAFETY: the queue retains this executor through the closure's capture of `self` until the job ran.
    OwnThread.start("alert-delivery") { [self] in
      unsafe job.runSynchronously(on: executor)
      withExtendedLifetime(self) {}
    }
  }
}
