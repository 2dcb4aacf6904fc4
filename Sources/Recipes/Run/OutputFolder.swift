internal import Foundation
internal import Images
internal import JSON
internal import KerasFormat
internal import Layers
internal import Training

/// The folder that a run writes its results to: all of them beside their places first, then renamed one after the other.
struct OutputFolder {
  let path: String
  /// Whether it was created for this run.
  private let isNew: Bool

  /// Creates the folder if need be, and finds out now whether it can be written to, not after an hour of training.
  init(_ path: String) throws(RunError) {
    self.path = path
    isNew = !FileManager.default.fileExists(atPath: path)
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
      throw RunError.cannotWrite(
        path: path, reason: (Self.fileInTheWay(of: path) ?? Self.reason(error)) + Self.remedy)
    }
    let probe = path + "/.finetune-probe-\(ProcessInfo.processInfo.processIdentifier)"
    do {
      try Self.created(probe).close()
      try FileManager.default.removeItem(atPath: probe)
    } catch {
      throw RunError.cannotWrite(
        path: path, reason: Self.reason(error) + Self.remedy)
    }
  }

  /// Removes the folder if this run created it and nothing came into it.
  func removeIfUnused() {
    // A folder with anything in it stays.
    if isNew { unsafe _ = rmdir(path) }
  }

  private static let remedy = ". Choose another folder with \"output\" or --output."

  /// Says which part of a path is a file where a folder is needed.
  private static func fileInTheWay(of path: String) -> String? {
    var path = path
    while !path.isEmpty, path != "/" {
      var isFolder: ObjCBool = false
      if unsafe FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) {
        return isFolder.boolValue ? nil : "\(path) is a file, not a folder"
      }
      path = (path as NSString).deletingLastPathComponent
    }
    return nil
  }

  /// Writes model, history, metrics and the resolved recipe.
  ///
  /// - Parameters:
  ///   - model: nil if there is none, as after a cross-validation; then there is no history either.
  ///   - optimizer: what the optimizer of the last phase remembers, if it is to be kept.
  ///   - more: other files.
  func write(
    _ report: RunReport, model: Model?, plan: Plan, optimizer: OptimizerState? = nil,
    with more: [(name: String, text: String)] = []
  ) throws {
    let history = model == nil ? [] : [(name: "history.csv", text: report.history.csv)]
    let texts: [(name: String, text: String)] =
      more + history + [
        ("metrics.json", report.json.prettyText + "\n"),
        ("recipe.json", plan.recipe.withAbsolutePaths.json.prettyText + "\n"),
      ]
    var renames: [(from: String, to: String)] = []
    // Whatever fails, the earlier results stay whole and nothing half-written stays behind.
    defer { for rename in renames { try? FileManager.default.removeItem(atPath: rename.from) } }

    if let model {
      let partialModel = path + "/.model.h5.partial"
      renames.append((partialModel, path + "/model.h5"))
      var saved = plan.savedModel(model)
      if let optimizer, let phase = plan.phases.last {
        saved.training = optimizer.saved(phase.recipe.optimizer, loss: plan.loss, metrics: plan.metrics)
      }
      try KerasWriter.write(saved, to: partialModel)
    }
    for (name, text) in texts {
      let partial = path + "/.\(name).partial"
      renames.append((partial, path + "/" + name))
      do {
        let handle = try Self.created(partial)
        try handle.write(contentsOf: Data(text.utf8))
        try handle.synchronize()
        try handle.close()
      } catch {
        throw RunError.cannotWrite(path: path + "/" + name, reason: Self.reason(error))
      }
    }
    for rename in renames {
      guard unsafe Foundation.rename(rename.from, rename.to) == 0 else {
        throw RunError.cannotWrite(path: rename.to, reason: unsafe String(cString: strerror(errno)))
      }
    }
  }

  /// A new, empty file. `Data` would bring it to the disk whenever it writes, which takes milliseconds each time.
  private static func created(_ path: String) throws -> FileHandle {
    let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
    return FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
  }

  private static func reason(_ error: any Error) -> String {
    if let error = error as? POSIXError { return unsafe String(cString: strerror(error.code.rawValue)) }
    let error = error as NSError
    if let inner = error.userInfo[NSUnderlyingErrorKey] as? NSError, inner.domain == NSPOSIXErrorDomain {
      return unsafe String(cString: strerror(Int32(inner.code)))
    }
    return error.localizedDescription
  }
}

extension Plan {
  /// The trained model with what `predict` and `evaluate` need to know: labels, preprocessing, input size.
  func savedModel(_ model: Model) -> SavedModel {
    var metadata: OrderedDictionary<String, JSONValue> = [
      "interpolation": .string(recipe.data.interpolation.rawValue),
      "decoding": .string(recipe.data.decoding.rawValue), "recipe": .string(recipe.hash),
    ]
    // What leaves a picture's label true may be asked for again by test-time augmentation.
    if !recipe.data.augment.isEmpty { metadata["augment"] = .array(recipe.data.augment.map(\.config)) }
    return SavedModel(
      model: model, preprocessing: preprocessing, labels: labels.isEmpty ? training.target.map { [$0] } : labels,
      inputSize: inputSize,
      architecture: architecture,
      metadata: .object(metadata))
  }
}
