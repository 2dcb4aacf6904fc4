private import Foundation
public import Images

/// What stands at a path of the file system.
enum FileKind {
  case nothing, file, folder

  init(at path: String) {
    var isFolder: ObjCBool = false
    // The call only writes to the Boolean it is given.
    let exists = unsafe FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
    self = exists ? (isFolder.boolValue ? .folder : .file) : .nothing
  }
}

extension LabelledImages {
  /// The labelled pictures at a path: a folder with a folder per class, or a table (`.csv`, `.tsv`) of files and labels.
  ///
  /// - Parameters:
  ///   - task: what the second column of a table is.
  ///   - columns: what the columns of a table are.
  ///   - classNames: the classes that there may be, in their order; nil to find them.
  public init(
    at path: String, task: DataRecipe.Task, columns: TableColumns = TableColumns(), classNames: [String]?
  ) throws(DatasetError) {
    let isFolder = FileKind(at: path) == .folder
    if Self.isTable(path) {
      try self.init(table: path, task: task.table, columns: columns, classNames: classNames)
      return
    }
    if task == .regression, isFolder {
      throw DatasetError(
        path: path, "expected a table for regression, found a folder. Name a .csv file: a header, then file and value.")
    }
    if task == .multiLabel {
      throw DatasetError(
        path: path,
        "expected a table for several labels a picture, found a folder. Name a .csv file: a header, then file and labels "
          + "with \";\" between them.")
    }
    try self.init(folder: path, classNames: classNames)
  }

  /// Refuses columns of what has none.
  static func check(_ columns: TableColumns, of path: String) throws(DatasetError) {
    guard !columns.named.isEmpty, !isTable(path) else { return }
    let names = columns.named.map { "\"\($0.name)\"" }.joined(separator: ", ")
    throw DatasetError(
      path: path, "columns (\(names)) can be named in a table (.csv or .tsv), and this is none; leave them out")
  }

  /// Whether a path is that of a table, by its name.
  static func isTable(_ path: String) -> Bool {
    FileKind(at: path) != .folder && ["csv", "tsv"].contains(URL(fileURLWithPath: path).pathExtension.lowercased())
  }
}

extension DataRecipe.Task {
  /// What the second column of a table is.
  fileprivate var table: LabelledImages.TableTask {
    switch self {
    case .classification: .classification
    case .multiLabel: .multiLabel
    case .regression: .regression
    }
  }
}
