internal import HDF5
internal import JSON
internal import Layers
internal import Tensors

/// Writes weights in shards: files of limited size, and a JSON text that says which tensor is in which.
struct ShardWriter {
  private let model: Model
  private let places: [KeyedWriter.Place]
  private let byteLimit: Int

  init(_ model: Model, _ names: FileNames, byteLimit: Int) {
    self.model = model
    self.byteLimit = byteLimit
    places = KeyedWriter(model, names).places
  }

  /// What stands in one shard: of each layer some of its variables.
  private struct Shard {
    var parts: [(place: KeyedWriter.Place, variables: Range<Int>)] = []
    var byteCount = 0
  }

  func write(to path: String) throws(KerasError) {
    let shards = try shards(path)
    let cut = path.lastIndex(of: "/").map { path.index(after: $0) } ?? path.startIndex
    var stem = String(path[cut...])
    for ending in [".json", ".weights"] where stem.hasSuffix(ending) { stem.removeLast(ending.count) }
    var map: OrderedDictionary<String, JSONValue> = [:]
    for (index, shard) in shards.enumerated() {
      let digits = String(index)
      let name = stem + "_" + String(repeating: "0", count: max(0, 5 - digits.count)) + digits + ".weights.h5"
      try AtomicFile.write(to: String(path[..<cut]) + name) { root throws(HDF5Error) in
        for (place, variables) in shard.parts {
          let group = try KeyedWriter.group(of: place.path, name: place.name, in: root)
          for variable in variables {
            let value = model.parameters[place.parameters.lowerBound + variable].value
            try KeyedWriter.write(value, as: "\(variable)", to: group)
          }
        }
      }
      for (place, variables) in shard.parts where !variables.isEmpty {
        let key = (place.path.isEmpty ? "" : "/" + place.path) + "/vars"
        map[key] = .array((map[key]?.arrayValue ?? []) + [.string(name)])
      }
    }
    let size = shards.reduce(0) { $0 + $1.byteCount }
    let text: JSONValue = ["metadata": ["total_size": .number(Double(size))], "weight_map": .object(map)]
    try AtomicFile.replace(path) { partial throws(KerasError) in try TextFile.write(text.prettyText, to: partial) }
  }

  private func shards(_ path: String) throws(KerasError) -> [Shard] {
    var shards = [Shard()]
    for place in places {
      var start = 0
      for (variable, parameter) in place.parameters.enumerated() {
        let size = 4 * model.parameters[parameter].shape.elementCount
        guard size <= byteLimit else {
          throw KerasError(
            .cannotWrite, file: path, place: model.parameters[parameter].path,
            "has \(size.grouped) bytes, more than a shard of \(byteLimit.grouped)", remedy: "Allow larger shards.")
        }
        if shards[shards.count - 1].byteCount + size > byteLimit {
          if variable > start { shards[shards.count - 1].parts.append((place, start..<variable)) }
          shards.append(Shard())
          start = variable
        }
        shards[shards.count - 1].byteCount += size
      }
      shards[shards.count - 1].parts.append((place, start..<place.parameters.count))
    }
    return shards
  }
}
