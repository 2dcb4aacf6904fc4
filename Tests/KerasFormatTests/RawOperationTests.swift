import Foundation
import JSON
import KerasFormat
import Kernels
import Layers
import Tensors
import Testing

private typealias Config = KerasConfig

/// Operations in the graph that are no layers, in the spellings of Keras 2 and 3.
@Suite("Raw operations")
struct RawOperationTests {
  /// A `TFOpLambda` on `x`.
  private static func lambda(_ function: String, _ node: JSONValue) -> JSONValue {
    [
      "class_name": "TFOpLambda", "config": ["name": "op", "function": .string(function)], "name": "op",
      "inbound_nodes": [node],
    ]
  }

  private static let x: JSONValue = [
    "class_name": "__keras_tensor__", "config": ["shape": [nil, 2, 2, 2], "keras_history": ["x", 0, 0]],
  ]

  /// An operation of Keras 3; without a module as in whole-model `.h5` files.
  private static func operation(
    _ kind: String, _ arguments: [JSONValue], _ settings: JSONValue = ["name": "op"], module: String? = "numpy"
  ) -> JSONValue {
    [
      "module": module.map { .string("keras.src.ops.\($0)") } ?? nil, "class_name": .string(kind), "config": settings,
      "name": "op",
      "inbound_nodes": [["args": .array(arguments), "kwargs": [:]]],
    ]
  }

  private func model(_ entry: JSONValue) throws -> Model {
    let config = Config.model(
      "Functional", "m", [Config.input("x", [2, 2, 2]), entry], inputs: [["x", 0, 0]], outputs: [["op", 0, 0]])
    let folder = try TemporaryFolder()
    var fixture = KerasFixture()
    fixture.config = config
    try fixture.write(to: folder.path("m.h5"))
    return try SavedModel.reading(folder.path("m.h5")).saved.model
  }

  private static let pixels: [Float] = [-4, -1, 0, 0.5, 2, 3, 7, 9]

  /// An operation as a file spells it, and what it does to a number.
  struct Case: Sendable, CustomTestStringConvertible {
    let entry: JSONValue
    let expected: @Sendable (Float) -> Float

    var testDescription: String { entry.text }

    init(_ entry: JSONValue, _ expected: @escaping @Sendable (Float) -> Float) {
      self.entry = entry
      self.expected = expected
    }
  }

  private static let tensor: JSONValue = ["x", 0, 0]

  static let keras2: [Case] = [
    Case(lambda("__operators__.add", ["x", 0, 0, ["y": 3.0, "name": nil]])) { $0 + 3 },
    Case(lambda("math.multiply", ["x", 0, 0, ["y": 0.25]])) { $0 / 4 },
    Case(lambda("math.truediv", ["x", 0, 0, ["y": 4]])) { $0 / 4 },
    Case(lambda("math.subtract", ["x", 0, 0, ["y": 1.5]])) { $0 - 1.5 },
    Case(lambda("math.subtract", ["_CONSTANT_VALUE", -1, 1.5, ["y": tensor]])) { 1.5 - $0 },
    Case(lambda("math.negative", ["x", 0, 0, [:]])) { -$0 },
    Case(lambda("nn.relu6", ["x", 0, 0, [:]])) { min(6, max(0, $0)) },
    Case(lambda("math.multiply", ["x", 0, 0, ["y": tensor]])) { $0 * $0 },
  ]

  static let keras3: [Case] = [
    Case(operation("Add", [x, 3.0])) { $0 + 3 },
    Case(operation("Multiply", [x, 0.25])) { $0 / 4 },
    Case(operation("TrueDivide", [x, 4.0])) { $0 / 4 },
    Case(operation("Subtract", [1.5, x])) { 1.5 - $0 },
    Case(operation("Subtract", [x, 1.5])) { $0 - 1.5 },
    Case(operation("Negative", [x])) { -$0 },
    Case(operation("Multiply", [x, x])) { $0 * $0 },
    Case(operation("Relu6", [x], module: "nn")) { min(6, max(0, $0)) },
    Case(operation("Relu6", [x], module: nil)) { min(6, max(0, $0)) },
    Case(operation("Add", [x, 3.0], module: nil)) { $0 + 3 },
    Case(operation("Multiply", [x, x], module: nil)) { $0 * $0 },
    Case(operation("Add", [[x, x]], module: nil)) { $0 + $0 },
  ]

