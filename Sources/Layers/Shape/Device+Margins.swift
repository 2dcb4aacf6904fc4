internal import Kernels
internal import Tensors

extension Device {
  /// An image with zeros around it.
  func padded(_ image: Tensor, _ margins: Margins) -> Tensor {
    padded(image, top: margins.top, bottom: margins.bottom, left: margins.left, right: margins.right)
  }

  /// An image without its margins.
  func cropped(_ image: Tensor, _ margins: Margins) -> Tensor {
    cropped(image, top: margins.top, bottom: margins.bottom, left: margins.left, right: margins.right)
  }
}
