import Architectures
import Kernels
import Layers
import Tensors
import TestSupport
import Testing

@Suite("Architectures")
struct ArchitectureTests {
  /// Parameters with and without the top, as Keras 3.15 counts them (SqueezeNet: as its port's weight files hold).
  static let published: [(name: String, alpha: Float, top: Int, noTop: Int)] = [
    ("MobileNet", 0.25, 475_544, 218_544), ("MobileNet", 0.5, 1_342_536, 829_536),
    ("MobileNet", 0.75, 2_601_976, 1_832_976), ("MobileNet", 1, 4_253_864, 3_228_864),
    ("MobileNetV2", 0.35, 1_691_208, 410_208), ("MobileNetV2", 0.5, 1_987_224, 706_224),
    ("MobileNetV2", 0.75, 2_663_064, 1_382_064), ("MobileNetV2", 1, 3_538_984, 2_257_984),
    ("MobileNetV2", 1.3, 5_431_048, 3_766_048), ("MobileNetV2", 1.4, 6_156_712, 4_363_712),
    ("MobileNetV3Small", 0.75, 2_051_552, 583_160), ("MobileNetV3Small", 1, 2_554_968, 939_120),
    ("MobileNetV3SmallMinimalistic", 1, 2_056_848, 441_000), ("MobileNetV3Large", 0.75, 4_012_616, 1_808_736),
    ("MobileNetV3Large", 1, 5_507_432, 2_996_352), ("MobileNetV3LargeMinimalistic", 1, 3_948_688, 1_437_608),
    ("VGG16", 1, 138_357_544, 14_714_688), ("VGG19", 1, 143_667_240, 20_024_384),
    ("ResNet50", 1, 25_636_712, 23_587_712), ("SqueezeNet", 1, 1_235_496, 722_496),
    ("ConvNeXtXLarge", 1, 350_196_968, 348_147_968),
  ]

  @Test("The numbers of parameters are the published ones", arguments: published)
  func parameterCounts(_ row: (name: String, alpha: Float, top: Int, noTop: Int)) throws {
    let architecture = try ArchitectureRegistry.architecture(named: row.name)
    for (includesTop, count) in [(true, row.top), (false, row.noTop)] {
      let model = try architecture.model(
        ArchitectureOptions(alpha: row.alpha, includesTop: includesTop, initialization: .none))
      #expect(model.parameters.reduce(0) { $0 + $1.shape.elementCount } == count)
    }
  }

  @Test("Every published width is listed", arguments: ArchitectureRegistry.all)
  func alphas(_ architecture: Architecture) {
    let known = Set(Self.published.filter { $0.name == architecture.name && !architecture.alphas.isEmpty }.map(\.alpha))
    #expect(known == Set(architecture.alphas))
  }

  @Test("The freeze groups are those of the layers, in order; the last is the top", arguments: ArchitectureRegistry.all)
  func groups(_ architecture: Architecture) throws {
    let model = try architecture.model(ArchitectureOptions(initialization: .none))
    #expect(model.groups == architecture.groups)
    #expect(model.instances.allSatisfy { $0.group != nil })
    // Groups are contiguous, so that freezing the first few freezes what stands before a boundary.
    let order = model.instances.compactMap { instance in architecture.groups.firstIndex { $0 == instance.group } }
    #expect(order == order.sorted())
    let top = model.instances.filter { $0.group == "top" }
    #expect(top.allSatisfy { $0.section == .head })
    let bare = try architecture.model(ArchitectureOptions(includesTop: false, initialization: .none))
    #expect(bare.groups == architecture.groups.dropLast())
    // Keras ends a ConvNeXt without its top by a normalisation that stands in the top of one that has it.
    let last = architecture.name.hasPrefix("ConvNeXt") ? ["layer_normalization"] : []
    #expect(bare.instances.map(\.path) == model.instances.dropLast(top.count).map(\.path) + last)
  }

