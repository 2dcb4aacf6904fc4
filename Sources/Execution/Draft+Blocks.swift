internal import Kernels
internal import Layers
internal import Tensors

extension Draft {
  /// The geometry of a convolution that looks at one pixel at a time; the last convolution of a block is one, too.
  var pointwiseGeometry: ConvolutionGeometry? {
    guard let kernel, slice == nil, case .convolution(let geometry) = work, kernel.shape[0] == 1, kernel.shape[1] == 1,
      geometry.groups == 1, geometry.outputHeight == geometry.inputHeight,
      geometry.outputWidth == geometry.inputWidth, geometry.strideHeight == 1, geometry.strideWidth == 1
    else { return nil }
    return geometry
  }

  /// This convolution as an end of a block.
  func pointwise(on device: Device) -> DepthwiseBlock.Pointwise {
    guard let kernel else { preconditionFailure("a convolution without its kernel") }
    let window = Window(
      inputHeight: 1, inputWidth: 1, kernelHeight: 1, kernelWidth: 1, padding: .valid)
    guard let window else { preconditionFailure("a pixel fits into a pixel") }
    let geometry = ConvolutionGeometry(
      window: window, inputChannels: kernel.shape[2], outputChannels: kernel.shape[3])
    return DepthwiseBlock.Pointwise(
      kernel: device.packedForInference(kernel, geometry), bias: bias, activation: activation)
  }
}

extension Lowering {
  /// Joins expansion, depthwise convolution and projection where what lies between them would not stay in cache.
  mutating func fuseBlocks() {
    var readers: [ValueID: [Int]] = [:]
    var makers: [ValueID: Int] = [:]
    for (index, draft) in drafts.enumerated() {
      for value in draft.reads { readers[value, default: []].append(index) }
      makers[draft.output] = index
    }
    let wanted = Set(wanted.map(resolved))
    var fused = Set<Int>()
    /// The draft that makes `value`, if only one step reads it.
    func maker(of value: ValueID) -> Int? {
      guard readers[value]?.count == 1, !wanted.contains(value) else { return nil }
      return makers[value]
    }
    for index in drafts.indices {
      guard drafts[index].pointwiseGeometry != nil, let middle = maker(of: drafts[index].inputs[0]),
        case .depthwise(let window) = drafts[middle].work, let kernel = drafts[middle].kernel, kernel.shape[3] == 1
      else { continue }
      let wide = drafts[middle].inputs[0]
      let first = maker(of: wide).flatMap { first in
        drafts[first].pointwiseGeometry != nil && drafts[first].residual == nil ? first : nil
      }
      let bytes = 4 * kernel.shape[2] * window.inputHeight * window.inputWidth
      guard bytes >= Self.wideBytes else { continue }
      drafts[index].work = .block(expand: first.map { drafts[$0] }, depthwise: drafts[middle])
      drafts[index].inputs = first.map { drafts[$0].inputs } ?? [wide]
      fused.insert(middle)
      if let first { fused.insert(first) }
    }
    drafts = drafts.indices.filter { !fused.contains($0) }.map { drafts[$0] }
  }

  /// An image that a block widens to less than this stays in the second-level cache by itself.
  static var wideBytes: Int { 512 << 10 }
}
