internal import JSON
internal import Kernels
internal import Layers
internal import Tensors
internal import Training

extension Recipe {
  func resolvedLoss(_ model: Model, output: Shape, targets: Targets) throws(RecipeError) -> any Loss {
    try asking("loss") { () throws(ConfigError) in
      let loss: any Loss
      if let given = self.loss {
        loss = given
      } else {
        switch data.task {
        case .regression: loss = try LossRegistry.loss("mean_squared_error")
        case .multiLabel: loss = try LossRegistry.loss("binary_crossentropy")
        case .classification:
          loss = try LossRegistry.loss(
            output == [1] || model.endsInSigmoid ? "binary_crossentropy" : "categorical_crossentropy")
        }
      }
      try loss.check(output: output, targets: targets)
      return loss
    }
  }

  /// Refuses a cross-entropy of what no activation turned into probabilities: it would become infinite sooner or later.
  func checkProbabilities(_ model: Model, loss: any Loss) throws(RecipeError) {
    guard loss.takesProbabilities,
      let node = model.nodes.last(where: { $0.output == model.outputs[0] }),
      let dense = model.instances[node.instance].layer as? Dense, dense.activation == .linear
    else { return }
    let activation = loss.name.hasPrefix("binary") ? "sigmoid" : "softmax"
    throw RecipeError(
      file: file, path: "loss",
      "\(loss.name) takes probabilities, but the last layer, \"\(model.instances[node.instance].path)\", has no activation. "
        + "Give it \"activation\": \"\(activation)\", or say \"loss\": {\"name\": \"\(loss.name)\", \"from_logits\": true}."
    )
  }

  /// Those that there are; what is wrong with the others is among the findings.
  func resolvedMetrics(
    loss: any Loss, output: Shape, targets: Targets, classNames: [String], _ findings: Findings
  ) -> [any Metric] {
    (metrics ?? data.task.standardMetrics).enumerated().compactMap { index, config in
      findings.attempt { () throws(RecipeError) in
        try asking("metrics[\(index)]") { () throws(ConfigError) in
          try MetricRegistry.metric(
            config, loss: loss, output: output, targets: targets, classNames: classNames)
        }
      }
    }
  }

  /// Checks that what early stopping and plateaus watch will be there. A metric that is wrong itself counts as there.
  func checkMonitors(metrics: [any Metric], hasValidation: Bool, _ findings: Findings) {
    let wished = (self.metrics ?? []).compactMap { $0.stringValue ?? $0["name"]?.stringValue }
    func isBroken(_ monitor: String) -> Bool {
      let name = monitor.hasPrefix("val_") ? String(monitor.dropFirst(4)) : monitor
      return wished.contains(name) && !metrics.contains { $0.name == name }
    }
    for (index, phase) in phases.enumerated() {
      findings.attempt { () throws(RecipeError) in
        guard let stopping = phase.earlyStopping ?? earlyStopping, !isBroken(stopping.monitor) else { return }
        try asking(phase.earlyStopping == nil ? "early_stopping" : "phases[\(index)].early_stopping") {
          () throws(ConfigError) in
          try stopping.check(metrics: metrics, hasValidation: hasValidation)
        }
      }
      findings.attempt { () throws(RecipeError) in
        guard let plateau = phase.reduceLROnPlateau ?? reduceLROnPlateau, !isBroken(plateau.monitor) else { return }
        try asking(phase.reduceLROnPlateau == nil ? "reduce_lr_on_plateau" : "phases[\(index)].reduce_lr_on_plateau") {
          () throws(ConfigError) in
          try plateau.check(metrics: metrics, hasValidation: hasValidation)
        }
      }
    }
  }
}
