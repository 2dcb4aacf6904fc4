internal import JSON

/// The headings of a table's columns, by what they hold. A column that is not named here is ignored, whatever it is called.
public struct TableColumns: Hashable, Sendable {
  /// Files, relative to the table; the first column where nil.
  public var file: String?
  /// Classes, labels or numbers; the second column where nil.
  public var target: String?
  /// What each picture counts: numbers that are not negative.
  public var weight: String?
  /// What each picture is for: `train`, `training`, `validation`, `valid`, `val`, `dev` or `test`, in any case.
  public var split: String?
  /// What each picture belongs to.
  public var group: String?

  public init() {}
}

/// Where a table's columns stand.
struct TablePlaces {
  let file: Int
  let target: Int
  let weight: Int?
  let split: Int?
  let group: Int?

  init(_ columns: TableColumns, headings: CSV.Row, in table: String) throws(DatasetError) {
    var problems: [String] = []
    func place(_ name: String?) -> Int? {
      guard let name else { return nil }
      let places = headings.fields.indices.filter { headings.fields[$0] == name }
      if places.isEmpty {
        problems.append("no column \"\(name)\". \(Suggestion.sentence(for: name, among: headings.fields))")
      } else if places.count > 1 {
        problems.append("\(places.count) columns are called \"\(name)\"; rename all but one")
      }
      return places.first
    }
    let file = place(columns.file) ?? 0
    self.file = file
    target = place(columns.target) ?? headings.fields.indices.first { $0 != file } ?? 1
    weight = place(columns.weight)
    split = place(columns.split)
    group = place(columns.group)
    guard problems.isEmpty else {
      throw DatasetError(path: table, line: headings.line, problems.joined(separator: "; "))
    }
    let used = [file, target] + [weight, split, group].compactMap(\.self)
    if let twice = used.first(where: { column in used.count { $0 == column } > 1 }) {
      throw DatasetError(
        path: table, line: headings.line,
        "the column \"\(headings.fields[twice])\" is to hold two things at once; name another one for one of them")
    }
  }
}

extension LabelledImages {
  /// Reads weights, sets and groups from a table's rows, of which the first are headings.
  mutating func read(_ places: TablePlaces, from rows: [CSV.Row], of table: String) throws(DatasetError) {
    let rows = rows.dropFirst()
    if let column = places.weight {
      var weights: [Float] = []
      for row in rows {
        guard let weight = Float(row.fields[column].trimmed), weight.isFinite, weight >= 0 else {
          throw DatasetError(
            path: table, line: row.line, "\"\(row.fields[column])\" is no weight; weights are numbers of 0 or more")
        }
        weights.append(weight)
      }
      self.weights = weights
    }
    if let column = places.split {
      let words: [String: PictureSet] = [
        "train": .training, "training": .training, "validation": .validation, "valid": .validation, "val": .validation,
        "dev": .validation, "test": .test,
      ]
      var sets: [PictureSet] = []
      for row in rows {
        guard let set = words[row.fields[column].trimmed.lowercased()] else {
          throw DatasetError(
            path: table, line: row.line,
            "\"\(row.fields[column])\" is no set; expected \"train\", \"validation\" or \"test\"")
        }
        sets.append(set)
      }
      self.sets = sets
    }
    if let column = places.group {
      var groups: [String] = []
      for row in rows {
        guard !row.fields[column].trimmed.isEmpty else {
          throw DatasetError(path: table, line: row.line, "no group for this picture")
        }
        groups.append(String(row.fields[column].trimmed))
      }
      self.groups = groups
    }
  }
}
