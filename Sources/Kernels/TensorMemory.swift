package import Tensors

/// Memory that is read: a tensor's, or a place in an arena.
///
/// Naming it is safe; reading through its address is not. Unchecked Sendable: it lives only inside `reading`, or while the
/// owner of the arena runs an operation; meanwhile the memory is alive and nobody writes to it.
@safe package struct Source: @unchecked Sendable {
  package let address: UnsafePointer<Float>

  package init(address: UnsafePointer<Float>) { unsafe self.address = address }

  /// The memory `count` floats further on.
  package func advanced(by count: Int) -> Source { unsafe Source(address: address + count) }
}

/// Memory that is being written: a new tensor's, or a place in an arena.
///
/// Naming it is safe; writing through its address is not. Unchecked Sendable: each work item writes a part of its own, and
/// nobody else looks at the memory before all items are done.
@safe package struct Target: @unchecked Sendable {
  package let address: UnsafeMutablePointer<Float>

  package init(address: UnsafeMutablePointer<Float>) { unsafe self.address = address }

  /// The memory `count` floats further on.
  package func advanced(by count: Int) -> Target { unsafe Target(address: address + count) }

  /// The same memory, to be read.
  package var source: Source { unsafe Source(address: UnsafePointer(address)) }
}

/// Calls `body` with the memory of a tensor; it must not keep it.
package func reading<R>(_ a: Tensor, _ body: (Source) -> R) -> R {
  unsafe a.withUnsafeElements { elements in
    guard let base = elements.baseAddress else { preconditionFailure("a tensor always has memory") }
    return body(unsafe Source(address: base))
  }
}

func reading<R>(_ a: Tensor, _ b: Tensor, _ body: (Source, Source) -> R) -> R {
  reading(a) { a in reading(b) { b in body(a, b) } }
}

func reading<R>(_ a: Tensor, _ b: Tensor, _ c: Tensor, _ body: (Source, Source, Source) -> R) -> R {
  reading(a, b) { a, b in reading(c) { c in body(a, b, c) } }
}

func reading<R>(_ a: Tensor?, _ body: (Source?) -> R) -> R {
  guard let a else { return body(nil) }
  return reading(a) { (source: Source) in body(source) }
}

/// Calls `body` with the memory of a tensor for writing; it must not keep it.
package func writing<R>(_ a: inout Tensor, _ body: (Target) -> R) -> R {
  unsafe a.withUnsafeMutableElements { elements in
    guard let base = elements.baseAddress else { preconditionFailure("a tensor always has memory") }
    return body(unsafe Target(address: base))
  }
}

/// Calls `body` with the memory of several tensors; it must not keep it.
package func reading(_ tensors: [Tensor], _ body: ([Source]) -> Void) {
  func next(_ index: Int, _ sources: [Source]) {
    if index == tensors.count { return body(sources) }
    reading(tensors[index]) { next(index + 1, sources + [$0]) }
  }
  next(0, [])
}

/// Calls `body` with the memory of several tensors for writing; it must not keep it.
package func writing(_ tensors: inout [Tensor], _ body: ([Target]) -> Void) {
  func next(_ index: Int, _ tensors: inout [Tensor], _ targets: [Target]) {
    if index == tensors.count { return body(targets) }
    // Taken out, so that this is its only user.
    var tensor = tensors[index]
    tensors[index] = empty
    writing(&tensor) { next(index + 1, &tensors, targets + [$0]) }
    tensors[index] = tensor
  }
  let empty = Tensor(zeros: [0])
  next(0, &tensors, [])
}

extension Device {
  /// A new tensor whose elements `body` writes, all of them.
  func making(_ shape: Shape, _ body: (Target) -> Void) -> Tensor {
    unsafe Tensor(shape, in: buffers) { elements in
      guard let base = elements.baseAddress else { preconditionFailure("a tensor always has memory") }
      body(unsafe Target(address: base))
    }
  }

  /// Calls `body` with a tensor's memory to read and memory of the same size to write, all of it, which then is the tensor's:
  /// the same where nobody else uses it, so that element may replace element.
  func replacing(_ x: inout Tensor, _ body: (Source, Target) -> Void) {
    if x.hasOneUser() { return writing(&x) { body($0.source, $0) } }
    let old = x
    x = reading(old) { source in making(old.shape) { body(source, $0) } }
  }

  /// Scratch memory for one work item.
  func withScratch(_ count: Int, _ body: (Target) -> Void) {
    _ = making([count], body)
  }
}
