internal import Tensors

extension LabelledImages {
  /// Two parts without a picture in common, each with the same share of every class.
  ///
  /// Which pictures go where depends on the seed and the relative paths only, not on the order of the file system nor of a
  /// table. Of every class with at least two pictures, both parts get one at least; the only picture of a class goes to
  /// training. For numbers, the share is drawn from all pictures.
  ///
  /// - Parameter fraction: the share for validation, between 0 and 1.
  public func split(validationFraction fraction: Double, seed: UInt64) throws(DatasetError)
    -> (training: LabelledImages, validation: LabelledImages)
  {
    guard fraction > 0 && fraction < 1 else {
      throw DatasetError(path: root, "the share for validation must lie between 0 and 1, not \(fraction)")
    }
    let key = RandomKey(seed: seed).folding("split")
    var isValidation = [Bool](repeating: false, count: count)
    for (name, positions) in strata() where positions.count > 1 {
      let sorted = positions.sorted { DirectoryListing.precedes(names[$0], names[$1]) }
      let wanted = Int((Double(sorted.count) * fraction).rounded())
      let order = key.folding(name).permutation(sorted.count)
      for rank in order.prefix(min(max(wanted, 1), sorted.count - 1)) { isValidation[sorted[rank]] = true }
    }
    guard isValidation.contains(true) else {
      throw DatasetError(
        path: root, "\(count) pictures are too few to keep some for validation; every class needs at least two")
    }
    let positions = Array(names.indices)
    return (gathering(positions.filter { !isValidation[$0] }), gathering(positions.filter { isValidation[$0] }))
  }

  /// The positions of each class's pictures, or of all pictures where there are no classes.
  private func strata() -> [(name: String, positions: [Int])] {
    guard case .classes(let indices) = labels else { return [("", Array(names.indices))] }
    var groups = classNames.map { (name: $0, positions: [Int]()) }
    for (position, index) in indices.enumerated() { groups[index].positions.append(position) }
    return groups
  }
}
