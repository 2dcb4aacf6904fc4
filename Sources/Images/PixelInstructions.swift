internal import CImageShims

/// The vector instructions that pictures are scaled with. All give the same bits; the best is taken unless a test
/// says otherwise.
package struct PixelInstructions: Hashable, Sendable, CustomStringConvertible {
  let index: Int32

  package static let best = PixelInstructions(index: 0)

  /// Those of this processor, the best first.
  package static var available: [PixelInstructions] {
    (0..<ft_instruction_set_count()).map(PixelInstructions.init)
  }

  package var description: String {
    // A string that lives as long as the program.
    unsafe String(cString: ft_instruction_set_name(index))
  }
}
