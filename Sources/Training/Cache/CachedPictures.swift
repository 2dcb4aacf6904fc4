import Images
import Kernels
import Tensors

/// A set of pictures and what the cache knows of their values at a boundary.
struct CachedPictures: Sendable {
  let samples: ImageSamples
  /// One for each value; none where nothing is kept on disk.
  let stores: [FeatureStore]
  private let index: PictureIndex?
  private let cache: FeatureCache?
  let part: FrozenPart
  private let precision: Precision

  /// - Parameter cache: nil to keep nothing on disk.
  init(_ samples: ImageSamples, through part: FrozenPart, cache: FeatureCache?, precision: Precision) {
    self.samples = samples
    self.part = part
    self.precision = precision
    self.cache = cache
    guard let cache, part.lowered != nil else {
      stores = []
      index = nil
      return
    }
    let keys = FeatureKeys(part, samples: samples, precision: precision).keys
    stores = zip(keys, zip(part.computed.map { part.shapes[$0] }, part.words)).map { key, value in
      FeatureStore(
        cache, key: key, layout: RecordLayout(count: value.0.elementCount, precision: precision),
        words: value.1 + " " + precision.rawValue)
    }
    index = PictureIndex(cache, root: samples.images.root)
  }

  /// What became of a picture.
  struct Outcome: Sendable {
    /// Whether its values came from the disk.
    var isStored = false
    /// What they are kept under, or are to be.
    var key: ContentDigest?
    var error: ImageError?
  }

  /// Fills the rows of a picture: from the disk if its values are there, else from its file.
  func fill(_ rows: [Target], sample: Int, view: Int, on serial: Device) -> Outcome {
    let path = samples.path(sample)
    let name = samples.images.names[sample]
    let remembered = stores.isEmpty ? nil : index?.digest(of: name, at: path)
    let isStored = remembered.map { read(record($0, view), into: rows) } ?? false
    if let remembered, isStored, !part.passesPicture { return Outcome(isStored: true, key: record(remembered, view)) }
    do throws(ImageError) {
      let contents = try ImageContents(of: path)
      let digest = ContentDigest(of: contents.bytes)
      index?.note(name, contents.identity, digest)
      let key = record(digest, view)
      // The same bytes may have been there under another name.
      let isThere = remembered == digest ? isStored : read(key, into: rows)
      if isThere && !part.passesPicture { return Outcome(isStored: true, key: key) }
      let picture = try samples.sample(contents.bytes, digest, index: sample, view: view)
      part.pass(picture, into: rows)
      if isThere { return Outcome(isStored: true, key: key) }
      part.compute(picture, into: rows, rounding: precision, on: serial)
      return Outcome(key: key)
    } catch { return Outcome(error: error) }
  }

  /// The same with what has been written since this was made.
  func reopened() -> CachedPictures {
    CachedPictures(samples, through: part, cache: cache, precision: precision)
  }

  /// How many pictures are known to have all their values on disk, without reading any.
  func storedCount() -> Int {
    guard !stores.isEmpty, let index else { return 0 }
    return (0..<samples.count).count { sample in
      guard let digest = index.digest(of: samples.images.names[sample], at: samples.path(sample)) else { return false }
      return (0..<(samples.views ?? 1)).allSatisfy { holds(record(digest, $0)) }
    }
  }

  /// Keeps rows on disk.
  func keep(_ kept: [(row: Int, key: ContentDigest)], of targets: [Target]) {
    var seen = Set<ContentDigest>()
    let new = kept.filter { seen.insert($0.key).inserted }
    for (store, target) in zip(stores, part.computed.map { targets[$0] }) {
      unsafe store.append(new.map(\.key)) { position, bytes in
        let row = target.advanced(by: new[position].row * store.layout.count)
        unsafe store.layout.encode(row.address, into: bytes)
      }
    }
  }

  func finish() {
    for store in stores { store.finish() }
    index?.save()
  }

  private func record(_ picture: ContentDigest, _ view: Int) -> ContentDigest {
    FeatureKeys.record(picture, samples: samples, view: samples.views == nil ? nil : view)
  }

  /// Whether all values are there under a key.
  func holds(_ key: ContentDigest) -> Bool { !stores.isEmpty && stores.allSatisfy { $0.contains(key) } }

  private func read(_ key: ContentDigest, into rows: [Target]) -> Bool {
    guard holds(key) else { return false }
    // Each row has room for the values of one picture, and nobody else writes to it.
    return zip(stores, part.computed).allSatisfy { store, position in
      unsafe store.read(key, into: rows[position].address)
    }
  }
}
