import JSON
import Kernels
import Layers
import Tensors
import TestSupport
import Testing

@Suite("Summary")
struct SummaryTests {
  /// A residual block behind a strided stem.
  private func model(_ inputShape: [Int?]) throws -> Model {
    var graph = ModelBuilder(name: "tiny")
    let image = graph.input(inputShape, name: "image")
    graph.group = "stem"
    let stem = graph(
      Conv2D(filters: 4, kernelSize: Size(3, 3), strides: Size(2, 2), padding: .same), name: "stem", on: image)
    graph.group = nil
    let normalized = graph(BatchNormalization(), name: "norm", on: stem)
    let inner = graph(Conv2D(filters: 4, kernelSize: Size(3, 3), padding: .same), name: "inner", on: normalized)
    let sum = graph(Add(), name: "sum", on: stem, inner)
    let pooled = graph(GlobalAveragePooling2D(), name: "pool", on: sum)
    let classes = graph(Dense(units: 5), name: "classes", on: pooled)
    return try graph.model(inputs: [image], outputs: [classes], seed: 1)
  }

  @Test("Shapes, counts, connections and multiply-adds of every layer")
  func rows() throws {
    var model = try model([16, 16, 3])
    try model.freeze(.group("stem"))
    let summary = try model.summary()
    #expect(summary.rows.map(\.path) == ["stem", "norm", "inner", "sum", "pool", "classes"])
    #expect(summary.rows.map(\.outputShape) == [[8, 8, 4], [8, 8, 4], [8, 8, 4], [8, 8, 4], [4], [5]])
    #expect(summary.rows.map(\.parameterCount) == [3 * 9 * 4 + 4, 16, 4 * 9 * 4 + 4, 0, 0, 25])
    // Frozen, and the statistics of the normalisation.
    #expect(summary.rows.map(\.trainableCount) == [0, 8, 4 * 9 * 4 + 4, 0, 0, 25])
    #expect(summary.rows.map(\.isFrozen) == [true, false, false, false, false, false])
    #expect(summary.rows[0].multiplyAdds == 64 * 4 * 27)
    #expect(summary.rows[2].multiplyAdds == 64 * 4 * 36)
    #expect(summary.rows[3].connectedTo == ["stem", "inner"])
    #expect(summary.rows[0].group == "stem")
    #expect(summary.parameterCount == model.parameters.reduce(0) { $0 + $1.shape.elementCount })
  }

  @Test("The receptive field grows with window and stride, and ends at the whole image")
  func receptiveFields() throws {
    let rows = try model([16, 16, 3]).summary().rows
    // stem: 3; inner: 3 + (3 − 1) · 2, because its inputs lie two pixels apart.
    #expect(rows.map(\.receptiveField.size) == [Size(3, 3), Size(3, 3), Size(7, 7), Size(7, 7), nil, nil])
  }

  @Test("What a receptive field says is what a changed pixel reaches")
  func receptiveFieldByExperiment() throws {
    let model = try Model(
      sequential: "chain", inputShape: [41, 41, 1],
      [
        (nil, Conv2D(filters: 1, kernelSize: Size(3, 3), strides: Size(2, 2), kernelInitializer: .ones)),
        (nil, AveragePooling2D(poolSize: Size(2, 2))),
        (nil, Conv2D(filters: 1, kernelSize: Size(3, 2), dilationRate: Size(2, 1), kernelInitializer: .ones)),
      ], seed: 1)
    let device = Device(threads: 1)
    let blank = try model(Tensor(zeros: [1, 41, 41, 1]), on: device)[0].elements[0]
    func reaches(_ row: Int, _ column: Int) throws -> Bool {
      var pixels = [Float](repeating: 0, count: 41 * 41)
      pixels[row * 41 + column] = 1
      return try model(Tensor([1, 41, 41, 1], pixels), on: device)[0].elements[0] != blank
    }
    let field = try #require(try model.summary().rows.last?.receptiveField.size)
    // The first number of the last layer sees the first `field` rows and columns; dilation leaves holes, not at the end.
    #expect(try reaches(field.height - 1, 0))
    #expect(try !reaches(field.height, 0))
    #expect(try reaches(0, field.width - 1))
    #expect(try !reaches(0, field.width))
  }

  @Test("Where the image's size is open, so is what depends on it")
  func openSize() throws {
    let summary = try model([nil, nil, 3]).summary()
    #expect(summary.rows.map(\.outputShape)[2] == [nil, nil, 4])
    #expect(summary.rows.last?.outputShape == [5])
    #expect(summary.rows[0].multiplyAdds == nil)
    #expect(summary.rows[5].multiplyAdds == 20)
    #expect(summary.multiplyAdds == nil)
    let sized = try model([nil, nil, 3]).summary(inputShapes: [[16, 16, 3]])
    #expect(try sized.rows == model([16, 16, 3]).summary().rows)
  }

  @Test("The table fits 80 columns, says what joins, and how sizes come about")
  func table() throws {
    var model = try model([16, 16, 3])
    try model.freeze(.matching("stem"))
    let text = try model.summary().text(isExplained: true)
    #expect(text.split(separator: "\n").allSatisfy { $0.count <= 80 })
    #expect(text.contains("← stem, inner"))
    #expect(text.contains("height ⌊(16 + 0 + 1 − 3) / 2⌋ + 1 = 8"))
    #expect(text.contains("112*"))
    #expect(text.contains("fixed        120 (*: frozen layers)"))
  }

  @Test(
    "It fits any page: what has no room is left out, the parameters stay",
    arguments: [24, 40, 50, 64, 70, 79, 100, 200])
  func widths(_ width: Int) throws {
    let text = try model([1600, 1600, 3]).summary().text(width: width, isExplained: true)
    #expect(text.split(separator: "\n").allSatisfy { $0.count <= width }, "\(text)")
    #expect(text.contains("classes") && text.contains("112"))
    #expect(text.contains("Conv2D") == (width >= 64 + 1))
  }

  @Test("Freeze groups are summed up, frozen or not")
  func groups() throws {
    var model = try model([16, 16, 3])
    try model.freeze(.group("stem"))
    let groups = try model.summary().groups
    #expect(groups.map(\.name) == ["stem"])
    #expect(groups[0].parameterCount == 112 && groups[0].trainableCount == 0 && groups[0].isFrozen)
    #expect(groups[0].multiplyAdds == 64 * 4 * 27)
  }

  @Test("As JSON it says the same")
  func json() throws {
    let json = try model([nil, nil, 3]).summary().json
    #expect(json["layers"]?.arrayValue?.count == 6)
    let inner = json["layers"]?.arrayValue?[2]
    #expect(inner?["class_name"] == "Conv2D")
    #expect(inner?["output_shape"] == [nil, nil, 4])
    #expect(inner?["parameters"] == 148)
    #expect(json["multiply_adds"] == .null)
  }
}
