import HDF5
import JSON
import KerasFormat
import Layers
import Tensors
import Testing

private typealias Config = KerasConfig

@Suite("Configurations that somebody damaged")
struct HostileConfigurationTests {
  /// Nested, functional and sequential, with a convolution, a pooling, a reshape and a merge.
  private static var config: JSONValue {
    var inner =
      Config.model(
        "Sequential", "base",
        [Config.layer("Conv2D", "conv", ["filters": 2, "kernel_size": [3, 3], "batch_input_shape": [nil, 6, 6, 1]])]
      ).objectValue ?? [:]
    inner["name"] = "base"
    inner["inbound_nodes"] = [[["in", 0, 0, [:]]]]
    return Config.model(
      "Functional", "m",
      [
        Config.input("in", [6, 6, 1]), .object(inner),
        Config.layer("MaxPooling2D", "pool", ["pool_size": [2, 2], "strides": [2, 2]], on: ["base"]),
        Config.layer("Reshape", "shape", ["target_shape": [4, 2]], on: ["pool"]),
        Config.layer("Dense", "dense", ["units": 2], on: ["shape"]),
        Config.layer("Add", "add", on: ["shape", "dense"]),
      ], inputs: [["in", 0, 0]], outputs: [["add", 0, 0]])
  }

  private static let layers: [(name: String, weights: [KerasFixture.Weight])] = [
    ("base", [.init("conv/kernel:0", [3, 3, 1, 2], filledWith: 1), .init("conv/bias:0", [2], filledWith: 1)]),
    ("dense", [.init("dense/kernel:0", [2, 2], filledWith: 1), .init("dense/bias:0", [2], filledWith: 1)]),
  ]

  private func read(_ config: JSONValue, in folder: TemporaryFolder) throws(KerasError) {
    var fixture = KerasFixture()
    fixture.config = config
    fixture.layers = Self.layers
    do { try fixture.write(to: folder.path("m.h5")) } catch { Issue.record("\(error)") }
    _ = try SavedModel.reading(folder.path("m.h5"))
  }

  @Test("The configuration loads as long as nobody damages it")
  func intact() throws {
    try read(Self.config, in: try TemporaryFolder())
  }

  @Test("A value replaced by another kind of value, or by a monstrous one, is an error or harmless, never a crash")
  func replacedValues() throws {
    let folder = try TemporaryFolder()
    let monsters: [JSONValue] = [
      nil, -1, .integer(.max), .integer(.min), 1e300, "add", [], [:], [16_777_216, 16_777_216],
      ["class_name": "Sequential", "config": []],
    ]
    var refused = 0
    for place in 0..<Self.config.partCount {
      for monster in monsters {
        do throws(KerasError) {
          try read(Self.config.replacing(part: place, by: monster), in: folder)
        } catch {
          refused += 1
          #expect(error.kind != .missingFile && error.kind != .cannotWrite, "\(error)")
        }
      }
    }
    #expect(refused > 300)
  }
}

extension JSONValue {
  /// The number of values in this one, itself included.
  fileprivate var partCount: Int {
    switch self {
    case .array(let elements): elements.reduce(1) { $0 + $1.partCount }
    case .object(let members): members.values.reduce(1) { $0 + $1.partCount }
    default: 1
    }
  }

  /// This value with the part at a place, counted depth first, replaced.
  fileprivate func replacing(part place: Int, by value: JSONValue) -> JSONValue {
    var left = place
    return replacing(&left, by: value)
  }

  private func replacing(_ left: inout Int, by value: JSONValue) -> JSONValue {
    left -= 1
    if left == -1 { return value }
    switch self {
    case .array(let elements):
      var result: [JSONValue] = []
      for element in elements { result.append(element.replacing(&left, by: value)) }
      return .array(result)
    case .object(let members):
      var result = members
      for (key, member) in members { result[key] = member.replacing(&left, by: value) }
      return .object(result)
    default: return self
    }
  }
}
