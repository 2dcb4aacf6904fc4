internal import CChildProcess
internal import Synchronization

/// Where libhdf5 reads a file: in this process, or in a child process that may crash, hang and exhaust its memory alone.
///
/// libhdf5 1.10 crashes or never returns on about one in sixteen files with a few changed bytes. Everything that is known to
/// do so is refused beforehand, in either place; the child is for what is not known. It is started for each file that is
/// opened, and tells this process what is in the file; numbers come through shared memory or, where they stand in the file
/// as they are needed in memory, are read from the file itself. No file is exempt: whatever marks a file as one's own could
/// be copied into another.
public enum HDF5Reading: Hashable, Sendable {
  /// Here: the default, for programs that read their own files.
  case inProcess
  /// In a child process, under `limits`.
  ///
  /// The child is a copy of this process if it has one thread, which takes well under a millisecond. A copy of one with more
  /// would inherit their locks; there the child is a program: `helper`, else this process' own executable. Either must call
  /// ``serveIfAsked()`` first thing. The tool `finetune` does.
  case guarded(ReadingLimits = ReadingLimits(), helper: String? = nil)

  /// What opening a file does where the call does not say. Set it before the first file is opened.
  ///
  /// This is a policy of the process, as its umask is. An argument that one of many callers forgets to hand on would leave
  /// a file unguarded and nobody would know.
  public static var standard: HDF5Reading {
    get { policy.withLock { $0 } }
    set { policy.withLock { $0 = newValue } }
  }

  private static let policy = Mutex(HDF5Reading.inProcess)

  /// Makes the executable fit to be a helper: call it at the start of `main`.
  ///
  /// Where another process has started this one to read a file, it does so and does not return.
  public static func serveIfAsked() {
    if CommandLine.arguments.count == 2, CommandLine.arguments[1] == helperArgument { ReaderServer.run() }
    executableServes.withLock { $0 = true }
  }

  /// How a helper is asked to serve.
  static let helperArgument = "--serve-hdf5-to-parent"

  private static let executableServes = Mutex(false)

  /// The program to start where this process cannot be copied.
  static func program(_ helper: String?) -> String? {
    helper ?? (executableServes.withLock { $0 } ? "/proc/self/exe" : nil)
  }
}

/// What reading a file may take in a child process.
public struct ReadingLimits: Hashable, Sendable {
  /// Bytes of memory beyond what the process begins with.
  public var memory = 2 << 30
  /// How long one answer may take, beyond what the size of the file accounts for.
  public var seconds = 10.0
  /// Whether damage is looked for before libhdf5 sees the file. Without, tests show that the child alone is enough.
  package var checksStructure = true

  public init() {}

  public init(memory: Int, seconds: Double) {
    self.memory = memory
    self.seconds = seconds
  }

  /// The seconds that one answer about a file of `byteCount` bytes may take: a slow disk brings 4 MiB in each.
  func patience(for byteCount: Int) -> Double { seconds + Double(byteCount >> 22) }

  /// The seconds of processor time for all answers: half the patience, so that a loop ends before it, and one for every
  /// 8 MiB, each of which may have to be unpacked twice.
  func processorSeconds(for byteCount: Int) -> UInt32 {
    UInt32(clamping: max(1, Int(seconds / 2)) + byteCount >> 23)
  }
}
