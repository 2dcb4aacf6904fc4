internal import HDF5

/// Lists of names in attributes, as Keras keeps them: split into `name0`, `name1`, … where one attribute would be too long.
enum ChunkedNames {
  /// Keras' `HDF5_OBJECT_HEADER_LIMIT`: what one attribute may take.
  static let byteLimit = 64512

  static func read(_ name: String, of group: HDF5Group, _ file: String) throws(KerasError) -> [String] {
    if let whole = try part(name, of: group, file) { return whole }
    var names: [String] = []
    var index = 0
    while let part = try part("\(name)\(index)", of: group, file) {
      names += part
      index += 1
    }
    guard index > 0 else {
      throw KerasError(.damaged, file: file, place: group.path, "has no attribute \(name)")
    }
    return names
  }

  private static func part(_ name: String, of group: HDF5Group, _ file: String) throws(KerasError) -> [String]? {
    guard let value = try keras({ () throws(HDF5Error) in try group.attributes[name] }) else { return nil }
    guard let strings = value.strings ?? value.string.map({ [$0] }) else {
      throw KerasError(.damaged, file: file, place: "\(group.path) attribute \(name)", "is no list of names")
    }
    return strings
  }

  static func write(_ name: String, _ names: [String], to group: HDF5Group) throws(HDF5Error) {
    guard !names.isEmpty else {
      // What h5py makes of an empty list.
      return try group.attributes.write(name, .floats([], shape: [0]))
    }
    let parts = split(names)
    guard parts.count > 1 else { return try group.attributes.write(name, strings: names) }
    for (index, part) in parts.enumerated() { try group.attributes.write("\(name)\(index)", strings: part) }
  }

  /// As few parts as fit, as even as NumPy's `array_split` makes them.
  static func split(_ names: [String]) -> [[String]] {
    let longest = max(1, names.map(\.utf8.count).max() ?? 1)
    precondition(longest <= byteLimit, "a name of \(longest) bytes fits no attribute")
    var count = 1
    while (names.count + count - 1) / count * longest > byteLimit { count += 1 }
    let (size, extra) = names.count.quotientAndRemainder(dividingBy: count)
    var start = 0
    return (0..<count).map { index in
      let end = start + size + (index < extra ? 1 : 0)
      defer { start = end }
      return Array(names[start..<end])
    }
  }
}
