#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Messages over a socket: their length in eight bytes, then the bytes.
struct Channel: Sendable {
  enum Failure: Error {
    /// The other side is gone.
    case closed
    /// The other side did not answer in time.
    case late
    /// The other side sends what it never should.
    case garbled
  }

  let socket: CInt

  /// The longest message. Attributes are the largest things in one.
  private static let byteLimit = 1 << 30

  func send(_ message: [UInt8]) throws(Failure) {
    var wire = WireWriter()
    wire.write(message)
    let bytes = wire.bytes
    var sent = 0
    while sent < bytes.count {
      // `bytes` outlives the call, which reads no further than its end.
      let step = unsafe bytes.withUnsafeBytes { buffer in
        unsafe sendto(socket, buffer.baseAddress! + sent, buffer.count - sent, Int32(MSG_NOSIGNAL), nil, 0)
      }
      if step < 0, errno == EINTR { continue }
      guard step > 0 else { throw .closed }
      sent += step
    }
  }

  /// The next message; waits for it for `seconds`, or without end.
  func receive(within seconds: Double? = nil) throws(Failure) -> [UInt8] {
    let deadline = seconds.map { ContinuousClock.now.advanced(by: .seconds($0)) }
    let header = try receive(8, until: deadline)
    let count = header.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard count <= UInt64(Self.byteLimit) else { throw .garbled }
    return try receive(Int(count), until: deadline)
  }

  private func receive(_ count: Int, until deadline: ContinuousClock.Instant?) throws(Failure) -> [UInt8] {
    var message: [UInt8] = []
    // No memory is taken for what is announced and not sent.
    var part = [UInt8](repeating: 0, count: min(count, 1 << 18))
    while message.count < count {
      try wait(until: deadline)
      let wanted = min(part.count, count - message.count)
      let step = unsafe part.withUnsafeMutableBytes { buffer in
        // At most `wanted` bytes, which the buffer has.
        unsafe recv(socket, buffer.baseAddress, wanted, 0)
      }
      if step < 0, errno == EINTR { continue }
      guard step > 0 else { throw .closed }
      message += part[..<step]
    }
    return message
  }

  private func wait(until deadline: ContinuousClock.Instant?) throws(Failure) {
    guard let deadline else { return }
    while true {
      let left = deadline - .now
      guard left > .zero else { throw .late }
      let milliseconds = Int(left.components.seconds) * 1000 + Int(left.components.attoseconds / 1_000_000_000_000_000)
      var entry = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
      let found = unsafe poll(&entry, 1, CInt(clamping: milliseconds + 1))
      if found > 0 { return }
      if found < 0, errno != EINTR { throw .closed }
    }
  }
}
