/// An array of numbers or texts in a file, with attributes.
///
/// Values come in row-major order. Numbers of any stored format are converted: half and double precision, big-endian,
/// whole, compressed.
public struct HDF5Dataset: Sendable {
  let file: FileAccess
  private let description: DatasetDescription

  init(file: FileAccess, description: DatasetDescription) {
    self.file = file
    self.description = description
  }

  /// The path from the root of the file.
  public var path: String { description.path }
  /// The extents; `[]` for a single value.
  public var shape: [Int] { description.shape }
  /// The number of values.
  public var count: Int { description.count }
  public var elementKind: ElementKind { description.type.kind }
  /// The order of a number's bytes in the file; reading converts them.
  public var byteOrder: ByteOrder? { description.type.byteOrder }
  public var attributes: HDF5Attributes { HDF5Attributes(file: file, path: path) }

  /// 4 GiB: what a reading function takes unless told otherwise.
  public static let defaultByteLimit = 4 << 30

  /// All values as floats. Those too large for a float become infinite.
  ///
  /// - Parameter byteLimit: refuse a dataset that declares more bytes than this, in the file or in memory.
  public func readFloats(byteLimit: Int = defaultByteLimit) throws(HDF5Error) -> [Float] {
    try file.readFloats(description, byteLimit: byteLimit)
  }

  /// All values as floats, into `buffer`, which must have room for exactly ``count``.
  public func readFloats(
    into buffer: UnsafeMutableBufferPointer<Float>, byteLimit: Int = defaultByteLimit
  ) throws(HDF5Error) {
    guard buffer.count == count else {
      throw HDF5Error(
        .wrongType, file: file.path, object: path, problem: "has \(count) values, not \(buffer.count)")
    }
    try unsafe file.readFloats(description, into: buffer, byteLimit: byteLimit)
  }

  /// Throws what ``readFloats(into:byteLimit:)`` would throw for the size that the file declares: to be asked before memory for
  /// the values is.
  public func requireRoom(byteLimit: Int = defaultByteLimit) throws(HDF5Error) {
    try file.requireSize(description, byteLimit)
  }

  /// All values as whole numbers; the stored ones must be whole, too.
  public func readIntegers(byteLimit: Int = defaultByteLimit) throws(HDF5Error) -> [Int64] {
    try file.ask(.integers(description, byteLimit: byteLimit), about: path) {
      if case .integers(let found) = $0 { found } else { nil }
    }
  }

  /// All texts, of fixed or variable length.
  public func readStrings(byteLimit: Int = defaultByteLimit) throws(HDF5Error) -> [String] {
    try file.ask(.strings(description, byteLimit: byteLimit), about: path) {
      if case .strings(let found) = $0 { found } else { nil }
    }
  }

  /// The bytes of opaque elements, as they are in the file.
  public func readBytes(byteLimit: Int = defaultByteLimit) throws(HDF5Error) -> [UInt8] {
    try file.ask(.bytes(description, byteLimit: byteLimit), about: path) {
      if case .bytes(let found) = $0 { found } else { nil }
    }
  }
}

extension HDF5Dataset {
  /// How the values lie in the file: `contiguous`, `chunked, shuffle, gzip`.
  public func layout() throws(HDF5Error) -> String {
    try file.ask(.layout(path), about: path) { if case .text(let found) = $0 { found } else { nil } }
  }
}
