import Glibc
import Kernels
import Synchronization

/// The values of all pictures at one point of one model: a folder of segments.
final class FeatureStore: Sendable {
  let layout: RecordLayout
  private let folder: String
  private let key: ContentDigest
  private let words: String
  private let cache: FeatureCache
  private let segments: [FeatureSegment]
  private let places: [ContentDigest: Place]
  private let state = Mutex(State())

  private struct Place {
    var segment: Int
    var record: Int
  }

  private struct State {
    /// Segments that were read from, and those that turned out to be damaged.
    var used: Set<Int> = []
    var damaged: Set<Int> = []
  }

  /// Opens what there is; files that are damaged or foreign are reported and removed.
  init(_ cache: FeatureCache, key: ContentDigest, layout: RecordLayout, words: String) {
    self.cache = cache
    self.key = key
    self.layout = layout
    self.words = words
    folder = cache.featureFolder + "/" + key.name
    var segments: [FeatureSegment] = []
    var places: [ContentDigest: Place] = [:]
    for name in CacheFolder.names(folder).sorted() where name.hasSuffix(FeatureSegment.suffix) {
      do throws(CacheDamage) {
        let segment = try FeatureSegment(folder + "/" + name, key: key, layout: layout)
        places.reserveCapacity(places.count + segment.count)
        for record in 0..<segment.count {
          places[segment.key(record)] = Place(segment: segments.count, record: record)
        }
        segments.append(segment)
      } catch {
        if error.isGone { continue }
        cache.report(damage: error)
        unsafe _ = unlink(error.path)
      }
    }
    self.segments = segments
    self.places = places
  }

  /// Whether there is something for a picture; its numbers may still turn out to be damaged.
  func contains(_ picture: ContentDigest) -> Bool { places[picture] != nil }

  /// Reads the numbers of a picture; false if there are none, or none that can be trusted.
  @unsafe func read(_ picture: ContentDigest, into target: UnsafeMutablePointer<Float>) -> Bool {
    guard let place = places[picture] else { return false }
    let isSound = unsafe segments[place.segment].read(place.record, into: target)
    let isNews = state.withLock { state -> Bool in
      if isSound {
        state.used.insert(place.segment)
        return false
      }
      return state.damaged.insert(place.segment).inserted
    }
    if isNews {
      cache.report(
        damage: CacheDamage(path: segments[place.segment].path, reason: "the numbers of a picture are damaged"))
    }
    return isSound
  }

  /// Adds pictures.
  ///
  /// Small segments of earlier runs and what is sound of damaged ones go into the new one, if nobody else is at it.
  ///
  /// - Parameter encode: writes the numbers of the picture at a position.
  func append(_ pictures: [ContentDigest], encode: (_ position: Int, _ target: UnsafeMutableRawPointer) -> Void) {
    guard cache.isWritable, !pictures.isEmpty else { return }
    let room = max(0, (cache.limit - FeatureSegment.payload(0)) / (layout.stride + FeatureSegment.entryCount))
    if pictures.count > room { cache.reportLimit(pictures.count) }
    var records = Array(pictures.prefix(room))
    guard !records.isEmpty else { return }
    let lock = CacheFolder.create(folder) ? FileLock(folder + "/lock") : nil
    let absorbed = lock == nil ? [] : absorbable(besides: Set(records), room: room - records.count)
    let own = records.count
    records += absorbed.flatMap { $0.records.map(\.key) }
    let moved = absorbed.flatMap { part in part.records.map { (part.segment, $0.record) } }
    let path = folder + "/" + CacheFolder.freshName() + FeatureSegment.suffix
    do throws(SystemError) {
      try unsafe FeatureSegment.write(to: path, key: key, layout: layout, words: words, records: records) {
        position, target in
        if position < own { return unsafe encode(position, target) }
        let (segment, record) = moved[position - own]
        // Found sound a moment ago; the mapping lives as long as this store.
        if let bytes = unsafe segments[segment].checkedBytes(record) {
          unsafe target.copyMemory(from: bytes, byteCount: layout.byteCount)
        }
      }
      for part in absorbed { unsafe _ = unlink(segments[part.segment].path) }
      cache.wrote()
    } catch {
      cache.stopWriting(error, at: path)
    }
    withExtendedLifetime(lock) {}
  }

  /// Marks what was of use.
  func finish() {
    for segment in state.withLock({ $0.used }) { segments[segment].touch() }
  }

  private struct Absorbed {
    var segment: Int
    var records: [(key: ContentDigest, record: Int)]
  }

  /// The segments whose pictures shall go into a new one: damaged ones, and small ones once there are many.
  private func absorbable(besides new: Set<ContentDigest>, room: Int) -> [Absorbed] {
    let damaged = state.withLock { $0.damaged }
    let small = segments.indices.filter { segments[$0].byteCount < 16 << 20 }
    let chosen = damaged.union(small.count >= 8 ? small : [])
    var parts: [Absorbed] = []
    var count = 0
    for index in chosen.sorted() {
      let segment = segments[index]
      // Somebody else may have taken it in meanwhile.
      guard unsafe access(segment.path, F_OK) == 0 else { continue }
      let records = (0..<segment.count).compactMap { record -> (key: ContentDigest, record: Int)? in
        let key = segment.key(record)
        guard !new.contains(key), places[key].map({ $0.segment == index && $0.record == record }) == true,
          unsafe segment.checkedBytes(record) != nil
        else { return nil }
        return (key, record)
      }
      count += records.count
      if count > room { break }
      parts.append(Absorbed(segment: index, records: records))
    }
    return parts
  }
}
