import GatewayAndScheduler
import Ingest
import Report

/// What an error means to the caller: a message and an exit status.
struct Failure {
  let message: String
  let status: ExitStatus

  init(_ error: any Error) {
    message = TerminalText.escaped(Failure.text(error))
    status = Failure.status(error)
  }

  private static func text(_ error: any Error) -> String {
    switch error {
    case let error as JournalError: error.description
    case let error as StorageError: error.description
    case let error as JournalHandError: error.description
    case let error as InputError: error.description
    case let error as SigningKeyError: error.description
    case let error as ConfigurationError: error.description
    case let error as FollowPositionError: "follow position: \(error.problem)"
    default: "\(error)"
    }
  }

  private static func status(_ error: any Error) -> ExitStatus {
    switch error {
    case let error as JournalError: status(error)
    case let error as StorageError: status(error)
    case let error as TilesError: status(error)
    case is ExportRefusal, ExportError.otherRoot: .damaged
    case is SQLiteError: .unwritable
    case is SigningKeyError, is HTTPServerError, is WitnessStoreError, is WriterRefusal,
      is ServeStopped:
      .unwritable
    case let error as JournalHandError: status(error)
    case let error as ServiceTokenStoreError: status(error)
    case is InputError, is FollowPositionError, is ConfigurationError: .usage
    default: .usage
    }
  }

  private static func status(_ error: StorageError) -> ExitStatus {
    if error.operation == .decompress { return .damaged }
    return error.operation.isWriting ? .unwritable : .usage
  }

  private static func status(_ error: TilesError) -> ExitStatus {
    switch error {
    case .journal(let error): status(error)
    case .storage(let error): status(error)
    case .disagreement: .damaged
    case .locked: .unwritable
    case .foreignDirectory, .origin, .noCheckpoint, .unsigned, .outOfRange, .pruned: .usage
    }
  }

  private static func status(_ error: ServiceTokenStoreError) -> ExitStatus {
    switch error {
    case .storage(let error): status(error)
    case .damaged: .damaged
    case .locked, .noRandomBytes, .tooLong: .unwritable
    case .key: .usage
    }
  }

  private static func status(_ error: JournalHandError) -> ExitStatus {
    switch error {
    case .journal(let error): status(error)
    case .storage(let error): status(error)
    case .refused, .tooLong, .gone, .noAnswer, .unexpectedAnswer: .unwritable
    }
  }

  private static func status(_ error: JournalError) -> ExitStatus {
    switch error {
    case .damage: .damaged
    case .failed, .closed, .noRandomBytes, .locked, .secret, .unfitRecord: .unwritable
    case .key, .otherKey, .unsigned: .unwritable
    case .alreadySigned, .foreignCheckpoint: .usage
    case .storage(let error): status(error)
    case .notAJournal, .unusableSettings, .origin: .usage
    }
  }
}

extension StorageError.Operation {
  /// Whether it changes the disk.
  fileprivate var isWriting: Bool {
    switch self {
    case .write, .synchronize, .truncate, .rename, .remove, .createDirectory, .listen, .connect:
      true
    case .open, .read, .size, .list, .lock, .decompress: false
    }
  }
}
