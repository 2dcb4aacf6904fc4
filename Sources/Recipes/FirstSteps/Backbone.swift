internal import Architectures
internal import Foundation
internal import JSON
internal import Layers
internal import Tensors

/// A pretrained network to begin with, and how a recipe names it.
struct Backbone {
  let architecture: Architecture
  /// The width, where there are several.
  let alpha: Float?
  /// `imagenet`, or a file.
  let weights: String
  /// Whether the weights are on this machine.
  let isHere: Bool
  /// Where they were found, for people.
  let place: String

  /// The freeze groups that a second phase sets free with the head: the last block, or two where blocks are many and small.
  var lastGroups: [String] {
    let groups = architecture.groups.dropLast()
    return Array(groups.suffix(groups.count >= 10 ? 2 : 1))
  }

  /// The part of a recipe's `"model"` that names it.
  ///
  /// - Parameter folder: the recipe's, which relative paths start at.
  func members(in folder: String) -> OrderedDictionary<String, JSONValue> {
    var members: OrderedDictionary<String, JSONValue> = ["architecture": .string(architecture.name)]
    if let alpha { members["alpha"] = .float(alpha) }
    let isFile = weights != ModelReference.officialWeights
    members["weights"] = .string(isFile ? RecipePath.written(weights, in: folder) : weights)
    return members
  }
}

/// A path as a recipe holds it.
enum RecipePath {
  /// Relative where the file stands in the recipe's folder or near it, else absolute.
  static func written(_ path: String, in folder: String) -> String {
    let from = URL(fileURLWithPath: folder).standardizedFileURL.pathComponents
    let to = URL(fileURLWithPath: path).standardizedFileURL.pathComponents
    let shared = zip(from, to).prefix { $0 == $1 }.count
    let up = from.count - shared
    // Far away, an absolute path says more, and holds when the recipe is moved.
    guard up <= 2, shared > 1 else { return URL(fileURLWithPath: path).standardizedFileURL.path }
    let parts = [String](repeating: "..", count: up) + to[shared...]
    return parts.isEmpty ? "." : parts.joined(separator: "/")
  }
}