  @Test("Constants and operations compute what Keras 2 and 3 do by them", arguments: keras2 + keras3)
  func operations(_ c: Case) throws {
    let output = try model(c.entry)(Tensor([1, 2, 2, 2], Self.pixels), on: Device(threads: 1))[0]
    #expect(output.elements == Self.pixels.map(c.expected))
  }

  @Test("One constant for each channel, means over the image, and concatenation")
  func others() throws {
    let image = Tensor([1, 2, 2, 2], Self.pixels)
    let device = Device(threads: 1)
    let array: JSONValue = ["class_name": "__tensor__", "config": ["value": [1, 10], "dtype": "float32"]]
    #expect(
      try model(Self.operation("Add", [Self.x, array]))(image, on: device)[0].elements
        == Self.pixels.enumerated().map { $0.element + ($0.offset % 2 == 0 ? 1 : 10) })
    let mean = Self.operation("Mean", [Self.x], ["name": "op", "axis": [1, 2], "keepdims": false])
    #expect(try model(mean)(image, on: device)[0].elements == [1.25, 2.875])
    let joined = try model(Self.operation("Concatenate", [[Self.x, Self.x]], ["name": "op", "axis": -1]))
    #expect(try joined.shapes().last == [2, 2, 4])
  }

  @Test("What has no layer is refused by name, and no constant is passed over")
  func refused() throws {
    let entries: [(JSONValue, String)] = [
      (Self.lambda("image.resize", ["x", 0, 0, ["size": [4, 4]]]), "resize"),
      (Self.lambda("math.truediv", ["_CONSTANT_VALUE", -1, 1.0, ["y": ["x", 0, 0]]]), "divide"),
      (Self.operation("Power", [Self.x, 2.0]), "power"),
      (Self.operation("Mean", [Self.x], ["name": "op", "axis": [3]]), "mean"),
      // A layer called on a number beside its tensor.
      (
        [
          "class_name": "Add", "config": ["name": "op"], "name": "op",
          "inbound_nodes": [["args": [[Self.x, 3.0]], "kwargs": [:]]],
        ], "constant 3"
      ),
    ]
    for (entry, words) in entries {
      let error = #expect(throws: KerasError.self) { try model(entry) }
      #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
    }
  }

  /// A Lambda on two inputs whose code comes from a file.
  private static func lambdaLayer(_ name: String, file: String, _ arguments: JSONValue) -> JSONValue {
    let code = Data("\u{E3}…/\(file)…".utf8).base64EncodedString()
    return [
      "class_name": "Lambda", "name": .string(name),
      "config": [
        "name": .string(name), "trainable": true, "function": [.string(code), nil, nil], "function_type": "lambda",
        "arguments": arguments,
      ],
      "inbound_nodes": [[["x", 0, 0, [:]], ["x", 0, 0, [:]]]],
    ]
  }

  @Test("The scaled sum of InceptionResNetV2 is known where it is a Lambda; no other Lambda is")
  func scaleLambda() throws {
    let file = "inception_resnet_v2.py"
    func read(_ entry: JSONValue) throws -> Model {
      let config = Config.model(
        "Functional", "m", [Config.input("x", [2, 2, 2]), entry], inputs: [["x", 0, 0]],
        outputs: [[entry["name"] ?? nil, 0, 0]])
      let folder = try TemporaryFolder()
      var fixture = KerasFixture()
      fixture.config = config
      try fixture.write(to: folder.path("m.h5"))
      return try SavedModel.reading(folder.path("m.h5")).saved.model
    }
    let sum = try read(Self.lambdaLayer("block35_1", file: file, ["scale": 0.25]))
    let image = Tensor([1, 2, 2, 2], Self.pixels)
    #expect(try sum(image, on: Device(threads: 1))[0].elements == Self.pixels.map { $0 * 1.25 })
    for (name, file, arguments) in [
      ("block35_1", "mine.py", ["scale": 0.25]), ("mine", file, ["scale": 0.25]), ("block35_1", file, [:]),
      ("block35_1", file, ["scale": 0.25, "more": 1]),
    ] as [(String, String, JSONValue)] {
      let error = #expect(throws: KerasError.self) { try read(Self.lambdaLayer(name, file: file, arguments)) }
      #expect(error?.description.contains("Lambda") == true)
    }
  }
}
