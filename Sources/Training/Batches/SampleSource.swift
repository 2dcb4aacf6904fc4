public import Images
public import Tensors

/// Pictures as a model takes them, one at a time: read, scaled, changed at random if so wished, preprocessed.
public protocol SampleSource: Sendable {
  /// The number of samples.
  var count: Int { get }

  /// One for each sample.
  var targets: Targets { get }

  /// `[height, width, channels]` of every sample.
  var shape: Shape { get }

  /// Whether `sample` takes indices of `count` and more: the sample at `index % count`, changed at random in another way.
  var tellsDrawsApart: Bool { get }

  /// The sample at an index. Called from several threads at once.
  func sample(_ index: Int, epoch: Int) throws(ImageError) -> Tensor

  /// Throws what `sample` would throw. Called from several threads at once.
  func check(_ index: Int) throws(ImageError)
}

extension SampleSource {
  public var tellsDrawsApart: Bool { false }

  public func check(_ index: Int) throws(ImageError) { _ = try sample(index, epoch: 0) }
}

/// The labelled pictures of a folder or table, read from their files each time.
public struct ImageSamples: SampleSource {
  public let images: LabelledImages
  public let loader: ImageLoader
  /// Applied in this order, before the preprocessing; they see raw values 0…255.
  public let augmentations: [any Augmentation]
  public let preprocessing: Preprocessing
  /// What the augmentations' random numbers follow from.
  public let seed: UInt64
  /// How many random changes of each picture there are: the epochs go through them in turn, and they follow from the bytes of
  /// the picture instead of its index. Nil to draw anew in every epoch.
  public var views: Int?
  public let targets: Targets
  private let paths: [String]
  private let buffers = BufferPool()

  public init(
    _ images: LabelledImages, loader: ImageLoader, augmentations: [any Augmentation] = [],
    preprocessing: Preprocessing, seed: UInt64 = 0, views: Int? = nil
  ) {
    precondition(views ?? 1 >= 1, "a picture has at least one view, not \(views ?? 1)")
    self.images = images
    self.loader = loader
    self.augmentations = augmentations
    self.preprocessing = preprocessing
    self.seed = seed
    self.views = views
    targets = Targets(images)
    paths = images.paths
  }

  public var count: Int { images.count }

  public var tellsDrawsApart: Bool { !augmentations.isEmpty }

  public var shape: Shape { loader.sampleShape }

  /// The file of a picture.
  public func path(_ index: Int) -> String { paths[index] }

  public func sample(_ index: Int, epoch: Int) throws(ImageError) -> Tensor {
    let place = index % count
    let bytes = try ImageContents(of: paths[place]).bytes
    if let views {
      return try sample(bytes, ContentDigest(of: bytes), index: place, view: (epoch + index / count) % views)
    }
    return try sample(bytes, of: place, drawing: index, epoch: epoch)
  }

  /// The sample that the bytes of the file at an index give.
  ///
  /// - Parameters:
  ///   - digest: of the bytes.
  ///   - view: which of the picture's views; without views the first epoch's form is given.
  func sample(_ bytes: [UInt8], _ digest: ContentDigest, index: Int, view: Int) throws(ImageError) -> Tensor {
    try sample(bytes, of: index, drawing: views == nil ? index : digest.number, epoch: view)
  }

  private func sample(
    _ bytes: [UInt8], of index: Int, drawing draw: Int, epoch: Int
  ) throws(ImageError) -> Tensor {
    var sample = unsafe Tensor(uninitialized: shape, in: buffers)
    try unsafe sample.withUnsafeMutableElements { pixels throws(ImageError) in
      try unsafe loader.read(bytes, name: paths[index], into: pixels)
      for (position, augmentation) in augmentations.enumerated() {
        unsafe augmentation.apply(
          to: pixels, shape: shape,
          key: AugmentationRegistry.key(seed: seed, epoch: epoch, sample: draw, position: position))
      }
      unsafe preprocessing.apply(to: pixels, channels: shape[-1])
    }
    return sample
  }

  public func check(_ index: Int) throws(ImageError) { try loader.check(paths[index]) }
}

extension Targets {
  /// The labels of pictures.
  public init(_ images: LabelledImages) {
    switch images.labels {
    case .classes(let classes): self = .classes(classes, count: images.classNames.count)
    case .sets(let sets):
      var rows = [Float](repeating: 0, count: sets.count * images.classNames.count)
      for (sample, set) in sets.enumerated() {
        for index in set { rows[sample * images.classNames.count + index] = 1 }
      }
      self = .values(Tensor([sets.count, images.classNames.count], rows))
    case .values(let numbers): self = .values(numbers)
    }
    weights = images.weights
  }
}
