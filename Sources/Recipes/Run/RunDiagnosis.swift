internal import JSON
public import Training

/// What the phases of a run tell of the model, in words: bias or variance, and how the gradients fared.
public struct RunDiagnosis: Hashable, Sendable {
  public struct Phase: Hashable, Sendable {
    public let name: String
    public let curve: LearningCurve
    public let gradients: GradientFlow
  }

  /// Activations after a run, and before it where they were loaded.
  public struct Activations: Hashable, Sendable {
    public let now: ActivationHealth
    public let before: ActivationHealth?

    /// What is worth saying; nil where all is well.
    public var explanation: String? { now.explanation(since: before) }

    /// For `metrics.json`.
    var json: JSONValue {
      [
        "images": .integer(now.samples), "explanation": explanation.map { .string($0) } ?? .null,
        "layers": .array(
          now.rows.map { row in
            [
              "path": .string(row.path), "units": .integer(row.units), "dead": row.dead.map { .integer($0) } ?? .null,
              "saturated": row.saturated.map { .number(RunDiagnosis.digits($0)) } ?? .null,
            ]
          }),
      ]
    }
  }

  public let phases: [Phase]
  public let activations: Activations?

  /// - Parameter classCount: the number of classes; 0 for regression.
  init(_ phases: [RunReport.Phase], classCount: Int, activations: Activations?) {
    self.activations = activations
    self.phases = phases.map { phase in
      Phase(
        name: phase.name,
        curve: LearningCurve(phase.result.records, classCount: classCount > 0 ? classCount : nil),
        gradients: phase.result.gradientFlow)
    }
  }

  /// What a person wants to hear: how the last phase ended, and whatever went wrong with gradients and activations on the way.
  public var lines: [String] {
    var lines = phases.filter { $0.gradients.verdict != .healthy }.map {
      "\($0.gradients.verdict.rawValue) in phase \"\($0.name)\": \($0.gradients.explanation)"
    }
    if let explanation = activations?.explanation { lines.append("activations: \(explanation)") }
    if let last = phases.last, last.curve.verdict != .unknown {
      lines.append("\(last.curve.verdict.rawValue): \(last.curve.explanation)")
    }
    return lines
  }

  /// For `metrics.json`.
  var json: JSONValue {
    .array(
      phases.map { phase in
        [
          "phase": .string(phase.name), "curve": .string(phase.curve.verdict.rawValue),
          "curve_explanation": .string(phase.curve.explanation),
          "gradients": .string(phase.gradients.verdict.rawValue),
          "gradients_explanation": .string(phase.gradients.explanation),
          "kernels": .array(
            phase.gradients.rows.map { row in
              [
                "path": .string(row.path), "gradient": .number(Self.digits(row.gradient)),
                "update": .number(Self.digits(row.update)),
              ]
            }),
        ]
      })
  }

  /// Single precision is more than these figures mean.
  fileprivate static func digits(_ value: Double) -> Double { value.isFinite ? Double("\(Float(value))") ?? value : -1 }
}
