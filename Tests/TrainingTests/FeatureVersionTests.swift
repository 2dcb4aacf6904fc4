import Foundation
import Images
import Kernels
import Layers
import Tensors
import TestSupport
import Testing
import Training

@Suite("The version of the cache's features")
struct FeatureVersionTests {
  /// What the features below were when the version was last raised.
  static let recorded: (version: Int, digests: [String: UInt64]) = (
    1,
    ["avx512": 0x514F_1995_BD07_B478, "avx2": 0x514F_1995_BD07_B478, "portable": 0x0157_E3E3_9A2E_D898]
  )

  @Test(
    """
    As long as the version is the same, so are the bits on every kernel set. If this fails because a kernel, the resizing or \
    the lowering was changed on purpose, raise FeatureVersion.current and record the new digests: caches on users' disks hold \
    the old bits.
    """, arguments: KernelSet.available)
  func sameBits(_ kernels: KernelSet) throws {
    let folder = TemporaryFolder.path("two")
    for (name, size) in [("a", Size(50, 70)), ("b", Size(31, 20))] {
      try FileManager.default.createDirectory(atPath: folder + "/" + name, withIntermediateDirectories: true)
      let noise = RandomKey(seed: 8).folding(name).uniform(3 * size.width * size.height)
      try ImageEncoder.writePNG(
        PixelImage(width: size.width, height: size.height, mode: .rgb, pixels: noise.map { UInt8($0 * 255) }),
        to: "\(folder)/\(name)/0.png")
    }
    let images = try LabelledImages(folder: folder)
    let model = try Model(sequential: "bits", inputShape: [40, 40, 3], seed: 5) {
      Conv2D(filters: 24, kernelSize: Size(3, 3), strides: Size(2, 2), padding: .same)
      BatchNormalization()
      Activation(.relu(maxValue: 6))
      DepthwiseConv2D(kernelSize: Size(3, 3), padding: .same)
      Activation(.relu())
      Conv2D(filters: 40, kernelSize: Size(1, 1))
      Conv2D(filters: 32, kernelSize: Size(3, 3), padding: .same, activation: .swish)
      MaxPooling2D(poolSize: Size(2, 2))
      Conv2D(filters: 48, kernelSize: Size(3, 3), padding: .same, activation: .relu())
      AveragePooling2D(poolSize: Size(2, 2))
      GlobalAveragePooling2D()
      Dense(units: 33, activation: .tanh)
    }
    let device = Device(kernels: kernels, threads: 1, convolution: .fastest)
    var digest: UInt64 = 0xCBF2_9CE4_8422_2325
    for interpolation in Interpolation.allCases {
      let loader = ImageLoader(Resizing(Size(40, 40), interpolation: interpolation))
      let samples = ImageSamples(images, loader: loader, preprocessing: .torch)
      let part = try FrozenPart(model, to: [model.outputs[0]], picture: samples.shape, on: device)
      let features = try FeatureExtraction(samples, through: part, cache: nil)(on: device).features
      for element in features.values[model.outputs[0]]?.elements ?? [] {
        digest = (digest ^ UInt64(element.bitPattern)) &* 0x100_0000_01B3
      }
    }
    #expect(Self.recorded.version == FeatureVersion.current, "record the digests of the new version")
    #expect(Self.recorded.digests[kernels.name] == digest, "\(kernels): 0x\(String(digest, radix: 16))")
  }
}
