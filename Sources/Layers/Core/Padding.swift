package import Kernels

/// What lies around an image while a window slides over it.
public enum Padding: String, CaseIterable, Hashable, Sendable {
  /// Nothing: the window stays inside the image.
  case valid
  /// So much that the output has `⌈input / stride⌉` rows and columns; of an odd number of rows the larger part at the bottom
  /// and at the right, as TensorFlow pads.
  case same

  /// The same in the terms of the kernels.
  package var window: Window.Padding {
    switch self {
    case .valid: .valid
    case .same: .same
    }
  }
}
