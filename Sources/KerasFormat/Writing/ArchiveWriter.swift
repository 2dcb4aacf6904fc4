internal import HDF5
internal import JSON
internal import Layers
internal import Zip

/// Writes Keras 3's archives: a zip file with metadata, configuration and weights.
struct ArchiveWriter {
  let saved: SavedModel
  let names: FileNames
  let config: JSONValue
  let metadata: JSONValue
  let training: TrainingWriter?

  func write(to path: String) throws(KerasError) {
    // Keras looks at nothing in this member; our own metadata travels in it.
    let about: JSONValue = ["keras_version": .string(KerasWriter.keras3Version), KerasFile.metadataName: metadata]
    try AtomicFile.replace(path) { partial throws(KerasError) in
      let weights = partial + ".weights"
      defer { TemporaryFile.remove(weights) }
      try AtomicFile.create(weights) { root throws(HDF5Error) in
        try KeyedWriter(saved.model, names).write(to: root)
        try training?.writeNumbered(to: root)
      }
      try zip { () throws(ZipError) in
        var archive = try ZipWriter(creating: partial)
        try archive.add(KerasFile.ArchiveMember.metadata, Array(about.text.utf8))
        try archive.add(KerasFile.ArchiveMember.config, Array(namedConfig.text.utf8))
        try archive.add(KerasFile.ArchiveMember.weights, contentsOf: weights)
        try archive.close()
      }
    }
  }

  /// The configuration with the modules that Keras asks for: of the model itself, and of the layers that only its
  /// applications have. All others it finds by their class names.
  private var namedConfig: JSONValue {
    guard var members = Self.withModules(config).objectValue else { return config }
    let isSequential = members["class_name"] == "Sequential"
    members["module"] = isSequential ? "keras" : "keras.src.models.functional"
    members["registered_name"] = isSequential ? .null : "Functional"
    if let training { members["compile_config"] = training.compileConfig }
    return .object(members)
  }

  private static let modules = [
    "LayerScale": "keras.src.applications.convnext", "StochasticDepth": "keras.src.applications.convnext",
    "CustomScaleLayer": "keras.src.applications.inception_resnet_v2",
  ]

  private static func withModules(_ value: JSONValue) -> JSONValue {
    guard var members = value.objectValue else { return value }
    if let kind = members["class_name"]?.stringValue, let module = modules[kind] {
      members["module"] = .string(module)
      members["registered_name"] = .string(kind)
    }
    if var settings = members["config"]?.objectValue, let layers = settings["layers"]?.arrayValue {
      settings["layers"] = .array(layers.map(withModules))
      members["config"] = .object(settings)
    }
    return .object(members)
  }
}
