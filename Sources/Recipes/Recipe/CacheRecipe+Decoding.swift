internal import JSON
internal import Kernels
internal import Training

extension CacheRecipe {
  /// Reads `"cache"` of a recipe: `false`, `true`, or settings.
  init(reading reader: inout RecipeReader) {
    self.init()
    guard let value = reader.optional("cache") else { return }
    if let isOnDisk = value.boolValue {
      self.isOnDisk = isOnDisk
      return
    }
    guard value.objectValue != nil else {
      reader.report("cache", "expected true, false or settings { … }, found \(value.kindName)")
      return
    }
    var inner = RecipeReader(value, path: reader.place("cache"), problems: reader.problems)
    directory = inner.string("directory")
    if directory?.isEmpty == true { inner.report("directory", "names no folder") }
    limit = inner.bytes("limit_gb") ?? FeatureCache.standardLimit
    memoryLimit = inner.bytes("memory_gb")
    precision = inner.choice("precision", Precision.allCases.map { ($0.rawValue, $0) }) ?? .float32
    views = inner.int("views", in: 1...10_000)
    inner.finish()
  }

  /// All settings, as a recipe can hold them.
  var json: JSONValue {
    if self == CacheRecipe() { return true }
    var off = CacheRecipe()
    off.isOnDisk = false
    if self == off { return false }
    var object: OrderedDictionary<String, JSONValue> = [:]
    if let directory { object["directory"] = .string(directory) }
    object["limit_gb"] = .number(Double(limit) / 1e9)
    if let memoryLimit { object["memory_gb"] = .number(Double(memoryLimit) / 1e9) }
    object["precision"] = .string(precision.rawValue)
    if let views { object["views"] = .integer(views) }
    return .object(object)
  }
}

extension RecipeReader {
  /// A number of bytes, given in units of a thousand million.
  fileprivate mutating func bytes(_ key: String) -> Int? {
    double(key, in: 0...1e6).map { Int($0 * 1e9) }
  }
}
