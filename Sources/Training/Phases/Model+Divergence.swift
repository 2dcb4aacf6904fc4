import Kernels
import Layers
import Tensors

extension Model {
  /// The first place where a number is not finite on the way from `values` to the outputs, in words; nil if there is none
  /// in inference mode.
  ///
  /// In order: what goes in, then of each layer its parameters and its output. Layers that keep statistics of batches, or
  /// draw random numbers, may go wrong in training mode only.
  func firstNonFinite(from values: [ValueID: Tensor], on device: Device) -> String? {
    if let (_, tensor) = values.first(where: { !$0.value.isFinite }) {
      return "what goes in is already not finite (\(tensor.nonFinite)): look at the pictures' preprocessing"
    }
    var known = values
    for node in nodes(to: outputs, from: Set(values.keys)) {
      let instance = instances[node.instance]
      for index in instance.parameters where !parameters[index].value.isFinite {
        return "the first wrong numbers stand in \(parameters[index].path) (\(parameters[index].value.nonFinite)): an "
          + "earlier step moved it too far"
      }
      let output = self.values([node.output], from: known, on: device)[0]
      if !output.isFinite {
        let size = parameters[instance.parameters].map { $0.value.largest }.max()
        let weights = size.map { ", whose largest weight is \($0)" } ?? ""
        return "the first wrong numbers come out of layer \"\(instance.path)\"\(weights) (\(output.nonFinite))"
      }
      known[node.output] = output
    }
    return nil
  }
}

extension Tensor {
  fileprivate var isFinite: Bool { unsafe withUnsafeElements { unsafe $0.allSatisfy(\.isFinite) } }

  fileprivate var largest: Float { unsafe withUnsafeElements { unsafe $0.reduce(0) { max($0, abs($1)) } } }

  /// `3 of 1024 numbers`
  fileprivate var nonFinite: String {
    let wrong = unsafe withUnsafeElements { unsafe $0.count { !$0.isFinite } }
    return "\(wrong) of \(count) numbers"
  }
}
