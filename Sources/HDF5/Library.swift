import CHDF5
import Synchronization

/// The one door to libhdf5, which is rarely built to be thread-safe: every call to it is made inside `withLock`.
///
/// The lock is not recursive. Nothing that runs inside it takes it again: public functions take it once and work on a
/// `Session`, whose functions never do, and `OpenFile`, whose `deinit` does, is kept alive around the locked region.
enum Library {
  private static let isPrepared = Mutex(false)

  static func withLock<Result: Sendable, Failure>(
    _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try isPrepared.withLock { isPrepared throws(Failure) in
      if !isPrepared {
        precondition(chdf5_prepare() >= 0, "libhdf5 does not initialise")
        isPrepared = true
      }
      chdf5_silence()
      return try body()
    }
  }

  /// The innermost description of the error stack. Read it before any other call: each clears the stack.
  static func innermostError() -> String? {
    // The shim writes at most the bytes it is given, the last of them NUL.
    let text = unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 512) { buffer in
      unsafe chdf5_innermost_error(buffer.baseAddress, buffer.count)
      return unsafe String(cString: buffer.baseAddress!)
    }
    return text.isEmpty ? nil : text
  }
}

/// A libhdf5 identifier of any kind but a file's, closed when it goes. It lives only while the lock is held.
struct Identifier: ~Copyable {
  let raw: hid_t

  init(owning raw: hid_t) { self.raw = raw }

  deinit { H5Idec_ref(raw) }
}
