import CZlib

/// A stream of zlib, without the header that zlib puts around it: packs or unpacks piece by piece.
///
/// Its memory is the library's and stays where it is, as zlib demands.
@safe struct DeflateStream: ~Copyable {
  enum Direction { case packing, unpacking }

  private let stream: UnsafeMutablePointer<z_stream>
  private let direction: Direction
  /// Whether the end of the stream was met.
  private(set) var isFinished = false

  init?(_ direction: Direction) {
    let memory = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    unsafe memory.initialize(to: z_stream())
    let status = unsafe direction == .packing ? czlib_begin_deflating(memory) : czlib_begin_inflating(memory)
    guard status == Z_OK else {
      unsafe memory.deallocate()
      return nil
    }
    unsafe stream = memory
    self.direction = direction
  }

  deinit {
    // Both were begun successfully, or there is no instance.
    _ = unsafe direction == .packing ? deflateEnd(stream) : inflateEnd(stream)
    unsafe stream.deallocate()
  }

  /// Takes in `bytes` and hands out what comes of them in pieces; false where the bytes are no such stream, where something
  /// follows its end, or where `accept` wants no more.
  mutating func process(_ bytes: [UInt8], isLast: Bool, _ accept: ([UInt8]) -> Bool) -> Bool {
    let capacity = 1 << 16
    return unsafe bytes.withUnsafeBufferPointer { input in
      // zlib reads from its input and never writes there, though its interface is not const.
      unsafe stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
      unsafe stream.pointee.avail_in = UInt32(input.count)
      while true {
        if isFinished { return unsafe stream.pointee.avail_in == 0 }
        var status = Z_OK
        let piece = unsafe [UInt8](unsafeUninitializedCapacity: capacity) { output, filled in
          unsafe stream.pointee.next_out = output.baseAddress
          unsafe stream.pointee.avail_out = UInt32(capacity)
          status =
            unsafe direction == .packing
            ? deflate(stream, isLast ? Z_FINISH : Z_NO_FLUSH) : inflate(stream, Z_NO_FLUSH)
          filled = unsafe capacity - Int(stream.pointee.avail_out)
        }
        guard status == Z_OK || status == Z_STREAM_END || status == Z_BUF_ERROR else { return false }
        isFinished = status == Z_STREAM_END
        if !piece.isEmpty, !accept(piece) { return false }
        // Without an end and without progress it waits for more input.
        if !isFinished, piece.count < capacity { return unsafe stream.pointee.avail_in == 0 }
      }
    }
  }
}

/// The CRC-32 of bytes that come in pieces.
struct Checksum {
  private(set) var value: UInt32 = 0

  mutating func add(_ bytes: [UInt8]) {
    // Pieces are far smaller than 4 GiB.
    value = unsafe bytes.withUnsafeBufferPointer { UInt32(unsafe crc32(UInt(value), $0.baseAddress, UInt32($0.count))) }
  }
}
