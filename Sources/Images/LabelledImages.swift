/// Pictures' files with what is known of each: a class or a number.
///
/// The pictures themselves are not looked at; `ImageLoader` reads them.
public struct LabelledImages: Hashable, Sendable {
  /// One label for each picture.
  public enum Labels: Hashable, Sendable {
    /// Indices into `classNames`.
    case classes([Int])
    /// For each picture the indices into `classNames` of all that it shows, in ascending order; none where it shows none.
    case sets([[Int]])
    /// Numbers, for regression.
    case values([Float])

    public var count: Int {
      switch self {
      case .classes(let indices): indices.count
      case .sets(let sets): sets.count
      case .values(let values): values.count
      }
    }

    /// The labels at `positions`, in that order.
    public func gathering(_ positions: [Int]) -> Labels {
      switch self {
      case .classes(let indices): .classes(positions.map { indices[$0] })
      case .sets(let sets): .sets(positions.map { sets[$0] })
      case .values(let values): .values(positions.map { values[$0] })
      }
    }
  }

  /// The folder that the names are relative to, or the folder of the table.
  public let root: String
  /// Each picture's path relative to `root`, with `/` between its parts.
  public let names: [String]
  public let labels: Labels
  /// The classes in the order of their indices; empty for numbers.
  public let classNames: [String]
  /// The name of what is predicted: the heading of a table's column; nil for a folder.
  public let target: String?
  /// What each picture belongs to, such as a patient or a scene, if that is known. No group is divided between sets.
  public internal(set) var groups: [String]?
  /// What each picture counts in the loss, or how often it is drawn, if a table says so.
  public internal(set) var weights: [Float]?
  /// What each picture is for, if a table says so.
  public internal(set) var sets: [PictureSet]?
  /// What was passed over.
  public let report: DatasetReport

  init(
    root: String, names: [String], labels: Labels, classNames: [String], target: String? = nil, report: DatasetReport
  ) {
    precondition(names.count == labels.count, "\(labels.count) labels for \(names.count) pictures")
    self.root = root
    self.names = names
    self.labels = labels
    self.classNames = classNames
    self.target = target
    self.report = report
  }

  /// The number of pictures.
  public var count: Int { names.count }

  /// Each picture's path, as it can be opened.
  public var paths: [String] { names.map(path) }

  /// The number of pictures of each class; empty for numbers.
  public var classCounts: [Int] {
    var counts = [Int](repeating: 0, count: classNames.count)
    switch labels {
    case .classes(let indices): for index in indices { counts[index] += 1 }
    case .sets(let sets): for index in sets.joined() { counts[index] += 1 }
    case .values: break
    }
    return counts
  }

  /// The pictures at `positions`, in that order; all classes keep their indices.
  public func gathering(_ positions: [Int]) -> LabelledImages {
    var part = LabelledImages(
      root: root, names: positions.map { names[$0] }, labels: labels.gathering(positions), classNames: classNames,
      target: target, report: report)
    part.groups = groups.map { groups in positions.map { groups[$0] } }
    part.weights = weights.map { weights in positions.map { weights[$0] } }
    part.sets = sets.map { sets in positions.map { sets[$0] } }
    return part
  }

  /// The same pictures, of which those with the same name here belong together.
  ///
  /// - Parameter groups: a name for each picture.
  public func grouped(_ groups: [String]) -> LabelledImages {
    precondition(groups.count == count, "\(groups.count) groups for \(count) pictures")
    var images = self
    images.groups = groups
    return images
  }

  /// The same pictures, all of which count the same.
  public var withoutWeights: LabelledImages {
    var images = self
    images.weights = nil
    return images
  }

  private func path(_ name: String) -> String {
    name.hasPrefix("/") || root.isEmpty ? name : root.hasSuffix("/") ? root + name : root + "/" + name
  }
}

/// What pictures are for.
public enum PictureSet: String, Hashable, Sendable, CaseIterable {
  case training, validation, test
}

/// What a folder or table held beside its pictures.
public struct DatasetReport: Hashable, Sendable, CustomStringConvertible {
  /// Some files or folders of one kind: how many there were, and the first names.
  public struct Passed: Hashable, Sendable {
    public private(set) var count = 0
    public private(set) var firstNames: [String] = []

    public init() {}

    mutating func add(_ name: String) {
      count += 1
      if firstNames.count < 5 { firstNames.append(name) }
    }

    mutating func add(_ other: Passed) {
      count += other.count
      firstNames += other.firstNames.prefix(5 - firstNames.count)
    }

    /// `7 (README.md, notes.txt, …)`
    var words: String { "\(count) (\(firstNames.joined(separator: ", "))\(count > firstNames.count ? ", …" : ""))" }
  }

  /// Files that are no PNG or JPEG by their name, or stand outside the class folders.
  public internal(set) var stray = Passed()
  /// Files and folders whose names begin with a dot.
  public internal(set) var hidden = Passed()

  public init() {}

  /// Whether everything found was used.
  public var isEmpty: Bool { stray.count == 0 && hidden.count == 0 }

  /// `ignored files, stray: 1 (README.md); hidden: 2 (.DS_Store, .git)`; empty if nothing was.
  public var description: String {
    var parts: [String] = []
    if stray.count > 0 { parts.append("stray: \(stray.words)") }
    if hidden.count > 0 { parts.append("hidden: \(hidden.words)") }
    return parts.isEmpty ? "" : "ignored files, " + parts.joined(separator: "; ")
  }
}
