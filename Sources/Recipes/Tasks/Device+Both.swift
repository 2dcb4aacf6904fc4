internal import Kernels
internal import Synchronization

extension Device {
  /// What two closures give: run at the same time if `isParallel` and there are threads for it, else one after the other. Loops inside
  /// use one thread each while both run.
  func both<First: Sendable, Second: Sendable>(
    isParallel: Bool, _ first: @Sendable () -> First, and second: @Sendable () -> Second
  ) -> (First, Second) {
    guard isParallel else { return (first(), second()) }
    let found = Mutex<(first: First?, second: Second?)>((nil, nil))
    forEach(2) { index in
      if index == 0 {
        let value = first()
        found.withLock { $0.first = value }
      } else {
        let value = second()
        found.withLock { $0.second = value }
      }
    }
    return found.withLock { found in
      // The loop has run both.
      guard let first = found.first, let second = found.second else { preconditionFailure("a loop left something out") }
      return (first, second)
    }
  }
}
