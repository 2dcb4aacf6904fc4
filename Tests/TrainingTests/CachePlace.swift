import Foundation
import Images
import Kernels
import Layers
import Tensors
import TestSupport
import Training

/// Some pictures, a small network, and a cache of its own.
struct CachePlace {
  let count: Int
  let pictures = TemporaryFolder.path("pictures")
  let folder = TemporaryFolder.path("cache")
  let cache: FeatureCache

  init(count: Int = 10) throws {
    self.count = count
    cache = FeatureCache(directory: folder)
    for name in ["a", "b"] {
      try FileManager.default.createDirectory(atPath: pictures + "/" + name, withIntermediateDirectories: true)
    }
    for number in 0..<count {
      try write(brightness: number, to: "\(pictures)/\(number % 2 == 0 ? "a" : "b")/\(number / 2).png")
    }
  }

  /// Whether the pictures' files have lain still long enough for their digests to be remembered; mostly not.
  var isSettled: Bool {
    (try? LabelledImages(folder: pictures))?.paths.allSatisfy { FileIdentity(of: $0)?.isSettled == true } ?? false
  }

  /// A noisy picture of 12 × 10 pixels; always as many bytes.
  func write(brightness: Int, to path: String) throws {
    let noise = RandomKey(seed: 4).folding(UInt64(brightness)).uniform(360)
    let image = PixelImage(width: 12, height: 10, mode: .rgb, pixels: noise.map { UInt8($0 * 255) })
    try ImageEncoder.writePNG(image, to: path)
  }

  /// - Parameters:
  ///   - prefix: of the layers' names; the weights stay the same.
  ///   - headSeed: of the dense layer's weights.
  static func model(
    name: String = "cached", prefix: String = "", seed: UInt64 = 1, headSeed: UInt64 = 3, size: Size = Size(8, 8),
    activation: ActivationFunction = .relu(), isDeep: Bool = false
  ) throws -> Model {
    func built(_ prefix: String, _ seed: UInt64) throws -> Model {
      var builder = ModelBuilder(name: name, kind: .functional)
      let input = builder.input([size.height, size.width, 3], name: prefix + "input")
      var value = builder(Conv2D(filters: 5, kernelSize: Size(3, 3)), name: prefix + "conv", on: input)
      value = builder(BatchNormalization(), name: prefix + "norm", on: value)
      value = builder(Activation(activation), name: prefix + "relu", on: value)
      if isDeep { value = builder(Conv2D(filters: 5, kernelSize: Size(1, 1)), name: prefix + "more", on: value) }
      value = builder(GlobalAveragePooling2D(), name: prefix + "pool", on: value)
      value = builder(Dense(units: 2, activation: .softmax), name: prefix + "dense", on: value)
      return try builder.model(inputs: [input], outputs: [value], initialization: .random(RandomKey(seed: seed)))
    }
    var model = try built(prefix, seed)
    let (body, head) = try (built("", seed), built("", headSeed))
    for index in model.parameters.indices {
      let source = index < model.parameters.count - 2 ? body : head
      model.parameters[index].value = source.parameters[index].value
    }
    return model
  }

  func loader(
    size: Size = Size(8, 8), interpolation: Interpolation = .bilinear, crops: Bool = false,
    orientation: ImageDecoder.OrientationPolicy = .applied, decoding: Decoding = .exact
  ) -> ImageLoader {
    var loader = ImageLoader(Resizing(size, interpolation: interpolation, cropToAspectRatio: crops))
    loader.orientation = orientation
    loader.decoding = decoding
    return loader
  }

  func extraction(
    folder: String? = nil, images: LabelledImages? = nil, loader: ImageLoader? = nil, model: Model? = nil,
    preprocessing: Preprocessing = .unit, precision: Precision = .float32, augmentations: [any Augmentation] = [],
    views: Int? = nil, seed: UInt64 = 1, cached: Bool = true, in cache: FeatureCache? = nil, on device: Device? = nil
  ) throws -> FeatureExtraction {
    let images = try images ?? LabelledImages(folder: folder ?? pictures)
    let samples = ImageSamples(
      images, loader: loader ?? self.loader(), augmentations: augmentations, preprocessing: preprocessing, seed: seed,
      views: views)
    let model = try model ?? Self.model()
    let pool = model.nodes[model.nodes.count - 2].output
    let part = try FrozenPart(model, to: [pool], picture: samples.shape, on: device ?? Device(threads: 1))
    return FeatureExtraction(
      samples, through: part, cache: cached ? cache ?? self.cache : nil, precision: precision)
  }

  func extracted(
    folder: String? = nil, images: LabelledImages? = nil, loader: ImageLoader? = nil, model: Model? = nil,
    preprocessing: Preprocessing = .unit, precision: Precision = .float32, augmentations: [any Augmentation] = [],
    views: Int? = nil, seed: UInt64 = 1, threads: Int = 1, kernels: KernelSet = .best,
    convolution: ConvolutionAlgorithm = .fastest, cached: Bool = true, in cache: FeatureCache? = nil
  ) throws -> ExtractedFeatures {
    let device = Device(kernels: kernels, threads: threads, convolution: convolution)
    return try extraction(
      folder: folder, images: images, loader: loader, model: model, preprocessing: preprocessing, precision: precision,
      augmentations: augmentations, views: views, seed: seed, cached: cached, in: cache, on: device)(on: device)
  }

  /// The files of the cache whose names end so.
  func files(_ suffix: String) throws -> [String] {
    try FileManager.default.subpathsOfDirectory(atPath: folder).filter { $0.hasSuffix(suffix) }.map {
      folder + "/" + $0
    }
  }
}
