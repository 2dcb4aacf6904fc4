public import JSON
public import Tensors

/// How a parameter gets its first value: Keras' initializers, by Keras' names.
public enum Initializer: Hashable, Sendable {
  case zeros
  case ones
  case constant(Float)
  /// Normal with a mean and a standard deviation.
  case randomNormal(mean: Float, standardDeviation: Float)
  /// Normal, redrawn beyond two standard deviations.
  case truncatedNormal(mean: Float, standardDeviation: Float)
  case randomUniform(low: Float, high: Float)
  /// Variance `scale / fan`. Glorot, He and LeCun are of this kind.
  case varianceScaling(scale: Float, mode: FanMode, distribution: Distribution)
  /// Rows or columns, whichever are fewer, at right angles to each other and of the length `gain`
  /// ([Saxe et al. 2013](https://arxiv.org/abs/1312.6120)).
  case orthogonal(gain: Float)
  /// `gain` on the diagonal of a matrix, 0 elsewhere.
  case identity(gain: Float)

  public enum FanMode: String, CaseIterable, Hashable, Sendable {
    case fanIn = "fan_in"
    case fanOut = "fan_out"
    case fanAverage = "fan_avg"
  }

  public enum Distribution: String, CaseIterable, Hashable, Sendable {
    case truncatedNormal = "truncated_normal"
    case untruncatedNormal = "untruncated_normal"
    case uniform
  }

  /// [Glorot & Bengio 2010](https://proceedings.mlr.press/v9/glorot10a.html), Keras' default for kernels.
  public static let glorotUniform = Initializer.varianceScaling(scale: 1, mode: .fanAverage, distribution: .uniform)
  public static let glorotNormal = Initializer.varianceScaling(
    scale: 1, mode: .fanAverage, distribution: .truncatedNormal)
  /// [He et al. 2015](https://arxiv.org/abs/1502.01852), for layers followed by ReLU.
  public static let heUniform = Initializer.varianceScaling(scale: 2, mode: .fanIn, distribution: .uniform)
  public static let heNormal = Initializer.varianceScaling(scale: 2, mode: .fanIn, distribution: .truncatedNormal)
  /// LeCun et al. 1998, "Efficient BackProp"; the companion of SELU.
  public static let lecunUniform = Initializer.varianceScaling(scale: 1, mode: .fanIn, distribution: .uniform)
  public static let lecunNormal = Initializer.varianceScaling(scale: 1, mode: .fanIn, distribution: .truncatedNormal)

  /// Keras' snake-case names of the initializers without arguments, and their class names.
  static let named: [(name: String, kind: String, initializer: Initializer)] = [
    ("zeros", "Zeros", .zeros), ("ones", "Ones", .ones),
    ("glorot_uniform", "GlorotUniform", .glorotUniform), ("glorot_normal", "GlorotNormal", .glorotNormal),
    ("he_uniform", "HeUniform", .heUniform), ("he_normal", "HeNormal", .heNormal),
    ("lecun_uniform", "LecunUniform", .lecunUniform), ("lecun_normal", "LecunNormal", .lecunNormal),
    ("random_normal", "RandomNormal", .randomNormal(mean: 0, standardDeviation: 0.05)),
    ("truncated_normal", "TruncatedNormal", .truncatedNormal(mean: 0, standardDeviation: 0.05)),
    ("random_uniform", "RandomUniform", .randomUniform(low: -0.05, high: 0.05)),
    ("orthogonal", "Orthogonal", .orthogonal(gain: 1)), ("identity", "Identity", .identity(gain: 1)),
  ]
}

extension Initializer {
  /// A tensor of this initializer. The same key gives the same tensor everywhere.
  public func tensor(_ shape: Shape, _ key: RandomKey) -> Tensor {
    let count = shape.elementCount
    switch self {
    case .zeros: return Tensor(zeros: shape)
    case .ones: return Tensor(repeating: 1, shape)
    case .constant(let value): return Tensor(repeating: value, shape)
    case .randomNormal(let mean, let deviation):
      return Tensor(shape, key.normal(count).map { $0 * deviation + mean })
    case .truncatedNormal(let mean, let deviation):
      return Tensor(shape, key.truncatedNormal(count).map { $0 * deviation + mean })
    case .randomUniform(let low, let high):
      return Tensor(shape, key.uniform(count).map { low + $0 * (high - low) })
    case .orthogonal(let gain): return Self.orthogonal(shape, gain: gain, key)
    case .identity(let gain):
      let columns = max(1, shape.dimensions.last ?? 1)
      return Tensor(shape, (0..<count).map { $0 / columns == $0 % columns ? gain : 0 })
    case .varianceScaling(let scale, let mode, let distribution):
      let (fanIn, fanOut) = Self.fans(shape)
      let fan =
        switch mode {
        case .fanIn: fanIn
        case .fanOut: fanOut
        case .fanAverage: (fanIn + fanOut) / 2
        }
      let variance = scale / max(1, fan)
      switch distribution {
      case .uniform:
        let limit = (3 * variance).squareRoot()
        return Tensor(shape, key.uniform(count).map { ($0 * 2 - 1) * limit })
      case .untruncatedNormal:
        return Tensor(shape, key.normal(count).map { $0 * variance.squareRoot() })
      case .truncatedNormal:
        // 0.8796… is the standard deviation of a standard normal cut at ±2: the result has the variance asked for.
        let deviation = variance.squareRoot() / 0.879_625_66
        return Tensor(shape, key.truncatedNormal(count).map { $0 * deviation })
      }
    }
  }

