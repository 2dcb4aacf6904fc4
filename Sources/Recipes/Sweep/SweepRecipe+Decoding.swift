internal import Foundation
public import JSON
internal import Training

extension SweepRecipe {
  /// Combinations beyond which nobody means a grid.
  private static let most = 10_000

  /// Reads a sweep, or a recipe to which `over` says what is swept over.
  ///
  /// - Parameters:
  ///   - settings: changes to the recipe, as `phases.0.epochs=2`.
  ///   - over: more parameters, each as `phases.0.optimizer.learning_rate=0.1,0.01`.
  ///   - changes: settings of the sweep that take precedence over the file's.
  public init(
    contentsOf file: String, settings: [String] = [], over: [String] = [],
    changes: OrderedDictionary<String, JSONValue> = [:]
  ) throws(RecipeError) {
    let folder = URL(fileURLWithPath: file).deletingLastPathComponent().path
    let value = try JSONValue(recipeFile: file)
    let isSweep = value["parameters"] != nil || (value["recipe"] != nil && value["model"] == nil)
    var members = isSweep ? value.objectValue ?? [:] : ["recipe": value]
    let problems = ProblemList()
    if !isSweep, over.isEmpty {
      problems.report(
        "",
        "this is a recipe, and nothing says what to sweep over; say --over phases.0.optimizer.learning_rate=0.1,0.01, or "
          + "name a file with \"recipe\" and \"parameters\"")
    }
    var parameters = members["parameters"]?.objectValue ?? [:]
    for text in over {
      guard let equals = text.firstIndex(of: "="), equals > text.startIndex else {
        problems.report(
          "--over \(text)", "expected path=value,value, such as phases.0.optimizer.learning_rate=0.1,0.01")
        continue
      }
      parameters[String(text[..<equals])] = .array(Self.values(text[text.index(after: equals)...]))
    }
    if !over.isEmpty { members["parameters"] = .object(parameters) }
    members.merge(changes) { $1 }
    guard problems.problems.isEmpty else { throw RecipeError(file: file, problems: problems.problems) }

    var baseFile = file
    if let path = members["recipe"]?.stringValue {
      baseFile = path.hasPrefix("/") ? path : folder + "/" + path
      members["recipe"] = try JSONValue(recipeFile: baseFile)
    }
    try self.init(
      .object(members), file: file, baseFile: baseFile,
      baseFolder: URL(fileURLWithPath: baseFile).deletingLastPathComponent().path, settings: settings)
  }

  /// Reads a sweep whose `recipe` is the recipe itself.
  public init(
    _ value: JSONValue, file: String, baseFile: String, baseFolder: String, settings: [String] = []
  ) throws(RecipeError) {
    let problems = ProblemList()
    var reader = RecipeReader(value, path: "", problems: problems)
    var base = reader.value("recipe") ?? .null
    if base.objectValue == nil {
      reader.report("recipe", "expected the path of a recipe or a recipe { … }, found \(base.kindName)")
    }
    for setting in settings { RecipeSetting.apply(setting, to: &base, problems) }
    var parameters: [SweepParameter] = []
    let listed = reader.value("parameters")
    for (path, choices) in listed?.objectValue ?? [:] {
      let place = "parameters.\"\(path)\""
      guard let parameter = SweepParameter(path, reading: choices, at: place, problems) else { continue }
      var tried = base
      if let message = RecipeSetting.set(.null, at: parameter.keys[...], in: &tried), base.objectValue != nil {
        problems.report(place, message)
      }
      parameters.append(parameter)
    }
    if listed?.objectValue?.isEmpty != false {
      reader.report(
        "parameters", "say what to try: {\"phases.0.optimizer.learning_rate\": [0.1, 0.01]}")
    }
    let method = reader.choice("method", Method.allCases.map { ($0.rawValue, $0) }) ?? .grid
    let trials = reader.int("trials", in: 1...100_000)
    let factor = reader.int("factor", in: 2...1000)
    let minEpochs = reader.int("min_epochs", in: 1...1_000_000)
    let monitor = reader.string("monitor")
    let mode = reader.choice("mode", EarlyStopping.Mode.allCases.map { ($0.rawValue, $0) }) ?? .auto
    let seed = reader.int("seed", in: 0...Int.max) ?? 0
    let output = reader.string("output")
    if output?.isEmpty == true { reader.report("output", "names no folder") }
    _ = reader.string("description")
    reader.finish()

    self.init(
      file: file, base: base, baseFile: baseFile, baseFolder: baseFolder, parameters: parameters, method: method,
      trials: trials, factor: factor ?? 3, minEpochs: minEpochs ?? 1, monitor: monitor, mode: mode, seed: UInt64(seed),
      output: output)
    if method != .successiveHalving {
      for (key, isThere) in [("factor", factor != nil), ("min_epochs", minEpochs != nil)] where isThere {
        reader.report(key, "goes with \"method\": \"successive_halving\"")
      }
    }
    checkCounts(problems)
    guard problems.problems.isEmpty else { throw RecipeError(file: file, problems: problems.problems) }
  }

  /// Checks that it is known how many combinations there are, and that they are not too many.
  private func checkCounts(_ problems: ProblemList) {
    let isGrid = method == .grid || (method == .successiveHalving && trials == nil)
    if method == .random, trials == nil {
      problems.report("trials", "say how many combinations to draw: {\"method\": \"random\", \"trials\": 24}")
    }
    if method == .grid, trials != nil {
      problems.report(
        "trials", "a grid tries all of its combinations; leave it out, or say \"method\": \"random\"")
    }
    guard isGrid else { return }
    for parameter in parameters where parameter.gridValues == nil {
      problems.report(
        "parameters.\"\(parameter.path)\"",
        "a grid needs to know how many of these numbers to take: add \"steps\": 5, or say \"method\": \"random\" and \"trials\""
      )
    }
    if gridCount > Self.most {
      problems.report(
        "parameters",
        "the grid has \(gridCount) combinations; name fewer values, or say \"method\": \"random\" and \"trials\"")
    }
  }

  /// What stands between commas: JSON values where it is JSON, else strings.
  private static func values(_ text: Substring) -> [JSONValue] {
    if let list = (try? JSONValue(parsing: "[\(text)]"))?.arrayValue { return list }
    return text.split(separator: ",", omittingEmptySubsequences: false).map { part in
      (try? JSONValue(parsing: String(part))) ?? .string(String(part))
    }
  }
}
