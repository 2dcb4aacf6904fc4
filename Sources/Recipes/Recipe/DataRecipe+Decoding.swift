internal import Images
internal import JSON

extension DataRecipe {
  init?(reading reader: RecipeReader) {
    var reader = reader
    let train = reader.string("train")
    if train == nil, !reader.has("train") {
      reader.report("train", "say where the pictures are: a folder with a folder per class, or a table")
    }
    task = reader.choice("task", Task.allCases.map { ($0.rawValue, $0) }) ?? .classification
    batchSize = reader.int("batch_size", in: 1...1_000_000_000) ?? 32
    interpolation = reader.choice("interpolation", Interpolation.allCases.map { ($0.rawValue, $0) }) ?? .bilinear
    decoding = reader.choice("decoding", Decoding.allCases.map { ($0.rawValue, $0) }) ?? .exact
    unreadableLimit = reader.double("unreadable_limit", in: 0...1) ?? 0.05
    (augment, mixing) = reader.augmentations("augment", task: task)
    validation = .none
    if let place = reader.optional("validation") {
      if let path = place.stringValue {
        validation = .path(path)
      } else {
        var inner = RecipeReader(place, path: reader.place("validation"), problems: reader.problems)
        if let fold = inner.fold() {
          validation = fold
        } else if let fraction = inner.double("fraction", in: 0.0...0.9) {
          if fraction > 0 { validation = .fraction(fraction) }
        } else if !inner.has("fraction"), !inner.has("fold"), !inner.has("of") {
          inner.report("fraction", "expected {\"fraction\": 0.2} or the path of a folder or table")
        }
        inner.finish()
      }
    }
    folds = FoldsRecipe(reading: &reader, beside: validation)
    options = DataOptions(reading: &reader, task: task)
    options.check(validation, task, &reader)
    reader.finish()
    guard let train else { return nil }
    self.train = train
  }
}
