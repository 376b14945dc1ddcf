package import Ingest

/// A disk in memory that keeps apart what is durable and what only the cache holds.
///
/// Which faults are fair: a write or truncation is durable after `synchronize` of its file, a name
/// (created, replaced, removed) after a sync of its directory; making a directory is durable at
/// once. Losing power drops, keeps, tears (in sectors of 512 bytes, the last write anywhere) or
/// reorders what was not; names are lost only from the newest back, as a journalling file system
/// does it. After a failed sync the cache still shows the data, but the disk does not have it and
/// a second sync does not bring it. Nothing durable ever changes by itself: bit rot is the tests'
/// own doing, by `flipBit`.
package final class SimulatedStorage: JournalStorage {
  /// How an operation goes wrong.
  package enum Fault: String, Sendable, CaseIterable {
    case failedAndNotDone, failedButDone
    /// This operation and all later ones fail, not done.
    case powerLoss
  }

  /// What losing power does to what was not durable.
  package enum Loss: String, Sendable, CaseIterable { case dropped, kept, torn, reordered }

  var disk = SimulatedDisk()
  private var lockHolder: ObjectIdentifier?
  /// Operations so far.
  package private(set) var operationCount = 0
  /// The operation at which `fault` strikes, from 0; nil for none.
  package var faultIndex: Int?
  package var fault = Fault.failedAndNotDone

  package init() {}

  init(_ disk: SimulatedDisk) { self.disk = disk }

  /// The disk as it is after power was lost now.
  package func afterPowerLoss(_ loss: Loss, seed: UInt64) -> SimulatedStorage {
    var random = SeededRandom(seed: seed)
    return SimulatedStorage(disk.afterPowerLoss(loss, &random))
  }

  /// A copy, for trying several things on one state.
  package func copy() -> SimulatedStorage { SimulatedStorage(disk) }

  /// The paths of all files, sorted.
  package var paths: [String] { disk.names.keys.sorted() }

  /// A file's contents as the cache shows them.
  package func bytes(_ path: String) -> [UInt8]? {
    disk.names[path].flatMap { disk.files[$0]?.contents }
  }

  /// Replaces a file's contents, durably; for tests that tamper.
  package func put(_ path: String, _ bytes: [UInt8]) {
    disk.put(path, bytes)
  }

  /// Changes a file's permission bits; for tests that tamper.
  package func setPermissions(_ path: String, _ permissions: UInt32) {
    if let inode = disk.names[path] { disk.files[inode]?.permissions = permissions }
  }

  /// Deletes a file, durably; for tests that tamper.
  package func delete(_ path: String) { disk.delete(path) }

  /// Flips one bit of a file, durably. Precondition: the file has it.
  package func flipBit(_ path: String, byte: Int, bit: Int) {
    var contents = bytes(path) ?? []
    contents[byte] ^= 1 << UInt8(bit)
    put(path, contents)
  }

  /// Counts an operation; throws when it fails, having done it first when the fault says so.
  func perform<Result>(
    _ operation: StorageError.Operation, _ path: String,
    _ body: (inout SimulatedDisk) throws(StorageError) -> Result
  ) throws(StorageError) -> Result {
    let index = operationCount
    operationCount += 1
    let injected = StorageError(operation, path, 5)
    guard let faultIndex, index >= faultIndex else { return try body(&disk) }
    switch fault {
    case .powerLoss: throw injected
    case .failedAndNotDone where index == faultIndex:
      if operation == .synchronize { disk.loseUnsynchronized(path) }
      throw injected
    case .failedButDone where index == faultIndex:
      do { _ = try body(&disk) } catch {}
      throw injected
    case .failedAndNotDone, .failedButDone: return try body(&disk)
    }
  }

  package func createDirectory(_ path: String) throws(StorageError) {
    try perform(.createDirectory, path) { disk in _ = disk.directories.insert(path) }
  }

  package func open(
    _ path: String, _ access: FileAccess
  ) throws(StorageError) -> any JournalFile {
    try perform(.open, path) { (disk) throws(StorageError) in
      if let inode = disk.names[path] {
        return SimulatedFile(self, path, inode)
      }
      let directory = SimulatedDisk.directory(of: path)
      guard access != .reading, disk.directories.contains(directory) else {
        throw StorageError(.open, path, 2)
      }
      let inode = disk.create(path)
      if case .writing(let permission) = access {
        disk.files[inode]?.permissions = permission.rawValue
      }
      return SimulatedFile(self, path, inode)
    }
  }

  package func replace(
    _ path: String, with bytes: Span<UInt8>, _ permission: FilePermission
  ) throws(StorageError) {
    let temporary = path + ".tmp"
    let file = try open(temporary, .writing(permission))
    try file.truncate(to: 0)
    try file.write(bytes, at: 0)
    try file.synchronize()
    try perform(.rename, path) { disk in disk.rename(temporary, path) }
    try synchronizeDirectory(SimulatedDisk.directory(of: path))
  }

  package func rename(_ path: String, to newPath: String) throws(StorageError) {
    try perform(.rename, newPath) { (disk) throws(StorageError) in
      guard disk.names[path] != nil else { throw StorageError(.rename, newPath, 2) }
      disk.rename(path, newPath)
    }
  }

  package func list(_ directory: String) throws(StorageError) -> [String]? {
    try perform(.list, directory) { disk in disk.list(directory) }
  }

  package func remove(_ path: String) throws(StorageError) {
    try perform(.remove, path) { disk in disk.unlink(path) }
  }

  package func removeDirectory(_ path: String) throws(StorageError) {
    try perform(.remove, path) { disk in disk.removeDirectory(path) }
  }

  package func synchronizeDirectory(_ path: String) throws(StorageError) {
    // Named apart from a file's sync: a failed one only leaves the names as they were.
    try perform(.createDirectory, path) { disk in disk.synchronizeNames(in: path) }
  }

  package func lock(_ path: String) throws(StorageError) -> (any JournalFile)? {
    if lockHolder != nil { return nil }
    let file = try open(path, .writing(.group))
    guard let file = file as? SimulatedFile else { return nil }
    lockHolder = ObjectIdentifier(file)
    file.isLock = true
    return file
  }

  func release(_ file: ObjectIdentifier) {
    if lockHolder == file { lockHolder = nil }
  }
}

