internal import Layers
internal import Training

extension Plan {
  /// How a phase is trained, after so many epochs of earlier ones.
  func settings(_ phase: PlannedPhase, firstEpoch: Int) -> PhaseSettings {
    var settings = PhaseSettings(
      name: phase.recipe.name, epochs: phase.recipe.epochs, batchSize: recipe.data.batchSize, loss: loss,
      metrics: metrics, optimizer: phase.recipe.optimizer, l2: recipe.l2, earlyStopping: phase.earlyStopping,
      seed: recipe.seed, firstEpoch: firstEpoch)
    settings.l1 = recipe.l1
    settings.classWeights = classWeights
    settings.sampling = recipe.data.options.sampling
    settings.reduceLROnPlateau = phase.recipe.reduceLROnPlateau ?? recipe.reduceLROnPlateau
    settings.layerRates = phase.recipe.layerRates
    settings.stage = (phase.epochs.upperBound, phase.trainedInTheEnd)
    settings.lastEpoch = phase.recipe.lastEpoch
    settings.precision = recipe.trainingPrecision
    return settings
  }

  /// The tensors of the layers that are frozen in every phase.
  var alwaysFrozenLayerTensorCount: Int {
    let trained = phases.reduce(into: Set<Int>()) { $0.formUnion($1.trained) }
    return model.instances.indices.filter { !trained.contains($0) }.reduce(0) {
      $0 + model.instances[$1].parameters.count
    }
  }

  /// The parameters that no phase may move: those of layers frozen throughout, and what the policies for batch normalisation
  /// hold fixed in the others.
  var alwaysFrozenParameters: [Int] {
    var model = model
    var frozen = Set(model.parameters.indices)
    for phase in phases {
      phase.configure(&model)
      frozen.formIntersection(model.frozenParameters)
    }
    return frozen.sorted()
  }
}
