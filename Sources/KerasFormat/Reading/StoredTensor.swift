internal import HDF5
public import Tensors

/// A tensor in a file: what is known of it without reading its numbers, and a way to read them.
public struct StoredTensor: Sendable {
  private enum Source: Sendable {
    case dataset(HDF5Dataset)
    case value(Tensor)
  }

  /// Its name inside the layer's group, with whatever prefixes and suffixes Keras gave it: `conv1/kernel:0`.
  public internal(set) var name: String
  /// Where it stands in the file.
  public let path: String
  public private(set) var shape: Shape
  /// How the numbers are stored where that is not 32-bit floats: `float16`.
  public let storedAs: String?
  private let source: Source
  /// What is done to it when it is read.
  private(set) var transform: TensorTransform?
  private let file: String

  /// - Parameter part: the file that the dataset is in, where the model is spread over several.
  init(name: String, dataset: HDF5Dataset, file: String, part: String? = nil) throws(KerasError) {
    self.name = name
    path = part.map { "\($0):\(dataset.path)" } ?? dataset.path
    shape = Shape(dataset.shape)
    var kind = "\(dataset.elementKind)"
    if Self.isMarkedBFloat16(dataset) { kind = "bfloat16" }
    storedAs = kind == "float32" ? nil : kind
    source = .dataset(dataset)
    self.file = file
  }

  /// A tensor whose numbers somebody else has read.
  package init(name: String, path: String, storedAs: String?, value: Tensor, file: String) {
    self.name = name
    self.path = path
    self.storedAs = storedAs
    shape = value.shape
    source = .value(value)
    self.file = file
  }

  /// The same tensor, brought into another form when it is read.
  func reading(as transform: TensorTransform) -> StoredTensor {
    var tensor = self
    tensor.transform = transform
    tensor.shape = transform.shape(shape)
    return tensor
  }

  /// Reads all numbers.
  public func read() throws(KerasError) -> Tensor {
    let tensor = try stored()
    return transform?.apply(to: tensor) ?? tensor
  }

  /// The numbers as they stand in the file.
  private func stored() throws(KerasError) -> Tensor {
    switch source {
    case .value(let tensor): return tensor
    case .dataset(let dataset):
      if storedAs == "bfloat16", case .opaque = dataset.elementKind { return try readBFloat16(dataset) }
      try keras { () throws(HDF5Error) in try dataset.requireRoom() }
      // Every element is written by the read, or it throws.
      var tensor = unsafe Tensor(uninitialized: Shape(dataset.shape))
      do throws(HDF5Error) {
        try unsafe tensor.withUnsafeMutableElements { buffer throws(HDF5Error) in
          try unsafe dataset.readFloats(into: buffer)
        }
      } catch {
        throw KerasError(error, file: file)
      }
      return tensor
    }
  }

  /// How the numbers lie in the file: `contiguous`, `chunked, gzip`; nil where they lie in no file any more.
  public var layout: String? {
    guard case .dataset(let dataset) = source else { return nil }
    return try? dataset.layout()
  }

  /// Keras stores bfloat16 as elements of two bytes that HDF5 does not understand, with an attribute that says so.
  private static func isMarkedBFloat16(_ dataset: HDF5Dataset) -> Bool {
    guard case .opaque(bytes: 2) = dataset.elementKind else { return false }
    return (try? dataset.attributes["dtype"])?.string == "bfloat16"
  }

  private func readBFloat16(_ dataset: HDF5Dataset) throws(KerasError) -> Tensor {
    let bytes = try keras { () throws(HDF5Error) in try dataset.readBytes() }
    let values = (0..<shape.elementCount).map { index in
      Float(bitPattern: UInt32(bytes[2 * index]) << 16 | UInt32(bytes[2 * index + 1]) << 24)
    }
    return Tensor(shape, values)
  }
}