  /// The fans of a kernel in Keras' layout: the receptive field times the last but one and the last extent.
  static func fans(_ shape: Shape) -> (fanIn: Float, fanOut: Float) {
    switch shape.rank {
    case 0: return (1, 1)
    case 1: return (Float(shape[0]), Float(shape[0]))
    default:
      let field = Float(shape.dimensions.dropLast(2).reduce(1, *))
      return (field * Float(shape[-2]), field * Float(shape[-1]))
    }
  }
}

extension Initializer {
  /// Reads Keras' spellings: a name, or `{"class_name": …, "config": {…}}` of Keras 1 to 3.
  public init(config: JSONValue) throws(ConfigError) {
    if let name = config.stringValue {
      guard let match = Self.named.first(where: { $0.name == name || $0.kind == name }) else {
        let names = Self.named.map(\.name)
        throw ConfigError("there is no initializer \"\(name)\". \(Suggestion.sentence(for: name, among: names))")
      }
      self = match.initializer
      return
    }
    guard let kind = config["class_name"]?.stringValue else {
      throw ConfigError("expected the name of an initializer, found \(config.kindName)")
    }
    let settings = config["config"] ?? [:]
    func number(_ key: String, _ standard: Float) -> Float { settings[key]?.doubleValue.map { Float($0) } ?? standard }
    switch kind {
    case "Constant": self = .constant(number("value", 0))
    case "RandomNormal":
      self = .randomNormal(mean: number("mean", 0), standardDeviation: number("stddev", 0.05))
    case "TruncatedNormal":
      self = .truncatedNormal(mean: number("mean", 0), standardDeviation: number("stddev", 0.05))
    case "Orthogonal", "OrthogonalInitializer": self = .orthogonal(gain: number("gain", 1))
    case "Identity", "IdentityInitializer": self = .identity(gain: number("gain", 1))
    case "RandomUniform": self = .randomUniform(low: number("minval", -0.05), high: number("maxval", 0.05))
    case "VarianceScaling":
      // Keras 1 and 2 wrote "normal" for the truncated one.
      let distribution = settings["distribution"]?.stringValue ?? "truncated_normal"
      guard let mode = FanMode(rawValue: settings["mode"]?.stringValue ?? "fan_in"),
        let form = Distribution(rawValue: distribution == "normal" ? "truncated_normal" : distribution)
      else { throw ConfigError("unknown VarianceScaling \(settings.text)") }
      self = .varianceScaling(scale: number("scale", 1), mode: mode, distribution: form)
    default:
      guard let match = Self.named.first(where: { $0.kind == kind || $0.name == kind }) else {
        let kinds = Self.named.map(\.kind) + ["Constant", "VarianceScaling"]
        throw ConfigError("there is no initializer \"\(kind)\". \(Suggestion.sentence(for: kind, among: kinds))")
      }
      self = match.initializer
    }
  }

  /// Keras' `{"class_name": …, "config": {…}}`.
  public var config: JSONValue {
    if let match = Self.named.first(where: { $0.initializer == self }), !takesArguments(match.kind) {
      return [
        "class_name": .string(match.kind),
        "config": match.kind == "Zeros" || match.kind == "Ones" ? [:] : ["seed": nil],
      ]
    }
    func object(_ kind: String, _ config: JSONValue) -> JSONValue { ["class_name": .string(kind), "config": config] }
    func number(_ value: Float) -> JSONValue { .number(Double("\(value)") ?? Double(value)) }
    switch self {
    case .zeros: return object("Zeros", [:])
    case .ones: return object("Ones", [:])
    case .constant(let value): return object("Constant", ["value": number(value)])
    case .randomNormal(let mean, let deviation):
      return object("RandomNormal", ["mean": number(mean), "stddev": number(deviation), "seed": nil])
    case .truncatedNormal(let mean, let deviation):
      return object("TruncatedNormal", ["mean": number(mean), "stddev": number(deviation), "seed": nil])
    case .orthogonal(let gain): return object("Orthogonal", ["gain": .float(gain), "seed": nil])
    case .identity(let gain): return object("Identity", ["gain": .float(gain)])
    case .randomUniform(let low, let high):
      return object("RandomUniform", ["minval": number(low), "maxval": number(high), "seed": nil])
    case .varianceScaling(let scale, let mode, let distribution):
      return object(
        "VarianceScaling",
        [
          "scale": number(scale), "mode": .string(mode.rawValue), "distribution": .string(distribution.rawValue),
          "seed": nil,
        ])
    }
  }

  private func takesArguments(_ kind: String) -> Bool {
    ["RandomNormal", "TruncatedNormal", "RandomUniform", "Orthogonal", "Identity"].contains(kind)
  }
}
