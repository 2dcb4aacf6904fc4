import Foundation
import JSON
import Kernels
import Recipes
import Tensors
import TestSupport
import Testing
import Training

@Suite("The precision of a recipe and of predictions")
struct PrecisionTests {
  @Test("A recipe computes in float32 unless it says otherwise, and the resolved one says which")
  func decoding() throws {
    func recipe(_ precision: JSONValue?) throws -> Recipe {
      var value: OrderedDictionary<String, JSONValue> = [
        "model": ["architecture": "VGG16", "weights": .null], "data": ["train": "pictures"],
        "phases": [["epochs": 1, "optimizer": "adam"]],
      ]
      if let precision { value["precision"] = precision }
      return try Recipe(.object(value), file: "r.json", folder: "/tmp")
    }
    #expect(try recipe(nil).precision == .float32)
    #expect(try recipe(nil).json["precision"] == "float32")
    #expect(try recipe("bfloat16").json["precision"] == "bfloat16")
    let error = #expect(throws: RecipeError.self) { try recipe("bfloat") }
    #expect(error.map { "\($0)".contains("bfloat16") } == true)
  }

  @Test("Asking for what the kernel set has not falls back to float32 and says so")
  func fallingBack() {
    for kernels in KernelSet.available {
      let device = Device(kernels: kernels, threads: 1).computing(in: .bfloat16)
      switch kernels.bfloat16 {
      case .none:
        #expect(device.precision == .float32)
        #expect(kernels.note(on: .bfloat16)?.contains("computing in float32") == true)
      case .largeMatrices: #expect(kernels.note(on: .bfloat16)?.contains("dense layers") == true)
      case .products: #expect(kernels.note(on: .bfloat16) == nil)
      }
      #expect(kernels.note(on: .float32) == nil)
    }
  }

  static let photographs = SharedData.url("weights/imagenet/elephant.jpg")?.deletingLastPathComponent()
  static let mobileNet = SharedData.url("weights/mobilenet_v1_0.25_224").flatMap { folder in
    try? FileManager.default.contentsOfDirectory(atPath: folder.path).first { $0.hasSuffix(".h5") }
      .map { folder.appending(path: $0).path }
  }
  static let trashNet = SharedData.url("images/trashnet")

  @Test(
    "MobileNet computed in bfloat16 names the same class of photographs where float32 is not in doubt",
    .enabled(if: mobileNet != nil && photographs != nil && trashNet != nil, "no real data"))
  func sameClasses() throws {
    let (file, photographs, folder) = try (
      #require(Self.mobileNet), #require(Self.photographs), #require(Self.trashNet)
    )
    let loaded = try ModelReference(path: file).load()
    let pictures = try FileManager.default.subpathsOfDirectory(atPath: folder.path).sorted()
      .filter { $0.hasSuffix(".jpg") }.enumerated().filter { $0.offset % 40 == 0 }
      .map { folder.appending(path: $0.element).path }
    let paths = ["elephant.jpg", "cat.jpeg"].map { photographs.appending(path: $0).path } + pictures
    #expect(paths.count >= 20)
    let device = Device(threads: 2)
    let exact = try Prediction(loaded, of: paths, topCount: 2, on: device)
    let rounded = try Prediction(loaded, of: paths, topCount: 2, on: device.computing(with: .products))
    var worst: Float = 0
    for (one, other) in zip(exact.pictures, rounded.pictures) {
      let doubt = one.classes[0].value - one.classes[1].value
      if doubt > 0.05 { #expect(one.classes[0].label == other.classes[0].label, "\(one.file)") }
      if one.classes[0].label == other.classes[0].label {
        worst = max(worst, abs(one.classes[0].value - other.classes[0].value))
      }
    }
    // An error of 2 % in logits of up to 20 moves a probability by a quarter of 0.4. Measured: 0.051.
    #expect(worst > 0 && worst < 0.1)
    print("MobileNet in bfloat16: probabilities of \(paths.count) photographs differ by up to \(worst)")
  }
}
