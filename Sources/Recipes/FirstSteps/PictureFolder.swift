internal import Foundation
public import Images

/// What somebody means by the name of a folder or table: where the pictures to train on are, and whether others are kept apart.
public struct PictureFolder: Sendable {
  /// A folder with a folder per class, or a table.
  public let training: String
  /// Another for validation, if there is one.
  public let validation: String?
  /// One that is left for `finetune evaluate`.
  public let test: String?
  public let task: DataRecipe.Task
  /// Why that task, where the data leave a choice.
  public let taskReason: String?
  public let images: LabelledImages

  private static let parts: [(role: Int, names: Set<String>)] = [
    (0, ["train", "training"]), (1, ["val", "valid", "validation"]), (2, ["test", "testing"]),
  ]

  /// - Parameter task: what the second column of a table is, where the user says.
  public init(_ path: String, task: DataRecipe.Task? = nil) throws(DatasetError) {
    var (training, validation, test): (String, String?, String?) = (path, nil, nil)
    if FileKind(at: path) == .folder {
      let entries = ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).filter { !$0.hasPrefix(".") }
      let folders = entries.filter { FileKind(at: path + "/" + $0) == .folder }
      let found = Self.parts.map { part in folders.first { part.names.contains($0.lowercased()) } }
      if let first = found[0], found.compactMap(\.self).count == folders.count {
        training = path + "/" + first
        validation = found[1].map { path + "/" + $0 }
        test = found[2].map { path + "/" + $0 }
      }
      if folders.isEmpty { training = try Self.table(of: entries, in: path) ?? training }
    }
    self.training = training
    self.validation = validation
    self.test = test
    (images, self.task, taskReason) = try Self.read(training, task)
  }

  /// The one table among the files of a folder without class folders; nil if there is none.
  private static func table(of entries: [String], in folder: String) throws(DatasetError) -> String? {
    let tables = entries.filter { [".csv", ".tsv"].contains(where: $0.lowercased().hasSuffix) }.sorted()
    guard tables.count < 2 else {
      throw DatasetError(
        path: folder, "\(tables.count) tables (\(Plan.list(tables))) and no class folders; name the table that is meant"
      )
    }
    return tables.first.map { folder + "/" + $0 }
  }

  /// The pictures with their labels, of the task that the labels fit.
  private static func read(
    _ path: String, _ task: DataRecipe.Task?
  ) throws(DatasetError) -> (LabelledImages, DataRecipe.Task, String?) {
    if let task { return (try LabelledImages(at: path, task: task, classNames: nil), task, nil) }
    guard FileKind(at: path) != .folder else {
      return (try LabelledImages(at: path, task: .classification, classNames: nil), .classification, nil)
    }
    if let numbers = try? LabelledImages(at: path, task: .regression, classNames: nil),
      case .values(let values) = numbers.labels
    {
      let kinds = Set(values)
      let areNumbers = kinds.count > 10 || values.count < 5 * kinds.count || kinds.contains { $0 != $0.rounded() }
      if areNumbers || kinds.count < 2 {
        return (
          numbers, .regression,
          "the second column holds numbers; if they are names of classes, say --task classification"
        )
      }
      return (
        try LabelledImages(at: path, task: .classification, classNames: nil), .classification,
        "the second column holds only \(kinds.count) different whole numbers, so they are taken as names of classes; if "
          + "they are amounts, say --task regression"
      )
    }
    let classes = try LabelledImages(at: path, task: .classification, classNames: nil)
    guard classes.classNames.contains(where: { $0.contains(";") }) else { return (classes, .classification, nil) }
    return (
      try LabelledImages(at: path, task: .multiLabel, classNames: nil), .multiLabel,
      "some pictures have several labels, with \";\" between them: each is a yes or no of its own"
    )
  }
}
