import Images
import JSON
import Tensors
import Testing

@Suite("Every augmentation")
struct AugmentationContractTests {
  private static let keys = (0..<24).map { RandomKey(seed: 3).folding(UInt64($0)) }

  @Test("Each that is registered has its case here, and its name once")
  func complete() {
    #expect(AugmentationCase.all.map(\.name).sorted() == AugmentationRegistry.names.sorted())
    #expect(Set(AugmentationRegistry.names).count == AugmentationRegistry.names.count)
  }

  @Test("Settings come back as they were written, all of them", arguments: AugmentationCase.all)
  func roundTrip(_ settings: AugmentationCase) throws {
    for config in [settings.strong, settings.weak].compactMap(\.self) {
      let made = try AugmentationRegistry.augmentation(config: config)
      let again = try AugmentationRegistry.augmentation(config: made.config)
      // Equality of the values takes in every stored setting, so none is missing in `config`.
      #expect(made.isEqual(to: again))
      #expect(made.config["name"]?.stringValue == settings.name)
      for key in config.objectValue?.keys ?? [] { #expect(made.config[key] != nil, "\(key)") }
    }
    var occasional = settings.strong.objectValue ?? [:]
    occasional["probability"] = 0.25
    let made = try AugmentationRegistry.augmentation(config: .object(occasional))
    #expect(made.config["probability"] == 0.25)
    #expect(try made.isEqual(to: AugmentationRegistry.augmentation(config: made.config)))
  }

  @Test(
    "A setting that is unknown, out of range or of the wrong kind is refused by name", arguments: AugmentationCase.all)
  func mistakes(_ settings: AugmentationCase) throws {
    let members = settings.strong.objectValue ?? [:]
    for (key, wrong) in [("colour", 1), ("probability", 1.5), ("probability", "often")] as [(String, JSONValue)] {
      var config = members
      config[key] = wrong
      let error = #expect(throws: AugmentationError.self) {
        try AugmentationRegistry.augmentation(config: .object(config))
      }
      #expect(error?.key == key)
    }
    for key in members.keys where key != "name" {
      for wrong in [-70000, "x", [[:]], [1, "x"]] as [JSONValue] {
        var config = members
        config[key] = wrong
        let error = #expect(throws: AugmentationError.self, "\(key): \(wrong.text)") {
          try AugmentationRegistry.augmentation(config: .object(config))
        }
        #expect(error?.key == key && error?.message.contains("found") == true)
      }
    }
  }

  @Test(
    "Pixels stay in 0…255; the same key gives the same bits, another one another picture, and nothing else is touched",
    arguments: AugmentationCase.all, AugmentationCase.shapes)
  func contract(_ settings: AugmentationCase, _ shape: Shape) throws {
    let augmentation = try AugmentationRegistry.augmentation(config: settings.strong)
    let picture = AugmentationCase.picture(shape)
    let count = shape.elementCount
    var seen = Set<[Float]>()
    for key in Self.keys {
      // With room before and behind, which has to stay as it is.
      var padded = [Float](repeating: -7, count: count + 64)
      padded.replaceSubrange(32..<32 + count, with: picture.elements)
      unsafe padded.withUnsafeMutableBufferPointer { memory in
        // The part has as many elements as the shape says.
        unsafe augmentation.apply(
          to: UnsafeMutableBufferPointer(rebasing: memory[32..<32 + count]), shape: shape, key: key)
      }
      let changed = Array(padded[32..<32 + count])
      #expect(padded.prefix(32).allSatisfy { $0 == -7 } && padded.suffix(32).allSatisfy { $0 == -7 })
      #expect(changed.allSatisfy { (0...255).contains($0) })
      #expect(augmentation.changed(picture, key).elements == changed)
      seen.insert(changed)
    }
    let isGrey = ["random_saturation", "random_hue", "random_grayscale"].contains(settings.name)
    if shape[0] > 2, shape[1] > 2 {
      #expect(isGrey && shape[2] == 1 ? seen == [picture.elements] : seen.count > 1)
    }
  }

  @Test(
    "With no strength, pictures stay as they are, to the bit", arguments: AugmentationCase.all, AugmentationCase.shapes)
  func identity(_ settings: AugmentationCase, _ shape: Shape) throws {
    guard let weak = settings.weak else { return }
    let augmentation = try AugmentationRegistry.augmentation(config: weak)
    let picture = AugmentationCase.picture(shape)
    for key in Self.keys { #expect(augmentation.changed(picture, key) == picture) }
  }

  @Test(
    "A probability leaves out as many pictures as it says, and changes the others as they would be changed without it")
  func occasional() throws {
    let always = RandomBrightness(factor: 0.1...0.1)
    let picture = Tensor([1, 1, 1], [100])
    let occasional = Occasional(always, probability: 0.3)
    let values = (0..<4000).map { occasional.changed(picture, RandomKey(seed: $0)).elements[0] }
    #expect(Set(values) == [100, 125.5])
    // Five standard deviations of the binomial distribution.
    #expect(abs(values.count { $0 != 100 } - 1200) < 145)
  }

  @Test("What a misspelt name or setting may have meant")
  func suggestions() {
    func message(_ config: JSONValue) -> String {
      do {
        _ = try AugmentationRegistry.augmentation(config: config)
        return ""
      } catch { return "\(error)" }
    }
    #expect(message(["name": "random_rotatoin", "factor": 0.1]).contains("random_rotation"))
    #expect(message(["name": "random_rotation", "facter": 0.1]).contains("Did you mean \"factor\""))
    #expect(message(["name": "random_rotation"]).contains("needs the setting \"factor\""))
    #expect(message(["name": "random_rotation", "factor": 0.1, "fill_mode": "reflekt"]).contains("reflect"))
    #expect(message(["name": "random_crop"]).contains("padding"))
    #expect(message(["name": "random_shear"]).contains("x_factor"))
    #expect(message(["name": "random_gaussian_blur", "kernel_size": 4]).contains("odd"))
    #expect(message("random_flip").contains("expected an object"))
    #expect(message(["name": "random_flip", "probabilty": 0.5]).contains("probability"))
  }
}

extension Augmentation {
  fileprivate func isEqual(to other: any Augmentation) -> Bool { (other as? Self) == self }
}
