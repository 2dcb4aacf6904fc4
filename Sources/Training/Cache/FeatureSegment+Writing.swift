import Glibc
import Kernels

extension FeatureSegment {
  /// Writes a segment.
  ///
  /// - Parameters:
  ///   - words: what it holds, for people.
  ///   - records: the key of each picture.
  ///   - encode: writes the numbers of the picture at a position, `layout.byteCount` bytes.
  static func write(
    to path: String, key: ContentDigest, layout: RecordLayout, words: String, records: [ContentDigest],
    encode: (_ position: Int, _ target: UnsafeMutableRawPointer) -> Void
  ) throws(SystemError) {
    let file = try PartialFile(path)
    let first = payload(records.count)
    var head = [UInt8](repeating: 0, count: first)
    // Some pictures at a time, so that a large segment takes no memory of its own.
    let group = max(1, (1 << 20) / layout.stride)
    var block = [UInt8](repeating: 0, count: group * layout.stride)
    var start = 0
    while start < records.count {
      let count = min(group, records.count - start)
      let failure: SystemError? = unsafe block.withUnsafeMutableBytes { block in
        for position in 0..<count {
          let place = unsafe block.baseAddress.unsafelyUnwrapped + position * layout.stride
          unsafe encode(start + position, place)
          let bytes = unsafe UnsafeRawBufferPointer(start: place, count: layout.byteCount)
          unsafe head.withUnsafeMutableBytes { head in
            let entry = unsafe head.baseAddress.unsafelyUnwrapped + headerCount + (start + position) * entryCount
            unsafe records[start + position].store(at: entry)
            unsafe ContentDigest(of: bytes).store(at: entry + ContentDigest.byteCount)
          }
        }
        let used = unsafe UnsafeRawBufferPointer(rebasing: block[..<(count * layout.stride)])
        do throws(SystemError) {
          try unsafe file.write(used, at: first + start * layout.stride)
          return nil
        } catch { return error }
      }
      if let failure { throw failure }
      start += count
    }
    let failure: SystemError? = unsafe head.withUnsafeMutableBytes { head in
      unsafe head.copyBytes(from: magic)
      unsafe key.store(at: head.baseAddress.unsafelyUnwrapped + 8)
      for (offset, number) in [(40, layout.count), (44, code(layout.precision)), (48, records.count)] {
        unsafe head.storeBytes(of: UInt32(number), toByteOffset: offset, as: UInt32.self)
      }
      for (place, byte) in zip(wordsRange, words.utf8) { unsafe head[place] = byte }
      let table = unsafe UnsafeRawBufferPointer(
        rebasing: head[headerCount..<(headerCount + records.count * entryCount)])
      let header = unsafe UnsafeRawBufferPointer(rebasing: head[..<headerCount])
      unsafe checksum(header, table: table).store(at: head.baseAddress.unsafelyUnwrapped + 480)
      do throws(SystemError) {
        try unsafe file.write(UnsafeRawBufferPointer(head), at: 0)
        return nil
      } catch { return error }
    }
    if let failure { throw failure }
    try file.finish()
  }

  /// The words and the number of pictures of a segment, if it is one.
  static func summary(of path: String) -> (words: String, count: Int)? {
    guard let file = try? MappedFile(path), file.byteCount >= headerCount else { return nil }
    let header = unsafe file.bytes(at: 0, count: headerCount)
    guard unsafe header.starts(with: magic) else { return nil }
    let words = unsafe String(decoding: header[wordsRange].prefix { $0 != 0 }, as: UTF8.self)
    return (words, unsafe Int(header.loadUnaligned(fromByteOffset: 48, as: UInt32.self)))
  }
}
