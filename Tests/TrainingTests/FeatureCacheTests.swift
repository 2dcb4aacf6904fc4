import Foundation
import Images
import Kernels
import Layers
import Tensors
import TestSupport
import Testing
import Training

@Suite("The cache of features")
struct FeatureCacheTests {
  @Test("What was computed once is found again, the same bits, with one thread and two")
  func foundAgain() throws {
    let place = try CachePlace()
    let plain = try place.extracted(cached: false)
    let cold = try place.extracted()
    #expect(cold.storedCount == 0)
    for threads in [1, 2] {
      let warm = try place.extracted(threads: threads)
      #expect(warm.storedCount == place.count)
      #expect(warm.features.values == plain.features.values && cold.features.values == plain.features.values)
    }
    #expect(place.cache.takeNotes().isEmpty)
    // Without reading a picture, because their files have not changed since.
    #expect(try place.extraction().storedCount == (place.isSettled ? place.count : 0))
  }

  @Test("Anything that decides the bits makes another key")
  func ingredients() throws {
    let place = try CachePlace()
    _ = try place.extracted()
    var changes: [(String, ExtractedFeatures)] = [
      ("weights", try place.extracted(model: CachePlace.model(seed: 2))),
      ("configuration", try place.extracted(model: CachePlace.model(activation: .elu(alpha: 1)))),
      ("topology", try place.extracted(model: CachePlace.model(isDeep: true))),
      ("preprocessing", try place.extracted(preprocessing: .tf)),
      ("interpolation", try place.extracted(loader: place.loader(interpolation: .nearest))),
      ("crop", try place.extracted(loader: place.loader(crops: true))),
      ("size", try place.extracted(loader: place.loader(size: Size(9, 8)), model: CachePlace.model(size: Size(9, 8)))),
      ("decoding", try place.extracted(loader: place.loader(decoding: .scaled))),
      ("orientation", try place.extracted(loader: place.loader(orientation: .ignored))),
      ("precision", try place.extracted(precision: .bfloat16)),
      ("algorithm", try place.extracted(convolution: .direct)),
      ("view", try place.extracted(augmentations: [RandomFlip(mode: .horizontal)], views: 1)),
      ("seed", try place.extracted(augmentations: [RandomFlip(mode: .horizontal)], views: 1, seed: 2)),
      ("augmentation", try place.extracted(augmentations: [RandomFlip(mode: .vertical)], views: 1)),
      ("another", try place.extracted(augmentations: [RandomRotation(factor: 0...0.1)], views: 1)),
      ("its setting", try place.extracted(augmentations: [RandomRotation(factor: 0...0.2)], views: 1)),
      (
        "its sampling",
        try place.extracted(
          augmentations: [RandomRotation(factor: 0...0.1, sampling: PixelSampling(fillMode: .wrap))], views: 1)
      ),
      (
        "its probability",
        try place.extracted(
          augmentations: [Occasional(RandomRotation(factor: 0...0.1), probability: 0.5)], views: 1)
      ),
    ]
    for kernels in KernelSet.available.dropFirst() {
      changes.append(("kernel set \(kernels)", try place.extracted(kernels: kernels)))
    }
    for (name, result) in changes { #expect(result.storedCount == 0, "\(name)") }
    #expect(try place.extracted(augmentations: [RandomFlip(mode: .vertical)], views: 1).storedCount == place.count)
  }

  @Test("What does not decide the bits is no part of the key: names, the head, another name or place of the picture")
  func independence() throws {
    let place = try CachePlace()
    _ = try place.extracted()
    #expect(try place.extracted(model: CachePlace.model(name: "other", prefix: "x_")).storedCount == place.count)
    #expect(try place.extracted(model: CachePlace.model(headSeed: 77)).storedCount == place.count)
    let moved = TemporaryFolder.path("moved")
    try FileManager.default.copyItem(atPath: place.pictures, toPath: moved)
    try FileManager.default.moveItem(atPath: moved + "/a/0.png", toPath: moved + "/b/new.png")
    #expect(try place.extracted(folder: moved).storedCount == place.count)
  }

  @Test("A picture that changes is computed anew, be its size and time of modification as they were")
  func changedPicture() throws {
    let place = try CachePlace()
    _ = try place.extracted()
    let path = place.pictures + "/a/0.png"
    let time = try #require(FileManager.default.attributesOfItem(atPath: path)[.modificationDate] as? Date)
    try place.write(brightness: 77, to: path)
    try FileManager.default.setAttributes([.modificationDate: time], ofItemAtPath: path)
    let changed = try place.extracted()
    #expect(changed.storedCount == place.count - 1)
    #expect(try changed.features.values == place.extracted(cached: false).features.values)
  }

  enum Damage: CaseIterable { case number, table, header, cut, grown, foreign, empty }

  @Test("Damaged, cut and foreign files are reported once, never used, and made good", arguments: Damage.allCases)
  func damage(_ kind: Damage) throws {
    let place = try CachePlace()
    let plain = try place.extracted()
    for path in try place.files(".features") {
      var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
      switch kind {
      case .number: bytes[bytes.count - 64] ^= 1
      case .table: bytes[600] ^= 1
      case .header: bytes[45] ^= 1
      case .cut: bytes.removeLast(64)
      case .grown: bytes += Data(count: 64)
      case .foreign: bytes = Data("a shopping list".utf8) + Data(count: 1000)
      case .empty: bytes = Data()
      }
      try bytes.write(to: URL(fileURLWithPath: path))
    }
    let again = try place.extracted()
    #expect(again.features.values == plain.features.values)
    // Of a segment whose table is whole only what is damaged itself is lost.
    #expect(again.storedCount == (kind == .number ? place.count - 1 : 0))
    #expect(place.cache.takeNotes().count == 1)
    #expect(try place.extracted().storedCount == place.count)
    #expect(place.cache.takeNotes().isEmpty)
    #expect(try place.files(".features").count == 1)
  }

  @Test("A damaged list of pictures costs reading them, no more")
  func damagedIndex() throws {
    let place = try CachePlace()
    let plain = try place.extracted()
    let index = place.folder + "/pictures"
    try FileManager.default.createDirectory(atPath: index, withIntermediateDirectories: true)
    for name in try place.files(".index") { try Data([1, 2, 3]).write(to: URL(fileURLWithPath: name)) }
    let again = try place.extracted()
    #expect(again.storedCount == place.count && again.features.values == plain.features.values)
  }

  @Test("A cache that cannot be written is done without, and that is said once")
  func unwritable() throws {
    let place = try CachePlace()
    let file = TemporaryFolder.path("file")
    try Data().write(to: URL(fileURLWithPath: file))
    let cache = FeatureCache(directory: file + "/cache")
    let plain = try place.extracted(cached: false)
    for _ in 0..<2 { #expect(try place.extracted(in: cache).features.values == plain.features.values) }
    let notes = cache.takeNotes()
    #expect(notes.count == 1 && notes[0].contains("cannot be written"))
  }

  @Test("The folder stays within its limit: what has not been used for longest goes first")
  func limit() throws {
    let place = try CachePlace()
    _ = try place.extracted()
    let one = CacheContents(place.folder).bytes
    let limited = FeatureCache(directory: place.folder, limit: 2 * one + one / 2)
    for seed in 2...4 {
      Thread.sleep(forTimeInterval: 0.02)
      // The first is used between all others, and stays.
      #expect(try place.extracted(in: limited).storedCount == place.count)
      Thread.sleep(forTimeInterval: 0.02)
      _ = try place.extracted(model: CachePlace.model(seed: UInt64(seed)), in: limited)
      limited.finish()
      #expect(CacheContents(place.folder).bytes <= limited.limit)
    }
    #expect(try place.extracted(in: limited).storedCount == place.count)
    #expect(try place.extracted(model: CachePlace.model(seed: 4), in: limited).storedCount == place.count)
    #expect(try place.extracted(model: CachePlace.model(seed: 2), cached: true, in: limited).storedCount == 0)
    // One that holds not even the pictures of one run keeps some of them.
    let tiny = FeatureCache(directory: TemporaryFolder.path("tiny"), limit: 1200)
    _ = try place.extracted(in: tiny)
    tiny.finish()
    #expect(CacheContents(tiny.directory).bytes <= 1200)
    #expect(tiny.takeNotes().contains { $0.contains("limit_gb") })
  }

  @Test("Many small files become one")
  func merging() throws {
    let place = try CachePlace(count: 24)
    let all = try LabelledImages(folder: place.pictures)
    for first in stride(from: 0, to: 24, by: 2) {
      _ = try place.extracted(images: all.gathering([first, first + 1]))
    }
    #expect(try place.files(".features").count < 9)
    let warm = try place.extracted()
    #expect(warm.storedCount == 24)
    #expect(try warm.features.values == place.extracted(cached: false).features.values)
  }

  @Test("Views are fixed, gone through in turn, and the same in any selection of the pictures")
  func views() throws {
    let place = try CachePlace(count: 20)
    let flip = RandomFlip()
    func features(_ images: LabelledImages? = nil, cached: Bool = true) throws -> CachedFeatures {
      try place.extracted(images: images, augmentations: [flip], views: 3, cached: cached).features
    }
    let cold = try features(cached: false)
    #expect(cold.views == 3 && cold.count == 20)
    #expect(try features().values == cold.values && features().values == cold.values)
    let device = Device(threads: 1)
    let batches = (0..<4).map { cold.batch([3, 1, 7, 12], epoch: $0, on: device) }
    #expect(batches[0] == batches[3])
    #expect(batches[0] != batches[1] || batches[1] != batches[2])
    let picked = [12, 3, 5]
    let part = try features(LabelledImages(folder: place.pictures).gathering(picked), cached: false)
    #expect(part.values == cold[picked].values)
  }

  @Test("Kept as bfloat16, features are the same bits cold and warm, half as large, within 2⁻⁸ of the others")
  func bfloat16() throws {
    let place = try CachePlace()
    let plain = try place.extracted(cached: false)
    let cold = try place.extracted(precision: .bfloat16)
    #expect(try place.extracted(precision: .bfloat16).features.values == cold.features.values)
    for (value, rounded) in cold.features.values {
      let exact = try #require(plain.features.values[value])
      #expect(rounded != exact)
      #expect(zip(rounded.elements, exact.elements).allSatisfy { abs($0 - $1) <= abs($1) / 256 })
      #expect(rounded.elements.allSatisfy { $0.bitPattern & 0xFFFF == 0 })
    }
  }

  @Test("What is shown and removed is what there is, and nothing else is touched")
  func contents() throws {
    let place = try CachePlace()
    _ = try place.extracted()
    let stranger = place.folder + "/letter.txt"
    try Data("dear".utf8).write(to: URL(fileURLWithPath: stranger))
    let contents = CacheContents(place.folder)
    #expect(contents.entries.count == 1)
    #expect(contents.entries[0].images == place.count)
    #expect(contents.entries[0].words.hasPrefix("cached: pool"))
    contents.clear()
    #expect(CacheContents(place.folder).bytes == 0)
    #expect(FileManager.default.fileExists(atPath: stranger))
    #expect(try place.extracted().storedCount == 0)
  }
}
