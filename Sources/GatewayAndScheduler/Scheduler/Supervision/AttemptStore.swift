internal import CPlatform
internal import Glibc
internal import Ingest
internal import ShimProtocol

/// `STATE/runs`: a directory for each run, and in it one for each attempt.
///
///     runs/<run id>/params     the run's own parameters, where the journal has them redacted
///     runs/<run id>/1/         spec, events, lock, stdout, stderr, heartbeat: `ShimFile`
struct AttemptStore: Sendable {
  /// `STATE/runs`, absolute.
  private let path: String
  /// Attempts of a run, 20 retries and the first.
  static let attemptCountMax = 21

  /// Makes the directories that are missing.
  init(state: String) throws(StorageError) {
    try AttemptStore.makeDirectory(state)
    try AttemptStore.makeDirectory(state + "/runs")
    // Shims run in the root directory.
    guard let real = unsafe realpath(state + "/runs", nil) else {
      throw StorageError(.open, state, errno)
    }
    defer { unsafe free(real) }
    // SAFETY: the call gave a terminated text, which is ours until it is freed.
    path = unsafe String(cString: real)
  }

  func directory(_ runID: String, _ attempt: Int) -> String { "\(path)/\(runID)/\(attempt)" }

  private static func makeDirectory(_ path: String) throws(StorageError) {
    // SAFETY: here and below a Swift string is passed as a path: it is terminated and lives for the call.
    guard unsafe mkdir(path, 0o700) == 0 || errno == EEXIST else {
      throw StorageError(.createDirectory, path, errno)
    }
  }

  /// Makes an attempt's directory with its specification, and takes its lock for the shim to inherit.
  ///
  /// Throws where a shim has the lock or a job ran here: an attempt is never started twice.
  func prepare(_ specification: ShimSpecification) throws(StorageError) -> OwnedDescriptor {
    try AttemptStore.makeDirectory("\(path)/\(specification.runID)")
    let place = directory(specification.runID, specification.attempt)
    try AttemptStore.makeDirectory(place)
    let lock = try AttemptStore.open("\(place)/\(ShimFile.lock)", O_RDWR | O_CREAT)
    guard vigil_lock_try(lock.number) == 1 else {
      throw StorageError(.lock, place, EWOULDBLOCK)
    }
    guard AttemptStore.contents("\(place)/\(ShimFile.events)")?.isEmpty ?? true else {
      throw StorageError(.open, place, EEXIST)
    }
    guard let bytes = specification.bytes else {
      throw StorageError(.write, "\(place)/\(ShimFile.specification)", EINVAL)
    }
    try AttemptStore.write(bytes, to: "\(place)/\(ShimFile.specification)", durably: false)
    return lock
  }

  /// What an attempt's directory says. The lock first: whoever had it writes no more once it is free.
  func report(_ runID: String, _ attempt: Int) -> AttemptReport {
    let place = directory(runID, attempt)
    var report = AttemptReport()
    let lock = unsafe vigil_open("\(place)/\(ShimFile.lock)", O_RDWR | O_NOFOLLOW, 0)
    if lock >= 0 {
      report.isAlive = vigil_lock_try(lock) == 0
      close(lock)
    }
    report.isPrepared =
      unsafe access("\(place)/\(ShimFile.specification)", F_OK) == 0 || report.isAlive
    report.read(AttemptStore.contents("\(place)/\(ShimFile.events)") ?? [])
    return report
  }

  /// What a shim wrote when it beat last; nil before the first.
  func heartbeat(_ runID: String, _ attempt: Int) -> [UInt8]? {
    AttemptStore.contents("\(directory(runID, attempt))/\(ShimFile.heartbeat)")
  }

  /// Keeps a run's own parameters, durably.
  func keep(_ parameters: [UInt8], of runID: String) throws(StorageError) {
    try AttemptStore.makeDirectory("\(path)/\(runID)")
    try AttemptStore.write(parameters, to: "\(path)/\(runID)/params", durably: true)
    for directory in ["\(path)/\(runID)", path] {
      let opened = try AttemptStore.open(directory, O_RDONLY | O_DIRECTORY)
      guard fsync(opened.number) == 0 else { throw StorageError(.synchronize, directory, errno) }
    }
  }

  func keptParameters(of runID: String) -> [UInt8]? {
    AttemptStore.contents("\(path)/\(runID)/params")
  }

  /// Runs that have a directory.
  func runIDs() -> [String] {
    AttemptStore.names(in: path).filter(RunIdentifier.isValid)
  }

  /// Removes a run's directory, unless a shim of it lives.
  func remove(_ runID: String) {
    let attempts = AttemptStore.names(in: "\(path)/\(runID)").compactMap { Int($0) }
    guard !attempts.contains(where: { report(runID, $0).isAlive }) else { return }
    for attempt in attempts {
      let place = directory(runID, attempt)
      for name in AttemptStore.names(in: place) { _ = unsafe unlink("\(place)/\(name)") }
      _ = unsafe rmdir(place)
    }
    _ = unsafe unlink("\(path)/\(runID)/params")
    _ = unsafe rmdir("\(path)/\(runID)")
  }

  static func exists(_ path: String) -> Bool { unsafe access(path, F_OK) == 0 }

  // MARK: Files

  private static func open(_ path: String, _ flags: Int32) throws(StorageError) -> OwnedDescriptor {
    let number = unsafe vigil_open(path, flags | O_NOFOLLOW, 0o600)
    guard number >= 0 else { throw StorageError(.open, path, errno) }
    return OwnedDescriptor(number)
  }

  private static func write(
    _ bytes: [UInt8], to path: String, durably: Bool
  ) throws(StorageError) {
    let file = try open(path, O_WRONLY | O_CREAT | O_TRUNC)
    var done = 0
    while done < bytes.count {
      // SAFETY: `done` is below the count, so pointer and length stay within the array.
      let count = unsafe bytes.withUnsafeBytes { raw in
        unsafe Glibc.write(file.number, raw.baseAddress?.advanced(by: done), raw.count - done)
      }
      if count > 0 {
        done += count
      } else if errno != EINTR {
        throw StorageError(.write, path, errno)
      }
    }
    if durably, fsync(file.number) != 0 { throw StorageError(.synchronize, path, errno) }
  }

  private static func contents(_ path: String) -> [UInt8]? {
    let number = unsafe vigil_open(path, O_RDONLY | O_NOFOLLOW, 0)
    guard number >= 0 else { return nil }
    let file = OwnedDescriptor(number)
    return AttemptFileReading.readAll(file.number, byteCountMax: 1 << 20)
  }

  private static func names(in path: String) -> [String] {
    guard let stream = unsafe opendir(path) else { return [] }
    defer { unsafe closedir(stream) }
    var result: [String] = []
    while result.count < 1_000_000, let entry = unsafe readdir(stream) {
      // SAFETY: d_name is terminated and lives until the next readdir on this stream.
      let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) {
          unsafe String(cString: $0)
        }
      }
      if name != ".", name != ".." { result.append(name) }
    }
    return result.sorted()
  }
}
