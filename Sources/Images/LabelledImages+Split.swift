internal import Tensors

extension LabelledImages {
  /// Two parts without a picture in common, each with the same share of every class; see `split(validation:test:seed:)`.
  ///
  /// - Parameter fraction: the share for validation, between 0 and 1.
  public func split(validationFraction fraction: Double, seed: UInt64) throws(DatasetError)
    -> (training: LabelledImages, validation: LabelledImages)
  {
    guard fraction > 0 && fraction < 1 else {
      throw DatasetError(path: root, "the share for validation must lie between 0 and 1, not \(fraction)")
    }
    let parts = try split(validation: fraction, test: 0, seed: seed)
    return (parts.training, parts.validation)
  }

  /// Three parts without a picture in common, each with the same share of every class.
  ///
  /// Which pictures go where depends on the seed and the relative paths only, not on the order of the file system nor of a
  /// table. Of every class with at least two pictures, training and validation get one at least, and of those with three the
  /// test part too; the only picture of a class goes to training. The same pictures validate with and without a test part.
  /// For numbers, the shares are drawn from all pictures. Where pictures belong to groups, or a file is listed twice, none of
  /// them is divided, and shares are as right as that allows.
  ///
  /// - Parameters:
  ///   - validation: the share of all pictures for validation, 0 for none.
  ///   - test: the share for the test.
  public func split(validation: Double, test: Double, seed: UInt64) throws(DatasetError)
    -> (training: LabelledImages, validation: LabelledImages, test: LabelledImages)
  {
    guard validation >= 0, test >= 0, validation + test < 1 else {
      throw DatasetError(
        path: root, "shares of \(validation) for validation and \(test) for the test leave nothing to train on")
    }
    let key = RandomKey(seed: seed).folding("split")
    var sets = [PictureSet](repeating: .training, count: count)
    let units = unitsToDivide()
    if groups != nil || units.count < count {
      let kinds = [PictureSet.training, .validation, .test]
      let shares = [1 - validation - test, validation, test]
      let wanted = kinds.indices.filter { shares[$0] > 0 }
      let parts = apportionment(of: units).parts(shares: wanted.map { shares[$0] }, key: key)
      for (unit, part) in zip(units, parts) { for position in unit.positions { sets[position] = kinds[wanted[part]] } }
    } else {
      for (name, positions) in strata() where positions.count > 1 {
        let sorted = positions.sorted { DirectoryListing.precedes(names[$0], names[$1]) }
        let order = key.folding(name).permutation(sorted.count)
        func share(_ fraction: Double, of room: Int) -> Int {
          fraction == 0 || room < 1 ? 0 : min(max(Int((Double(sorted.count) * fraction).rounded()), 1), room)
        }
        let validated = share(validation, of: sorted.count - 1)
        let tested = share(test, of: sorted.count - 1 - validated)
        for rank in order.prefix(validated) { sets[sorted[rank]] = .validation }
        for rank in order.dropFirst(validated).prefix(tested) { sets[sorted[rank]] = .test }
      }
    }
    for (share, set, words) in [(validation, PictureSet.validation, "validation"), (test, .test, "the test")]
    where share > 0 && !sets.contains(set) {
      let things = groups == nil ? "pictures" : "groups of pictures"
      throw DatasetError(
        path: root,
        "\(units.count) \(things) are too few to keep some for \(words); every class needs at least "
          + (validation > 0 && test > 0 ? "three" : "two"))
    }
    return (part(.training, sets), part(.validation, sets), part(.test, sets))
  }

  /// The pictures that a table's split column names for a set.
  public func part(_ set: PictureSet) -> LabelledImages { part(set, sets ?? []) }

  private func part(_ set: PictureSet, _ sets: [PictureSet]) -> LabelledImages {
    gathering(sets.indices.filter { sets[$0] == set })
  }

  /// The positions of each class's pictures, or of all pictures where there are no classes.
  func strata() -> [(name: String, positions: [Int])] {
    guard case .classes(let indices) = labels else { return [("", Array(names.indices))] }
    var groups = classNames.map { (name: $0, positions: [Int]()) }
    for (position, index) in indices.enumerated() { groups[index].positions.append(position) }
    return groups
  }
}
