/// The marker segments of a JPEG before its first scan's data, in order; the last is the start of the scan.
/// Ends early where the file contradicts the format.
struct JPEGSegments: Sequence, IteratorProtocol {
  private let bytes: [UInt8]
  private var position = 2
  private var isFinished = false

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  mutating func next() -> (marker: UInt8, payload: ArraySlice<UInt8>)? {
    while !isFinished, position + 4 <= bytes.count, bytes[position] == 0xFF {
      let marker = bytes[position + 1]
      if marker == 0xFF {  // a fill byte
        position += 1
        continue
      }
      let length = Int(bytes[position + 2]) << 8 | Int(bytes[position + 3])
      let end = position + 2 + length
      guard marker != 0xD9, length >= 2, end <= bytes.count else { return nil }
      let payload = bytes[(position + 4)..<end]
      position = end
      isFinished = marker == 0xDA
      return (marker, payload)
    }
    return nil
  }
}
