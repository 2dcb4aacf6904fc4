import Foundation
import Images
import JSON
import Tensors
import Testing

@Suite("Augmentations against Keras and Pillow")
struct AugmentationReferenceTests {
  /// What tools/reference-numbers wrote down.
  private static let numbers: JSONValue = {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let file = root.appendingPathComponent("tools/reference-numbers.d/augmentations.json")
    guard let bytes = try? Data(contentsOf: file), let value = try? JSONValue(parsing: [UInt8](bytes)) else {
      preconditionFailure("\(file.path) is part of the repository")
    }
    return value
  }()

  private static func floats(_ value: JSONValue?) -> [Float] {
    (value?.arrayValue ?? []).compactMap(\.doubleValue).map { Float($0) }
  }

  private static func picture(_ name: String) -> Tensor {
    let found = numbers["pictures"]?[name]
    let shape = Shape((found?["shape"]?.arrayValue ?? []).compactMap(\.intValue))
    return Tensor(shape, floats(found?["values"]))
  }

  struct Case: Sendable, CustomTestStringConvertible {
    let value: JSONValue
    var testDescription: String { value["settings"]?.text ?? "" }
  }

  private static let layerCases = (numbers["cases"]?.arrayValue ?? []).map { Case(value: $0) }
  private static let operationCases = (numbers["operations"]?.arrayValue ?? []).map { Case(value: $0) }

  @Test("Where nothing is left to chance it is Keras' picture; of two directions both come", arguments: layerCases)
  func keras(_ reference: Case) throws {
    let settings = try #require(reference.value["settings"])
    let augmentation = try AugmentationRegistry.augmentation(config: settings)
    let picture = Self.picture(reference.value["picture"]?.stringValue ?? "")
    let forms = (reference.value["forms"]?.arrayValue ?? []).map(Self.floats)
    let border = reference.value["border"]?.intValue ?? 0
    let (height, width, channels) = (picture.shape[0], picture.shape[1], picture.shape[2])
    let compared = (0..<picture.count).filter { index in
      (border..<height - border).contains(index / channels / width)
        && (border..<width - border).contains(index / channels % width)
    }
    #expect(!compared.isEmpty && forms.allSatisfy { $0.count == picture.count })
    var seen = Set<Int>()
    for seed in 0..<32 {
      let changed = augmentation.changed(picture, RandomKey(seed: UInt64(seed))).elements
      let distances = forms.map { form in compared.map { abs(form[$0] - changed[$0]) }.max() ?? 0 }
      let nearest = try #require(forms.indices.min { distances[$0] < distances[$1] })
      // Single precision of numbers up to 255, and of coordinates up to ten pixels between values that far apart.
      #expect(distances[nearest] < 2e-3)
      seen.insert(nearest)
    }
    #expect(seen.count == forms.count)
  }

  @Test(
    "What RandAugment and AugMix choose from is Keras' or Pillow's, up to Pillow's rounding", arguments: operationCases)
  func operations(_ reference: Case) throws {
    let name = try #require(reference.value["name"]?.stringValue)
    let operation = try #require(PictureOperation.allCases.first { "\($0)" == name })
    let tolerance = Float(try #require(reference.value["tolerance"]?.doubleValue))
    let picture = Self.picture("whole")
    var changed = picture.elements
    unsafe changed.withUnsafeMutableBufferPointer { memory in
      // The elements are the picture's.
      let pixels = unsafe Pixels(memory, picture.shape)
      operation.apply(reference.value["strength"]?.doubleValue ?? 0, to: pixels, PixelSampling())
    }
    let expected = Self.floats(reference.value["result"])
    #expect(expected.count == changed.count)
    #expect(zip(expected, changed).allSatisfy { abs($0 - $1) <= tolerance })
    #expect(changed != picture.elements)
  }

  @Test(
    "An operation without strength changes nothing, but for the two that have none",
    arguments: PictureOperation.allCases)
  func weakOperation(_ operation: PictureOperation) {
    let loud = AugmentationCase.picture([9, 7, 3])
    let picture = Tensor(loud.shape, loud.elements.map { 40 + $0 / 2 })
    var changed = picture.elements
    unsafe changed.withUnsafeMutableBufferPointer { memory in
      // The elements are the picture's.
      operation.apply(0, to: unsafe Pixels(memory, picture.shape), PixelSampling())
    }
    let same = changed == picture.elements
    #expect(same != [.autoContrast, .equalize].contains(operation))
  }
}
