import CKernels

extension Window {
  /// This window as the C kernels know it, over images whose pixels lie `pixelStride` floats apart.
  func rows(pixelStride: Int, channels: Int) -> ck_windows {
    ck_windows(
      height: inputHeight, width: inputWidth, pixel_stride: pixelStride, channels: channels,
      kernel_height: kernelHeight, kernel_width: kernelWidth, stride_height: strideHeight, stride_width: strideWidth,
      dilation_height: dilationHeight, dilation_width: dilationWidth, pad_top: padTop, pad_left: padLeft,
      output_height: outputHeight, output_width: outputWidth)
  }
}

extension ck_windows {
  /// `rows` windows of one pixel each: a matrix as it is, or some columns of one.
  static func matrix(rows: Int, columns: Int, rowStride: Int? = nil) -> ck_windows {
    ck_windows(
      height: 1, width: rows, pixel_stride: rowStride ?? columns, channels: columns, kernel_height: 1, kernel_width: 1,
      stride_height: 1, stride_width: 1, dilation_height: 1, dilation_width: 1, pad_top: 0, pad_left: 0,
      output_height: 1, output_width: rows)
  }
}
