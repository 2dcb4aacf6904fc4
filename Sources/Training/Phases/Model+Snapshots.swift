import Layers
import Tensors

extension Model {
  /// The values of some parameters, by index.
  func values(ofParameters indices: some Sequence<Int>) -> [Int: Tensor] {
    Dictionary(uniqueKeysWithValues: indices.map { ($0, parameters[$0].value) })
  }

  /// Copies of some parameters, by index, in memory of their own: the parameters themselves stay where they are.
  func copies(ofParameters indices: some Sequence<Int>) -> [Int: Tensor] {
    Dictionary(uniqueKeysWithValues: indices.map { ($0, Tensor(parameters[$0].shape, parameters[$0].value.elements)) })
  }

  /// Takes back the values that some parameters had, by index.
  mutating func restore(_ values: [Int: Tensor]) {
    for (index, value) in values { parameters[index].value = value }
  }
}
