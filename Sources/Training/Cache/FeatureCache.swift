import Glibc
import Synchronization

/// Features that were computed by earlier runs, on disk.
///
/// Below its folder stand `features/KEY/*.features`, the values of pictures at one point of one model each, and
/// `pictures/*.index`, the digests of pictures' bytes. Every file is written beside its place and renamed, and never changed
/// afterwards, so that any number of processes can share a cache; nobody waits for anybody. Nothing in it is needed: what
/// cannot be read is computed, what cannot be written is not kept, and either is said.
public final class FeatureCache: Sendable {
  /// The folder.
  public let directory: String
  /// Bytes that it may take: what has not been used for longest goes first.
  public let limit: Int
  private let state = Mutex(State())

  private struct State {
    var notes: [String] = []
    var damages = 0
    var isWritable = true
    var isOverLimit = false
    var hasWritten = false
  }

  public static let standardLimit = 20_000_000_000

  /// - Parameters:
  ///   - directory: made when something is first written.
  ///   - limit: bytes.
  public init(directory: String, limit: Int = standardLimit) {
    self.directory = directory
    self.limit = limit
  }

  /// `$XDG_CACHE_HOME/finetune`, or `~/.cache/finetune`; nil where there is no home either.
  public static var standardDirectory: String? {
    func variable(_ name: String) -> String? {
      // The environment is not changed by this program; the text is copied.
      unsafe getenv(name).map { unsafe String(cString: $0) }
    }
    // As the specification has it, a relative path there counts for nothing.
    if let cache = variable("XDG_CACHE_HOME"), cache.hasPrefix("/") { return cache + "/finetune" }
    if let home = variable("HOME"), home.hasPrefix("/") { return home + "/.cache/finetune" }
    return nil
  }

  var featureFolder: String { directory + "/features" }
  var pictureFolder: String { directory + "/pictures" }

  /// Whether nothing has gone wrong with writing so far.
  var isWritable: Bool { state.withLock { $0.isWritable } }

  func wrote() { state.withLock { $0.hasWritten = true } }

  /// Says that a file was found damaged. What it held is computed again.
  func report(damage: CacheDamage) {
    state.withLock { state in
      state.damages += 1
      // One file says enough, and what there is more is counted.
      if state.damages <= 3 {
        state.notes.append("cache: \(damage.path): \(damage.reason); what it held is computed again")
      }
    }
  }

  func reportLimit(_ count: Int) {
    state.withLock { state in
      if !state.isOverLimit {
        state.notes.append(
          "cache: \(limit) bytes do not hold the features of \(count) pictures; some are not kept. Raise "
            + "\"cache\": {\"limit_gb\": …}.")
      }
      state.isOverLimit = true
    }
  }

  /// Writes no more, and says why.
  func stopWriting(_ error: SystemError, at path: String) {
    state.withLock { state in
      if state.isWritable {
        state.notes.append("cache: \(path): cannot be written: \(error). The run goes on; its features are not kept.")
      }
      state.isWritable = false
    }
  }

  /// What there was to say since this was last asked.
  public func takeNotes() -> [String] {
    state.withLock { state in
      defer { state.notes = [] }
      return state.notes
    }
  }

  /// Removes what is beyond the limit, if anything was written.
  public func finish() {
    guard state.withLock({ $0.hasWritten }), let lock = FileLock(directory + "/lock") else { return }
    CacheContents(directory).reduce(to: limit)
    withExtendedLifetime(lock) {}
  }
}
