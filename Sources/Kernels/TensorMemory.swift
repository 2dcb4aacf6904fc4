import Tensors

/// Memory of a tensor that is read.
///
/// Naming it is safe; reading through its address is not. Unchecked Sendable: it lives only inside `reading`, while the
/// tensor is alive and nobody writes to it.
@safe struct Source: @unchecked Sendable {
  let address: UnsafePointer<Float>
}

/// Memory of a tensor that is being made.
///
/// Naming it is safe; writing through its address is not. Unchecked Sendable: each work item writes a part of its own, and
/// the tensor is not seen by anybody else before all items are done.
@safe struct Target: @unchecked Sendable {
  let address: UnsafeMutablePointer<Float>
}

/// Calls `body` with the memory of a tensor; it must not keep it.
func reading<R>(_ a: Tensor, _ body: (Source) -> R) -> R {
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
func writing<R>(_ a: inout Tensor, _ body: (Target) -> R) -> R {
  unsafe a.withUnsafeMutableElements { elements in
    guard let base = elements.baseAddress else { preconditionFailure("a tensor always has memory") }
    return body(unsafe Target(address: base))
  }
}

extension Device {
  /// A new tensor whose elements `body` writes, all of them.
  func making(_ shape: Shape, _ body: (Target) -> Void) -> Tensor {
    unsafe Tensor(shape, in: buffers) { elements in
      guard let base = elements.baseAddress else { preconditionFailure("a tensor always has memory") }
      body(unsafe Target(address: base))
    }
  }

  /// Scratch memory for one work item.
  func withScratch(_ count: Int, _ body: (Target) -> Void) {
    _ = making([count], body)
  }
}
