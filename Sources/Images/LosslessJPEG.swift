internal import CImageShims

/// A JPEG of the lossless kind, which libjpeg-turbo reads from version 3 on only, and which scanners and medical devices
/// write: each sample is predicted from its neighbours, and the difference is stored.
///
/// One grey component of 2 to 16 bits; annex H of [ITU-T T.81](https://www.w3.org/Graphics/JPEG/itu-t81.pdf).
struct LosslessJPEG {
  private let bytes: [UInt8]
  private let precision: Int
  private let width: Int
  private let height: Int
  private let componentCount: Int

  /// Nil where a file is not of this kind.
  init?(_ bytes: [UInt8]) {
    // Start of frame 3: precision, height, width, components.
    guard let frame = JPEGSegments(bytes).first(where: { $0.marker == 0xC3 })?.payload, frame.count >= 9 else {
      return nil
    }
    let first = frame.startIndex
    self.bytes = bytes
    precision = Int(frame[first])
    height = Int(frame[first + 1]) << 8 | Int(frame[first + 2])
    width = Int(frame[first + 3]) << 8 | Int(frame[first + 4])
    componentCount = Int(frame[first + 5])
  }

  /// Its header, once that has been found to be within limits.
  func checkedHeader(name: String, limits: DecodingLimits) throws(ImageError) -> ft_image_header {
    try limits.check(width: width, height: height, name: name)
    return ft_image_header(width: UInt32(width), height: UInt32(height), channels: 1)
  }

  /// The picture; samples of more than 8 bits by their 8 highest.
  func decoded(name: String) throws(ImageError) -> PixelImage {
    guard componentCount == 1, (2...16).contains(precision) else {
      throw ImageError(
        .unsupported, path: name,
        "a lossless JPEG of \(componentCount) components of \(precision) bits cannot be read; save it as PNG")
    }
    func corrupt(_ what: String) -> ImageError {
      ImageError(.corrupt, path: name, "damaged JPEG (\(what)); fetch it again or leave it out")
    }
    let truncated = ImageError(
      .truncated, path: name, "the JPEG ends too early; the file is cut short: fetch it again")
    guard width > 0, height > 0 else { throw corrupt("a picture without pixels") }

    var tables: [UInt8: HuffmanTable] = [:]
    var restartInterval = 0
    var scan: (predictor: Int, shift: Int, table: HuffmanTable, start: Int)?
    for (marker, payload) in JPEGSegments(bytes) {
      switch marker {
      case 0xC4:
        guard HuffmanTable.read(payload, into: &tables) else { throw corrupt("Huffman table") }
      case 0xDD where payload.count >= 2:
        restartInterval = Int(payload[payload.startIndex]) << 8 | Int(payload[payload.startIndex + 1])
      case 0xDA:
        // Component count, then for each its number and table; predictor, unused, point transform.
        let fields = Array(payload)
        guard fields.count == 6, fields[0] == 1, (1...7).contains(fields[3]), fields[5] & 15 < precision,
          let table = tables[fields[2] >> 4]
        else { throw corrupt("start of scan") }
        scan = (Int(fields[3]), Int(fields[5] & 15), table, payload.endIndex)
      default: break
      }
    }
    guard let scan else { throw corrupt("no scan") }

    var reader = BitReader(bytes, from: scan.start)
    var samples = [UInt16](repeating: 0, count: width * height)
    let origin = 1 << (precision - scan.shift - 1)
    var isFirstLine = true  // of the picture, or after a restart
    var lineStart = 0  // where the interval's first line begins
    for index in samples.indices {
      let x = index % width
      if restartInterval > 0 && index > 0 && index % restartInterval == 0 {
        guard reader.skipRestart() else { throw corrupt("a restart marker is missing") }
        isFirstLine = true
        lineStart = index
      } else if x == 0 && index > 0 {
        isFirstLine = false
      }
      let left = x > 0 ? Int(samples[index - 1]) : 0
      let prediction: Int
      if index == lineStart {
        prediction = origin
      } else if isFirstLine {
        prediction = left
      } else {
        let above = Int(samples[index - width])
        let diagonal = x > 0 ? Int(samples[index - width - 1]) : 0
        prediction = x == 0 ? above : Self.predict(scan.predictor, left, above, diagonal)
      }
      guard let difference = reader.difference(scan.table) else {
        throw reader.isAtEnd ? truncated : corrupt("Huffman code")
      }
      samples[index] = UInt16(truncatingIfNeeded: prediction + difference)
    }
    guard reader.hasEndOfImage else { throw truncated }
    let pixels = samples.map { sample in
      let value = Int(sample) << scan.shift
      return UInt8(truncatingIfNeeded: precision > 8 ? value >> (precision - 8) : value << (8 - precision))
    }
    return PixelImage(width: width, height: height, mode: .grayscale, pixels: pixels)
  }

