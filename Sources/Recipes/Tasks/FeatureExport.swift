internal import Execution
internal import Foundation
internal import HDF5
public import Images
public import Kernels
internal import Layers
internal import Tensors

/// The values of chosen layers for all pictures of a folder or table, written to an HDF5 file.
///
/// The file holds `features/<layer, with / as _>` `[N, …]`, `paths`, and, where the pictures have classes, `labels`
/// with the attribute `class_names`.
public struct FeatureExport: Sendable {
  /// What is done with the height and width of an image-shaped value.
  public enum Pooling: String, CaseIterable, Sendable { case none, average, max }

  public let imageCount: Int
  public let skipped: [ImageError]
  /// Name and shape of each dataset.
  public let datasets: [(name: String, shape: [Int])]

  public init(
    _ loaded: LoadedModel, of path: String, columns: TableColumns = TableColumns(), layers: [String],
    pooling: Pooling = .none, to file: String,
    on device: Device, progress: (_ done: Int, _ count: Int) -> Void = { _, _ in }
  ) throws {
    let values = try layers.map { name throws(SelectionError) in try loaded.model.output(of: name) }
    let program = try InferenceProgram(loaded.model, to: values, inputShapes: [loaded.inputShape], on: device)
    let (files, labels) = try Self.pictures(at: path, columns)
    let loader = loaded.loader()

    var parts = [[Tensor]](repeating: [], count: layers.count)
    var kept: [Int] = []
    let skipped = loader.eachBatch(of: files, on: device, progress: progress) { batch, start in
      kept += batch.positions.map { start + $0 }
      for (index, value) in program([loaded.preprocessing(batch.images)], on: device).enumerated() {
        parts[index].append(Self.pooled(value, pooling, on: device))
      }
    }
    guard !kept.isEmpty else {
      throw ModelLoadingError("\(path): none of the \(files.count) pictures can be read; the first: \(skipped[0])")
    }

    // Beside its place first: whoever looks sees the old file or the whole new one.
    let partial = file + ".partial"
    defer { try? FileManager.default.removeItem(atPath: partial) }
    var datasets: [(name: String, shape: [Int])] = []
    do {
      let target = try HDF5File(creating: partial)
      for (layer, tensors) in zip(layers, parts) {
        let name = "features/" + layer.split(separator: "/").joined(separator: "_")
        let shape = [kept.count] + tensors[0].shape.dimensions.dropFirst()
        _ = try target.root.writeDataset(name, floats: tensors.flatMap(\.elements), shape: shape)
        datasets.append((name, shape))
      }
      _ = try target.root.writeDataset("paths", strings: kept.map { files[$0] }, shape: [kept.count])
      if let labels {
        let classes = kept.map { Int32(labels.classes[$0]) }
        let dataset = try target.root.writeDataset("labels", integers: classes, shape: [kept.count])
        try dataset.attributes.write("class_names", strings: labels.names)
      }
      try target.close()
    }
    guard unsafe rename(partial, file) == 0 else {
      throw RunError.cannotWrite(path: file, reason: unsafe String(cString: strerror(errno)))
    }
    imageCount = kept.count
    self.skipped = skipped
    self.datasets = datasets
  }

  /// The rows of a table, class folders where there are any, else just pictures.
  private static func pictures(
    at path: String, _ columns: TableColumns
  ) throws -> (files: [String], labels: (classes: [Int], names: [String])?) {
    func labelled() throws -> LabelledImages {
      try LabelledImages(at: path, task: .classification, columns: columns, classNames: nil)
    }
    try LabelledImages.check(columns, of: path)
    // What is wrong with a table is the user's affair; a folder without classes is just one of pictures.
    if let labelled = try LabelledImages.isTable(path) ? labelled() : try? labelled(),
      case .classes(let classes) = labelled.labels
    {
      return (labelled.paths, (classes, labelled.classNames))
    }
    return (try ImageFiles.find(at: path).paths, nil)
  }

  private static func pooled(_ value: Tensor, _ pooling: Pooling, on device: Device) -> Tensor {
    guard value.shape.rank == 4 else { return value }
    switch pooling {
    case .none: return value
    case .average: return GlobalAveragePooling2D()(value, [], on: device)
    case .max: return GlobalMaxPooling2D()(value, [], on: device)
    }
  }
}
