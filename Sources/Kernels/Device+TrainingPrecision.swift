import CKernels
import Tensors

// Training in bfloat16: weights, gradients, sums and statistics are float32 numbers; what is multiplied, forward and for both
// gradients, is rounded on its way into the kernels. The numbers reach as far as those of float32, so that, unlike with float16,
// no gradient becomes zero for being small and no loss needs scaling.

extension Device {
  /// The same device, whose training steps multiply numbers of a precision where this processor gains by it.
  ///
  /// Weights that serve one step are packed for it, so only processors train so that are faster with all products.
  public func training(in precision: Precision) -> Device {
    training(with: precision == .bfloat16 && kernels.bfloat16 == .products ? kernels.bfloat16Products[0] : nil)
  }

  /// What training steps on this device multiply.
  public var trainingPrecision: Precision { training == nil ? .float32 : .bfloat16 }

  /// Packs a Keras kernel for one step. Winograd's convolutions stay in float32, as in inference.
  func packedForStep(_ kernel: Tensor, _ geometry: ConvolutionGeometry) -> PackedKernel {
    guard let training, kernelGradientTile(geometry) == nil else { return packed(kernel, geometry) }
    return packed(kernel, geometry, as: training)
  }

  /// Packs the right operand of a product for one step.
  func packedForStep(_ matrix: Tensor, transposing: Bool) -> PackedMatrix {
    guard let training else { return packed(matrix, transposing: transposing) }
    return packed(matrix, transposing: transposing, as: training)
  }
}

extension KernelSet {
  /// What asking for training in a precision leads to, in words; nil where it simply works.
  public func note(onTraining precision: Precision) -> String? {
    guard precision == .bfloat16, bfloat16 != .products else { return nil }
    return "training in bfloat16: \(reasonForFloats); training in float32"
  }

  /// A block of a matrix that is multiplied where it lies, `CK_PRODUCT_SCRATCH` floats of scratch memory.
  @unsafe func multiplyInPlace(
    as product: BFloat16Product?, rows: Int, columns: Int, depth: Int, _ a: UnsafePointer<Float>,
    _ b: UnsafePointer<Float>, rowStride: Int, columnStride: Int, into output: UnsafeMutablePointer<Float>,
    outputStride: Int, epilogue: ck_epilogue, scratch: UnsafeMutablePointer<Float>
  ) {
    var epilogue = unsafe epilogue
    let kernel =
      switch product {
      case nil: unsafe table.product_rows
      case .expanded: unsafe table.product_rows_bfloat16
      case .dots: unsafe table.product_rows_dots
      }
    unsafe kernel?(
      rows, columns, depth, a, b, rowStride, columnStride, output, outputStride, &epilogue, scratch)
  }

  /// The numbers `depth` of a kernel's gradient, summed over `rows` of the windows, with `CK_GRADIENT_SCRATCH` floats of scratch
  /// memory.
  @unsafe func kernelGradient(
    as product: BFloat16Product?, _ windows: ck_windows, _ image: UnsafePointer<Float>,
    _ gradient: UnsafePointer<Float>, gradientStride: Int, columns: Int, rows: Range<Int>, depth: Range<Int>,
    into result: UnsafeMutablePointer<Float>, resultStride: Int, scratch: UnsafeMutablePointer<Float>
  ) {
    var windows = windows
    let kernel =
      switch product {
      case nil: unsafe table.kernel_gradient
      case .expanded: unsafe table.kernel_gradient_bfloat16
      case .dots: unsafe table.kernel_gradient_dots
      }
    unsafe kernel?(
      &windows, image, gradient, gradientStride, columns, rows.lowerBound, rows.count, depth.lowerBound,
      depth.upperBound, result, resultStride, scratch)
  }
}
