import Execution
import Images
import JSON
import Kernels
import Tensors

/// What features depend on, besides the bytes of the picture they are of.
///
/// One key for each value of a boundary: of how pictures are read and scaled; of the steps that lead to the value, with
/// their geometry and their numbers after folding; of what computes them: kernel set, algorithm for convolutions, precision;
/// of the precision that they are kept in; and of the version of all that code. Names of layers are no part of it, nor is
/// what stands behind the boundary: another head, another split find the same features.
struct FeatureKeys {
  let keys: [ContentDigest]

  init(_ part: FrozenPart, samples: ImageSamples, precision: Precision) {
    let device = part.device
    var common = DigestBuilder()
    common.add("finetune features")
    common.add(FeatureVersion.current)
    common.add(ImageDecoder.libraries)
    // By reflection, so that a new setting of the loader is part of the key before anybody thinks of it.
    common.add(String(reflecting: samples.loader))
    common.add(String(reflecting: samples.preprocessing))
    common.add("\(device.kernels.name), \(device.convolution), \(device.bfloat16), kept in \(precision.rawValue)")
    keys = part.digests.map { digest in
      var builder = common
      builder.add(digest)
      return builder.finished()
    }
  }

  /// A digest of each wanted value: of the step that computes it and, through theirs, of all before.
  static func digests(of lowered: LoweredProgram) -> [ContentDigest] {
    var made: [ContentDigest] = []
    func add(_ source: LoweredProgram.Source, to builder: inout DigestBuilder) {
      switch source {
      case .known(let index):
        builder.add("known")
        builder.add(index)
      case .steps(let steps):
        builder.add("steps")
        builder.add(steps.count)
        for step in steps { builder.add(made[step]) }
      }
    }
    for step in lowered.steps {
      var builder = DigestBuilder()
      builder.add(step.work)
      builder.add(step.tensors.count)
      for tensor in step.tensors { builder.add(tensor) }
      builder.add(step.inputs.count)
      for input in step.inputs { add(input, to: &builder) }
      made.append(builder.finished())
    }
    return lowered.outputs.map { output in
      var builder = DigestBuilder()
      add(output, to: &builder)
      return builder.finished()
    }
  }

  /// The key of one picture: its bytes, or its bytes and what changes it at random.
  ///
  /// - Parameter view: which of a picture's fixed views it is; nil where nothing is random.
  static func record(_ picture: ContentDigest, samples: ImageSamples, view: Int?) -> ContentDigest {
    guard let view else { return picture }
    var builder = DigestBuilder()
    builder.add(picture)
    builder.add("view")
    builder.add(view)
    builder.add(Int(truncatingIfNeeded: samples.seed))
    for augmentation in samples.augmentations { builder.add(augmentation.config.text) }
    return builder.finished()
  }
}
