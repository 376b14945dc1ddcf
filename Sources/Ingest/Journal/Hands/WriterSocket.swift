internal import Dispatch
import Synchronization

/// `writer.sock`: takes requests from hands of other processes to the writer's queue, and the
/// answers back.
///
/// A thread of its own waits for the sockets; the journal's owner never does. Connections of other
/// users than the writer's own and root are closed unheard. The file is made and removed only while
/// the journal's lock is held; what a crash leaves behind refuses connections and is replaced.
package final class WriterSocket: Sendable {
  /// Connections served at once; beyond, one that asks nothing just now makes room. 64.
  package static let clientCountMax = 64

  private let directory: String
  private let mailbox: WriterMailbox
  private let hasEnded = DispatchGroup()
  private let thread = DispatchQueue(label: "writer-socket")

  /// Listens in the journal's directory. Precondition: the caller holds the journal's lock.
  package init(directory: String, queue: WriterQueue) throws(StorageError) {
    self.directory = directory
    mailbox = try WriterMailbox()
    let listener = try LocalSocket.listen(directory: directory, name: JournalLayout.writerSocket)
    let slot = Mutex<LocalSocket?>(listener)
    hasEnded.enter()
    let (mailbox, hasEnded) = (mailbox, hasEnded)
    thread.async {
      if let listener = slot.withLock({ $0.take() }) {
        var loop = WriterSocketLoop(listener, queue, mailbox)
        loop.run()
      }
      hasEnded.leave()
    }
  }

  /// Takes no more requests, sends the answers there are, and ends within about a second.
  ///
  /// To be called after the queue's `end`. `removesFile` only while the lock is still held:
  /// after a failure the file stays, refusing connections, until the next writer replaces it.
  package func close(removesFile: Bool) {
    if removesFile {
      // A name that is left behind does no harm.
      try? LocalSocket.remove(directory: directory, name: JournalLayout.writerSocket)
    }
    mailbox.stop()
    hasEnded.wait()
  }
}

/// Answers on their way from the owner's thread to the socket's.
final class WriterMailbox: Sendable {
  struct Letter: Sendable {
    let client: Int
    let ticket: Int
    let answer: WriterAnswer
  }

  private struct State {
    var letters: [Letter] = []
    var isStopping = false
  }

  private let state = Mutex(State())
  let bell: EventBell

  init() throws(StorageError) { bell = try EventBell() }

  func post(_ letter: Letter) {
    let isFirst = state.withLock { state in
      state.letters.append(letter)
      return state.letters.count == 1
    }
    if isFirst { bell.ring() }
  }

  func stop() {
    state.withLock { $0.isStopping = true }
    bell.ring()
  }

  func take() -> (letters: [Letter], isStopping: Bool) {
    state.withLock { state in
      defer { state.letters = [] }
      return (state.letters, state.isStopping)
    }
  }
}

/// The socket's thread: moves bytes between sockets and sessions. All judgement is the sessions'.
private struct WriterSocketLoop {
  /// Waits while stopping, each of at most 50 ms.
  private static let stopWaitCountMax = 20
  private static let stopWaitMilliseconds: Int32 = 50

  private final class Client {
    let socket: LocalSocket
    var session = WriterSession()
    /// Requests that the queue had no room for.
    var parked: [WriterSession.Submission] = []
    var isGone = false

    init(_ socket: consuming LocalSocket) { self.socket = socket }
  }

  private final class Listener {
    let socket: LocalSocket
    init(_ socket: consuming LocalSocket) { self.socket = socket }
  }

  private let listener: Listener
  private let queue: WriterQueue
  private let mailbox: WriterMailbox
  private var clients: [Int: Client] = [:]
  private var nextClient = 0
  private var buffer = [UInt8](repeating: 0, count: WriterSession.inputByteCountMax)

  init(_ listener: consuming LocalSocket, _ queue: WriterQueue, _ mailbox: WriterMailbox) {
    self.listener = Listener(listener)
    self.queue = queue
    self.mailbox = mailbox
  }

