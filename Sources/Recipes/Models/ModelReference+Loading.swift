internal import Architectures
internal import Foundation
internal import Images
internal import JSON
public import KerasFormat
internal import Layers
internal import Tensors

extension ModelReference {
  /// The model with everything that is needed to show it pictures.
  public func load() throws(ModelLoadingError) -> LoadedModel { try load(withTraining: false) }

  /// - Parameter withTraining: whether the state of an optimizer in the file is read as well.
  func load(withTraining: Bool) throws(ModelLoadingError) -> LoadedModel {
    let read = try read(withTraining: withTraining)
    var loaded = try completed(read.saved, read.notes)
    loaded.training = read.saved.training
    return loaded
  }

  /// The model as it stands in its file, or the architecture with the file's weights.
  public func savedModel() throws(ModelLoadingError) -> (saved: SavedModel, notes: [String]) {
    let read = try read()
    return (read.saved, read.notes)
  }

  /// The model as it stands in its file, or the architecture with the file's weights, and which tensor went where.
  ///
  /// - Parameter withTraining: whether the state of an optimizer in the file is read as well.
  func read(
    withTraining: Bool = false
  ) throws(ModelLoadingError) -> (saved: SavedModel, notes: [String], assignment: WeightAssignment?) {
    if let architecture { return try named(architecture) }
    let file = try reading { () throws(KerasError) in try KerasFile(opening: path) }
    let (saved, assignment) = try reading { () throws(KerasError) in try file.savedModel(withTraining: withTraining) }
    return (
      saved, ["\(path): \(assignment.summary)"] + assignment.notes + file.oddities.map { "\(path): \($0)" }, assignment
    )
  }

  /// An architecture without its top, with weights from the file, or initialised where there is no file.
  func backbone(initialization: Initialization) throws(ModelLoadingError) -> LoadedModel {
    guard let name = architecture else { preconditionFailure("a backbone is asked for by name") }
    let architecture = try found(name)
    if wantsOfficialWeights {
      let (reference, notes) = try withOfficialWeights(of: architecture, includesTop: false)
      var loaded = try reference.backbone(initialization: initialization)
      loaded.notes = notes + loaded.notes
      return loaded
    }
    var model = try built(architecture, includesTop: false, classCount: 1000, initialization)
    var notes: [String] = []
    if !path.isEmpty {
      let file = try reading { () throws(KerasError) in try KerasFile(opening: path) }
      // The file may have the top that is left out here: its layers are known by name and stay unused.
      let whole = try built(architecture, includesTop: true, classCount: 1000, .none)
      let kept = Set(model.instances.map(\.name))
      let top = whole.instances.map(\.name).filter { !kept.contains($0) }
      let assignment = try reading { () throws(KerasError) in
        try model.loadWeights(
          from: file, allowMissing: weightRules.missingLayers(withHead: false),
          allowUnused: top + weightRules.allowUnused, method: weightRules.method, layout: whole)
      }
      notes.append("\(path): \(assignment.summary)")
      notes += assignment.notes
      if let correction = architecture.correctPublishedStatistics(of: &model) { notes.append(correction) }
    }
    return try completed(
      SavedModel(
        model: model, preprocessing: architecture.preprocessing, labels: nil, inputSize: nil,
        architecture: architecture.name, metadata: [:]), notes)
  }

  /// An architecture with its top if the file has one, else without.
  private func named(
    _ name: String
  ) throws(ModelLoadingError) -> (saved: SavedModel, notes: [String], assignment: WeightAssignment?) {
    let architecture = try found(name)
    if wantsOfficialWeights {
      let (reference, fetched) = try withOfficialWeights(of: architecture, includesTop: true)
      var (saved, notes, assignment) = try reference.named(name)
      do throws(ModelLoadingError) {
        let (names, fetched) = try OfficialWeightsSearch(beside: folder).classNames()
        saved.labels = names
        notes += fetched
      } catch {
        // The model is of use without them.
        notes.append("classes are numbered: \(error)")
      }
      return (saved, fetched + notes, assignment)
    }
    guard !path.isEmpty else {
      let model = try built(architecture, includesTop: true, classCount: 1000, .random(RandomKey(seed: 0)))
      return (saved(model, architecture), ["\(architecture.name): initialised, not trained"], nil)
    }
    let file = try reading { () throws(KerasError) in try KerasFile(opening: path) }
    let initialization = weightRules.allowMissing.isEmpty ? Initialization.none : .random(RandomKey(seed: 0))
    var model = try built(architecture, includesTop: true, classCount: 1000, initialization)
    let tensors = file.layers(inOrderOf: model).flatMap(\.tensors)
    // The last tensor of a file with a top is the bias of its classes.
    if let last = tensors.last, last.shape.rank == 1, last.shape[0] != 1000, tensors.count == model.parameters.count {
      model = try built(architecture, includesTop: true, classCount: last.shape[0], initialization)
    }
    if tensors.count != model.parameters.count {
      model = try built(architecture, includesTop: false, classCount: 1000, initialization)
    }
    let assignment = try reading { () throws(KerasError) in
      try model.loadWeights(
        from: file, allowMissing: weightRules.missingLayers(withHead: true), allowUnused: weightRules.allowUnused,
        method: weightRules.method)
    }
    let correction = architecture.correctPublishedStatistics(of: &model)
    return (
      saved(model, architecture),
      ["\(path): \(assignment.summary)"] + assignment.notes + (correction.map { [$0] } ?? []), assignment
    )
  }

