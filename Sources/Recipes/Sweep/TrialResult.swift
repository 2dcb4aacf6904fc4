public import JSON

/// What became of a trial.
public struct TrialResult: Hashable, Sendable {
  public enum Status: String, Sendable {
    /// Trained to its end.
    case finished
    /// Not among the best of its rung, and not trained any further.
    case halted
    /// It came to no result.
    case failed
    /// Its settings do not go together.
    case refused
  }

  public internal(set) var number: Int
  public let settings: OrderedDictionary<String, JSONValue>
  let identity: String
  public var status: Status
  /// Why it failed or was refused.
  public var reason: String?
  /// Epochs that were trained, in all phases, of all folds together.
  public var epochs = 0
  /// Epochs of each phase after which the model was as it is judged; with folds their mean.
  public var keptEpochs: [Int] = []
  /// What it is ranked by, on each rung that it reached; one rung alone where nothing is halved.
  public var scores: [Double] = []
  /// The standard error of the last score; nil without folds.
  public var standardError: Double?
  /// Loss and metrics of the model as it is judged, by Keras' names.
  public var values: OrderedDictionary<String, Double> = [:]
  public var seconds = 0.0

  /// What it is ranked by.
  public var score: Double? { scores.last }

  init(_ trial: SweepTrial, status: Status, reason: String? = nil) {
    number = trial.number
    settings = trial.settings
    identity = trial.identity
    self.status = status
    self.reason = reason
  }
}

extension TrialResult {
  var json: JSONValue {
    var object: OrderedDictionary<String, JSONValue> = [
      "trial": .integer(number), "settings": .object(settings), "identity": .string(identity),
      "status": .string(status.rawValue),
    ]
    if let reason { object["reason"] = .string(reason) }
    object["scores"] = .array(scores.map { .number($0) })
    if let standardError { object["standard_error"] = .number(standardError) }
    object["values"] = .object(values.mapValues { .number($0) })
    object["epochs"] = .integer(epochs)
    object["kept_epochs"] = .array(keptEpochs.map { .integer($0) })
    object["seconds"] = .number((seconds * 1000).rounded() / 1000)
    return .object(object)
  }

  /// Reads what `json` has written.
  init?(_ json: JSONValue) {
    guard let number = json["trial"]?.intValue, let settings = json["settings"]?.objectValue,
      let identity = json["identity"]?.stringValue,
      let status = json["status"]?.stringValue.flatMap(Status.init(rawValue:))
    else { return nil }
    self.number = number
    self.settings = settings
    self.identity = identity
    self.status = status
    reason = json["reason"]?.stringValue
    epochs = json["epochs"]?.intValue ?? 0
    keptEpochs = json["kept_epochs"]?.arrayValue?.compactMap(\.intValue) ?? []
    scores = json["scores"]?.arrayValue?.compactMap(\.doubleValue) ?? []
    standardError = json["standard_error"]?.doubleValue
    values = (json["values"]?.objectValue ?? [:]).compactMapValues(\.doubleValue)
    seconds = json["seconds"]?.doubleValue ?? 0
  }
}
