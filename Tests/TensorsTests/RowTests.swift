import Tensors
import Testing

@Suite("Rows of tensors in place")
struct RowTests {
  @Test("What is done to rows is done to the tensor they belong to, and to no copy of it")
  func inPlace() {
    var tensor = Tensor([4, 2], [0, 1, 2, 3, 4, 5, 6, 7])
    let copy = tensor
    tensor.withRows(1..<3) { rows in
      #expect(rows == Tensor([2, 2], [2, 3, 4, 5]))
      unsafe rows.withUnsafeMutableElements { elements in
        for index in elements.indices { unsafe elements[index] *= 10 }
      }
    }
    #expect(tensor.elements == [0, 1, 20, 30, 40, 50, 6, 7])
    #expect(copy.elements == [0, 1, 2, 3, 4, 5, 6, 7])
    tensor.withRows(2..<2) { #expect($0.count == 0) }
    tensor.withRows(0..<4) { #expect($0.elements == [0, 1, 20, 30, 40, 50, 6, 7]) }
  }

  @Test("Rows that are written to lie where they lay, so that nothing is copied")
  func sameMemory() {
    var tensor = Tensor([3, 2], [0, 1, 2, 3, 4, 5])
    let start = unsafe tensor.withUnsafeMutableElements { Int(bitPattern: $0.baseAddress) }
    tensor.withRows(1..<3) { rows in
      let place = unsafe rows.withUnsafeMutableElements { Int(bitPattern: $0.baseAddress) }
      #expect(place == start + 2 * MemoryLayout<Float>.stride)
    }
  }

  @Test("Rows in place of which another tensor is put become that one's")
  func replaced() {
    var tensor = Tensor([3, 2], [0, 1, 2, 3, 4, 5])
    tensor.withRows(0..<2) { $0 = Tensor([2, 2], [9, 8, 7, 6]) }
    #expect(tensor.elements == [9, 8, 7, 6, 4, 5])
  }

  @Test("Rows of several tensors, taken out and put back in another order of steps")
  func several() {
    var tensors = [Tensor([3, 1], [0, 1, 2]), Tensor([3, 2], [0, 1, 2, 3, 4, 5])]
    let copy = tensors
    tensors.withRows(1..<3) { rows in
      var last = rows.removeLast()
      unsafe last.withUnsafeMutableElements { unsafe $0[0] = 20 }
      unsafe rows[0].withUnsafeMutableElements { unsafe $0[1] = 30 }
      rows.append(last)
    }
    #expect(tensors.map(\.elements) == [[0, 1, 30], [0, 1, 20, 3, 4, 5]])
    #expect(copy.map(\.elements) == [[0, 1, 2], [0, 1, 2, 3, 4, 5]])
    var nothing: [Tensor] = []
    nothing.withRows(0..<5) { #expect($0.isEmpty) }
  }
}
