import Foundation
import JSON

/// Numbers that Keras and scikit-learn computed, as tools/reference-numbers wrote them down.
enum ReferenceNumbers {
  static let keras = file("keras")
  static let scikitLearn = file("scikit-learn")

  private static func file(_ name: String) -> JSONValue {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let file = root.appendingPathComponent("tools/reference-numbers.d/\(name).json")
    guard let bytes = try? Data(contentsOf: file), let value = try? JSONValue(parsing: [UInt8](bytes)) else {
      preconditionFailure("\(file.path) is part of the repository")
    }
    return value
  }
}

extension JSONValue {
  /// The elements of a list; none of anything else.
  var list: [JSONValue] { arrayValue ?? [] }
  var doubles: [Double] { list.compactMap(\.doubleValue) }
  var floats: [Float] { doubles.map { Float($0) } }
}
