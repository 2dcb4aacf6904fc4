internal import CChildProcess

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The child: opens the file that it was given, says what is in it, and answers requests until the parent hangs up.
enum ReaderServer {
  /// What the two sides speak; a helper of another version must not be misunderstood.
  static let version = 1

  static func run() -> Never {
    do {
      try serve(Channel(socket: socketNumber))
    } catch {
      // The parent is gone, or no parent of ours: nobody is left to tell.
      ft_child_exit(64)
    }
    ft_child_exit(0)
  }

  private static func serve(_ channel: Channel) throws {
    var opening = WireReader(try channel.receive())
    guard try opening.integer() == version else { throw Damage("the parent is of another version") }
    let path = try opening.text()
    var limits = ReadingLimits()
    limits.memory = try opening.integer()
    let seconds = try opening.integer()
    limits.checksStructure = try opening.truth()
    let confined = ft_child_confine(
      ft_child_limits(memory: limits.memory, processor_seconds: UInt32(clamping: seconds)))
    guard confined == 0 else { throw Damage("the limits cannot be set") }

    // The file that the parent has opened, whatever has its name by now.
    let descriptor = "/proc/self/fd/\(FT_CHILD_FILE)"
    let opened: Result<(OpenFile, Catalogue), HDF5Error>
    do throws(HDF5Error) {
      let file = try OpenFile(reading: descriptor, named: path, checksStructure: limits.checksStructure)
      opened = .success((file, try file.locked { session throws(HDF5Error) in session.catalogue() }))
    } catch {
      opened = .failure(error)
    }
    try channel.send(message(opened) { $1.1.write(to: &$0) })
    guard case .success((let file, _)) = opened else { return }
    while let request = try? channel.receive() {
      var wire = WireReader(request)
      let answer = answer(try Request(from: &wire), file)
      try channel.send(message(answer) { $1.write(to: &$0) })
    }
  }

  private static func message<Value>(
    _ result: Result<Value, HDF5Error>, _ body: (inout WireWriter, Value) -> Void
  ) -> [UInt8] {
    var wire = WireWriter()
    switch result {
    case .success(let value):
      wire.write(true)
      body(&wire, value)
    case .failure(let error):
      wire.write(false)
      error.write(to: &wire)
    }
    return wire.bytes
  }

  private static func answer(_ request: Request, _ file: OpenFile) -> Result<Answer, HDF5Error> {
    do throws(HDF5Error) {
      guard case .floats(let dataset, let byteLimit) = request else {
        return .success(try file.locked { session throws(HDF5Error) in try session.answer(request) })
      }
      try fillMemory(dataset, byteLimit, file)
      return .success(.done)
    } catch {
      return .failure(error)
    }
  }

  /// Puts the numbers of a dataset into the memory that the parent shares, which it has made large enough.
  private static func fillMemory(_ dataset: DatasetDescription, _ byteLimit: Int, _ file: OpenFile) throws(HDF5Error) {
    let byteCount = max(1, dataset.count * MemoryLayout<Float>.stride)
    // The parent has made the memory that long; if it cannot be had, that is said.
    let start = unsafe mmap(nil, byteCount, PROT_READ | PROT_WRITE, MAP_SHARED, memoryNumber, 0)
    guard let start = unsafe start, unsafe start != MAP_FAILED else {
      throw HDF5Error(
        .tooLarge, file: file.path, object: dataset.path,
        problem: "takes \(byteCount) bytes, more than reading in a process of its own may take",
        remedy: "Write it again without chunks and compression.")
    }
    // The mapping is as long as it was asked to be, and goes after its last use.
    defer { unsafe munmap(start, byteCount) }
    let floats = unsafe UnsafeMutableBufferPointer(
      start: start.bindMemory(to: Float.self, capacity: dataset.count), count: dataset.count)
    try file.locked { session throws(HDF5Error) in
      try unsafe session.readFloats(dataset, into: floats, byteLimit: byteLimit)
    }
  }

  private static let socketNumber = CInt(FT_CHILD_SOCKET)
  private static let memoryNumber = CInt(FT_CHILD_MEMORY)
}