  @Test("The smallest image passes, a smaller one is refused", arguments: ArchitectureRegistry.all)
  func minimumSize(_ architecture: Architecture) throws {
    let extent = architecture.minimumExtent
    let smallest = ArchitectureOptions(inputShape: [extent, extent, 3], includesTop: false, initialization: .none)
    let shapes = try architecture.model(smallest).shapes()
    #expect(shapes.allSatisfy { $0.elementCount > 0 })
    let smaller = ArchitectureOptions(inputShape: [extent - 1, extent, 3], includesTop: false, initialization: .none)
    #expect(throws: ModelError.self) { try architecture.model(smaller) }
  }

  @Test("Without the top the size of images may stay open", arguments: ArchitectureRegistry.all)
  func openSize(_ architecture: Architecture) throws {
    let open = ArchitectureOptions(inputShape: [nil, nil, 3], includesTop: false, initialization: .none)
    if architecture.needsFixedSize {
      #expect(throws: ModelError.self) { try architecture.model(open) }
      return
    }
    let fixed = ArchitectureOptions(includesTop: false, initialization: .none)
    let found = try architecture.model(open).parameters.map(\.shape)
    #expect(try found == architecture.model(fixed).parameters.map(\.shape))
  }

  @Test("Pictures of other channels change what sees them first, and nothing else", arguments: ArchitectureRegistry.all)
  func channels(_ architecture: Architecture) throws {
    func shapes(_ channels: Int) throws -> [String: Shape] {
      let extent = architecture.minimumExtent
      let options = ArchitectureOptions(
        inputShape: [extent, extent, channels], includesTop: false, initialization: .none)
      let parameters = try architecture.model(options).parameters
      return Dictionary(uniqueKeysWithValues: parameters.map { ($0.path, $0.shape) })
    }
    let (three, five) = (try shapes(3), try shapes(5))
    #expect(three.keys == five.keys)
    let changed = three.filter { five[$0.key] != $0.value }
    #expect((1...3).contains(changed.count))
    for (path, shape) in changed {
      // Kernels [height, width, channels, filters], and the statistics of EfficientNet's normalisation.
      var extents = shape.dimensions
      extents[extents.count == 4 ? 2 : 0] = 5
      #expect(five[path]?.dimensions == extents)
    }
  }

