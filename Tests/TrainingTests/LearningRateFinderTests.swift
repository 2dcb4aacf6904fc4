import Kernels
import Layers
import Tensors
import Testing
import Training

@Suite("Learning-rate finder")
struct LearningRateFinderTests {
  private func curve(threads: Int = 1) throws -> (curve: LearningRateCurve, model: Model) {
    let model = try Blobs.classifier(seed: 1)
    var finder = LearningRateFinder(
      PhaseSettings(
        name: "head", epochs: 1, batchSize: 16, loss: CategoricalCrossentropy(), metrics: [],
        optimizer: SGD(learningRate: .constant(0.1)), seed: 1), on: Device(threads: threads))
    (finder.lowest, finder.highest, finder.steps) = (1e-5, 1e4, 80)
    return (try finder(model, on: Blobs(count: 100, seed: 1)), model)
  }

  @Test("It suggests a rate with which the model learns, changes nothing, and gives the same bits with any threads")
  func suggests() throws {
    let (curve, model) = try curve()
    #expect(try self.curve(threads: 2).curve == curve)
    #expect(try Blobs.classifier(seed: 1).parameters.map(\.value) == model.parameters.map(\.value))
    let rate = try #require(curve.suggestion)
    func loss(after rate: Double) throws -> Double {
      var (model, state) = (try Blobs.classifier(seed: 1), TrainingState())
      let settings = PhaseSettings(
        name: "head", epochs: 5, batchSize: 16, loss: CategoricalCrossentropy(), metrics: [],
        optimizer: SGD(learningRate: .constant(rate)), seed: 1)
      let result = try Trainer(settings, on: Device(threads: 1)).train(
        &model, on: Blobs(count: 100, seed: 1), state: &state)
      return result.records.last?.loss ?? .nan
    }
    let found = try loss(after: rate)
    #expect(try found < loss(after: rate / 100) && found < 0.8 * curve.points[0].loss, "\(rate): \(found)")
    #expect(try #require(curve.tenthOfLeast) < 1000 && curve.steepest != nil)
  }

  @Test("Rates grow by equal factors, and the search ends when the loss explodes")
  func rates() throws {
    let points = try curve().curve.points
    #expect(points[0].rate == 1e-5)
    for (a, b) in zip(points, points.dropFirst()) { expectClose(b.rate / a.rate, 1.299942224, within: 1e-6) }
    let flat = LearningRateCurve((0..<20).map { .init(rate: Double($0 + 1), loss: 1, smoothed: 1 + Double($0)) })
    #expect(flat.suggestion == nil && flat.steepest == nil)
    // Down from the fourth to the ninth, 10³ to 10⁸: the middle on the logarithmic scale is 10⁵·⁵.
    let losses = [5, 5, 5, 5, 4, 3, 2, 1, 0.5, 9] as [Double]
    let valley = LearningRateCurve(
      losses.enumerated().map { .init(rate: power(10, $0.offset), loss: $0.element, smoothed: $0.element) })
    expectClose(valley.suggestion, 316_227.766)
  }

  private func power(_ base: Double, _ exponent: Int) -> Double { (0..<exponent).reduce(1.0) { p, _ in p * base } }
}
