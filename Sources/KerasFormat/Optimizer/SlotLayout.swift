internal import JSON
internal import Tensors

/// What Keras' optimizers keep, and in which order their variables stand in a file: the number of steps, the learning rate
/// unless it follows a schedule, then blocks. In a block all that belongs to one parameter stands together.
///
/// Follows `build` of each optimizer in `keras/src/optimizers`; tf.keras has the same blocks, no learning rate, a momentum of
/// SGD even where it is 0, and shorter names.
struct SlotLayout {
  /// Keras' class name.
  let kind: String
  /// The names of slots, block by block.
  let blocks: [[String]]
  /// Numbers that are kept once, at the end.
  let scalars: [String]
  private let config: JSONValue
  /// Whether what is not used is left out.
  private var omitsUnused = false

  /// The shape of a slot of a parameter; nil where the slot is left out. Adafactor keeps rows and columns of the last two
  /// dimensions, and for vectors, which have none, Keras 3 keeps a number that it does not use.
  func shape(of slot: String, _ parameter: Shape) -> Shape? {
    guard kind == "Adafactor", slot == "r" || slot == "c" else { return parameter }
    guard parameter.rank >= 2 else { return omitsUnused ? nil : [] }
    return Shape(parameter.dimensions.dropLast(2) + [parameter[slot == "r" ? -2 : -1]])
  }

  /// How many variables belong to parameters of these shapes.
  func count(_ parameters: some Sequence<Shape>) -> Int {
    parameters.reduce(0) { sum, parameter in sum + blocks.joined().count { shape(of: $0, parameter) != nil } }
  }

  /// Nil for an optimizer that is not known, or that keeps things in no regular order.
  init?(_ name: String, _ config: JSONValue) {
    let plain = name.split(separator: ">").last.map(String.init) ?? name
    let word = plain.lowercased().filter(\.isLetter)
    guard let kind = Self.kinds.first(where: { $0.lowercased() == word }) else { return nil }
    func isOn(_ key: String) -> Bool { config[key]?.boolValue == true || (config[key]?.doubleValue ?? 0) != 0 }
    var blocks: [[String]] = []
    if isOn("use_ema") { blocks.append(["average"]) }
    if isOn("gradient_accumulation_steps") { blocks.append(["gradient_accumulator"]) }
    switch kind {
    case "SGD": if isOn("momentum") { blocks.append(["momentum"]) }
    case "RMSprop":
      blocks.append(["velocity"])
      if isOn("momentum") { blocks.append(["momentum"]) }
      if isOn("centered") { blocks.append(["average_gradient"]) }
    case "Adam", "AdamW":
      blocks.append(["momentum", "velocity"])
      if isOn("amsgrad") { blocks.append(["velocity_hat"]) }
    case "Nadam", "Lamb": blocks.append(["momentum", "velocity"])
    case "Adamax": blocks.append(["momentum", "norm"])
    case "Adagrad": blocks.append(["accumulator"])
    case "Adadelta": blocks.append(["accumulated_grad", "accumulated_delta_var"])
    case "Adafactor": blocks.append(["r", "c", "velocity"])
    case "Ftrl": blocks.append(["accumulator", "linear"])
    default: blocks.append(["momentum"])
    }
    self.init(kind: kind, blocks: blocks, scalars: kind == "Nadam" ? ["u_product"] : [], config: config)
  }

  private init(kind: String, blocks: [[String]], scalars: [String], config: JSONValue) {
    self.kind = kind
    self.blocks = blocks
    self.scalars = scalars
    self.config = config
  }

  /// As tf.keras keeps things: SGD has a momentum though it may be 0, Nadam no product.
  var ofKeras2: SlotLayout {
    var layout = SlotLayout(
      kind: kind, blocks: kind == "SGD" && !blocks.contains(["momentum"]) ? blocks + [["momentum"]] : blocks,
      scalars: [], config: config)
    layout.omitsUnused = true
    return layout
  }

  /// As Keras kept things before 2.11: one kind of slot after the other.
  var separated: SlotLayout {
    var layout = SlotLayout(kind: kind, blocks: blocks.joined().map { [$0] }, scalars: scalars, config: config)
    layout.omitsUnused = omitsUnused
    return layout
  }

  /// What a slot holds before the first step.
  func initial(_ slot: String) -> Float {
    guard slot == "accumulator" else { return 0 }
    return Float(config["initial_accumulator_value"]?.doubleValue ?? 0.1)
  }

  /// What a scalar is after so many steps, where the file does not have it: Nadam's product of
  /// `β₁ (1 − ½ · 0.96ⁱ)` over all steps `i` from 1.
  func scalar(_ name: String, after steps: Int) -> Float {
    let beta = config["beta_1"]?.doubleValue ?? 0.9
    var product = 1.0
    var power = 1.0
    for _ in 0..<max(0, steps) where product > 0 {
      power *= 0.96
      product *= beta * (1 - 0.5 * power)
    }
    return Float(product)
  }

  /// tf.keras' name of a slot.
  static func shortName(_ slot: String, of kind: String) -> String {
    guard ["Adam", "AdamW", "Nadam", "Adamax", "SGD", "Lion", "Adafactor"].contains(kind) else { return slot }
    return ["momentum": "m", "velocity": "v", "velocity_hat": "vhat", "norm": "u"][slot] ?? slot
  }

  /// All words by which a slot is called in some version.
  static func words(_ slot: String) -> Set<String> {
    switch slot {
    case "momentum": ["momentum", "m"]
    case "velocity": ["velocity", "v", "rms"]
    case "velocity_hat": ["hat", "vhat"]
    case "norm": ["norm", "u", "v"]
    default: [slot.split(separator: "_").last.map(String.init) ?? slot]
    }
  }

  private static let kinds = [
    "SGD", "RMSprop", "Adam", "AdamW", "Nadam", "Lamb", "Adamax", "Adagrad", "Adadelta", "Ftrl", "Lion", "Adafactor",
  ]
}
