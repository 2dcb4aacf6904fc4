internal import Synchronization

/// A file that a child process reads for this one.
final class GuardedFile: Sendable {
  let path: String
  private let raw: RawFile
  private let catalogue: Catalogue
  /// `nil` when the file is closed.
  private let process: Mutex<Reader>

  private struct Reader: ~Copyable {
    var process: ReaderProcess?
  }

  init(_ location: String, named path: String, limits: ReadingLimits, helper: String?) throws(HDF5Error) {
    self.path = path
    var process: ReaderProcess
    if location == path, let started = AnticipatedReader.take(path, limits: limits) {
      raw = started.raw
      process = started.process
    } else {
      // Before a child is started: what is no HDF5 file at all.
      raw = try RawFile(location, named: path)
      process = try ReaderProcess(raw, path: path, limits: limits, helper: helper)
    }
    catalogue = try process.open()
    self.process = Mutex(Reader(process: process))
  }

  func close() { process.withLock { $0.process = nil } }

  func answer(_ request: Request, about object: String) throws(HDF5Error) -> Answer {
    if let known = catalogue.answer(request) { return known }
    return try process.withLock { reader throws(HDF5Error) in
      guard reader.process != nil else { throw closed }
      return try reader.process!.ask(request, about: object)
    }
  }

  func readFloats(
    _ dataset: DatasetDescription, into buffer: UnsafeMutableBufferPointer<Float>, byteLimit: Int
  ) throws(HDF5Error) {
    guard dataset.type.kind.isNumeric else {
      throw HDF5Error(
        .wrongType, file: path, object: dataset.path, problem: "holds \(dataset.type.kind), not numbers")
    }
    guard !buffer.isEmpty else { return }
    guard let position = dataset.position else {
      return try process.withLock { reader throws(HDF5Error) in
        guard reader.process != nil else { throw closed }
        try unsafe reader.process!.readFloats(dataset, into: buffer, byteLimit: byteLimit)
      }
    }
    // They stand in the file as they are wanted. The place may be a lie; then it is no part of the file, or another.
    let bytes = UnsafeMutableRawBufferPointer(buffer)
    guard position >= 0, unsafe fill(bytes, from: raw.descriptor, at: position) == bytes.count else {
      throw HDF5Error(
        .damaged, file: path, object: dataset.path, problem: "its values lie beyond the end of the file",
        remedy: "Copy or download it again.")
    }
  }

  private var closed: HDF5Error {
    HDF5Error(.missingObject, file: path, problem: "is already closed", remedy: "Open it again.")
  }
}