  mutating func run() {
    var stopWaitCount = 0
    while true {
      let (letters, isStopping) = mailbox.take()
      for letter in letters {
        deliver(.answered(ticket: letter.ticket, letter.answer), letter.client)
      }
      for number in clients.keys.sorted() { advance(number) }
      if isStopping {
        stopWaitCount += 1
        if stopWaitCount > Self.stopWaitCountMax || clients.values.allSatisfy(\.session.isIdle) {
          return
        }
      }
      wait(isStopping: isStopping)
    }
  }

  /// Sends what there is, hands on what was parked, and forgets a connection that is over.
  private mutating func advance(_ number: Int) {
    guard let client = clients[number] else { return }
    let parked = client.parked
    client.parked = []
    submit(parked, number, client)
    send(number, client)
    if client.isGone || client.session.isFinished { clients[number] = nil }
  }

  private func send(_ number: Int, _ client: Client) {
    while !client.session.output.isEmpty {
      switch client.socket.send(client.session.output[...]) {
      case .moved(let count): deliver(.sent(count), number)
      case .notNow: return
      case .ended:
        client.isGone = true
        return
      }
    }
  }

  private func deliver(_ event: WriterSession.Event, _ number: Int) {
    guard let client = clients[number] else { return }
    submit(client.session.handle(event), number, client)
  }

  private func submit(
    _ submissions: [WriterSession.Submission], _ number: Int, _ client: Client
  ) {
    for submission in submissions {
      let ticket = submission.ticket
      let waiting = WriterQueue.Waiting(submission.request) { [mailbox] answer in
        mailbox.post(WriterMailbox.Letter(client: number, ticket: ticket, answer: answer))
      }
      if !client.parked.isEmpty || !queue.submit(waiting) { client.parked.append(submission) }
    }
    if !client.parked.isEmpty { queue.whenRoom { [mailbox] in mailbox.bell.ring() } }
  }

  private mutating func wait(isStopping: Bool) {
    // Who has nothing to say or hear is not watched: its end would wake us again and again.
    let open = clients.keys.sorted().filter { number in
      guard let client = clients[number] else { return false }
      return reads(client, isStopping) || !client.session.output.isEmpty
    }
    var watched = [DescriptorWatch(mailbox.bell.descriptor.number, reads: true)]
    watched.append(DescriptorWatch(listener.socket.number, reads: !isStopping))
    for number in open {
      guard let client = clients[number] else { continue }
      watched.append(
        DescriptorWatch(
          client.socket.number, reads: reads(client, isStopping),
          writes: !client.session.output.isEmpty))
    }
    let limit = isStopping ? Self.stopWaitMilliseconds : -1
    DescriptorWatch.wait(&watched, milliseconds: limit)
    if watched[0].isReadable { mailbox.bell.silence() }
    for (number, watch) in zip(open, watched.dropFirst(2)) where watch.isReadable {
      receive(number, isStopping)
    }
    if watched[1].isReadable, !isStopping { accept() }
  }

  private func reads(_ client: Client, _ isStopping: Bool) -> Bool {
    !isStopping && client.session.wantsInput && client.parked.isEmpty
  }

  private mutating func receive(_ number: Int, _ isStopping: Bool) {
    guard let client = clients[number], reads(client, isStopping) else { return }
    switch client.socket.receive(into: &buffer) {
    case .moved(let count): deliver(.received(Array(buffer.prefix(count))), number)
    case .notNow: break
    case .ended: deliver(.ended, number)
    }
  }

  private mutating func accept() {
    guard let socket = listener.socket.accept() else { return }
    guard let user = socket.peerUser, user == 0 || user == LocalSocket.ownUser else { return }
    if clients.count >= WriterSocket.clientCountMax {
      guard let idle = clients.keys.sorted().first(where: { clients[$0]?.session.isIdle == true })
      else { return }
      clients[idle] = nil
    }
    clients[nextClient] = Client(socket)
    nextClient += 1
  }
}
