internal import Synchronization

/// A child process that was started before anybody asked for its file.
struct AnticipatedReader: ~Copyable {
  let path: String
  let limits: ReadingLimits
  let raw: RawFile
  var process: ReaderProcess

  /// The reader of a file, if it was anticipated under these limits; it is given away once. Not that of a file that has
  /// changed meanwhile.
  static func take(_ path: String, limits: ReadingLimits) -> AnticipatedReader? {
    waiting.withLock { waiting in
      guard waiting.reader?.path == path, waiting.reader?.limits == limits,
        waiting.reader?.raw.isStill(at: path) == true
      else { return nil }
      return waiting.reader.take()
    }
  }

  fileprivate static func wait(_ reader: consuming AnticipatedReader) {
    var reader = Optional(reader)
    waiting.withLock { $0.reader = reader.take() }
  }

  private struct Waiting: ~Copyable {
    var reader: AnticipatedReader?
  }

  private static let waiting = Mutex(Waiting())
}

extension HDF5Reading {
  /// Starts reading a file that will probably be opened next, so that its child process works while this one does something
  /// else: parses a command, say. What is wrong with the file is said when it is opened; a file that nobody opens costs a fork.
  ///
  /// Does nothing where files are read in this process.
  public static func anticipate(_ path: String, reading: HDF5Reading = .standard) {
    guard case .guarded(let limits, let helper) = reading, let raw = try? RawFile(path) else { return }
    guard var process = try? ReaderProcess(raw, path: path, limits: limits, helper: helper) else { return }
    process.beginOpening()
    AnticipatedReader.wait(AnticipatedReader(path: path, limits: limits, raw: raw, process: process))
  }
}
