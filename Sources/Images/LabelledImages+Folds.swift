internal import Tensors

extension LabelledImages {
  /// k pairs of training and validation pictures for cross-validation: every picture is validated with exactly once.
  ///
  /// Every fold gets the same share of every class: class sizes in two folds differ by one picture at most, and so do the
  /// folds' sizes. Where pictures belong to groups, no group is in two folds, and shares are as equal as that allows; the same
  /// holds for several labels a picture. Numbers are not stratified. Which fold a picture is in depends on the seed, the
  /// labels and the relative paths only, not on the order of the file system nor of a table.
  ///
  /// - Throws: `DatasetError` where `foldsProblem` names a problem.
  public func folds(_ count: Int, seed: UInt64) throws(DatasetError) -> [(
    training: LabelledImages, validation: LabelledImages
  )] {
    let indices = try foldIndices(count, seed: seed)
    let positions = Array(names.indices)
    return (0..<count).map { fold in
      (gathering(positions.filter { indices[$0] != fold }), gathering(positions.filter { indices[$0] == fold }))
    }
  }

  /// The fold, from 0 to `count` − 1, in which each picture is validated with; see `folds(_:seed:)`.
  public func foldIndices(_ count: Int, seed: UInt64) throws(DatasetError) -> [Int] {
    if let problem = foldsProblem(count) { throw DatasetError(path: root, problem) }
    let key = RandomKey(seed: seed).folding("folds")
    let units = unitsToDivide()
    var folds = [Int](repeating: 0, count: self.count)
    if case .sets = labels {
      apportion(units, among: count, key, &folds)
    } else if units.count < self.count {
      apportion(units, among: count, key, &folds)
    } else {
      deal(among: count, key, &folds)
    }
    if let lacking = classLackedByTraining(folds) {
      throw DatasetError(
        path: root,
        "all pictures of \"\(classNames[lacking])\" come into one fold, whose training would lack the class, because its "
          + "groups are too large or too few; take fewer folds or other groups")
    }
    return folds
  }

  /// Why these pictures cannot be divided into so many folds; nil where they can.
  ///
  /// Each class needs a picture for every fold, or a group where there are groups.
  public func foldsProblem(_ count: Int) -> String? {
    guard count >= 2 else { return "cross-validation takes 2 folds at least, not \(count)" }
    let units = unitsToDivide()
    let things = groups == nil ? "pictures" : "groups"
    var unitCounts = [Int](repeating: 0, count: classNames.count)
    for unit in units {
      for label in Set(unit.positions.flatMap(labels.classes)) { unitCounts[label] += 1 }
    }
    let present = unitCounts.indices.filter { unitCounts[$0] > 0 }
    guard units.count >= count else {
      return "\(count) folds of \(units.count) \(things); take \(units.count) folds at most"
    }
    if let least = present.min(by: { unitCounts[$0] < unitCounts[$1] }), unitCounts[least] < count {
      let most = unitCounts[least]
      return "\(count) folds, but \"\(classNames[least])\" has only \(most) \(things); "
        + (most >= 2 ? "take \(most) folds at most, or give the class more" : "give the class more") + " pictures"
    }
    return nil
  }

  /// Class by class in random order, each fold in turn; each class begins where the one before it ended.
  private func deal(among count: Int, _ key: RandomKey, _ folds: inout [Int]) {
    var members = [[Int]](repeating: [], count: max(1, classNames.count))
    for position in names.indices { members[labels.classes(at: position).first ?? 0].append(position) }
    var next = 0
    for (label, positions) in members.enumerated() {
      let sorted = positions.sorted { DirectoryListing.precedes(names[$0], names[$1]) }
      let order = key.folding(classNames.isEmpty ? "" : classNames[label]).permutation(sorted.count)
      for rank in order {
        folds[sorted[rank]] = next % count
        next += 1
      }
    }
  }

  private func apportion(
    _ units: [(name: String, positions: [Int])], among count: Int, _ key: RandomKey, _ folds: inout [Int]
  ) {
    let shares = [Double](repeating: 1 / Double(count), count: count)
    let parts = apportionment(of: units).parts(shares: shares, key: key)
    for (unit, part) in zip(units, parts) { for position in unit.positions { folds[position] = part } }
  }

  /// A class that is in one fold only.
  private func classLackedByTraining(_ folds: [Int]) -> Int? {
    var seen = [Set<Int>](repeating: [], count: classNames.count)
    for position in names.indices { for label in labels.classes(at: position) { seen[label].insert(folds[position]) } }
    return seen.firstIndex { $0.count == 1 }
  }
}
