public import Images
internal import JSON
public import Training

/// Which pictures of a folder or table are used for what, and how often: the rest of a recipe's `"data"`.
public struct DataOptions: Hashable, Sendable {
  /// Where the pictures come from that the finished model is tested on, once.
  public enum Test: Hashable, Sendable {
    case none
    /// This part of the training pictures, the same part of every class.
    case fraction(Double)
    /// A folder or table of its own.
    case path(String)
  }

  /// Pictures that neither training nor early stopping sees.
  public var test = Test.none
  /// What the columns of tables are; those not named are ignored.
  public var columns = TableColumns()
  /// A regular expression whose first parenthesis finds in a picture's name what it belongs to. Of things that belong
  /// together all are in the same set.
  public var groupBy: String?
  /// Which pictures an epoch goes through.
  public var sampling = Sampling.shuffled
  /// How many of the training pictures are used; nil for all. Validation and test stay whole, so that results can be compared.
  public var limit: LabelledImages.Limit?
}

extension DataOptions {
  init(reading reader: inout RecipeReader, task: DataRecipe.Task) {
    if let place = reader.optional("test") {
      if let path = place.stringValue {
        test = .path(path)
      } else {
        var inner = RecipeReader(place, path: reader.place("test"), problems: reader.problems)
        if let fraction = inner.double("fraction", in: 0.0...0.9) {
          if fraction > 0 { test = .fraction(fraction) }
        } else if !inner.has("fraction") {
          inner.report("fraction", "expected {\"fraction\": 0.2} or the path of a folder or table")
        }
        inner.finish()
      }
    }
    if var inner = reader.object("columns") {
      columns.file = inner.string("file")
      columns.target = inner.string("target")
      columns.weight = inner.string("weight")
      columns.split = inner.string("split")
      columns.group = inner.string("group")
      inner.finish()
    }
    groupBy = reader.string("group_by")
    sampling = reader.choice("sampling", Sampling.allCases.map { ($0.rawValue, $0) }) ?? .shuffled
    if let value = reader.optional("limit") {
      if value.objectValue != nil {
        var inner = RecipeReader(value, path: reader.place("limit"), problems: reader.problems)
        if let count = inner.int("per_class", in: 1...Int.max) {
          limit = .perClass(count)
        } else if !inner.has("per_class") {
          inner.report("per_class", "expected a number of pictures, or {\"per_class\": 20}")
        }
        inner.finish()
      } else {
        limit = reader.int("limit", in: 1...Int.max).map { .total($0) }
      }
    }
  }

  /// Reports settings that contradict each other, as far as that shows without files.
  func check(_ validation: DataRecipe.Validation, _ task: DataRecipe.Task, _ reader: inout RecipeReader) {
    if columns.split != nil {
      let remedy = "the column \"split\" says what each picture is for; remove one of the two"
      if reader.has("validation") { reader.report("validation", remedy) }
      if reader.has("test") { reader.report("test", remedy) }
    }
    if columns.group != nil, groupBy != nil {
      reader.report("group_by", "the column \"group\" says what each picture belongs to; remove one of the two")
    }
    switch sampling {
    case .shuffled: break
    case .balanced:
      if task != .classification {
        reader.report("sampling", "\"balanced\" draws every class equally often; it needs the task \"classification\"")
      }
    case .weighted:
      if columns.weight == nil {
        reader.report("sampling", "\"weighted\" draws by a column of a table; name it: \"columns\": {\"weight\": …}")
      }
    }
    if case .perClass = limit, task != .classification {
      reader.report("limit.per_class", "it needs the task \"classification\"; say a number of pictures instead")
    }
    if case .fraction(let tested) = test, case .fraction(let validated) = validation, tested + validated >= 0.95 {
      reader.report(
        "test.fraction", "with \(validated) for validation and \(tested) for the test too little is left to train on")
    }
  }

  /// The settings as a recipe can hold them; what is as it would be without them is left out.
  var json: OrderedDictionary<String, JSONValue> {
    var object: OrderedDictionary<String, JSONValue> = [:]
    switch test {
    case .none: break
    case .fraction(let fraction): object["test"] = ["fraction": .number(fraction)]
    case .path(let path): object["test"] = .string(path)
    }
    var named: OrderedDictionary<String, JSONValue> = [:]
    for (key, name) in columns.named { named[key] = .string(name) }
    if !named.isEmpty { object["columns"] = .object(named) }
    if let groupBy { object["group_by"] = .string(groupBy) }
    if sampling != .shuffled { object["sampling"] = .string(sampling.rawValue) }
    switch limit {
    case nil: break
    case .total(let count): object["limit"] = .integer(count)
    case .perClass(let count): object["limit"] = ["per_class": .integer(count)]
    }
    return object
  }
}

extension TableColumns {
  /// The columns that have been named, by what they are.
  var named: [(key: String, name: String)] {
    [("file", file), ("target", target), ("weight", weight), ("split", split), ("group", group)]
      .compactMap { key, name in name.map { (key, $0) } }
  }
}
