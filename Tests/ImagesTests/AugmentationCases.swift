import Images
import JSON
import Tensors
import Testing

/// Settings of every registered augmentation: some that change a picture, all of them other than the standard, and some that leave
/// it as it is; nil where there are none.
struct AugmentationCase: Sendable, CustomTestStringConvertible {
  let strong: JSONValue
  let weak: JSONValue?

  var name: String { strong["name"]?.stringValue ?? "" }
  var testDescription: String { name }

  private init(_ name: String, _ strong: JSONValue, weak: JSONValue?) {
    func named(_ settings: JSONValue) -> JSONValue {
      var members = settings.objectValue ?? [:]
      members["name"] = .string(name)
      return .object(members)
    }
    self.strong = named(strong)
    self.weak = weak.map(named)
  }

  private static let sampling: JSONValue = [
    "fill_mode": "constant", "fill_value": 12.5, "interpolation": "nearest",
  ]

  private static func sampled(_ settings: JSONValue) -> JSONValue {
    .object((settings.objectValue ?? [:]).merging(sampling.objectValue ?? [:], uniquingKeysWith: { $1 }))
  }

  static let all = [
    AugmentationCase("random_flip", ["mode": "vertical"], weak: nil),
    AugmentationCase("random_crop", sampled(["height": 3, "width": 2, "padding": 1]), weak: ["height": 65535]),
    AugmentationCase(
      "random_resized_crop", ["scale": [0.2, 0.7], "ratio": [0.5, 1.5], "interpolation": "nearest"],
      weak: ["scale": 1, "ratio": [0.01, 100], "probability": 0]),
    AugmentationCase("random_rotation", sampled(["factor": [-0.2, 0.3]]), weak: ["factor": 0]),
    AugmentationCase(
      "random_zoom", sampled(["height_factor": [-0.5, 0.4], "width_factor": 0.6]), weak: ["height_factor": 0]),
    AugmentationCase(
      "random_translation", sampled(["height_factor": 0.4, "width_factor": [-0.7, 0.2]]),
      weak: ["height_factor": 0, "width_factor": 0]),
    AugmentationCase("random_shear", sampled(["x_factor": 0.4, "y_factor": [0.1, 0.7]]), weak: ["x_factor": 0]),
    AugmentationCase("random_brightness", ["factor": [-0.4, 0.9]], weak: ["factor": 0]),
    AugmentationCase("random_contrast", ["factor": [0.9, 0.3]], weak: ["factor": 0]),
    AugmentationCase("random_saturation", ["factor": [0.1, 1]], weak: ["factor": [0.5, 0.5]]),
    AugmentationCase("random_hue", ["factor": [0.2, 1]], weak: ["factor": 0]),
    AugmentationCase("random_grayscale", ["factor": 0.75], weak: ["factor": 0]),
    AugmentationCase(
      "random_gaussian_blur", ["factor": [0.8, 1], "kernel_size": 5, "sigma": [0.4, 2]], weak: ["sigma": 0]),
    AugmentationCase("gaussian_noise", ["stddev": 20.5], weak: ["stddev": 0]),
    AugmentationCase(
      "random_erasing", ["factor": [0.9, 1], "scale": [0.1, 0.6], "fill_value": [1, 2.5, 255]], weak: ["factor": 0]),
    AugmentationCase("rand_augment", ["num_ops": 3, "factor": [0.2, 1], "interpolation": "nearest"], weak: nil),
    AugmentationCase(
      "aug_mix",
      [
        "num_chains": 2, "chain_depth": 4, "factor": [0.1, 0.9], "alpha": 0.5, "all_ops": false,
        "interpolation": "nearest",
      ], weak: nil),
  ]

  /// `[height, width, channels]`: odd sizes, single rows and columns, one pixel.
  static let shapes: [Shape] = [1, 3].flatMap { channels in
    [(1, 1), (1, 8), (6, 1), (2, 3), (17, 13), (32, 31)].map { [$0.0, $0.1, channels] }
  }

  /// A picture with values from 0 to 255, both among them where there is room.
  static func picture(_ shape: Shape) -> Tensor {
    let draws = RandomKey(seed: 4).folding(UInt64(shape.elementCount)).uniform(shape.elementCount)
    return Tensor(shape, draws.map { min(255, max(0, $0 * 300 - 20)) })
  }
}

extension Augmentation {
  /// The changed picture.
  func changed(_ picture: Tensor, _ key: RandomKey) -> Tensor {
    callAsFunction(picture.reshaped(to: picture.shape.batched(1)), keys: [key]).reshaped(to: picture.shape)
  }
}
