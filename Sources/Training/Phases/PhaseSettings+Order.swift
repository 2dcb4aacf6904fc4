import Tensors

extension PhaseSettings {
  /// The order in which an epoch takes its samples, counted over all phases.
  package func order(ofEpoch epoch: Int, count: Int) -> [Int] {
    key.folding("shuffle").folding(UInt64(epoch)).permutation(count)
  }
}
