internal import JSON

extension LabelledImages {
  /// The pictures of a folder with one subfolder for each class.
  ///
  /// As Keras' `image_dataset_from_directory`: classes in the order of their names, `.png`, `.jpg` and `.jpeg` in any case,
  /// at any depth below a class folder. Hidden files, and files outside the class folders or with other endings, are passed
  /// over and reported. Keras takes an empty class folder silently; here it is an error.
  ///
  /// - Parameter classNames: the classes of a model in the order of its outputs. Each folder must then bear one of these
  ///   names, and not all need a folder.
  public init(folder: String, classNames known: [String]? = nil) throws(DatasetError) {
    switch DirectoryListing.kind(of: folder) {
    case .missing:
      throw DatasetError(path: folder, "no such folder; it should hold one folder of pictures for each class")
    case .other:
      throw DatasetError(
        path: folder, "a file where a folder with one subfolder for each class was expected (a table ends in .csv)")
    case .directory: break
    }

    var report = DatasetReport()
    var folders: [String] = []
    var looseCount = 0
    for entry in try DirectoryListing.entries(of: folder) {
      if entry.isHidden {
        report.hidden.add(entry.name)
      } else if entry.isDirectory {
        folders.append(entry.name)
      } else {
        if DirectoryListing.isPicture(entry.name) { looseCount += 1 }
        report.stray.add(entry.name)
      }
    }
    try Self.check(folders, in: folder, looseCount: looseCount, known: known)

    let classNames = known ?? folders
    var names: [String] = []
    var indices: [Int] = []
    for name in folders {
      var passed = DatasetReport()
      let found = try DirectoryListing.pictures(below: name, of: folder, report: &passed)
      guard !found.isEmpty, let index = classNames.firstIndex(of: name) else {
        throw DatasetError(
          path: folder + "/" + name,
          "no PNG or JPEG in this class folder\(passed.isEmpty ? "" : " (\(passed))"); add pictures or remove the folder"
        )
      }
      report.add(passed)
      names += found
      indices += [Int](repeating: index, count: found.count)
    }
    self.init(root: folder, names: names, labels: .classes(indices), classNames: classNames, report: report)
  }

  private static func check(_ folders: [String], in folder: String, looseCount: Int, known: [String]?)
    throws(DatasetError)
  {
    if folders.isEmpty {
      throw DatasetError(
        path: folder,
        looseCount == 0
          ? "the folder is empty; it should hold one folder of pictures for each class"
          : "\(looseCount) pictures but no class folders; put the pictures of each class into a folder of its name")
    }
    if let known {
      if let stranger = folders.first(where: { !known.contains($0) }) {
        throw DatasetError(
          path: folder + "/" + stranger,
          "the model has no class of this name. \(Suggestion.sentence(for: stranger, among: known))")
      }
    } else if folders.count == 1 {
      throw DatasetError(
        path: folder, "only one class folder (\(folders[0])); telling classes apart takes at least two")
    }
  }
}

extension DatasetReport {
  /// Adds what was passed over elsewhere.
  mutating func add(_ other: DatasetReport) {
    stray.add(other.stray)
    hidden.add(other.hidden)
  }
}

/// Pictures without labels.
public enum ImageFiles {
  /// The file itself, or all pictures of a folder and below, in the order of their names; the report says what was passed
  /// over.
  public static func find(at path: String) throws(DatasetError) -> (paths: [String], report: DatasetReport) {
    var report = DatasetReport()
    switch DirectoryListing.kind(of: path) {
    case .missing: throw DatasetError(path: path, "no such file or folder")
    case .other: return ([path], report)
    case .directory:
      let names = try DirectoryListing.pictures(below: "", of: path, report: &report)
      if names.isEmpty {
        throw DatasetError(path: path, "no PNG or JPEG in this folder\(report.isEmpty ? "" : " (\(report))")")
      }
      return (names.map { path.hasSuffix("/") ? path + $0 : path + "/" + $0 }, report)
    }
  }
}
