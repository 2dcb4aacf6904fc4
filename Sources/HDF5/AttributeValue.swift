/// The value of an attribute: text or numbers, one of them or an array in row-major order.
public enum AttributeValue: Hashable, Sendable {
  /// One text, of fixed or variable length in the file.
  case string(String)
  case strings([String], shape: [Int])
  /// Whole numbers, booleans (0 or 1) among them. The shape of a single one is `[]`.
  case integers([Int64], shape: [Int])
  case floats([Double], shape: [Int])

  /// The extents; `[]` for a single value.
  public var shape: [Int] {
    switch self {
    case .string: []
    case .strings(_, let shape), .integers(_, let shape), .floats(_, let shape): shape
    }
  }

  /// The text, if the value is a single one.
  public var string: String? {
    switch self {
    case .string(let text): text
    default: nil
    }
  }

  /// The texts, if the value is an array of them. An empty array of numbers counts: it is what h5py makes of an empty list.
  public var strings: [String]? {
    switch self {
    case .strings(let texts, _): texts
    case .integers(let values, _) where values.isEmpty: []
    case .floats(let values, _) where values.isEmpty: []
    default: nil
    }
  }

  /// The number, if the value is a single whole one.
  public var integer: Int64? {
    switch self {
    case .integers(let values, shape: []): values.first
    default: nil
    }
  }

  /// The number, if the value is a single one, whole or not.
  public var double: Double? {
    switch self {
    case .integers(let values, shape: []): values.first.map(Double.init)
    case .floats(let values, shape: []): values.first
    default: nil
    }
  }
}
