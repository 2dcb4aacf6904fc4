internal import Images
internal import JSON
internal import Training

extension Recipe {
  typealias Pictures = (training: LabelledImages, validation: LabelledImages?, test: LabelledImages?)

  /// The lists of pictures to train on, to validate with and to test on.
  ///
  /// - Throws: `RecipeError` with everything about the data that is impossible or contradicts the rest of the recipe.
  func pictures() throws(RecipeError) -> Pictures {
    let problems = ProblemList()
    try checkColumns(problems)
    var all = try labelled(data.train, "data.train", columns: data.options.columns, classNames: nil)
    if let pattern = data.options.groupBy {
      all = try asking("data.group_by") { () throws(DatasetError) in try all.grouped(by: pattern) }
    }
    let classNames = all.classNames.isEmpty ? nil : all.classNames
    var (training, validation, test) = try divided(all, problems)
    for (path, place, keep) in [
      (data.validation.path, "data.validation", true), (data.options.test.path, "data.test", false),
    ] {
      guard let path else { continue }
      var other = try labelled(path, place, columns: data.options.columns.labelsOnly, classNames: classNames)
      if let pattern = data.options.groupBy {
        other = try asking("data.group_by") { () throws(DatasetError) in try other.grouped(by: pattern) }
        let shared = Set(other.groups ?? []).intersection(all.groups ?? []).sorted()
        if let first = shared.first {
          problems.report(
            place,
            "\(shared.count) groups (\(first)\(shared.count > 1 ? ", …" : "")) are among the training pictures too")
        }
      }
      if keep { validation = other } else { test = other }
    }

    check(training, all: all, problems)
    if let limit = data.options.limit { training = training.limited(to: limit, seed: seed) }
    // Everything but the training counts every picture the same, as `evaluate` does.
    let lists = (training, validation?.withoutWeights, test?.withoutWeights)
    guard problems.problems.isEmpty else {
      // What the plan would say next, to be mended in one go.
      checkClassWeights(training, problems)
      throw RecipeError(file: file, problems: problems.problems)
    }
    return lists
  }

  /// The parts that the training folder or table is to be divided into.
  private func divided(
    _ all: LabelledImages, _ problems: ProblemList
  ) throws(RecipeError) -> Pictures {
    if all.sets != nil {
      let parts = PictureSet.allCases.map(all.part)
      if parts[0].count == 0 {
        problems.report("data.columns.split", "no picture is marked \"train\"; there is nothing to train on")
      }
      for (first, second) in [(0, 1), (0, 2), (1, 2)] {
        let shared = Set(parts[first].groups ?? []).intersection(parts[second].groups ?? [])
        if let group = shared.min() {
          problems.report(
            "data.columns.split",
            "\(shared.count) groups (\(group)\(shared.count > 1 ? ", …" : "")) are both in the "
              + "\(PictureSet.allCases[first].rawValue) and the \(PictureSet.allCases[second].rawValue) part")
        }
      }
      let test = parts[2].count > 0 ? parts[2] : nil
      guard case .fold(let number, let count) = data.validation else {
        return (parts[0], parts[1].count > 0 ? parts[1] : nil, test)
      }
      if parts[1].count > 0 {
        problems.report(
          "data.columns.split",
          "\(parts[1].count) pictures are marked to validate with, but each fold validates with a part of the training "
            + "pictures; mark them \"train\" or remove \"folds\"")
      }
      let fold = try fold(number, of: count, parts[0])
      return (fold.training, fold.validation, test)
    }
    var shares = (validation: 0.0, test: 0.0)
    if case .fraction(let fraction) = data.validation { shares.validation = fraction }
    if case .fraction(let fraction) = data.options.test { shares.test = fraction }
    if case .fold(let number, let count) = data.validation {
      // The test part is taken away first: it is the same for all folds.
      let parts =
        try shares.test > 0
        ? asking("data.test.fraction") { () throws(DatasetError) in
          try all.split(validation: 0, test: shares.test, seed: seed)
        } : nil
      let fold = try fold(number, of: count, parts?.training ?? all)
      return (fold.training, fold.validation, parts?.test)
    }
    if shares == (0, 0) { return (all, nil, nil) }
    let place = shares.validation > 0 ? "data.validation.fraction" : "data.test.fraction"
    let parts = try asking(place) { () throws(DatasetError) in
      try all.split(validation: shares.validation, test: shares.test, seed: seed)
    }
    return (
      parts.training, shares.validation > 0 ? parts.validation : nil, shares.test > 0 ? parts.test : nil
    )
  }

