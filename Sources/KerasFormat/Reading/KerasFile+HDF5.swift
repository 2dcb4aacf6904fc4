internal import HDF5
internal import JSON

extension KerasFile {
  /// A file of HDF5: a whole model or weights by the names of layers, or weights by class and number.
  init(hdf5 path: String) throws(KerasError) {
    let root: HDF5Group
    do throws(HDF5Error) {
      root = try HDF5File(opening: path).root
    } catch {
      throw Self.explained(error, path)
    }
    if try Self.isKeyed(root) {
      let weights = try KeyedWeights(try GroupTree(reading: root, path), path)
      self.init(path: path, format: .weightsH5, keyed: weights)
      return
    }
    let weights = try Self.findWeights(root, path)
    let config = try Self.text("model_config", root).map { text throws(KerasError) in
      try Self.json(text, path, place: "model_config")
    }
    func json(_ name: String) throws(KerasError) -> JSONValue? {
      guard let text = try Self.text(name, root) else { return nil }
      return try Self.json(text, path, place: name)
    }
    let version = try Self.text("keras_version", root, weights)
    let backend = try Self.text("backend", root, weights)
    var layers = try StoredLayer.all(in: weights, path)
    var oddities: [String] = []
    if version == nil || version?.hasPrefix("1") == true,
      let kernels = TheanoKernels(layers, config: config, backend: backend)
    {
      layers = kernels.converted(layers)
      oddities.append(kernels.note)
    }
    self.init(
      path: path, format: config == nil ? .legacyWeights : .h5, kerasVersion: version, backend: backend,
      modelConfig: config, trainingConfig: try json("training_config"), metadata: try json(Self.metadataName),
      storage: .named(layers), optimizer: try Self.optimizer(root, path), oddities: oddities)
  }

  init(path: String, format: KerasFileFormat, keyed weights: KeyedWeights) {
    self.init(
      path: path, format: format, storage: .keyed(weights),
      optimizer: weights.optimizer.map { StoredOptimizer(name: $0.name, variables: $0.variables, isNamed: false) },
      oddities: weights.isEarlyForm ? ["the layout is that of tf.keras 2.12 and 2.13"] : [])
  }

  private static func optimizer(_ root: HDF5Group, _ path: String) throws(KerasError) -> StoredOptimizer? {
    guard try keras({ () throws(HDF5Error) in try root.contains("optimizer_weights") }) else { return nil }
    let group = try keras { () throws(HDF5Error) in try root.group(at: "optimizer_weights") }
    return StoredOptimizer(name: nil, variables: try StoredLayer.tensors(in: group, path), isNamed: true)
  }

  /// Whether the layers stand under their classes and numbers.
  private static func isKeyed(_ root: HDF5Group) throws(KerasError) -> Bool {
    if try hasLayerNames(root) { return false }
    let children = try keras { () throws(HDF5Error) in try root.children() }.map(\.name)
    return !children.contains("model_weights")
      && children.contains { name in
        (KeyedWeights.layerGroups + ["vars"]).contains(name.split(separator: "\\").first.map(String.init) ?? name)
      }
  }

  /// The group that holds the layers, after the other formats have been told apart.
  private static func findWeights(_ root: HDF5Group, _ path: String) throws(KerasError) -> HDF5Group {
    if try hasLayerNames(root) { return root }
    if try keras({ () throws(HDF5Error) in try root.contains("model_weights") }) {
      return try keras { () throws(HDF5Error) in try root.group(at: "model_weights") }
    }
    let names = try keras { () throws(HDF5Error) in try root.attributes.names() }
    let children = try keras { () throws(HDF5Error) in try root.children() }.map(\.name)
    if names.contains("nb_layers") {
      throw KerasError(
        .unsupported, file: path, "was written by a Keras before 1.0",
        remedy: "Load it in Keras 1 and save it again with model.save_weights.")
    }
    if names.contains("model_config") {
      throw KerasError(.damaged, file: path, "describes a model but holds no weights: there is no group model_weights")
    }
    let shown = children.prefix(6).joined(separator: ", ") + (children.count > 6 ? ", …" : "")
    throw KerasError(
      .notAModel, file: path,
      "is HDF5, but not from Keras: there is no layer_names and no model_weights"
        + (children.isEmpty ? "; it is empty" : "; it holds \(shown)"),
      remedy: "Expected a file of model.save(\"….h5\") or model.save_weights(\"….h5\").")
  }

  private static func hasLayerNames(_ group: HDF5Group) throws(KerasError) -> Bool {
    try keras { () throws(HDF5Error) in
      let names = try group.attributes.names()
      return names.contains("layer_names") || names.contains("layer_names0")
    }
  }

  /// An attribute of the file as a whole, which some versions put beside the weights.
  private static func text(
    _ name: String, _ root: HDF5Group, _ weights: HDF5Group? = nil
  ) throws(KerasError) -> String? {
    try keras { () throws(HDF5Error) in
      if let text = try root.attributes[name]?.string { return text }
      return try weights?.attributes[name]?.string
    }
  }

  /// The error for a file that is no HDF5, with what it is instead.
  private static func explained(_ error: HDF5Error, _ path: String) -> KerasError {
    guard error.kind == .notHDF5, let finding = FileSignature.finding(path) else { return KerasError(error) }
    return KerasError(
      .notAModel, file: path, "is \(finding.kind); expected a Keras model (HDF5 or .keras)",
      remedy: finding.remedy ?? "Name a file that Keras wrote, such as model.h5 or model.keras.")
  }
}
