import FineTune

/// Something to be timed.
protocol Contender {
  /// Runs `count` repetitions; seconds for each.
  mutating func run(_ count: Int) throws -> [Double]
  /// What the last repetition put out for the first picture: its probabilities, or the loss.
  var output: [Double] { get }
}

/// Answers requests.
struct Server {
  let folder: String
  let device: Device
  private var contenders: [String: any Contender] = [:]
  private let probe: Probe

  init(folder: String, threads: Int) {
    self.folder = folder
    device = Device(threads: threads)
    probe = Probe(device)
  }

  mutating func answer(_ request: JSONValue) throws -> JSONValue {
    let id = request["id"]?.stringValue ?? ""
    switch request["do"]?.stringValue {
    case "hello":
      return ["ok": true, "versions": ["finetune": .string("\(device.kernels)")]]
    case "prepare":
      forgetPeakMemory()
      let start = ContinuousClock.now
      var contender = try prepare(request)
      _ = try contender.run(1)
      let seconds = start.secondsSince
      let output = contender.output
      _ = try contender.run(1)
      contenders[id] = contender
      return [
        "ok": true, "preparation_seconds": .number(seconds), "peak_megabytes": .number(peakMegabytes()),
        "output": .array(output.map(JSONValue.number)),
      ]
    case "time":
      guard var contender = contenders.removeValue(forKey: id) else {
        throw RequestError(description: "nothing was prepared as \(id)")
      }
      defer { contenders[id] = contender }
      return ["ok": true, "seconds": .array(try times(&contender, request["seconds"]?.doubleValue ?? 1))]
    case "drop":
      contenders[id] = nil
      return ["ok": true]
    case "probe":
      return probe.answer()
    default:
      throw RequestError(description: "nothing is called \(request["do"] ?? .null)")
    }
  }

  /// Repetitions for about `seconds`; what runs shorter than that is warmed up once.
  private func times(_ contender: inout any Contender, _ seconds: Double) throws -> [JSONValue] {
    let warmUp = try contender.run(1)
    if warmUp[0] >= seconds { return warmUp.map(JSONValue.number) }
    let count = Int((seconds / max(warmUp[0], 1e-6)).rounded(.up))
    return try contender.run(min(count, 100_000)).map(JSONValue.number)
  }

  private func prepare(_ request: JSONValue) throws -> any Contender {
    guard let name = request["model"]?.stringValue, let batch = request["batch"]?.intValue else {
      throw RequestError(description: "prepare takes a model and a batch")
    }
    guard let precision = Precision(rawValue: request["precision"]?.stringValue ?? "") else {
      throw RequestError(description: "prepare takes a precision")
    }
    let model = try SavedModel.reading("\(folder)/\(name).h5").saved.model
    let pictures = try Pictures(folder: folder, count: batch)
    return switch request["task"]?.stringValue {
    case "inference": try InferenceContender(model, pictures, on: device.computing(in: precision))
    case "training": try TrainingContender(model, pictures, precision, on: device)
    case let task: throw RequestError(description: "there is no \(task ?? "task")")
    }
  }
}
