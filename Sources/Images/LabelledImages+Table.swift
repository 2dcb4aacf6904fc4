internal import JSON

extension LabelledImages {
  /// What the second column of a table holds.
  public enum TableTask: String, Hashable, Sendable, CaseIterable {
    /// Names of classes.
    case classification
    /// Any number of names of classes, with `;` between them.
    case multiLabel
    /// Numbers.
    case regression
  }

  /// The pictures of a table: a CSV file with headings, whose first column names a file, relative to the table, and whose
  /// second holds its class or value, or those that `columns` names; further columns are ignored.
  ///
  /// Classes are ordered by name. Whether the pictures exist shows when they are read.
  ///
  /// - Parameter classNames: the classes of a model in the order of its outputs; each class of the table must be among them.
  public init(
    table: String, task: TableTask, columns: TableColumns = TableColumns(), classNames known: [String]? = nil
  ) throws(DatasetError) {
    let rows = try Self.rows(of: table)
    let places = try TablePlaces(columns, headings: rows[0], in: table)
    let width = rows[0].fields.count
    var names: [String] = []
    var seconds: [String] = []
    for row in rows.dropFirst() {
      guard row.fields.count == width else {
        throw DatasetError(
          path: table, line: row.line,
          "\(row.fields.count) columns, but the headings have \(width); quote fields with commas")
      }
      guard !row.fields[places.file].isEmpty else {
        throw DatasetError(path: table, line: row.line, "no file in the column \"\(rows[0].fields[places.file])\"")
      }
      names.append(row.fields[places.file])
      seconds.append(row.fields[places.target])
    }

    let labels: Labels
    var classNames: [String] = []
    switch task {
    case .regression:
      var values: [Float] = []
      for (row, text) in zip(rows.dropFirst(), seconds) {
        guard let value = Float(text.trimmed), value.isFinite else {
          throw DatasetError(
            path: table, line: row.line,
            "\"\(text)\" is not a number; for names of classes set the task to \"classification\"")
        }
        values.append(value)
      }
      labels = .values(values)
    case .multiLabel:
      let rows = Array(rows.dropFirst())
      (labels, classNames) = try Self.sets(seconds, lines: rows.map(\.line), known, table)
    case .classification:
      classNames = known ?? Set(seconds).sorted(by: DirectoryListing.precedes)
      guard known != nil || classNames.count > 1 else {
        throw DatasetError(
          path: table, "only one class (\(classNames[0])); telling classes apart takes at least two")
      }
      var indices: [Int] = []
      let positions = Dictionary(uniqueKeysWithValues: zip(classNames, classNames.indices))
      for (row, name) in zip(rows.dropFirst(), seconds) {
        guard !name.isEmpty else {
          throw DatasetError(
            path: table, line: row.line, "no class in the column \"\(rows[0].fields[places.target])\"")
        }
        guard let index = positions[name] else {
          throw DatasetError(
            path: table, line: row.line,
            "the model has no class \"\(name)\". \(Suggestion.sentence(for: name, among: classNames))")
        }
        indices.append(index)
      }
      labels = .classes(indices)
    }
    let folder = table.lastIndex(of: "/").map { String(table[..<$0]) }
    self.init(
      root: folder ?? "", names: names, labels: labels, classNames: classNames,
      target: rows[0].fields[places.target], report: DatasetReport())
    try read(places, from: rows, of: table)
  }

  /// The headings of a table's columns.
  public static func headings(ofTable table: String) throws(DatasetError) -> [String] {
    try rows(of: table)[0].fields
  }

  /// The classes of each picture, from texts such as `cat;dog`.
  private static func sets(
    _ texts: [String], lines: [Int], _ known: [String]?, _ table: String
  ) throws(DatasetError) -> (labels: Labels, classNames: [String]) {
    let words = texts.map { $0.split(separator: ";").map { String($0.trimmed) }.filter { !$0.isEmpty } }
    let classNames = known ?? Set(words.joined()).sorted(by: DirectoryListing.precedes)
    guard !classNames.isEmpty else {
      throw DatasetError(path: table, "no picture has a class; the column of labels holds them, such as \"cat;dog\"")
    }
    let positions = Dictionary(uniqueKeysWithValues: zip(classNames, classNames.indices))
    var sets: [[Int]] = []
    for (names, line) in zip(words, lines) {
      var set = Set<Int>()
      for name in names {
        guard let index = positions[name] else {
          throw DatasetError(
            path: table, line: line,
            "the model has no class \"\(name)\". \(Suggestion.sentence(for: name, among: classNames))")
        }
        guard set.insert(index).inserted else {
          throw DatasetError(path: table, line: line, "the class \"\(name)\" stands there twice")
        }
      }
      sets.append(set.sorted())
    }
    return (.sets(sets), classNames)
  }

  /// The rows of a table, headings first, of which there are at least two.
  private static func rows(of table: String) throws(DatasetError) -> [CSV.Row] {
    let csv: CSV
    do {
      csv = try CSV(FileBytes.read(table))
    } catch let error as ImageError {
      throw DatasetError(path: table, error.reason)
    } catch let error as CSV.SyntaxError {
      throw DatasetError(path: table, line: error.line, error.reason)
    } catch {
      preconditionFailure("reading a table throws nothing else: \(error)")
    }
    guard let headings = csv.rows.first else {
      throw DatasetError(
        path: table, "the table is empty; it needs headings, then a file and its class or value a line")
    }
    guard headings.fields.count >= 2 else {
      let hint = headings.fields[0].contains(";") ? "separate the columns by commas or tabs" : "add one"
      throw DatasetError(path: table, line: headings.line, "no second column with classes or values; \(hint)")
    }
    if DirectoryListing.isPicture(headings.fields[0]) {
      throw DatasetError(
        path: table, line: headings.line,
        "headings were expected, found a picture; add a first line such as \"file,class\"")
    }
    guard csv.rows.count > 1 else { throw DatasetError(path: table, "headings, but no pictures below them") }
    return csv.rows
  }
}

extension String {
  /// Without blanks at either end.
  var trimmed: Substring { self[...].trimmed }
}

extension Substring {
  /// Without blanks at either end.
  var trimmed: Substring {
    var text = self
    while text.first == " " || text.first == "\t" { text.removeFirst() }
    while text.last == " " || text.last == "\t" { text.removeLast() }
    return text
  }
}
