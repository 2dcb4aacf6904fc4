import JSON
import Kernels
import Layers
import Recipes
import Tensors
import Testing
import Training

/// Where the head of a pretrained model goes, and what it is, as recipes ask for it.
@Suite("Recipes that give a model another head")
struct SurgeryRecipeTests {
  @Test("A head replaces a nested model, stands on one, or behind everything; what stays keeps its path")
  func places() throws {
    let place = try SurgeryPlace()
    let head: JSONValue = [["layer": "Flatten"], ["layer": "Dense", "units": "classes", "activation": "softmax"]]
    let replaced = try place.plan(["head": head, "replace_from": "base"])
    #expect(replaced.layerPaths == ["flatten", "dense"])
    let standing = try place.plan(["head": head, "cut_after": "base"])
    #expect(standing.layerPaths == ["base/first", "base/second", "flatten", "dense"])
    #expect(standing.model.instances.map(\.section) == [.backbone, .backbone, .head, .head])
    let behind = try place.plan(["head": head])
    #expect(behind.layerPaths == ["base/first", "base/second", "pool", "classes", "flatten", "dense"])
    let inside = try place.plan(["head": head, "replace_from": "base/second"])
    #expect(inside.layerPaths == ["first", "flatten", "dense"])
    // Without a head: the task's own.
    let standard = try place.plan(["cut_after": "base/first"])
    #expect(standard.layerPaths == ["first", "global_average_pooling2d", "dense"])
    #expect(try standard.model.value("first/kernel") == place.model.value("base/first/kernel"))
  }

  @Test("An architecture is cut and tapped like a file")
  func architectures() throws {
    let place = try SurgeryPlace()
    let small: JSONValue = ["architecture": "MobileNet", "alpha": 0.25, "weights": nil, "input_size": [32, 32]]
    var cut = small.objectValue ?? [:]
    cut["cut_after"] = "conv_pw_6_relu"
    let plan = try place.plan(.object(cut))
    #expect(plan.layerPaths.suffix(3) == ["conv_pw_6_relu", "global_average_pooling2d", "dense"])
    #expect(try plan.model.shapes().last == [2])
    cut["cut_after"] = nil
    cut["taps"] = ["conv_pw_3_relu", "conv_pw_6_relu"]
    let tapped = try place.plan(.object(cut))
    #expect(try tapped.model.value("dense/kernel").shape == [32 + 128, 2])
  }

  @Test("Taps are pooled and joined; features of both depths are trained on")
  func taps() throws {
    let place = try SurgeryPlace()
    let plan = try place.plan(["taps": ["base/first", "base"], "tap_pooling": "max", "head": ["hidden": 5]])
    #expect(plan.layerPaths == ["first", "second", "tap_1", "tap_2", "taps", "dense", "dense_1"])
    #expect(plan.model.instances[2].layer is GlobalMaxPooling2D)
    #expect(try plan.model.value("dense/kernel").shape == [10, 5])
    let report = try Run(plan, on: Device(threads: 1))()
    #expect(try ModelReference(path: report.output + "/model.h5").load().model.instances.count == 7)
  }

  @Test("A head by intent: hidden layers, dropout, batch normalisation, pooling and outputs")
  func intents() throws {
    let place = try SurgeryPlace()
    func kinds(_ head: JSONValue) throws -> [String] {
      try place.plan(["head": head, "cut_after": "base"]).model.instances.dropFirst(2).map { $0.layer.kind }
    }
    #expect(try kinds([:]) == ["GlobalAveragePooling2D", "Dense"])
    #expect(
      try kinds(["hidden": [16, 8], "dropout": 0.25, "pooling": "flatten"])
        == ["Flatten", "Dense", "Dropout", "Dense", "Dropout", "Dense"])
    #expect(
      try kinds(["hidden": 8, "batch_norm": true, "activation": "swish", "pooling": "max"])
        == ["GlobalMaxPooling2D", "Dense", "BatchNormalization", "Activation", "Dense"])
    // On a vector nothing is pooled.
    let onVector = try place.plan(["head": ["dropout": 0.5], "cut_after": "pool"])
    #expect(onVector.layerPaths == ["base/first", "base/second", "pool", "dropout", "dense"])
  }

  @Test("Labels that do not exclude each other: a sigmoid for each, binary cross-entropy without being asked")
  func multiLabel() throws {
    let place = try SurgeryPlace()
    let plan = try place.plan(["head": ["outputs": "sigmoid"], "cut_after": "base"])
    #expect(plan.loss.name == "binary_crossentropy")
    #expect(try plan.model.shapes().last == [2])
    let report = try Run(plan, on: Device(threads: 1))()
    #expect(report.final?.loss.isFinite == true)
  }
}
