import Foundation
import Images
import JSON
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

  /// What augmentations made of a picture when the version was last raised.
  static let augmented: [(config: JSONValue, digest: UInt64)] = [
    (["name": "random_flip"], 0x1310_CB33_DC46_699D),
    (["name": "random_crop", "height": 13, "padding": 2], 0x015A_0930_5161_D6B3),
    (["name": "random_resized_crop"], 0xADA6_3820_9B7C_BC16),
    (["name": "random_rotation", "factor": 0.2], 0x578C_FDE9_EB10_3991),
    (["name": "random_zoom", "height_factor": 0.3, "fill_mode": "wrap"], 0xB42E_CCE0_2451_21DC),
    (
      ["name": "random_translation", "height_factor": 0.4, "width_factor": 0.3, "interpolation": "nearest"],
      0x748C_97ED_A1D4_78BE
    ),
    (["name": "random_shear", "x_factor": 0.3, "y_factor": 0.2, "fill_mode": "constant"], 0x4C90_FCF7_6968_EAEB),
    (["name": "random_brightness", "factor": 0.4], 0x4C61_399D_D917_E764),
    (["name": "random_contrast", "factor": 0.7], 0xBFC0_DDF7_2B94_E94D),
    (["name": "random_saturation", "factor": [0.2, 0.8]], 0x0943_81D3_ED33_5A34),
    (["name": "random_hue", "factor": 0.8], 0xBF9F_C205_656F_A33C),
    (["name": "random_grayscale"], 0xC3B5_4120_1FFD_27F7),
    (["name": "random_gaussian_blur", "kernel_size": 5, "sigma": [0.5, 2]], 0xA189_21CA_9F45_2DE8),
    (["name": "gaussian_noise", "stddev": 12], 0x1458_C041_8496_0750),
    (["name": "random_erasing", "probability": 0.8], 0x8A10_0E0C_D1E8_BB9F),
    (["name": "rand_augment", "num_ops": 3], 0xA8A5_F00C_CB16_0A43),
    (["name": "aug_mix", "factor": 0.8], 0xF54C_2E2F_DD7F_E4C6),
  ]

  @Test(
    """
    The same of augmentations, of which fixed views are kept: if one was changed on purpose, raise FeatureVersion.current and \
    record the new digest.
    """)
  func sameAugmentation() throws {
    #expect(Self.augmented.map { $0.config["name"]?.stringValue } == AugmentationRegistry.names)
    let picture = Tensor([1, 19, 23, 3], RandomKey(seed: 2).uniform(19 * 23 * 3).map { $0 * 255 })
    for (config, recorded) in Self.augmented {
      let augmentation = try AugmentationRegistry.augmentation(config: config)
      var digest: UInt64 = 0xCBF2_9CE4_8422_2325
      for seed in 0..<8 {
        for element in augmentation(picture, keys: [RandomKey(seed: UInt64(seed))]).elements {
          digest = (digest ^ UInt64(element.bitPattern)) &* 0x100_0000_01B3
        }
      }
      #expect(recorded == digest, "\(config.text): 0x\(String(digest, radix: 16))")
    }
  }
}
