internal import CChildProcess

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A child process that reads one file, seen from here. Ends with the value.
struct ReaderProcess: ~Copyable {
  private let path: String
  private let byteCount: Int
  private let limits: ReadingLimits
  private let id: pid_t
  private let channel: Channel
  /// Shared memory for numbers. It is read, never mapped here, so that nothing the child does to it can hurt.
  private let memory: CInt
  private var memoryByteCount = 0
  /// Why it cannot be asked any more.
  private var failure: HDF5Error?
  private var isEnded = false
  private var isOpening = false

  init(
    _ raw: RawFile, path: String, limits: ReadingLimits, helper: String?
  ) throws(HDF5Error) {
    self.path = path
    self.limits = limits
    byteCount = raw.byteCount
    func refusal(_ problem: String) -> HDF5Error {
      HDF5Error(
        .unreadableFile, file: path, problem: "cannot be read in a process of its own: \(problem)",
        remedy:
          "If you trust it, read it in this process: FINETUNE_UNGUARDED=1 for the tool, HDF5Reading.inProcess elsewhere."
      )
    }
    var sockets: [CInt] = [-1, -1]
    // Two descriptors, and the array has room for two.
    guard unsafe ft_child_sockets(&sockets) == 0 else { throw refusal(systemMessage(errno)) }
    let memory = ft_child_memory()
    let descriptors = [sockets[1], memory, raw.descriptor]
    var id: pid_t = -1
    var problem = memory < 0 ? systemMessage(errno) : nil
    if problem == nil {
      if ft_child_thread_count() == 1 {
        // With one thread no lock is held by another, so the copy is as good as the original.
        id = unsafe ft_child_fork(descriptors)
        if id == 0 { ReaderServer.run() }
        if id < 0 { problem = systemMessage(errno) }
      } else if let program = HDF5Reading.program(helper) {
        id = unsafe ft_child_spawn(program, HDF5Reading.helperArgument, descriptors)
        if id < 0 { problem = "\(program): \(systemMessage(errno))" }
      } else {
        problem = "this program has several threads, and names no helper (HDF5Reading)"
      }
    }
    close(sockets[1])
    if let problem {
      close(sockets[0])
      if memory >= 0 { close(memory) }
      throw refusal(problem)
    }
    self.id = id
    self.memory = memory
    channel = Channel(socket: sockets[0])
  }

  deinit {
    if !isEnded { _ = ft_child_end(id) }
    close(channel.socket)
    close(memory)
  }

  /// Has the child open the file, and does not wait for it.
  mutating func beginOpening() {
    guard !isOpening else { return }
    isOpening = true
    var wire = WireWriter()
    wire.write(ReaderServer.version)
    wire.write(path)
    wire.write(limits.memory)
    wire.write(Int(limits.processorSeconds(for: byteCount)))
    wire.write(limits.checksStructure)
    // Where the child is gone, waiting for its answer finds that out, too.
    try? channel.send(wire.bytes)
  }

  /// What the child finds in the file.
  mutating func open() throws(HDF5Error) -> Catalogue {
    beginOpening()
    return try answer(about: nil) { wire throws(Damage) in try Catalogue(from: &wire) }
  }

  mutating func ask(_ request: Request, about object: String) throws(HDF5Error) -> Answer {
    var wire = WireWriter()
    request.write(to: &wire)
    return try exchange(wire.bytes, about: object) { wire throws(Damage) in try Answer(from: &wire) }
  }

  /// The numbers of a dataset, into `buffer`, which has room for exactly them.
  mutating func readFloats(
    _ dataset: DatasetDescription, into buffer: UnsafeMutableBufferPointer<Float>, byteLimit: Int
  ) throws(HDF5Error) {
    let wanted = buffer.count * MemoryLayout<Float>.stride
    if memoryByteCount < wanted {
      guard ftruncate(memory, off_t(wanted)) == 0 else {
        throw HDF5Error(
          .tooLarge, file: path, object: dataset.path, problem: "takes \(wanted) bytes: \(systemMessage(errno))")
      }
      memoryByteCount = wanted
    }
    guard case .done = try ask(.floats(dataset, byteLimit: byteLimit), about: dataset.path) else {
      throw end(with: .garbled, about: dataset.path)
    }
    let filled = unsafe fill(UnsafeMutableRawBufferPointer(buffer), from: memory, at: 0)
    guard filled == wanted else { throw end(with: .garbled, about: dataset.path) }
  }

  private mutating func exchange<Value>(
    _ message: [UInt8], about object: String?, _ body: (inout WireReader) throws(Damage) -> Value
  ) throws(HDF5Error) -> Value {
    if let failure { throw failure }
    do throws(Channel.Failure) { try channel.send(message) } catch { throw end(with: error, about: object) }
    return try answer(about: object, body)
  }

  private mutating func answer<Value>(
    about object: String?, _ body: (inout WireReader) throws(Damage) -> Value
  ) throws(HDF5Error) -> Value {
    if let failure { throw failure }
    var wire: WireReader
    do throws(Channel.Failure) {
      wire = WireReader(try channel.receive(within: limits.patience(for: byteCount)))
    } catch {
      throw end(with: error, about: object)
    }
    let answer: Result<Value, HDF5Error>
    do throws(Damage) {
      answer =
        try wire.truth() ? .success(try body(&wire)) : .failure(try HDF5Error(from: &wire, file: path))
    } catch {
      throw end(with: .garbled, about: object)
    }
    return try answer.get()
  }

  /// Ends the child, and says what it died of.
  private mutating func end(with failure: Channel.Failure, about object: String?) -> HDF5Error {
    let status = ft_child_end(id)
    isEnded = true
    let seconds = limits.processorSeconds(for: byteCount)
    let problem: String
    switch (failure, ft_child_signal(status)) {
    case (.late, _): problem = "keeps libhdf5 for more than \(Int(limits.patience(for: byteCount).rounded(.up))) s"
    case (.garbled, _): problem = "makes the process that reads it answer nonsense"
    case (.closed, SIGXCPU): problem = "keeps libhdf5 busy for more than \(seconds) s"
    case (.closed, SIGKILL): problem = "makes libhdf5 take more time or memory than it may: its process was killed"
    case (.closed, 0):
      problem = "cannot be read: the process for it ended at once (exit code \(ft_child_exit_code(status)))"
    case (.closed, let signal): problem = "makes libhdf5 crash (signal \(signal))"
    }
    let error = HDF5Error(
      .damaged, file: path, object: object, problem: problem, remedy: "It seems damaged: copy or download it again.")
    self.failure = error
    return error
  }
}

/// Reads from a file until `bytes` are full, and says how many came.
func fill(_ bytes: UnsafeMutableRawBufferPointer, from descriptor: CInt, at position: Int) -> Int {
  var count = 0
  while count < bytes.count {
    // At most what is left of the buffer.
    let step = unsafe pread(descriptor, bytes.baseAddress! + count, bytes.count - count, off_t(position + count))
    if step < 0, errno == EINTR { continue }
    if step <= 0 { break }
    count += step
  }
  return count
}
