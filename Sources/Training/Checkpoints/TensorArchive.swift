import Crypto
import Foundation
import Tensors

/// A file of named tensors behind a JSON text, closed by the SHA-256 of all of it.
///
/// `FTARCH01`, the length of the text (8 bytes, little-endian), the text, then the tensors' numbers one after the other
/// (little-endian float32), then 32 bytes of SHA-256. The text is `{"tensors": [{"name", "shape"}, …], "header": …}`.
/// A file is written beside its place, brought to the disk and renamed, so that at its place there is always a whole one.
enum TensorArchive {
  private static let signature = Data("FTARCH01".utf8)

  private struct Contents<Header: Codable>: Codable {
    struct Entry: Codable {
      var name: String
      var shape: [Int]
    }
    var tensors: [Entry]
    var header: Header
  }

  /// Writes a file; when this fails, what was at `path` is still there.
  static func write<Header: Codable>(
    _ header: Header, _ tensors: [(name: String, tensor: Tensor)], to path: String
  ) throws(CheckpointError) {
    let partial = path + ".partial"
    do {
      let entries = tensors.map { Contents<Header>.Entry(name: $0.name, shape: $0.tensor.shape.dimensions) }
      let encoder = JSONEncoder()
      encoder.outputFormatting = .sortedKeys
      encoder.nonConformingFloatEncodingStrategy = .convertToString(
        positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
      let text = try encoder.encode(Contents(tensors: entries, header: header))
      let file = try FileHandle(creating: partial)
      var hash = SHA256()
      func add(_ data: Data) throws {
        hash.update(data: data)
        try file.write(contentsOf: data)
      }
      var start = signature
      unsafe withUnsafeBytes(of: UInt64(text.count).littleEndian) { unsafe start.append(contentsOf: $0) }
      try add(start + text)
      for (_, tensor) in tensors {
        try unsafe tensor.withUnsafeElements { elements throws in
          guard let base = elements.baseAddress, elements.count > 0 else { return }
          // Read only while the tensor lends its elements.
          let bytes = unsafe Data(
            bytesNoCopy: UnsafeMutableRawPointer(mutating: base), count: elements.count * MemoryLayout<Float>.stride,
            deallocator: .none)
          try add(bytes)
        }
      }
      try file.write(contentsOf: Data(hash.finalize()))
      try file.synchronize()
      try file.close()
      guard unsafe rename(partial, path) == 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
    } catch {
      unsafe unlink(partial)
      throw CheckpointError(path: path, "cannot be written: \(CheckpointError.reason(error))")
    }
  }

  /// Reads a file and checks all of it before anything is made of it.
  static func read<Header: Codable>(
    _ type: Header.Type, from path: String
  ) throws(CheckpointError) -> (header: Header, tensors: [String: Tensor]) {
    let data: Data
    do {
      data = try Data(contentsOf: URL(fileURLWithPath: path), options: .alwaysMapped)
    } catch {
      throw CheckpointError(path: path, "cannot be read: \(CheckpointError.reason(error))")
    }
    let damaged = CheckpointError(path: path, "is damaged: its checksum does not match")
    guard data.count >= signature.count + 8 + SHA256.byteCount, data.prefix(signature.count) == signature else {
      throw CheckpointError(path: path, "is no checkpoint, or cut off")
    }
    let body = data.dropLast(SHA256.byteCount)
    guard Data(SHA256.hash(data: body)) == data.suffix(SHA256.byteCount) else { throw damaged }
    var rest = body.dropFirst(signature.count)
    let length = rest.prefix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    rest = rest.dropFirst(8)
    guard length <= UInt64(rest.count) else { throw damaged }
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    guard let contents = try? decoder.decode(Contents<Header>.self, from: rest.prefix(Int(length))) else {
      throw CheckpointError(path: path, "was written by another version of this program")
    }
    rest = rest.dropFirst(Int(length))
    var tensors: [String: Tensor] = [:]
    for entry in contents.tensors {
      guard entry.shape.allSatisfy({ $0 >= 0 }) else { throw damaged }
      let shape = Shape(entry.shape)
      let count = shape.elementCount * MemoryLayout<Float>.stride
      guard count <= rest.count else { throw damaged }
      let bytes = rest.prefix(count)
      tensors[entry.name] = unsafe Tensor(shape) { elements in
        _ = unsafe bytes.copyBytes(to: UnsafeMutableRawBufferPointer(elements))
      }
      rest = rest.dropFirst(count)
    }
    guard rest.isEmpty else { throw damaged }
    return (contents.header, tensors)
  }
}

extension FileHandle {
  /// A new file for writing, in the place of any that was there.
  fileprivate convenience init(creating path: String) throws {
    let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
    self.init(fileDescriptor: descriptor, closeOnDealloc: true)
  }
}