/// An open file of the simulated disk.
final class SimulatedFile: JournalFile {
  private let storage: SimulatedStorage
  private let path: String
  private let inode: Int
  var isLock = false

  init(_ storage: SimulatedStorage, _ path: String, _ inode: Int) {
    self.storage = storage
    self.path = path
    self.inode = inode
  }

  deinit { if isLock { storage.release(ObjectIdentifier(self)) } }

  func size() throws(StorageError) -> Int {
    try storage.perform(.size, path) { disk in disk.files[inode]?.contents.count ?? 0 }
  }

  func read(
    at offset: Int, into buffer: inout [UInt8], _ range: Range<Int>
  ) throws(StorageError) -> Int {
    let wanted = range.count
    let found = try storage.perform(.read, path) { disk in
      (disk.files[inode]?.contents ?? []).dropFirst(offset).prefix(wanted)
    }
    buffer.replaceSubrange(range.lowerBound..<range.lowerBound + found.count, with: found)
    return found.count
  }

  func write(_ bytes: Span<UInt8>, at offset: Int) throws(StorageError) {
    let copy = bytes.indices.map { bytes[$0] }
    try storage.perform(.write, path) { disk in
      disk.files[inode]?.write(SimulatedDisk.Change.bytes(copy, offset: offset))
    }
  }

  func synchronize() throws(StorageError) {
    try storage.perform(.synchronize, path) { disk in disk.files[inode]?.synchronize() }
  }

  func permissions() throws(StorageError) -> UInt32 {
    try storage.perform(.size, path) { disk in disk.files[inode]?.permissions ?? 0 }
  }

  func truncate(to byteCount: Int) throws(StorageError) {
    try storage.perform(.truncate, path) { disk in
      disk.files[inode]?.write(SimulatedDisk.Change.truncation(byteCount))
    }
  }
}