  private func fold(
    _ number: Int, of count: Int, _ pictures: LabelledImages
  ) throws(RecipeError) -> (training: LabelledImages, validation: LabelledImages) {
    let folds = try asking("data.validation") { () throws(DatasetError) in try pictures.folds(count, seed: seed) }
    return (folds[number - 1].training, folds[number - 1].validation)
  }

  /// Reports columns that the table lacks, each at its place.
  private func checkColumns(_ problems: ProblemList) throws(RecipeError) {
    let named = data.options.columns.named
    guard !named.isEmpty else { return }
    let path = resolved(data.train)
    guard LabelledImages.isTable(path) else {
      throw RecipeError(
        file: file, path: "data.columns", "goes with a table (.csv or .tsv); \"data.train\" is \(data.train)")
    }
    let headings = try asking("data.train") { () throws(DatasetError) in try LabelledImages.headings(ofTable: path) }
    for (key, name) in named where !headings.contains(name) {
      problems.report(
        "data.columns.\(key)",
        "the table has no column \"\(name)\". \(Suggestion.sentence(for: name, among: headings))")
    }
    guard problems.problems.isEmpty else { throw RecipeError(file: file, problems: problems.problems) }
  }

  /// Reports what cannot be with these pictures.
  private func check(_ training: LabelledImages, all: LabelledImages, _ problems: ProblemList) {
    for (index, count) in training.classCounts.enumerated() where count == 0 && all.classCounts[index] > 0 {
      problems.report(
        all.sets == nil ? "data.validation" : "data.columns.split",
        "all pictures of \"\(all.classNames[index])\" are in other parts; there is none of the class to train on")
    }
    if let weights = training.weights, !weights.contains(where: { $0 > 0 }) {
      problems.report("data.columns.weight", "all weights are 0; nothing would be learned")
    }
    switch data.options.limit {
    case .total(let limit) where limit > training.count:
      problems.report("data.limit", "there are only \(training.count) pictures to train on; take fewer or remove it")
    case .total(let limit) where data.task == .classification && limit < training.classNames.count:
      problems.report(
        "data.limit", "there are \(training.classNames.count) classes; each needs at least one of the pictures")
    case .perClass(let limit):
      if let largest = training.classCounts.max(), limit > largest {
        problems.report("data.limit.per_class", "the largest class has only \(largest) pictures to train on")
      }
    default: break
    }
    for (index, phase) in phases.enumerated()
    where data.options.sampling != .shuffled && phase.optimizer is LBFGS {
      problems.report(
        "phases[\(index)].optimizer",
        "lbfgs takes all pictures at once and cannot draw some; for balance use \"class_weight\": \"balanced\", or remove "
          + "\"sampling\"")
    }
  }

  private func checkClassWeights(_ training: LabelledImages, _ problems: ProblemList) {
    if case .given(let given) = classWeights, data.task == .classification {
      for entry in given where !training.classNames.contains(entry.name) {
        problems.report(
          "class_weight.\(entry.name)",
          "there is no class \"\(entry.name)\". \(Suggestion.sentence(for: entry.name, among: training.classNames))")
      }
    }
  }

  private func labelled(
    _ path: String, _ place: String, columns: TableColumns, classNames: [String]?
  ) throws(RecipeError) -> LabelledImages {
    try asking(place) { () throws(DatasetError) in
      try LabelledImages(at: resolved(path), task: data.task, columns: columns, classNames: classNames)
    }
  }
}

extension DataRecipe.Validation {
  fileprivate var path: String? { if case .path(let path) = self { path } else { nil } }
}

extension DataOptions.Test {
  fileprivate var path: String? { if case .path(let path) = self { path } else { nil } }
}

extension TableColumns {
  /// What a table of one set needs.
  fileprivate var labelsOnly: TableColumns {
    var columns = TableColumns()
    (columns.file, columns.target) = (file, target)
    return columns
  }
}
