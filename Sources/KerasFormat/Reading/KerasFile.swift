internal import HDF5
public import JSON

/// A Keras file of the legacy HDF5 format, open for reading: a whole model (`model.save("model.h5")`) or weights only
/// (`model.save_weights`), of Keras 1 to 3 and tf.keras.
///
/// What a file is is told from its content, never from its name. Opening reads names, shapes and configuration; tensors are
/// read when they are asked for. No file can make code run: layers are built only from the classes that this package knows.
public struct KerasFile: Sendable {
  public enum Content: Hashable, Sendable {
    /// Configuration and weights.
    case model
    /// Weights without the model they belong to.
    case weights
  }

  public let path: String
  public let content: Content
  /// The version of Keras that wrote the file, if it says so; Keras 1 often did not.
  public let kerasVersion: String?
  /// `tensorflow`, `jax`, …
  public let backend: String?
  /// The model's architecture in Keras' form.
  public let modelConfig: JSONValue?
  /// Optimizer, loss and metrics, if the model was compiled.
  public let trainingConfig: JSONValue?
  /// What this package wrote about the model beyond what Keras knows.
  public let metadata: JSONValue?
  /// Whether the state of an optimizer is there. It is not read.
  public let hasOptimizerState: Bool
  /// All layers in the file's order, those without tensors among them.
  public let layers: [StoredLayer]

  /// Opens a file and reads what it says about itself.
  public init(opening path: String) throws(KerasError) {
    let root: HDF5Group
    do throws(HDF5Error) {
      root = try HDF5File(opening: path).root
    } catch {
      throw Self.explained(error, path)
    }
    let weights = try Self.findWeights(root, path)
    self.path = path
    kerasVersion = try Self.text("keras_version", root, weights)
    backend = try Self.text("backend", root, weights)
    modelConfig = try Self.json("model_config", root, path)
    trainingConfig = try Self.json("training_config", root, path)
    metadata = try Self.json(Self.metadataName, root, path)
    content = modelConfig == nil ? .weights : .model
    hasOptimizerState = try keras { () throws(HDF5Error) in try root.contains("optimizer_weights") }
    layers = try StoredLayer.all(in: weights, path)
  }

  /// The root attribute that carries our own metadata.
  static let metadataName = "finetune_metadata"

  /// The major version of the Keras that wrote the file; 1 where it does not say, as Keras takes it.
  var majorVersion: Int { kerasVersion?.split(separator: ".").first.flatMap { Int($0) } ?? 1 }

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
    if ["layers", "_layer_checkpoint_dependencies", "vars"].contains(where: children.contains) {
      throw KerasError(
        .unsupported, file: path, "has Keras 3's .weights.h5 layout, which is not supported yet",
        remedy:
          "Load it in Keras (build the model, model.load_weights(…)) and save the model with model.save(\"model.h5\").")
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
  private static func text(_ name: String, _ root: HDF5Group, _ weights: HDF5Group) throws(KerasError) -> String? {
    try keras { () throws(HDF5Error) in
      if let text = try root.attributes[name]?.string { return text }
      return try weights.attributes[name]?.string
    }
  }

  private static func json(_ name: String, _ root: HDF5Group, _ path: String) throws(KerasError) -> JSONValue? {
    guard let text = try keras({ () throws(HDF5Error) in try root.attributes[name]?.string }) else { return nil }
    do throws(JSONSyntaxError) { return try JSONValue(parsing: text) } catch {
      throw KerasError(.damaged, file: path, place: name, "is no JSON: \(error)")
    }
  }

  /// The error for a file that is no HDF5, with what it is instead.
  private static func explained(_ error: HDF5Error, _ path: String) -> KerasError {
    guard error.kind == .notHDF5, let finding = FileSignature.finding(path) else { return KerasError(error) }
    return KerasError(
      .notAModel, file: path, "is \(finding.kind); expected a Keras model (HDF5)",
      remedy: finding.remedy ?? "Name a file that Keras wrote, such as model.h5.")
  }
}
