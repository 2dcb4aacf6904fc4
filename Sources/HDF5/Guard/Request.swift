/// A question about an open file, in a form that can be sent to another process.
enum Request: Hashable, Sendable {
  case children(String)
  case contains(String)
  case group(String)
  case dataset(String)
  case layout(String)
  case attributeNames(String)
  case attribute(String, of: String)
  /// The numbers go to memory that the asking side provides.
  case floats(DatasetDescription, byteLimit: Int)
  case integers(DatasetDescription, byteLimit: Int)
  case strings(DatasetDescription, byteLimit: Int)
  case bytes(DatasetDescription, byteLimit: Int)
}

/// What is answered to a request.
enum Answer: Sendable {
  case children([HDF5Group.Child])
  case truth(Bool)
  case path(String)
  case text(String)
  case description(DatasetDescription)
  case names([String])
  case attribute(AttributeValue?)
  case done
  case integers([Int64])
  case strings([String])
  case bytes([UInt8])
}

extension Session {
  /// Answers anything but a request for floats, whose place this function does not know.
  func answer(_ request: Request) throws(HDF5Error) -> Answer {
    switch request {
    case .children(let path): return .children(try children(of: open(path, as: .group)))
    case .contains(let path):
      switch try find(path) {
      case .some: return .truth(true)
      case nil: return .truth(false)
      }
    case .group(let path): return .path(try open(path, as: .group).path)
    case .dataset(let path): return .description(try describe(open(path, as: .dataset)))
    case .layout(let path): return .text(try layout(of: open(path, as: .dataset)))
    case .attributeNames(let path): return .names(try attributeNames(of: open(path)))
    case .attribute(let name, let path): return .attribute(try attribute(name, of: open(path)))
    case .floats: preconditionFailure("the memory for floats is another's affair")
    case .integers(let dataset, let limit): return .integers(try readIntegers(dataset, byteLimit: limit))
    case .strings(let dataset, let limit): return .strings(try readStrings(dataset, byteLimit: limit))
    case .bytes(let dataset, let limit): return .bytes(try readBytes(dataset, byteLimit: limit))
    }
  }
}
