#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// How a device computes convolutions.
///
/// Winograd's algorithms replace the 3x3 convolutions of stride 1 (without groups or dilation) by a half or a quarter of the
/// multiplications; their rounding error stays within 2e-5 of the largest output.
/// See [Fast Algorithms for Convolutional Neural Networks](https://arxiv.org/abs/1509.09308).
public enum ConvolutionAlgorithm: Hashable, Sendable {
  /// Winograd's where it has been measured to be faster: that depends on the geometry and the kernel set alone.
  case fastest
  /// A matrix product, always.
  case direct
  /// Winograd's wherever it is possible at all: for tests and measurements.
  case winograd(WinogradTile)

  /// `fastest`, unless the environment variable `FINETUNE_WINOGRAD` is 0.
  public static let standard: ConvolutionAlgorithm = {
    guard let wish = unsafe getenv("FINETUNE_WINOGRAD").map({ unsafe String(cString: $0) }) else { return .fastest }
    switch wish {
    case "0": return .direct
    case "", "1": return .fastest
    default:
      let message = "FINETUNE_WINOGRAD: \"\(wish)\" is neither 0 (off) nor 1 (on). Using 1.\n"
      _ = unsafe write(STDERR_FILENO, message, message.utf8.count)
      return .fastest
    }
  }()
}

/// The outputs that one tile of Winograd's algorithm has in each direction.
public enum WinogradTile: Int, Hashable, Sendable, CaseIterable {
  /// F(2x2, 3x3): 16 multiplications for 4 outputs, where the sum has 36.
  case two = 2
  /// F(4x4, 3x3): 36 multiplications for 16 outputs, where the sum has 144.
  case four = 4
}