  private func saved(_ model: Model, _ architecture: Architecture) -> SavedModel {
    SavedModel(
      model: model, preprocessing: architecture.preprocessing, labels: nil, inputSize: nil,
      architecture: architecture.name, metadata: [:])
  }

  func found(_ name: String) throws(ModelLoadingError) -> Architecture {
    do { return try ArchitectureRegistry.architecture(named: name) } catch { throw ModelLoadingError("\(error)") }
  }

  func built(
    _ architecture: Architecture, includesTop: Bool, classCount: Int?, _ initialization: Initialization
  ) throws(ModelLoadingError) -> Model {
    let size = inputSize ?? architecture.defaultSize
    do {
      return try architecture.model(
        ArchitectureOptions(
          alpha: alpha.map { Float($0) } ?? 1, inputShape: [size.height, size.width, channels ?? 3],
          includesTop: includesTop,
          classCount: classCount, initialization: initialization))
    } catch {
      throw ModelLoadingError("\(architecture.name): \(error)")
    }
  }

  /// Adds what the file does not say: preprocessing, labels, input size.
  private func completed(_ saved: SavedModel, _ notes: [String]) throws(ModelLoadingError) -> LoadedModel {
    var notes = notes
    guard let input = saved.model.inputs.first, saved.model.inputs.count == 1 else {
      throw ModelLoadingError(
        "\(path): a model with \(saved.model.inputs.count) inputs cannot be shown single pictures")
    }
    guard input.shape.count == 3, let channels = input.shape[2] else {
      let shape = input.shape.map { $0.map(String.init) ?? "any" }.joined(separator: ", ")
      throw ModelLoadingError("\(path): the model takes [\(shape)], not pictures [height, width, channels]")
    }
    let architecture = saved.architecture ?? ArchitectureRecognition.recognize(saved.model)
    let standard = architecture.flatMap { try? ArchitectureRegistry.architecture(named: $0) }
    let size: Size
    switch (inputSize, input.shape[0], input.shape[1]) {
    case (let asked?, let height, let width):
      guard (height ?? asked.height) == asked.height, (width ?? asked.width) == asked.width else {
        throw ModelLoadingError(
          "\(path): the model takes pictures of \(height ?? 0)×\(width ?? 0), not \(asked); leave the input size out")
      }
      size = asked
    case (nil, let height?, let width?): size = Size(height, width)
    default:
      guard let known = saved.inputSize ?? standard?.defaultSize else {
        throw ModelLoadingError("\(path): the model leaves the size of its input open; say --input-size HEIGHT WIDTH")
      }
      size = known
    }

    let preprocessing: Preprocessing
    if let asked = self.preprocessing {
      preprocessing = asked
    } else if let known = saved.preprocessing {
      preprocessing = known
    } else if let standard {
      preprocessing = standard.preprocessing
      notes.append("recognised as \(standard.name): preprocessing \"\(preprocessing.name)\"")
    } else {
      let names = Preprocessing.all.map(\.name).joined(separator: "|")
      throw ModelLoadingError(
        "\(path): nothing says how its pixels are to be scaled. Say --preprocessing \(names), or \"preprocessing\" in a "
          + "recipe: what the model was trained with.")
    }
    if preprocessing.needsRGB, channels != 3 {
      throw ModelLoadingError(
        "\(path): preprocessing \"\(preprocessing.name)\" needs 3 channels, but the model takes \(channels)")
    }
    let given = try labelFile.map { path throws(ModelLoadingError) in try LabelFile.read(path) }
    if let given, let own = saved.labels, given != own {
      notes.append("the labels of \(labelFile ?? "") take the place of the model's own: \(Plan.list(own))")
    }
    return LoadedModel(
      model: saved.model, preprocessing: preprocessing,
      interpolation: interpolation ?? saved.metadata["interpolation"]?.stringValue.flatMap(Interpolation.init),
      decoding: decoding ?? saved.metadata["decoding"]?.stringValue.flatMap(Decoding.init) ?? .exact,
      inputSize: size, channels: channels,
      labels: given ?? saved.labels,
      architecture: architecture, augment: saved.metadata["augment"], notes: notes)
  }

  private func reading<Value>(_ step: () throws(KerasError) -> Value) throws(ModelLoadingError) -> Value {
    do { return try step() } catch {
      throw ModelLoadingError(
        error.description, category: error.kind == .missingFile || error.kind == .unreadableFile ? .noInput : .badData)
    }
  }
}

/// A text file with one class name a line.
enum LabelFile {
  /// Reads the names; Teachable Machine's `0 paper` becomes `paper` where every line is numbered in order.
  static func read(_ path: String) throws(ModelLoadingError) -> [String] {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw ModelLoadingError("\(path): the label file is not there or cannot be read", category: .noInput)
    }
    guard let text = String(data: data, encoding: .utf8) else {
      throw ModelLoadingError("\(path): expected a text file in UTF-8 with one class name a line")
    }
    let lines = text.split(whereSeparator: \.isNewline).map { $0.trimmingCharacters(in: .whitespaces) }.filter {
      !$0.isEmpty
    }
    guard !lines.isEmpty else { throw ModelLoadingError("\(path): the label file is empty") }
    let isNumbered = lines.enumerated().allSatisfy { $0.element.hasPrefix("\($0.offset) ") }
    return isNumbered ? lines.map { String($0.drop { $0 != " " }.dropFirst()) } : lines
  }
}