  @Test(
    "A new top has the classes asked for, and its outputs are probabilities", arguments: ["MobileNet", "CIFARResNet"])
  func classes(_ name: String) throws {
    let architecture = try ArchitectureRegistry.architecture(named: name)
    let options = ArchitectureOptions(
      alpha: architecture.alphas.first ?? 1, inputShape: [32, 32, 3], classCount: 7,
      initialization: .random(RandomKey(seed: 5)))
    let model = try architecture.model(options)
    let image = Tensor([2, 32, 32, 3], RandomKey(seed: 6).normal(2 * 32 * 32 * 3))
    let output = try model(image, on: Device(threads: 1))[0]
    #expect(output.shape == [2, 7])
    for sample in 0..<2 { #expect(abs(output[samples: sample..<sample + 1].elements.reduce(0, +) - 1) < 1e-5) }
  }

  @Test("Layers of SqueezeNet keep the slash in their names")
  func slashes() throws {
    let model = try Architecture.squeezeNet.model(ArchitectureOptions(includesTop: false, initialization: .none))
    let squeeze = try #require(model.instances.first { $0.path == "fire2/squeeze1x1" })
    #expect(squeeze.name == "fire2/squeeze1x1")
    #expect(model.parameters[squeeze.parameters.lowerBound].path == "fire2/squeeze1x1/kernel")
    #expect(try model.layers(.matching("backbone/*")).count == model.instances.count)
    #expect(try model.layers(.matching("fire2/*")).count == 7)
    let builder = try ModelBuilder.continuing(model, after: "fire3/concat")
    let cut = try builder.builder.model(inputs: builder.inputs, outputs: [builder.output], seed: 1)
    #expect(cut.instances.contains { $0.name == "fire2/squeeze1x1" })
  }

  @Test("Architectures are found in any spelling; others are answered with near names")
  func lookup() throws {
    #expect(try ArchitectureRegistry.architecture(named: "mobilenet_v2").name == "MobileNetV2")
    #expect(try ArchitectureRegistry.architecture(named: "resnet-50").name == "ResNet50")
    let error = #expect(throws: ArchitectureError.self) { try ArchitectureRegistry.architecture(named: "VGG61") }
    #expect(error?.message.contains("\"VGG16\"") == true)
    #expect(Set(ArchitectureRegistry.all.map(\.name)).count == ArchitectureRegistry.all.count)
  }

  @Test(
    "Weight files are recognised by their published names",
    arguments: [
      ("mobilenet_2_5_224_tf_no_top.h5", "MobileNet"), ("mobilenet_v1_0.25_224.h5", "MobileNet"),
      ("mobilenet_v2_weights_tf_dim_ordering_tf_kernels_0.35_224_no_top.h5", "MobileNetV2"),
      ("vgg16_weights_tf_dim_ordering_tf_kernels.h5", "VGG16"),
      ("resnet50_weights_tf_dim_ordering_tf_kernels_notop.h5", "ResNet50"),
      ("squeezenet_weights_tf_dim_ordering_tf_kernels_notop.h5", "SqueezeNet"),
    ])
  func weightFiles(_ file: String, _ name: String) {
    #expect(ArchitectureRegistry.architecture(ofWeightFile: file)?.name == name)
    #expect(ArchitectureRegistry.architecture(ofWeightFile: "my_" + file) == nil)
  }

  @Test("Deviations in the place of variances, as in EfficientNet's published weights, are squared; variances stay")
  func publishedStatistics() throws {
    let architecture = try ArchitectureRegistry.architecture(named: "EfficientNetB0")
    var model = try architecture.model(ArchitectureOptions(inputShape: [32, 32, 3], includesTop: false))
    let place = try #require(model.parameters.firstIndex { $0.path.hasSuffix("variance") && $0.shape == [3] })
    #expect(architecture.correctPublishedStatistics(of: &model) == nil)
    #expect(model.parameters[place].value.elements == [1, 1, 1])
    let image = Tensor([1, 32, 32, 3], RandomKey(seed: 6).uniform(32 * 32 * 3).map { $0 * 255 })
    model.parameters[place].value = Tensor([3], [0.229, 0.224, 0.225])
    #expect(architecture.correctPublishedStatistics(of: &model)?.contains("squared") == true)
    // Keras' formula with the second rescaling: ((x / 255 − mean) / √deviation) / √deviation, the mean being 0 here.
    let values = model.values(
      [model.nodes[1].output], from: [model.inputs[0].value: image], on: Device(threads: 1))
    for (index, (found, pixel)) in zip(values[0].elements, image.elements).enumerated() {
      let root = [0.229, 0.224, 0.225][index % 3].squareRoot()
      #expect(abs(Double(found) - Double(pixel) / 255 / root / root) < 1e-5)
    }
  }

  @Test("Impossible options are errors")
  func impossibleOptions() {
    #expect(throws: ModelError.self) { try Architecture.mobileNet.model(ArchitectureOptions(alpha: 0.3)) }
    #expect(throws: ModelError.self) { try Architecture.vgg16.model(ArchitectureOptions(alpha: 0.5)) }
    #expect(throws: ModelError.self) { try Architecture.vgg16.model(ArchitectureOptions(inputShape: [224, 224])) }
    #expect(throws: ModelError.self) { try Architecture.mobileNet.model(ArchitectureOptions(classCount: 0)) }
    // Flatten in front of a dense layer cannot leave the size open.
    #expect(throws: ModelError.self) {
      try Architecture.vgg16.model(ArchitectureOptions(inputShape: [nil, nil, 3], initialization: .none))
    }
  }
}
