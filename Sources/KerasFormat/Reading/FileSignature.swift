#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Says what a file is that was given as a model and is not one.
enum FileSignature {
  /// `a PNG image`, and what to do instead, if anything is known.
  struct Finding: Hashable {
    var kind: String
    var remedy: String?
  }

  static func finding(_ path: String) -> Finding? {
    let start = firstBytes(of: path, count: 512)
    return finding(start)
  }

  static func finding(_ start: [UInt8]) -> Finding? {
    if start.isEmpty { return nil }
    for (signature, kind, remedy) in signatures where start.starts(with: signature) {
      return Finding(kind: kind, remedy: remedy)
    }
    if start.count >= 8, Array(start[4..<8]) == Array("TFL3".utf8) {
      return Finding(kind: "a TensorFlow Lite model", remedy: nil)
    }
    if start.count >= 12, start.starts(with: Array("RIFF".utf8)), Array(start[8..<12]) == Array("WEBP".utf8) {
      return Finding(kind: "a WebP image", remedy: nil)
    }
    guard isText(start) else { return nil }
    let text = String(decoding: start, as: UTF8.self)
    if text.hasPrefix("version https://git-lfs") {
      return Finding(kind: "a Git LFS pointer, not the file itself", remedy: "Fetch it with `git lfs pull`.")
    }
    let first = text.drop(while: \.isWhitespace).lowercased()
    if first.hasPrefix("<!doctype html") || first.hasPrefix("<html") {
      return Finding(kind: "a web page", remedy: "The download went wrong: fetch the file itself.")
    }
    if first.hasPrefix("{") || first.hasPrefix("[") { return Finding(kind: "a JSON text", remedy: nil) }
    return Finding(kind: "a text", remedy: nil)
  }

  static let zip: [UInt8] = [0x50, 0x4B, 0x03, 0x04]

  private static let convert =
    "Open it in Keras and save it again with model.save(\"model.h5\")."

  private static let signatures: [(signature: [UInt8], kind: String, remedy: String?)] = [
    ([0x89, 0x50, 0x4E, 0x47], "a PNG image", nil),
    ([0xFF, 0xD8, 0xFF], "a JPEG image", nil),
    (Array("GIF8".utf8), "a GIF image", nil),
    (Array("BM".utf8), "a BMP image", nil),
    (Array("%PDF".utf8), "a PDF document", nil),
    (zip, "a zip archive, as Keras' .keras files and PyTorch's are", convert),
    ([0x1F, 0x8B], "a gzip archive", "Unpack it first."),
    ([0x93] + Array("NUMPY".utf8), "a NumPy array", nil),
    ([0x80, 0x02], "a Python pickle, as older PyTorch files are", nil),
    ([0x80, 0x03], "a Python pickle", nil),
    ([0x80, 0x04], "a Python pickle", nil),
  ]

  private static func isText(_ bytes: [UInt8]) -> Bool {
    bytes.allSatisfy { $0 >= 0x20 && $0 != 0x7F || [0x09, 0x0A, 0x0D].contains($0) }
  }

  static func firstBytes(of path: String, count: Int) -> [UInt8] {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { return [] }
    defer { close(descriptor) }
    // `read` fills at most `count` bytes and says how many.
    return unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      filled = unsafe max(0, read(descriptor, buffer.baseAddress, count))
    }
  }
}
