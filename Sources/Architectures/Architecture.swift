internal import JSON
public import Layers
public import Tensors

/// A published network: a table of layers with a paper, and what one must know to use its weights.
public struct Architecture: Sendable {
  /// Keras' name: `MobileNetV2`.
  public let name: String
  /// Where it was described.
  public let paper: String
  /// The size of image it was trained on.
  public let defaultSize: Size
  /// The least height and width of an image.
  public let minimumExtent: Int
  /// How its published weights want their pixels.
  public let preprocessing: Preprocessing
  /// The widths it was published in, as factors of the number of channels; empty where there is only one.
  public let alphas: [Float]
  /// The classes of its original top.
  public let classCount: Int
  /// Patterns of the names under which its weights are published.
  public let weightFiles: [String]
  /// The freeze groups of its layers, from the image to the classes, the last one being the top.
  public let groups: [String]
  /// Whether the size of images must be known to build it, because what is added around them depends on it.
  public var needsFixedSize = false

  /// The name of the Keras model of this architecture with some options.
  let modelName: @Sendable (_ options: ArchitectureOptions, _ inputShape: [Int?]) -> String
  /// Adds the layers to a graph; gives the output.
  let layers:
    @Sendable (inout ModelBuilder, ModelBuilder.Value, _ inputShape: [Int?], ArchitectureOptions) ->
      ModelBuilder.Value
}

extension Architecture: CustomStringConvertible {
  public var description: String { name }
}

/// What can be chosen about an architecture.
public struct ArchitectureOptions: Sendable {
  /// The width, one of the architecture's `alphas`.
  public var alpha: Float
  /// The shape of one image, nil where an extent stays open; the architecture's default size in three channels if nil.
  public var inputShape: [Int?]?
  /// Whether the layers that tell classes apart are part of the model.
  public var includesTop: Bool
  /// The classes of the top; the original number if nil.
  public var classCount: Int?
  /// Where the numbers come from.
  public var initialization: Initialization

  public init(
    alpha: Float = 1, inputShape: [Int?]? = nil, includesTop: Bool = true, classCount: Int? = nil,
    initialization: Initialization = .random(RandomKey(seed: 0))
  ) {
    self.alpha = alpha
    self.inputShape = inputShape
    self.includesTop = includesTop
    self.classCount = classCount
    self.initialization = initialization
  }
}

extension Architecture {
  /// The network, not yet trained: names, order and shapes are those of the published weights.
  ///
  /// Layers of the top stand in the section `head` and the group `top`.
  public func model(_ options: ArchitectureOptions = ArchitectureOptions()) throws(ModelError) -> Model {
    let shape = options.inputShape ?? [defaultSize.height, defaultSize.width, 3]
    try check(shape)
    try checkAlpha(options.alpha)
    if let count = options.classCount, count < 1 { throw ModelError("\(name) needs at least one class, not \(count)") }
    var graph = ModelBuilder(name: modelName(options, shape))
    let image = graph.input(shape)
    let output = layers(&graph, image, shape, options)
    return try graph.model(
      inputs: [image], outputs: [output], initialization: options.initialization, inKerasOrder: true)
  }

  /// The number of classes the top has with some options.
  func classCount(_ options: ArchitectureOptions) -> Int { options.classCount ?? classCount }

  private func check(_ shape: [Int?]) throws(ModelError) {
    let text = "[" + shape.map { $0.map(String.init) ?? "any" }.joined(separator: ", ") + "]"
    guard shape.count == 3 else {
      throw ModelError("\(name) takes images [height, width, channels], not \(text)")
    }
    if needsFixedSize, shape.prefix(2).contains(nil) {
      throw ModelError("\(name) must know the size of its images, not \(text); it was trained at \(defaultSize)")
    }
    for extent in shape.prefix(2) {
      if let extent, extent < minimumExtent {
        throw ModelError(
          "\(name) needs images of at least \(Size(minimumExtent, minimumExtent)), not \(text); it was trained at "
            + "\(defaultSize)")
      }
    }
  }

  private func checkAlpha(_ alpha: Float) throws(ModelError) {
    if alphas.isEmpty, alpha != 1 { throw ModelError("\(name) comes in one width only; leave out alpha") }
    if !alphas.isEmpty, !alphas.contains(alpha) {
      let known = alphas.map { "\($0)" }.joined(separator: ", ")
      throw ModelError("\(name) comes with alpha \(known), not \(alpha)")
    }
  }
}
