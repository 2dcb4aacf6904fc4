internal import Architectures
internal import Foundation
internal import JSON
internal import KerasFormat
internal import Layers
internal import Tensors

/// Finds a backbone for pictures: one whose weights are here, if there is any.
struct BackboneSearch {
  /// The recipe's folder.
  let folder: String
  let goal: StartingRecipe.Goal
  /// The shorter side of the pictures.
  let extent: Int

  /// Below this, pictures say more to a network that learned from small ones than enlarged to one that learned from large
  /// ones.
  private static let small = 48

  /// From the cheapest to the most accurate, those that are worth their time on a processor.
  private static let order: [StartingRecipe.Goal: [String]] = [
    .quick: ["MobileNetV3Small", "MobileNet", "MobileNetV2", "MobileNetV3Large", "SqueezeNet"],
    .balanced: [
      "MobileNetV2", "MobileNetV3Large", "EfficientNetV2B0", "EfficientNetB0", "MobileNet", "ResNet50V2", "ResNet50",
    ],
    .accurate: [
      "EfficientNetV2B0", "EfficientNetB0", "ResNet50V2", "ResNet50", "ConvNeXtTiny", "DenseNet121", "Xception",
      "MobileNetV2", "MobileNetV3Large", "MobileNet", "VGG16",
    ],
  ]

  /// The one to take, and what else there is to say about it.
  func found() throws(ModelLoadingError) -> Backbone {
    let here = filesHere() + published()
    let (smallOnes, others) = (
      here.filter { $0.architecture.defaultSize.height <= 64 }, here.filter { $0.architecture.defaultSize.height > 64 }
    )
    if extent <= Self.small, let own = smallOnes.first { return own }
    if let best = best(of: others) { return best }
    if !OfficialWeightsFetching.standard.isOffline {
      return try named(goal == .accurate ? "EfficientNetV2B0" : "MobileNetV2")
    }
    guard let last = smallOnes.first else {
      throw ModelLoadingError(
        "no pretrained weights are in \(folder), in pretrained/ there or in Keras' cache, and --offline or FINETUNE_OFFLINE "
          + "forbids to fetch any. Name a file: --weights FILE", category: .noInput)
    }
    return last
  }

  private func best(of backbones: [Backbone]) -> Backbone? {
    let order = Self.order[goal] ?? []
    func rank(_ backbone: Backbone) -> (Int, Float) {
      (order.firstIndex(of: backbone.architecture.name) ?? order.count, -(backbone.alpha ?? 1))
    }
    return backbones.min { rank($0) < rank($1) }
  }

  // MARK: - What the user names

  /// An architecture with the weights that Keras publishes.
  func named(_ name: String, alpha: Float? = nil) throws(ModelLoadingError) -> Backbone {
    let architecture = try ModelReference(path: "", architecture: name).found(name)
    let width = architecture.alphas.isEmpty ? nil : alpha ?? 1
    let search = OfficialWeightsSearch(beside: folder)
    let choices = [false, true].compactMap { architecture.officialWeights(includesTop: $0, alpha: width ?? 1) }
    guard !choices.isEmpty else {
      throw ModelLoadingError("Keras publishes no weights for \(architecture.name); name a file: --weights FILE")
    }
    let path = choices.lazy.compactMap { search.path(of: $0) }.first
    return Backbone(
      architecture: architecture, alpha: width, weights: ModelReference.officialWeights, isHere: path != nil,
      place: path ?? "fetched from Keras' server when the recipe is first used")
  }

  /// A file of weights, of an architecture that the user names or that is recognised.
  func file(_ path: String, architecture name: String? = nil, alpha: Float? = nil) throws(ModelLoadingError) -> Backbone
  {
    guard FileKind(at: path) == .file else {
      throw ModelLoadingError("\(path): there is no such file of weights", category: .noInput)
    }
    let fileName = URL(fileURLWithPath: path).lastPathComponent
    var architecture: Architecture?
    if let name {
      architecture = try ModelReference(path: path, architecture: name).found(name)
    } else {
      architecture = ArchitectureRegistry.architecture(ofWeightFile: fileName)
      if architecture == nil, let model = try? ModelReference(path: path).savedModel().saved.model {
        architecture = ArchitectureRecognition.recognize(model).flatMap {
          try? ArchitectureRegistry.architecture(named: $0)
        }
      }
    }
    guard let architecture else {
      throw ModelLoadingError(
        "\(path): this file is not recognised as one of the architectures; say --architecture NAME (finetune summary --list)"
      )
    }
    // The width is what the tensors say it is.
    var problem: ModelLoadingError?
    for width in alpha.map({ [$0] }) ?? (architecture.alphas.isEmpty ? [1] : architecture.alphas) {
      let reference = ModelReference(
        path: path, architecture: architecture.name, alpha: architecture.alphas.isEmpty ? nil : Double("\(width)"))
      do throws(ModelLoadingError) {
        _ = try reference.backbone(initialization: .none)
        return Backbone(
          architecture: architecture, alpha: architecture.alphas.isEmpty ? nil : width, weights: path, isHere: true,
          place: path)
      } catch {
        problem = problem ?? error
      }
    }
    throw problem ?? ModelLoadingError("\(path): no width of \(architecture.name) fits")
  }

  // MARK: - What is here

  /// Files of weights in the recipe's folder, in the one that the command is given in, and in `pretrained/` of both.
  private func filesHere() -> [Backbone] {
    var seen = Set<String>()
    var found: [Backbone] = []
    for place in [folder, folder + "/pretrained", folder + "/weights", ".", "pretrained", "weights"] {
      let path = URL(fileURLWithPath: place).standardizedFileURL.path
      guard seen.insert(path).inserted else { continue }
      for name in ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted()
      where ArchitectureRegistry.architecture(ofWeightFile: name) != nil {
        if let backbone = try? file(path + "/" + name) { found.append(backbone) }
      }
    }
    return found
  }

  /// Architectures whose published weights are here.
  private func published() -> [Backbone] {
    ((try? OfficialWeightsList(in: folder).entries) ?? []).filter { $0.path != nil }.compactMap { entry in
      try? named(entry.architecture, alpha: entry.alpha)
    }
  }
}
