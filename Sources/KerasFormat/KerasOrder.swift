internal import Layers

extension Model {
  /// A member of the model itself that owns parameters, and all its layers that do, in Keras' order.
  struct WeightedMember {
    var name: String
    /// Whether the member is a model.
    var isModel: Bool
    var instances: [Int]
  }

  /// The members of the model with parameters, in Keras' order.
  var weightedMembers: [WeightedMember] {
    containers[0].kerasOrder().compactMap { index in
      let member = containers[0].members[index]
      var found = WeightedMember(name: member.name, isModel: false, instances: [])
      switch member.content {
      case .input: return nil
      case .layer(let instance): found.instances = [instance]
      case .container(let inner):
        found.isModel = true
        found.instances = instances(inKerasOrder: inner)
      }
      found.instances.removeAll { instances[$0].parameters.isEmpty }
      return found.instances.isEmpty ? nil : found
    }
  }

  /// The layers of a nested model, those of models inside it in their place.
  private func instances(inKerasOrder container: Int) -> [Int] {
    containers[container].kerasOrder().flatMap { index -> [Int] in
      switch containers[container].members[index].content {
      case .input: []
      case .layer(let instance): [instance]
      case .container(let inner): instances(inKerasOrder: inner)
      }
    }
  }
}

extension Model.WeightedMember {
  /// The parameters in the order in which legacy files hold them: trainable ones first, then the others.
  ///
  /// - Parameter isFrozen: which layers were frozen when the file was written.
  func parameters(of model: Model, isFrozen: (Int) -> Bool) -> [Int] {
    var trainable: [Int] = []
    var others: [Int] = []
    for instance in instances {
      for parameter in model.instances[instance].parameters {
        if model.parameters[parameter].role == .weight, !isFrozen(instance) {
          trainable.append(parameter)
        } else {
          others.append(parameter)
        }
      }
    }
    return trainable + others
  }
}
