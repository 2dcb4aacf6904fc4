public import JSON

/// All epochs of a run, phase after phase.
public struct History: Hashable, Sendable {
  public var records: [EpochRecord]

  public init(_ records: [EpochRecord] = []) { self.records = records }

  /// The names of all values in `records`, training before validation, in the order in which they first occur.
  public var names: [String] {
    var names: [String] = []
    func add(_ name: String) { if !names.contains(name) { names.append(name) } }
    for record in records {
      add("loss")
      for metric in record.training.metrics { add(metric.name) }
    }
    for record in records {
      guard let validation = record.validation else { continue }
      add("val_loss")
      for metric in validation.metrics { add("val_" + metric.name) }
    }
    return names
  }

  /// A table: `phase,epoch,loss,accuracy,val_loss,val_accuracy,learning_rate,seconds`, one line per epoch; empty where an
  /// epoch has no such value.
  public var csv: String {
    let names = names
    let heading = ["phase", "epoch"] + names + ["learning_rate", "seconds"]
    let lines = records.map { record in
      [Self.quoted(record.phase), "\(record.epoch)"] + names.map { record[$0].map(Self.text) ?? "" }
        + [Self.text(record.learningRate), Self.text(record.seconds)]
    }
    return ([heading.map(Self.quoted)] + lines).map { $0.joined(separator: ",") + "\n" }.joined()
  }

  /// A list of objects with the table's headings as keys.
  public var json: JSONValue {
    .array(
      records.map { record in
        var members: OrderedDictionary<String, JSONValue> = [
          "phase": .string(record.phase), "epoch": .integer(record.epoch),
        ]
        for name in names { if let value = record[name] { members[name] = .number(value) } }
        members["learning_rate"] = .number(record.learningRate)
        members["seconds"] = .number(record.seconds)
        return .object(members)
      })
  }

  /// Seven digits: what single precision can mean.
  private static func text(_ value: Double) -> String { "\(Float(value))" }

  /// Quoted as RFC 4180 asks, where a comma, a quote or a line break stands inside.
  private static func quoted(_ text: String) -> String {
    guard text.contains(where: { $0 == "," || $0 == "\"" || $0.isNewline }) else { return text }
    return "\"" + text.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
  }
}
