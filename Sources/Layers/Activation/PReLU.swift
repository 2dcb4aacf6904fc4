public import JSON
public import Kernels
public import Tensors

/// Lets positive numbers pass and a learned fraction of negative ones.
///
/// - Input and output: `[batch, …, channels]`
/// - Parameters: `alpha`, of the shape of a sample, with extent 1 along the shared axes
///
/// `x` from 0 on, `alpha · x` below. Without `sharedAxes` every place of the image has an alpha of its own; `[1, 2]` gives one to
/// each channel. See [Delving deep into rectifiers](https://arxiv.org/abs/1502.01852).
public struct PReLU: UnaryLayer {
  public static let kind = "PReLU"

  /// The axes along which alpha is the same, the batch's counting as 0.
  public var sharedAxes: [Int]
  public var alphaInitializer: Initializer
  public var alphaRegularizer: Regularizer?

  public init(
    sharedAxes: [Int] = [], alphaInitializer: Initializer = .zeros, alphaRegularizer: Regularizer? = nil
  ) {
    self.sharedAxes = sharedAxes
    self.alphaInitializer = alphaInitializer
    self.alphaRegularizer = alphaRegularizer
  }

  public func outputShape(for input: Shape) throws(ShapeError) -> Shape {
    guard input.rank > 0 else { throw ShapeError("PReLU takes vectors or images, not single numbers []") }
    if let stray = sharedAxes.first(where: { !(1...input.rank).contains($0) }) {
      throw ShapeError("PReLU shares axis \(stray), but a batch of \(input) has the axes 1 to \(input.rank) to share")
    }
    return input
  }

  public func parameterSpecs(for input: Shape) -> [ParameterSpec] {
    [ParameterSpec("alpha", alphaShape(input), initializer: alphaInitializer, regularizer: alphaRegularizer)]
  }

  private func alphaShape(_ sample: Shape) -> Shape {
    Shape(sample.dimensions.enumerated().map { sharedAxes.contains($0 + 1) ? 1 : $1 })
  }
}

extension PReLU {
  public func callAsFunction(_ input: Tensor, _ parameters: [Tensor], on device: Device) -> Tensor {
    let x = rows(input)
    let (positive, negative) = parts(x, on: device)
    return device.add(positive, device.multiply(negative, spread(parameters[0], over: input.shape.sample)))
      .reshaped(to: input.shape)
  }

  public func evaluate(_ input: consuming Tensor, _ parameters: [Tensor], in context: Context) -> Evaluation {
    let (device, needs, shape) = (context.device, context.needs, input.shape)
    let x = rows(input)  // [rows, columns], a column for each alpha
    let alphas = spread(parameters[0], over: shape.sample)  // [columns]
    let alphaShape = parameters[0].shape
    let (positive, negative) = parts(x, on: device)
    let output = device.add(positive, device.multiply(negative, alphas)).reshaped(to: shape)
    let layer = self
    return Evaluation(output: output) { dOutput in
      let dY = layer.rows(dOutput)
      // The part of the gradient that belongs to positive numbers, and the rest.
      let dPositive = device.activationGradient(dY, input: x, output: positive, .relu)
      let dNegative = device.subtract(dY, dPositive)
      let dInput =
        needs.contains(.inputs)
        ? device.add(dPositive, device.multiply(dNegative, alphas)).reshaped(to: shape) : nil
      let dAlpha =
        needs.contains(.parameters)
        ? layer.gathered(device.channelSumsOfProducts(dY, negative), over: shape.sample, alphaShape) : nil
      return LayerGradients(inputs: [dInput], parameters: [dAlpha])
    }
  }

  /// Whether one alpha per channel is all there is.
  private func isPerChannel(_ sample: Shape) -> Bool {
    (1..<sample.rank).allSatisfy(sharedAxes.contains) && !sharedAxes.contains(sample.rank)
  }

  /// The batch as a matrix with a column for each alpha: a channel, or else a place of the sample.
  private func rows(_ batch: Tensor) -> Tensor {
    let sample = batch.shape.sample
    let columns = isPerChannel(sample) ? sample[-1] : sample.elementCount
    return batch.reshaped(to: [batch.count / max(1, columns), columns])
  }

  /// `max(x, 0)` and `min(x, 0)`
  private func parts(_ x: Tensor, on device: Device) -> (positive: Tensor, negative: Tensor) {
    let positive = device.activate(x, .relu)
    return (positive, device.subtract(x, positive))
  }

  /// The alpha of each column.
  private func spread(_ alpha: Tensor, over sample: Shape) -> Tensor {
    if isPerChannel(sample) || alpha.shape == sample { return alpha.reshaped(to: [alpha.count]) }
    let numbers = alpha.elements
    return Tensor([sample.elementCount], places(of: sample, in: alpha.shape).map { numbers[$0] })
  }

  /// The sums over the columns that share an alpha.
  private func gathered(_ columns: Tensor, over sample: Shape, _ alphaShape: Shape) -> Tensor {
    if columns.count == alphaShape.elementCount { return columns.reshaped(to: alphaShape) }
    var sums = [Double](repeating: 0, count: alphaShape.elementCount)
    for (place, number) in zip(places(of: sample, in: alphaShape), columns.elements) { sums[place] += Double(number) }
    return Tensor(alphaShape, sums.map { Float($0) })
  }

  /// For each place of a sample, the position of its alpha.
  private func places(of sample: Shape, in alphaShape: Shape) -> [Int] {
    var places = [0]
    for axis in 0..<sample.rank {
      places = places.flatMap { place in
        (0..<sample[axis]).map { alphaShape[axis] == 1 ? place : place * alphaShape[axis] + $0 }
      }
    }
    return places
  }
}

extension PReLU {
  public init(config: JSONValue) throws(ConfigError) {
    var reader = try ConfigReader(config, of: Self.kind)
    let axes = reader.value("shared_axes") ?? []
    let numbers = (axes.arrayValue ?? [axes]).compactMap(\.intValue)
    guard numbers.count == axes.arrayValue?.count ?? 1, numbers.allSatisfy({ $0 > 0 }) else {
      throw ConfigError(key: "shared_axes", "expected a list of axes from 1 on, found \(axes.text)")
    }
    self.init(
      sharedAxes: numbers, alphaInitializer: try reader.initializer("alpha_initializer", default: .zeros),
      alphaRegularizer: try reader.regularizer("alpha_regularizer"))
    try reader.finish()
  }

  public var config: JSONValue {
    [
      "alpha_initializer": alphaInitializer.config, "alpha_regularizer": alphaRegularizer?.config ?? nil,
      "shared_axes": sharedAxes.isEmpty ? nil : .array(sharedAxes.map { .integer($0) }),
    ]
  }
}
