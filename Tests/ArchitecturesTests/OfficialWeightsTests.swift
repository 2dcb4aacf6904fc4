import Architectures
import Tensors
import Testing

/// That every row equals Keras' is checked against Keras itself: `tools/interop --only 'official weights*'`.
@Suite("Published weights")
struct OfficialWeightsTests {
  @Test("Every architecture of Keras has them in every width, with and without top; ours and SqueezeNet have none")
  func complete() {
    for architecture in ArchitectureRegistry.all {
      let isKeras = !["SqueezeNet", "CIFARResNet"].contains { architecture.name.hasPrefix($0) }
      for alpha in architecture.alphas.isEmpty ? [1] : architecture.alphas {
        let both = [true, false].map { architecture.officialWeights(includesTop: $0, alpha: alpha) }
        #expect(both.allSatisfy { ($0 != nil) == isKeras }, "\(architecture.name) \(alpha)")
        #expect(!isKeras || both[0] != both[1])
        for case let weights? in both where !["MobileNet", "MobileNetV2"].contains(architecture.name) {
          #expect([32, 64].contains(weights.checksum?.count))
        }
        for case let weights? in both {
          #expect(ArchitectureRegistry.architecture(ofWeightFile: weights.fileName)?.name == architecture.name)
        }
      }
    }
  }

  @Test("Sizes without weights of their own take those of 224×224, as Keras does")
  func sizes() throws {
    let architecture = try ArchitectureRegistry.architecture(named: "MobileNetV2")
    func file(_ size: Size?) -> String? {
      architecture.officialWeights(includesTop: false, alpha: 0.35, size: size)?.fileName
    }
    let stem = "mobilenet_v2_weights_tf_dim_ordering_tf_kernels_0.35_"
    #expect(file(Size(96, 96)) == stem + "96_no_top.h5")
    for size in [nil, Size(224, 224), Size(100, 100), Size(96, 128), Size(300, 300)] {
      #expect(file(size) == stem + "224_no_top.h5")
    }
  }
}
