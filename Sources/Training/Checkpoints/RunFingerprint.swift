import Crypto
import Foundation
public import Layers
import Tensors

/// What the bits of a run follow from, in few bytes: a run goes on from a checkpoint only if all of it is the same.
public struct RunFingerprint: Hashable, Sendable, Codable {
  /// SHA-256, or a plain text, by what it stands for: "the recipe", "the pictures".
  private var parts: [String: String] = [:]

  public init() {}

  /// Adds a short text as it is.
  public mutating func add(_ part: String, plain text: String) { parts[part] = text }

  /// Adds the SHA-256 of texts.
  public mutating func add(_ part: String, hashing texts: some Sequence<String>) {
    parts[part] = Self.hash(texts)
  }

  /// The SHA-256 of texts, in hexadecimal digits.
  public static func hash(_ texts: some Sequence<String>) -> String {
    var hash = SHA256()
    for text in texts {
      hash.update(data: Data(text.utf8))
      hash.update(data: Data([0]))
    }
    return text(hash.finalize())
  }

  /// Adds the SHA-256 of all numbers of a model.
  public mutating func add(_ part: String, hashing model: Model) {
    var hash = SHA256()
    for parameter in model.parameters {
      hash.update(data: Data(parameter.path.utf8))
      unsafe parameter.value.withUnsafeElements { elements in
        unsafe hash.update(bufferPointer: UnsafeRawBufferPointer(elements))
      }
    }
    parts[part] = Self.text(hash.finalize())
  }

  /// What differs, in the order of the names, with both texts where they can be read.
  public func differences(from other: RunFingerprint) -> [String] {
    Set(parts.keys).union(other.parts.keys).sorted().filter { parts[$0] != other.parts[$0] }.map { part in
      guard let (own, its) = zipped(parts[part], other.parts[part]), own.count < 64, its.count < 64 else { return part }
      return "\(part) (\(own), now \(its))"
    }
  }

  private func zipped(_ first: String?, _ second: String?) -> (String, String)? {
    guard let first, let second else { return nil }
    return (first, second)
  }

  private static func text(_ digest: SHA256Digest) -> String {
    digest.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
  }
}
