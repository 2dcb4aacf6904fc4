extension Request {
  func write(to wire: inout WireWriter) {
    func write(_ kind: Int, _ path: String) {
      wire.write(kind)
      wire.write(path)
    }
    func write(_ kind: Int, _ dataset: DatasetDescription, _ limit: Int) {
      wire.write(kind)
      dataset.write(to: &wire)
      wire.write(limit)
    }
    switch self {
    case .children(let path): write(0, path)
    case .contains(let path): write(1, path)
    case .group(let path): write(2, path)
    case .dataset(let path): write(3, path)
    case .attributeNames(let path): write(4, path)
    case .attribute(let name, let path):
      write(5, path)
      wire.write(name)
    case .floats(let dataset, let limit): write(6, dataset, limit)
    case .integers(let dataset, let limit): write(7, dataset, limit)
    case .strings(let dataset, let limit): write(8, dataset, limit)
    case .bytes(let dataset, let limit): write(9, dataset, limit)
    case .layout(let path): write(10, path)
    }
  }

  init(from wire: inout WireReader) throws(Damage) {
    switch try wire.integer() {
    case 0: self = .children(try wire.text())
    case 1: self = .contains(try wire.text())
    case 2: self = .group(try wire.text())
    case 3: self = .dataset(try wire.text())
    case 4: self = .attributeNames(try wire.text())
    case 5:
      let path = try wire.text()
      self = .attribute(try wire.text(), of: path)
    case 6: self = .floats(try DatasetDescription(from: &wire), byteLimit: try wire.integer())
    case 7: self = .integers(try DatasetDescription(from: &wire), byteLimit: try wire.integer())
    case 8: self = .strings(try DatasetDescription(from: &wire), byteLimit: try wire.integer())
    case 9: self = .bytes(try DatasetDescription(from: &wire), byteLimit: try wire.integer())
    case 10: self = .layout(try wire.text())
    default: throw Damage("a request is of unknown kind")
    }
  }
}

extension DatasetDescription {
  func write(to wire: inout WireWriter) {
    wire.write(path)
    wire.write(shape)
    wire.write(count)
    type.write(to: &wire)
    wire.write(optional: position) { $0.write($1) }
  }

  init(from wire: inout WireReader) throws(Damage) {
    path = try wire.text()
    shape = try wire.integers()
    count = try wire.integer()
    type = try ElementType(from: &wire)
    position = try wire.optional { wire throws(Damage) in try wire.integer() }
    // Memory is taken for `count` elements.
    var product = 1
    for extent in shape {
      let (next, overflow) = product.multipliedReportingOverflow(by: extent)
      guard extent >= 0, !overflow else { throw Damage("a message holds an impossible shape") }
      product = next
    }
    guard product == count, type.byteCount > 0 else { throw Damage("a message holds an impossible shape") }
  }
}

extension ElementType {
  func write(to wire: inout WireWriter) {
    wire.write(byteCount)
    wire.write(byteOrder.map { $0 == .littleEndian ? 1 : 2 } ?? 0)
    switch kind {
    case .float(let bits):
      wire.write(0)
      wire.write(bits)
    case .bfloat16: wire.write(1)
    case .integer(let bits, let isSigned):
      wire.write(2)
      wire.write(bits)
      wire.write(isSigned)
    case .text: wire.write(3)
    case .fixedText(let bytes):
      wire.write(4)
      wire.write(bytes)
    case .opaque(let bytes):
      wire.write(5)
      wire.write(bytes)
    case .other(let name):
      wire.write(6)
      wire.write(name)
    }
  }

  init(from wire: inout WireReader) throws(Damage) {
    byteCount = try wire.integer()
    switch try wire.integer() {
    case 0: byteOrder = nil
    case 1: byteOrder = .littleEndian
    case 2: byteOrder = .bigEndian
    default: throw Damage("a message holds an unknown order of bytes")
    }
    switch try wire.integer() {
    case 0: kind = .float(bits: try wire.integer())
    case 1: kind = .bfloat16
    case 2: kind = .integer(bits: try wire.integer(), isSigned: try wire.truth())
    case 3: kind = .text
    case 4: kind = .fixedText(bytes: try wire.integer())
    case 5: kind = .opaque(bytes: try wire.integer())
    case 6: kind = .other(try wire.text())
    default: throw Damage("a message holds an unknown type")
    }
  }
}
