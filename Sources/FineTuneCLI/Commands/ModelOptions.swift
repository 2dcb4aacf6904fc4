import ArgumentParser
import FineTune

/// Which model, and what its file does not say.
struct ModelOptions: ParsableArguments {
  @Argument(
    help: "A whole-model file, or a file of weights with --architecture.",
    completion: .file(extensions: ["keras", "h5", "hdf5", "json"]))
  var model: String

  @Option(help: "The architecture that the weights belong to, such as MobileNet.", completion: .architectures)
  var architecture: String?

  @Option(help: "The width multiplier of a MobileNet.")
  var alpha: Double?

  @Option(help: "How pixels become input: \(Preprocessing.all.map(\.name).joined(separator: ", ")).")
  var preprocessing: Preprocessing?

  @Option(help: "How pictures are brought to size: \(Interpolation.allCases.map(\.rawValue).joined(separator: ", ")).")
  var interpolation: Interpolation?

  @Option(
    help: "How exactly JPEGs are decoded before that: exact, or scaled: no larger than needed, which smooths.")
  var decoding: Decoding?

  @Option(help: "A text file with one class name a line.", completion: .file())
  var labels: String?

  @Option(
    name: .long, parsing: .upToNextOption, help: "Height and width of the input, where the model leaves them open.")
  var inputSize: [Int] = []

  @Option(name: .long, parsing: .upToNextOption, help: "Layers that the file of weights need not have: 'block5_*'.")
  var allowMissing: [String] = []

  @Option(name: .long, parsing: .upToNextOption, help: "Layers of the file that the architecture need not have.")
  var allowUnused: [String] = []

  @Option(help: "What alone may tell which tensor belongs where: by_name or by_order.")
  var match: WeightAssignment.Method?

  func validate() throws {
    guard architecture != nil || (allowMissing.isEmpty && allowUnused.isEmpty && match == nil) else {
      throw ValidationError("--allow-missing, --allow-unused and --match go with --architecture.")
    }
    guard inputSize.isEmpty || (inputSize.count == 2 && inputSize.allSatisfy { $0 > 0 }) else {
      throw ValidationError("--input-size takes a height and a width, such as --input-size 224 224.")
    }
    guard alpha == nil || architecture != nil else { throw ValidationError("--alpha goes with --architecture.") }
  }

  var reference: ModelReference {
    ModelReference(
      path: model, architecture: architecture, alpha: alpha,
      inputSize: inputSize.count == 2 ? Size(inputSize[0], inputSize[1]) : nil, preprocessing: preprocessing,
      interpolation: interpolation, decoding: decoding, labelFile: labels,
      weightRules: WeightRules(allowMissing: allowMissing, allowUnused: allowUnused, method: match))
  }

  /// The model; says what was loaded from where.
  func loaded(_ running: RunningOptions) throws -> LoadedModel {
    let loaded = try reference.load()
    running.say(loaded.notes)
    return loaded
  }
}

/// How often each picture is looked at.
struct ViewOptions: ParsableArguments {
  @Option(
    name: .customLong("tta"),
    help: """
      Average the outputs over so many views of each picture: itself, and others changed by the augmentations that the model was \
      trained with; where its file knows of none, its mirror image.
      """)
  var count = 1

  func validate() throws {
    guard (1...1000).contains(count) else { throw ValidationError("--tta takes a number from 1 to 1000.") }
  }
}

/// What a model computes in.
struct PrecisionOptions: ParsableArguments {
  @Option(help: "What products are computed in, where that is faster: float32 or bfloat16.")
  var precision = Precision.float32

  /// The device for inference; says what becomes of the wish.
  func device(_ running: RunningOptions) -> Device {
    let device = running.device
    if let note = device.kernels.note(on: precision) { running.say([note]) }
    return device.computing(in: precision)
  }
}

/// How much of the machine and the network to use, and how much to say.
struct RunningOptions: ParsableArguments {
  @Option(help: "How many threads to use. Default: one for each processor.")
  var threads: Int?

  @Flag(help: "Say nothing but errors and results.")
  var quiet = false

  @OptionGroup var network: NetworkOptions

  func validate() throws {
    // Beyond that threads only cost; thousands of them exhaust what the system allows and end other programs.
    let most = max(256, WorkerPool.processorCount)
    if let threads, !(1...most).contains(threads) {
      throw ValidationError("--threads takes a number from 1 to \(most), not \(threads).")
    }
  }

  var device: Device { Device(threads: threads ?? WorkerPool.processorCount) }

  /// Says what was decided, unless told to be quiet.
  func say(_ notes: [String]) {
    guard !quiet else { return }
    for note in notes { Terminal.standardError.write(Terminal.standardError.fitted(note) + "\n") }
  }

  /// Names the pictures that were left out, quiet or not.
  func report(_ skipped: [ImageError]) {
    for error in skipped { Terminal.standardError.write("left out: \(error)\n") }
  }
}
