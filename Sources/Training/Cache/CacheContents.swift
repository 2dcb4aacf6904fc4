import Glibc

/// What lies in the folder of a cache.
public struct CacheContents: Sendable {
  /// The values of pictures at one point of one model.
  public struct Entry: Hashable, Sendable {
    /// Which, for people: `mobilenet: global_average_pooling2d [256] float32`.
    public let words: String
    /// Pictures, or views of pictures.
    public let images: Int
    public let bytes: Int
    /// Seconds since 1970.
    public let lastUsed: Int
  }

  struct File {
    var path: String
    var bytes: Int
    /// Nanoseconds since 1970.
    var lastUsed: Int64
  }

  /// The most recently used first.
  public let entries: [Entry]
  /// Bytes of everything, the lists of pictures included.
  public var bytes: Int { files.reduce(0) { $0 + $1.bytes } }
  private let files: [File]
  private let directory: String

  /// Looks into a folder; one that is not there is empty.
  public init(_ directory: String) {
    self.directory = directory
    var files: [File] = []
    var entries: [Entry] = []
    for store in CacheFolder.names(directory + "/features").sorted() {
      let segments = Self.files(in: directory + "/features/" + store, suffix: FeatureSegment.suffix)
      files += segments
      let summaries = segments.compactMap { FeatureSegment.summary(of: $0.path) }
      guard let first = summaries.first else { continue }
      entries.append(
        Entry(
          words: first.words, images: summaries.reduce(0) { $0 + $1.count },
          bytes: segments.reduce(0) { $0 + $1.bytes },
          lastUsed: Int((segments.map(\.lastUsed).max() ?? 0) / 1_000_000_000)))
    }
    files += Self.files(in: directory + "/pictures", suffix: PictureIndex.suffix)
    self.files = files
    self.entries = entries.sorted { ($1.lastUsed, $0.words) < ($0.lastUsed, $1.words) }
  }

  /// Removes files, those that have not been used for longest first, until the rest take at most so many bytes.
  func reduce(to limit: Int) {
    var left = bytes
    for file in files.sorted(by: { $0.lastUsed < $1.lastUsed }) where left > limit {
      unsafe _ = unlink(file.path)
      left -= file.bytes
    }
    tidy()
  }

  /// Removes everything that a cache consists of, and nothing else.
  public func clear() {
    for file in files { unsafe _ = unlink(file.path) }
    tidy()
    for name in ["lock", "features", "pictures"] { unsafe _ = remove(directory + "/" + name) }
    unsafe _ = rmdir(directory)
  }

  /// Removes what killed processes left behind, and folders with nothing in them.
  private func tidy() {
    let stores = CacheFolder.names(directory + "/features").map { directory + "/features/" + $0 }
    for folder in stores + [directory + "/pictures"] {
      var names = CacheFolder.names(folder)
      for name in names where name.hasSuffix(PartialFile.suffix) { PartialFile.removeIfAbandoned(folder + "/" + name) }
      names = CacheFolder.names(folder)
      if names == ["lock"] { unsafe _ = unlink(folder + "/lock") }
      // A folder with anything in it stays.
      if names.isEmpty || names == ["lock"] { unsafe _ = rmdir(folder) }
    }
  }

  private static func files(in folder: String, suffix: String) -> [File] {
    CacheFolder.names(folder).filter { $0.hasSuffix(suffix) }.compactMap { name -> File? in
      var status = stat()
      let path = folder + "/" + name
      guard unsafe lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
      return File(
        path: path, bytes: Int(status.st_size),
        lastUsed: Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec))
    }
  }
}