  private static func predict(_ predictor: Int, _ left: Int, _ above: Int, _ diagonal: Int) -> Int {
    switch predictor {
    case 1: left
    case 2: above
    case 3: diagonal
    case 4: left + above - diagonal
    case 5: left + (above - diagonal) >> 1
    case 6: above + (left - diagonal) >> 1
    default: (left + above) >> 1
    }
  }
}

/// A Huffman code of JPEG: how many codes there are of each length, and their values in order.
private struct HuffmanTable {
  private var counts = [Int](repeating: 0, count: 17)
  private var values: [UInt8] = []

  /// Reads a segment, which may define several tables; false where it contradicts the format.
  static func read(_ payload: ArraySlice<UInt8>, into tables: inout [UInt8: HuffmanTable]) -> Bool {
    var rest = payload
    while let head = rest.popFirst() {
      guard rest.count >= 16 else { return false }
      var table = HuffmanTable()
      for length in 1...16 { table.counts[length] = Int(rest.removeFirst()) }
      let count = table.counts.reduce(0, +)
      guard count <= 256, rest.count >= count else { return false }
      table.values = Array(rest.prefix(count))
      rest = rest.dropFirst(count)
      if head >> 4 == 0 { tables[head & 15] = table }
    }
    return true
  }

  /// The value whose code comes next.
  func value(from reader: inout BitReader) -> UInt8? {
    var code = 0
    var first = 0
    var index = 0
    for length in 1...16 {
      guard let bit = reader.bit() else { return nil }
      code = code << 1 | bit
      first <<= 1
      if code - first < counts[length] { return values[index + code - first] }
      first += counts[length]
      index += counts[length]
    }
    return nil
  }
}

/// The bits of a scan, highest first; a zero byte after 0xFF is stuffing, anything else a marker.
private struct BitReader {
  private let bytes: [UInt8]
  private var position: Int
  private var current: UInt8 = 0
  private var left = 0

  init(_ bytes: [UInt8], from start: Int) {
    self.bytes = bytes
    position = start
  }

  var isAtEnd: Bool { position >= bytes.count }

  /// Whether the marker that ends a picture stands somewhere ahead.
  var hasEndOfImage: Bool {
    var rest = bytes[position...]
    while let next = rest.firstIndex(of: 0xFF) {
      rest = rest[(next + 1)...]
      if rest.first == 0xD9 { return true }
    }
    return false
  }

  mutating func bit() -> Int? {
    if left == 0 {
      guard position < bytes.count else { return nil }
      current = bytes[position]
      if current == 0xFF {
        guard position + 1 < bytes.count, bytes[position + 1] == 0 else {
          if position + 1 >= bytes.count { position = bytes.count }
          return nil
        }
        position += 1
      }
      position += 1
      left = 8
    }
    left -= 1
    return Int(current >> left & 1)
  }

  /// A difference: the number of its bits by the code, then the bits.
  mutating func difference(_ table: HuffmanTable) -> Int? {
    guard let size = table.value(from: &self), size <= 16 else { return nil }
    if size == 0 { return 0 }
    if size == 16 { return 32_768 }
    var value = 0
    for _ in 0..<size {
      guard let bit = bit() else { return nil }
      value = value << 1 | bit
    }
    return value >> (size - 1) == 1 ? value : value - (1 << size) + 1
  }

  /// Passes over a restart marker; false where there is none.
  mutating func skipRestart() -> Bool {
    left = 0
    guard position + 1 < bytes.count, bytes[position] == 0xFF, bytes[position + 1] & 0xF8 == 0xD0 else { return false }
    position += 2
    return true
  }
}
