import CKernels

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The kernels for one instruction set: `avx512`, `avx2` or `portable`.
///
/// Results depend on the set, for the order of additions follows the width of its vectors; on one set they are always
/// the same bits.
public struct KernelSet: Sendable, Hashable {
  public let name: String
  private let index: Int

  private init?(index: Int) {
    guard let table = unsafe ck_kernels_at(index) else { return nil }
    name = unsafe String(cString: table.pointee.name)
    self.index = index
  }

  /// The sets this processor can run, best first. The last is always `portable`.
  public static let available: [KernelSet] = (0..<8).map { KernelSet(index: $0) }.prefix { $0 != nil }.compactMap { $0 }

  /// The best of `available`, unless the environment variable `FINETUNE_ISA` names another.
  public static let best: KernelSet = {
    guard let wish = unsafe getenv("FINETUNE_ISA").map({ unsafe String(cString: $0) }), !wish.isEmpty else {
      return available[0]
    }
    if let set = available.first(where: { $0.name == wish }) { return set }
    let names = available.map(\.name).joined(separator: ", ")
    let message =
      "FINETUNE_ISA: no instruction set \"\(wish)\" on this processor; it has \(names). Using \(available[0]).\n"
    _ = unsafe write(STDERR_FILENO, message, message.utf8.count)
    return available[0]
  }()

  /// The table of function pointers; static memory of the C side.
  @unsafe var table: ck_kernels {
    guard let table = unsafe ck_kernels_at(index) else { preconditionFailure("the sets of a processor do not change") }
    return unsafe table.pointee
  }

  /// Runs `rounds` of multiply-adds that wait for nothing and returns how many operations that were: divided by the time
  /// it took, the most that one thread of this processor can do.
  public func runPeak(rounds: Int) -> Int {
    let result = unsafe table.peak(rounds)
    precondition(!result.isNaN, "a sum of small numbers is a number")
    return unsafe rounds * table.peak_operations
  }

  /// Runs `rounds` of additions that each wait for the one before, beside enough multiply-adds to hold the clock where
  /// `runPeak` has it, and returns how many cycles that took: divided by the time, the clock.
  public func runCycles(rounds: Int) -> Int {
    let result = unsafe table.cycles(rounds)
    precondition(!result.isNaN, "a sum of small numbers is a number")
    return 32 * rounds
  }

  /// Floats in a vector.
  public var lanes: Int { unsafe table.panel_columns / 2 }
}

extension KernelSet: CustomStringConvertible {
  public var description: String { name }
}
