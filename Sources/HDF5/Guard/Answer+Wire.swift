extension Answer {
  func write(to wire: inout WireWriter) {
    switch self {
    case .children(let children):
      wire.write(0)
      wire.write(list: children) { $1.write(to: &$0) }
    case .truth(let truth):
      wire.write(1)
      wire.write(truth)
    case .path(let path):
      wire.write(2)
      wire.write(path)
    case .description(let description):
      wire.write(3)
      description.write(to: &wire)
    case .names(let names):
      wire.write(4)
      wire.write(list: names) { $0.write($1) }
    case .attribute(let value):
      wire.write(5)
      wire.write(optional: value) { $1.write(to: &$0) }
    case .done: wire.write(6)
    case .integers(let values):
      wire.write(7)
      wire.write(list: values) { $0.write(Int($1)) }
    case .strings(let texts):
      wire.write(8)
      wire.write(list: texts) { $0.write($1) }
    case .bytes(let bytes):
      wire.write(9)
      wire.write(bytes)
    case .text(let text):
      wire.write(10)
      wire.write(text)
    }
  }

  init(from wire: inout WireReader) throws(Damage) {
    switch try wire.integer() {
    case 0:
      self = .children(
        try wire.list { wire throws(Damage) in try HDF5Group.Child(from: &wire) })
    case 1: self = .truth(try wire.truth())
    case 2: self = .path(try wire.text())
    case 3: self = .description(try DatasetDescription(from: &wire))
    case 4: self = .names(try wire.list { wire throws(Damage) in try wire.text() })
    case 5:
      self = .attribute(
        try wire.optional { wire throws(Damage) in try AttributeValue(from: &wire) })
    case 6: self = .done
    case 7: self = .integers(try wire.integers().map { Int64($0) })
    case 8: self = .strings(try wire.list { wire throws(Damage) in try wire.text() })
    case 9: self = .bytes(try wire.bytes())
    case 10: self = .text(try wire.text())
    default: throw Damage("an answer is of unknown kind")
    }
  }
}

extension HDF5Group.Child {
  private static let kinds: [Kind] = [.group, .dataset, .softLink, .externalLink, .other, .unreadable]

  func write(to wire: inout WireWriter) {
    wire.write(name)
    wire.write(Self.kinds.firstIndex(of: kind) ?? 0)
  }

  init(from wire: inout WireReader) throws(Damage) {
    name = try wire.text()
    let index = try wire.integer()
    guard Self.kinds.indices.contains(index) else { throw Damage("an answer is of unknown kind") }
    kind = Self.kinds[index]
  }
}

extension AttributeValue {
  func write(to wire: inout WireWriter) {
    switch self {
    case .string(let text):
      wire.write(0)
      wire.write(text)
    case .strings(let texts, let shape):
      wire.write(1)
      wire.write(list: texts) { $0.write($1) }
      wire.write(shape)
    case .integers(let values, let shape):
      wire.write(2)
      wire.write(list: values) { $0.write(Int($1)) }
      wire.write(shape)
    case .floats(let values, let shape):
      wire.write(3)
      wire.write(list: values) { $0.write(Int(bitPattern: UInt($1.bitPattern))) }
      wire.write(shape)
    }
  }

  init(from wire: inout WireReader) throws(Damage) {
    switch try wire.integer() {
    case 0: self = .string(try wire.text())
    case 1:
      let texts = try wire.list { wire throws(Damage) in try wire.text() }
      self = .strings(texts, shape: try wire.integers())
    case 2:
      let values = try wire.integers().map { Int64($0) }
      self = .integers(values, shape: try wire.integers())
    case 3:
      let values = try wire.integers().map { Double(bitPattern: UInt64(UInt(bitPattern: $0))) }
      self = .floats(values, shape: try wire.integers())
    default: throw Damage("an answer is of unknown kind")
    }
  }
}

extension HDF5Error {
  private static let kinds: [Kind] = [
    .missingFile, .unreadableFile, .notHDF5, .damaged, .missingObject, .wrongType, .refused, .tooLarge, .cannotWrite,
  ]

  /// Writes all but the file, which the other side knows.
  func write(to wire: inout WireWriter) {
    wire.write(Self.kinds.firstIndex(of: kind) ?? 0)
    wire.write(object)
    wire.write(problem)
    wire.write(reason)
    wire.write(remedy)
  }

  init(from wire: inout WireReader, file: String) throws(Damage) {
    let index = try wire.integer()
    guard Self.kinds.indices.contains(index) else { throw Damage("an error is of unknown kind") }
    kind = Self.kinds[index]
    self.file = file
    object = try wire.optionalText()
    problem = try wire.text()
    reason = try wire.optionalText()
    remedy = try wire.optionalText()
  }
}
