extension [Tensor] {
  /// Calls `body` with the rows `range` of the first axis of every tensor, in place, as `Tensor.withRows` does.
  package mutating func withRows(_ range: Range<Int>, _ body: (inout [Tensor]) -> Void) {
    let empty = Tensor(zeros: [0])
    var parts: [Tensor] = []
    func next(_ index: Int, _ tensors: inout [Tensor]) {
      if index == tensors.count { return body(&parts) }
      // Handed on, not shared, so that the memory has one user.
      var tensor = tensors[index]
      tensors[index] = empty
      tensor.withRows(range) { rows in
        parts.append(rows)
        rows = empty
        next(index + 1, &tensors)
        rows = parts.removeLast()
      }
      tensors[index] = tensor
    }
    next(0, &self)
  }
}
