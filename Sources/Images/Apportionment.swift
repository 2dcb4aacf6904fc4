internal import Tensors

/// Divides things that must stay whole among parts, so that every part gets close to its share of every label.
///
/// A greedy descent on `Σ (cₚₗ / Tₗ − sₚ)² / sₚ` over parts p and labels l, where part p holds `cₚₗ` of the `Tₗ` pictures with a
/// label and ought to hold the share `sₚ`: the largest things first, each into the part where the sum grows least. That is the
/// idea of [iterative stratification](https://doi.org/10.1007/978-3-642-23808-6_10) and of scikit-learn's `StratifiedGroupKFold`.
struct Apportionment {
  /// Pictures that go together: how many of them carry which label.
  struct Unit {
    var name: String
    var counts: [(label: Int, count: Int)]
  }

  private let units: [Unit]
  /// How many pictures carry each label.
  private let totals: [Double]

  init(_ units: [Unit], labelCount: Int) {
    self.units = units
    var totals = [Double](repeating: 0, count: labelCount)
    for unit in units { for (label, count) in unit.counts { totals[label] += Double(count) } }
    self.totals = totals
  }

  /// The part of each unit.
  ///
  /// - Parameters:
  ///   - shares: of the parts; their sum is 1.
  ///   - key: decides between units of equal size; their order does not.
  func parts(shares: [Double], key: RandomKey) -> [Int] {
    let byName = units.indices.sorted { DirectoryListing.precedes(units[$0].name, units[$1].name) }
    let shuffled = key.permutation(units.count).map { byName[$0] }
    // Labels of which a unit holds much are the ones that are hard to divide.
    let sizes = units.map { unit in unit.counts.reduce(0) { $0 + Double($1.count) / totals[$1.label] } }
    let order = shuffled.enumerated().sorted { lhs, rhs in
      sizes[lhs.element] == sizes[rhs.element]
        ? lhs.offset < rhs.offset : sizes[lhs.element] > sizes[rhs.element]
    }
    var held = shares.map { _ in [Double](repeating: 0, count: totals.count) }
    var parts = [Int](repeating: 0, count: units.count)
    for (_, unit) in order {
      var best = (part: 0, growth: Double.infinity)
      for (part, share) in shares.enumerated() {
        let growth = units[unit].counts.reduce(0.0) { sum, entry in
          let added = Double(entry.count) / totals[entry.label]
          return sum + (2 * (held[part][entry.label] / totals[entry.label] - share) + added) * added / share
        }
        if growth < best.growth { best = (part, growth) }
      }
      parts[unit] = best.part
      for (label, count) in units[unit].counts { held[best.part][label] += Double(count) }
    }
    return parts
  }
}

extension LabelledImages {
  /// What must stay whole when pictures are divided: groups, or else pictures; a file that is listed twice is one.
  ///
  /// - Returns: the positions of each one's pictures.
  func unitsToDivide() -> [(name: String, positions: [Int])] {
    var units: [(name: String, positions: [Int])] = []
    var places: [String: Int] = [:]
    for (position, name) in (groups ?? names).enumerated() {
      if let place = places[name] {
        units[place].positions.append(position)
      } else {
        places[name] = units.count
        units.append((name, [position]))
      }
    }
    return units
  }

  /// How units can be apportioned by their labels; the last label is carried by all pictures, so that sizes are right too.
  func apportionment(of units: [(name: String, positions: [Int])]) -> Apportionment {
    let counted = units.map { unit in
      var counts: [Int: Int] = [classNames.count: unit.positions.count]
      for position in unit.positions { for label in labels.classes(at: position) { counts[label, default: 0] += 1 } }
      return Apportionment.Unit(
        name: unit.name, counts: counts.sorted { $0.key < $1.key }.map { ($0.key, $0.value) })
    }
    return Apportionment(counted, labelCount: classNames.count + 1)
  }
}

extension LabelledImages.Labels {
  /// The classes of one picture; none for numbers.
  func classes(at position: Int) -> [Int] {
    switch self {
    case .classes(let indices): [indices[position]]
    case .sets(let sets): sets[position]
    case .values: []
    }
  }
}
