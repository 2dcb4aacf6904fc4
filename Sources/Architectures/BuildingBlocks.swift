internal import Kernels
internal import Layers

extension ModelBuilder {
  /// What follows tells the classes apart.
  mutating func beginTop() {
    section = .head
    group = "top"
  }

  /// The usual top: the mean of each channel, and one probability for each class.
  mutating func pooledTop(on value: Value, classes: Int, pool: String? = nil, dense: String) -> Value {
    let pooled = self(GlobalAveragePooling2D(), name: pool, on: value)
    return self(Dense(units: classes, activation: .softmax), name: dense, on: pooled)
  }
}

/// Height and width of the image at some place of a network, nil where they stay open.
struct Extents {
  var height: Int?
  var width: Int?

  init(_ shape: [Int?]) { (height, width) = (shape[0], shape[1]) }

  /// What a `valid` convolution of stride 2 needs around the image to see what TensorFlow's `same` would: one row less on top
  /// of an even image. Where the size is open, that of an even one.
  func padding(forKernel extent: Int) -> Margins {
    func before(_ size: Int?) -> Int { extent / 2 - 1 + (size.map { $0 % 2 } ?? 0) }
    return Margins(top: before(height), bottom: extent / 2, left: before(width), right: extent / 2)
  }

  /// Behind a stride of 2 with `same` padding.
  var halved: Extents { mapped { ($0 + 1) / 2 } }

  func mapped(_ change: (Int) -> Int) -> Extents { Extents([height.map(change), width.map(change)]) }
}

extension Int {
  /// The multiple of eight nearest to a number of channels, no more than a tenth below it.
  static func divisibleByEight(_ channels: Double) -> Int {
    let nearest = Swift.max(8, Int(channels + 4) / 8 * 8)
    return Double(nearest) < 0.9 * channels ? nearest + 8 : nearest
  }
}

extension [Int?] {
  /// The height of an image of this shape.
  var rows: Int? { self[0] }
}

extension Float {
  /// 0.25 as `0.25`, 1 as `1.00`: how Keras spells a width.
  var withTwoDecimals: String {
    let hundredths = Int((self * 100).rounded())
    let rest = hundredths % 100
    return "\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest)"
  }
}
