/// How the rows and columns of a stored picture lie to the eye; tag 0x0112 of
/// [EXIF 2.3](https://www.cipa.jp/std/documents/e/DC-008-2012_E.pdf).
public enum EXIFOrientation: Int, Hashable, Sendable, CaseIterable {
  case up = 1
  case upMirrored
  case down
  case downMirrored
  case leftMirrored
  case right
  case rightMirrored
  case left

  /// Whether width and height change places.
  var swapsAxes: Bool { rawValue >= Self.leftMirrored.rawValue }

  /// Whether a row of the stored picture runs against a row, or column, of the upright one.
  var reversesColumns: Bool { [.upMirrored, .down, .rightMirrored, .left].contains(self) }

  /// The same of a stored column.
  var reversesRows: Bool { [.down, .downMirrored, .right, .rightMirrored].contains(self) }

  /// The orientation that a JPEG's APP1 segment names, or `up`.
  init(jpeg bytes: [UInt8]) {
    self = .up
    for (marker, payload) in JPEGSegments(bytes) {
      if marker == 0xE1, payload.starts(with: Array("Exif\0".utf8)), payload.count > 6 {
        self = EXIFOrientation(tiff: payload.dropFirst(6)) ?? .up
        return
      }
    }
  }

  /// The orientation that a PNG's eXIf chunk names, or `up`.
  init(png bytes: [UInt8]) {
    self = .up
    var position = 8
    while position + 12 <= bytes.count {
      let length = (0..<4).reduce(0) { $0 << 8 | Int(bytes[position + $1]) }
      guard length <= bytes.count - position - 12 else { return }
      let data = bytes[(position + 8)..<(position + 8 + length)]
      if bytes[(position + 4)..<(position + 8)].elementsEqual("eXIf".utf8) {
        self = EXIFOrientation(tiff: data) ?? .up
        return
      }
      position += 12 + length
    }
  }

  /// The orientation in a TIFF structure: byte order, then the offset of a directory of 12-byte entries.
  private init?(tiff: ArraySlice<UInt8>) {
    let isLittleEndian = tiff.starts(with: [0x49, 0x49])
    guard isLittleEndian || tiff.starts(with: [0x4D, 0x4D]) else { return nil }
    func number(at offset: Int, count: Int) -> Int? {
      guard offset >= 0, offset <= tiff.count - count else { return nil }
      let part = tiff.dropFirst(offset).prefix(count)
      return (isLittleEndian ? part.reversed() : Array(part)).reduce(0) { $0 << 8 | Int($1) }
    }
    guard number(at: 2, count: 2) == 42, let directory = number(at: 4, count: 4),
      let entryCount = number(at: directory, count: 2)
    else { return nil }
    for entry in 0..<entryCount {
      let offset = directory + 2 + 12 * entry
      guard let tag = number(at: offset, count: 2) else { return nil }
      if tag == 0x0112 {
        // A SHORT stands in the first two bytes of the value field, in either byte order.
        guard number(at: offset + 2, count: 2) == 3, let value = number(at: offset + 8, count: 2) else { return nil }
        self.init(rawValue: value)
        return
      }
    }
    return nil
  }
}
