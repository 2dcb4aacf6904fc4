private import Foundation
package import JSON

/// Which numbers a place takes: whole ones or all, and from where to where.
package struct NumberSearch {
  /// Nil where it takes none.
  package let schema: JSONValue?

  private static let far = 1e15
  private static let grid: [Double] = [
    -far, -1000, -10, -2, -1.5, -1, -0.5, -0.001, 0, 0.001, 0.5, 1, 1.5, 2, 3, 5, 10, 100, 1000, 100_000, far,
  ]

  /// - Parameter answer: whether a value is taken.
  package init(_ answer: (JSONValue) -> Bool) {
    func takesAlone(_ number: Double) -> Bool {
      answer(number == number.rounded() && abs(number) <= Self.far ? .integer(Int(number)) : .number(number))
    }
    // Where only every other number is taken, as of windows with a middle, its neighbour stands for one that is not.
    let hasHoles = takesAlone(1) && !takesAlone(2) && takesAlone(3)
    func takes(_ number: Double) -> Bool { takesAlone(number) || hasHoles && takesAlone(number + 1) }
    let taken = Self.grid.map(takes)
    guard let first = taken.firstIndex(of: true), let last = taken.lastIndex(of: true) else {
      schema = nil
      return
    }
    let isWhole = !zip(Self.grid, taken).contains { $1 && $0 != $0.rounded() }
    var members: OrderedDictionary<String, JSONValue> = ["type": isWhole ? "integer" : "number"]
    func value(_ number: Double) -> JSONValue {
      number == number.rounded() ? .integer(Int(number)) : .number(number)
    }
    /// The last number on the way from one that is taken to one that is not.
    func bound(from inside: Double, to outside: Double, _ key: String) {
      if isWhole {
        var (inside, outside) = (inside.rounded(), outside.rounded())
        while abs(inside - outside) > 1 {
          let middle = ((inside + outside) / 2).rounded(inside < outside ? .down : .up)
          if middle == inside { break }
          if takes(middle) { inside = middle } else { outside = middle }
        }
        members[key] = value(takesAlone(inside) && (key == "minimum" || !takesAlone(inside + 1)) ? inside : inside + 1)
        return
      }
      var (inside, outside) = (inside, outside)
      for _ in 0..<60 {
        let middle = inside + (outside - inside) / 2
        if takes(middle) { inside = middle } else { outside = middle }
      }
      // Bounds are round numbers; what is found lies a rounding away from them.
      let round = abs(inside) < 1e-9 ? 0 : (Double(String(format: "%.5g", inside)) ?? inside)
      members[takes(round) ? key : "exclusive" + key.prefix(1).uppercased() + key.dropFirst()] = value(round)
    }
    let grid = isWhole ? zip(Self.grid, taken).filter { $0.0 == $0.0.rounded() } : Array(zip(Self.grid, taken))
    let low = grid.firstIndex { $0.1 } ?? first
    let high = grid.lastIndex { $0.1 } ?? last
    if low > 0 { bound(from: grid[low].0, to: grid[low - 1].0, "minimum") }
    if high < grid.count - 1 { bound(from: grid[high].0, to: grid[high + 1].0, "maximum") }
    schema = .object(members)
  }
}
