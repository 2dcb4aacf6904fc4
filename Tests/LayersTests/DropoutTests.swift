import JSON
import Kernels
import Layers
import Tensors
import TestSupport
import Testing

@Suite("Dropout")
struct DropoutTests {
  private let device = Device(kernels: .best, threads: 1)

  private func context(_ sampleIDs: [UInt64], step: UInt64 = 0) -> Context {
    Context(
      needs: .inputs, mode: .training, random: RandomKey(seed: 3).folding(step), sampleIDs: sampleIDs, device: device)
  }

  private func mask(_ layer: some UnaryLayer, _ sample: Shape, _ context: Context) -> Tensor {
    layer.evaluate(Tensor(repeating: 1, sample.batched(context.sampleIDs.count)), [], in: context).output
  }

  @Test("In inference everything passes", arguments: KernelSet.available)
  func inference(_ kernels: KernelSet) {
    #expect(GradientCheck(Dropout(rate: 0.5), inputShapes: [[40]]) { x, _ in x[0] }.differences(on: kernels) == [])
    let spatial = GradientCheck(SpatialDropout2D(rate: 0.5), inputShapes: [[2, 2, 9]]) { x, _ in x[0] }
    #expect(spatial.differences(on: kernels) == [])
  }

  @Test("In training the asked-for part is silenced and the rest scaled up", arguments: [Float(0.2), 0.5, 0.9])
  func rate(_ rate: Float) {
    let elements = mask(Dropout(rate: rate), [20_000], context([0, 1])).elements
    #expect(Set(elements) == [0, 1 / (1 - rate)])
    let dropped = Double(elements.count { $0 == 0 }) / Double(elements.count)
    let deviation = (Double(rate) * (1 - Double(rate)) / Double(elements.count)).squareRoot()
    #expect(abs(dropped - Double(rate)) < 4 * deviation)
  }

  @Test("The gradient is silenced where the value was")
  func gradient() {
    let context = context([4])
    let mask = mask(Dropout(rate: 0.4), [100], context)
    let input = Tensor([1, 100], RandomKey(seed: 1).normal(100))
    let gradient = Tensor([1, 100], RandomKey(seed: 2).normal(100))
    let evaluation = Dropout(rate: 0.4).evaluate(input, [], in: context)
    #expect(evaluation.output == device.multiply(input, mask))
    #expect(evaluation.pullback(gradient).inputs[0] == device.multiply(gradient, mask))
  }

  @Test("A sample's mask does not depend on its batch, but on the step")
  func maskBelongsToSample() {
    let layer = Dropout(rate: 0.5)
    let together = mask(layer, [64], context([7, 8, 9]))
    #expect(mask(layer, [64], context([8])) == together[samples: 1..<2])
    #expect(mask(layer, [64], context([8], step: 1)) != together[samples: 1..<2])
    #expect(together[samples: 0..<1] != together[samples: 1..<2])
  }

  @Test("Spatial dropout silences whole channels")
  func channels() {
    let mask = mask(SpatialDropout2D(rate: 0.5), [3, 4, 50], context([0]))
    let first = mask.elements.prefix(50)
    #expect(Set(first) == [0, 2])
    for pixel in 0..<12 { #expect(mask.elements[pixel * 50..<pixel * 50 + 50].elementsEqual(first)) }
  }

  @Test("Along axes of extent 1 in the noise shape all places share their fate")
  func noiseShape() {
    let whole = mask(Dropout(rate: 0.5, noiseShape: [nil, 1, 1]), [4, 5], context((0..<64).map { $0 })).elements
    for sample in 0..<64 { #expect(Set(whole[sample * 20..<sample * 20 + 20]).count == 1) }
    #expect(Set(whole) == [0, 2])
    let columns = mask(Dropout(rate: 0.5, noiseShape: [nil, 1, nil]), [4, 50], context([0])).elements
    #expect(Set(columns) == [0, 2])
    for row in 1..<4 { #expect(columns[row * 50..<row * 50 + 50].elementsEqual(columns[0..<50])) }
  }

  @Test("Keras' settings are read and written")
  func settings() throws {
    #expect(try Dropout(config: ["rate": 0.2, "seed": 5, "noise_shape": nil]) == Dropout(rate: 0.2))
    #expect(try Dropout(config: ["p": 0.25]) == Dropout(rate: 0.25))
    #expect(Dropout(rate: 0.2).config["rate"] == 0.2)
    #expect(throws: ConfigError.self) { try Dropout(config: ["rate": 1.5]) }
    let rows = Dropout(rate: 0.5, noiseShape: [nil, 1, nil])
    #expect(try Dropout(config: ["rate": 0.5, "noise_shape": [nil, 1, nil]]) == rows)
    #expect(try Dropout(config: rows.config) == rows)
    #expect(throws: ShapeError.self) { try rows.outputShape(for: [3]) }
    #expect(throws: ConfigError.self) { try Dropout(config: ["rate": 0.5, "noise_shape": [1, 1]]) }
    #expect(throws: ConfigError.self) { try Dropout(config: ["rate": 0.5, "noise_shape": [nil, 3]]) }
    #expect(throws: ConfigError.self) { try Dropout(config: [:]) }
  }
}
