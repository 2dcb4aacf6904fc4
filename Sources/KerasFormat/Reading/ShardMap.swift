internal import HDF5
internal import JSON

/// What the JSON text of weights in shards says: which files there are beside it.
struct ShardMap {
  let path: String
  /// The names of the files, each once.
  let files: [String]

  private static let byteLimit = 64 << 20
  private static let fileLimit = 10_000

  /// Nil if the file is no such text.
  init?(at path: String) throws(KerasError) {
    let bytes = FileSignature.firstBytes(of: path, count: Self.byteLimit)
    guard let text = String(validating: bytes, as: UTF8.self), text.contains("\"weight_map\"") else { return nil }
    let json = try KerasFile.json(text, path, place: "the text")
    guard let map = json["weight_map"]?.objectValue else { return nil }
    var names: OrderedSet<String> = []
    for (tensor, value) in map {
      let list = value.arrayValue ?? [value]
      for entry in list {
        guard let name = entry.stringValue, !name.isEmpty, !name.contains("/"), !name.contains("\\"), name != "..",
          !name.utf8.contains(0)
        else {
          throw KerasError(
            .damaged, file: path, place: "weight_map[\"\(tensor)\"]",
            "names \(entry.text), which is no file beside this one")
        }
        names.append(name)
      }
    }
    guard names.count <= Self.fileLimit else {
      throw KerasError(.damaged, file: path, place: "weight_map", "names \(names.count) files")
    }
    self.path = path
    files = Array(names)
  }

  /// Where a shard is.
  func location(of file: String) -> String {
    path.lastIndex(of: "/").map { String(path[...$0]) + file } ?? file
  }
}

extension KerasFile {
  /// Weights in shards: their trees together.
  init(_ shards: ShardMap) throws(KerasError) {
    var tree = GroupTree()
    for file in shards.files {
      let location = shards.location(of: file)
      let root: HDF5Group
      do throws(HDF5Error) { root = try HDF5File(opening: location).root } catch {
        throw KerasError(error, file: location)
      }
      tree = tree.merged(with: try GroupTree(reading: root, location, part: file))
    }
    self.init(path: shards.path, format: .weightsJSON, keyed: try KeyedWeights(tree, shards.path))
  }
}
