import Layers
import Tensors

extension Model {
  /// The values of some parameters, by index.
  func values(ofParameters indices: some Sequence<Int>) -> [Int: Tensor] {
    Dictionary(uniqueKeysWithValues: indices.map { ($0, parameters[$0].value) })
  }

  /// Takes back the values that some parameters had, by index.
  mutating func restore(_ values: [Int: Tensor]) {
    for (index, value) in values { parameters[index].value = value }
  }
}
