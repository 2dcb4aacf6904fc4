/// An open file, wherever it is read: what groups, datasets and attributes ask.
enum FileAccess: Sendable {
  case local(OpenFile)
  case guarded(GuardedFile)

  init(opening path: String, named name: String, _ reading: HDF5Reading) throws(HDF5Error) {
    switch reading {
    case .inProcess: self = .local(try OpenFile(reading: path, named: name))
    case .guarded(let limits, let helper):
      self = .guarded(try GuardedFile(path, named: name, limits: limits, helper: helper))
    }
  }

  var path: String {
    switch self {
    case .local(let file): file.path
    case .guarded(let file): file.path
    }
  }

  func close() throws(HDF5Error) {
    switch self {
    case .local(let file): try file.close()
    case .guarded(let file): file.close()
    }
  }

  /// Asks, and takes the value out of the answer with `value`.
  func ask<Value>(
    _ request: Request, about object: String, _ value: (Answer) -> Value?
  ) throws(HDF5Error) -> Value {
    let answer =
      switch self {
      case .local(let file): try file.locked { session throws(HDF5Error) in try session.answer(request) }
      case .guarded(let file): try file.answer(request, about: object)
      }
    guard let value = value(answer) else {
      throw HDF5Error(
        .damaged, file: path, object: object, problem: "makes the process that reads it answer nonsense")
    }
    return value
  }

  /// Runs `body` on a file that is open for writing.
  func locked<Result: Sendable>(
    at object: String, _ body: (borrowing Session) throws(HDF5Error) -> Result
  ) throws(HDF5Error) -> Result {
    switch self {
    case .local(let file): return try file.locked(body)
    case .guarded:
      throw HDF5Error(
        .cannotWrite, file: path, object: object, problem: "the file is open for reading only",
        remedy: "Create another file.")
    }
  }

  /// The numbers of a dataset, into `buffer`, which has room for exactly them.
  func readFloats(
    _ dataset: DatasetDescription, into buffer: UnsafeMutableBufferPointer<Float>, byteLimit: Int
  ) throws(HDF5Error) {
    switch self {
    case .local(let file):
      try file.locked { session throws(HDF5Error) in
        try unsafe session.readFloats(dataset, into: buffer, byteLimit: byteLimit)
      }
    case .guarded(let file):
      try requireSize(dataset, byteLimit)
      try unsafe file.readFloats(dataset, into: buffer, byteLimit: byteLimit)
    }
  }

  func readFloats(_ dataset: DatasetDescription, byteLimit: Int) throws(HDF5Error) -> [Float] {
    switch self {
    case .local(let file):
      return try file.locked { session throws(HDF5Error) in
        try session.readFloats(dataset, byteLimit: byteLimit)
      }
    case .guarded(let file):
      try requireSize(dataset, byteLimit)
      var failure: HDF5Error?
      let values = unsafe [Float](unsafeUninitializedCapacity: dataset.count) { buffer, filled in
        do throws(HDF5Error) {
          let whole = unsafe UnsafeMutableBufferPointer(start: buffer.baseAddress, count: dataset.count)
          try unsafe file.readFloats(dataset, into: whole, byteLimit: byteLimit)
          filled = dataset.count
        } catch {
          failure = error
        }
      }
      if let failure { throw failure }
      return values
    }
  }

  func requireSize(_ dataset: DatasetDescription, _ byteLimit: Int) throws(HDF5Error) {
    let (size, overflow) = dataset.count.multipliedReportingOverflow(by: max(4, dataset.type.byteCount))
    guard !overflow, size <= byteLimit else {
      throw HDF5Error.tooLarge(dataset, byteLimit: byteLimit, file: path)
    }
  }
}

extension HDF5Error {
  static func tooLarge(_ dataset: DatasetDescription, byteLimit: Int, file: String) -> HDF5Error {
    HDF5Error(
      .tooLarge, file: file, object: dataset.path,
      problem: "declares \(dataset.shape) values, more than the \(byteLimit) bytes that are allowed")
  }
}
