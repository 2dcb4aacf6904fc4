import Dispatch
import Images
import JSON
import Tensors
import Testing

@Suite("Loading batches")
struct ImageLoaderTests {
  @Test("A batch holds what each picture alone gives, whatever the order and number of threads")
  func batch() throws {
    let folder = try TemporaryFolder()
    var paths: [String] = []
    for index in 0..<9 {
      let image = ResizingTests.pattern(10 + index, 17 - index, index % 2 == 0 ? 3 : 1)
      try ImageEncoder.writePNG(image, to: folder.path("\(index).png"))
      paths.append(folder.path("\(index).png"))
    }
    let loader = ImageLoader(size: Size(12, 8))
    let batch = loader.load(paths) { count, body in DispatchQueue.concurrentPerform(iterations: count, execute: body) }
    #expect(batch.images.shape == [9, 12, 8, 3])
    #expect(batch.positions == Array(0..<9) && batch.skipped.isEmpty)
    #expect(batch.images == loader.load(paths).images)
    for (index, path) in paths.enumerated() {
      let alone = Resizing(Size(12, 8))(try ImageDecoder.decode(contentsOf: path))
      #expect(batch.images[samples: index..<index + 1].reshaped(to: [12, 8, 3]) == alone)
    }
  }

  @Test("Unreadable pictures stop nothing: they are left out and listed")
  func unreadable() throws {
    let folder = try TemporaryFolder()
    let image = ResizingTests.pattern(6, 6, 3)
    let whole = ImageEncoder.png(image)
    try folder.write(whole, to: "1.png")
    try folder.write(Array(whole.dropLast(30)), to: "2.png")
    try folder.write(whole, to: "4.png")
    try folder.write("<html>", to: "5.jpg")
    let batch = ImageLoader(size: Size(6, 6)).load((1...5).map { folder.path($0 == 5 ? "5.jpg" : "\($0).png") })
    #expect(batch.positions == [0, 3])
    #expect(batch.images.shape == [2, 6, 6, 3])
    #expect(batch.images.elements == (image.pixels + image.pixels).map(Float.init))
    #expect(batch.skipped.map(\.path) == ["2.png", "3.png", "5.jpg"].map(folder.path))
    #expect(batch.skipped.map(\.kind) == [.truncated, .unreadable, .unrecognized])
  }

  @Test("Nothing to load is an empty batch")
  func empty() {
    #expect(ImageLoader(size: Size(2, 2), mode: .grayscale).load([]).images.shape == [0, 2, 2, 1])
  }
}

@Suite("Augmentation")
struct AugmentationTests {
  static let images = Tensor([64, 3, 4, 2], (0..<64 * 24).map(Float.init))
  static let keys = (0..<64).map { AugmentationRegistry.key(seed: 5, epoch: 2, sample: $0) }

  /// Whether a sample was mirrored along its width and height, found by comparing with all four mirror images.
  static func mirrored(_ index: Int, _ changed: Tensor) -> (Bool, Bool)? {
    let (height, width, channels) = (3, 4, 2)
    for (horizontal, vertical) in [(false, false), (true, false), (false, true), (true, true)] {
      var expected: [Float] = []
      for y in 0..<height {
        for x in 0..<width {
          for channel in 0..<channels {
            let row = vertical ? height - 1 - y : y
            let column = horizontal ? width - 1 - x : x
            expected.append(Float(index * 24 + (row * width + column) * channels + channel))
          }
        }
      }
      if changed[samples: index..<index + 1].elements == expected { return (horizontal, vertical) }
    }
    return nil
  }

  @Test(
    "Flips mirror whole pictures, about half of them, in the directions of the mode",
    arguments: RandomFlip.Mode.allCases)
  func flips(_ mode: RandomFlip.Mode) throws {
    let changed = RandomFlip(mode: mode)(Self.images, keys: Self.keys)
    let mirrored = try (0..<64).map { try #require(Self.mirrored($0, changed)) }
    let horizontal = mirrored.count { $0.0 }
    let vertical = mirrored.count { $0.1 }
    #expect(mode == .vertical ? horizontal == 0 : (18...46).contains(horizontal))
    #expect(mode == .horizontal ? vertical == 0 : (18...46).contains(vertical))
    if mode == .horizontalAndVertical { #expect(mirrored.contains { $0.0 != $0.1 }) }
  }

  @Test("The same key changes a picture the same in any batch; another epoch changes it otherwise")
  func keyed() {
    let flip = RandomFlip()
    let whole = flip(Self.images, keys: Self.keys)
    let part = flip(Self.images[samples: 10..<20], keys: Array(Self.keys[10..<20]))
    #expect(part == whole[samples: 10..<20])
    let later = (0..<64).map { AugmentationRegistry.key(seed: 5, epoch: 3, sample: $0) }
    #expect(flip(Self.images, keys: later) != whole)
  }

  @Test(
    "Settings are strict",
    arguments: [
      (#"{"name": "random_flipp"}"#, "Did you mean \"random_flip\""),
      (#"{"name": "random_flip", "modes": "horizontal"}"#, "Did you mean \"mode\"?"),
      (#"{"name": "random_flip", "mode": "horizontl"}"#, "Did you mean \"horizontal\"?"),
      (#"{"name": "random_flip", "mode": 3}"#, "found 3"),
      (#""random_flip""#, "expected an object"),
      (#"{"mode": "vertical"}"#, "expected the name"),
    ])
  func strict(_ text: String, _ words: String) throws {
    let config = try JSONValue(parsing: text)
    #expect { try AugmentationRegistry.augmentation(config: config) } throws: { "\($0)".contains(words) }
  }
}
