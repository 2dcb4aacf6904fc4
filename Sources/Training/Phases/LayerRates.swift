public import Layers

#if canImport(Glibc)
  private import Glibc
#else
  private import Darwin
#endif

/// Learning rates that differ from layer to layer: what each parameter's rate is the phase's rate multiplied by.
///
/// The layers fall into groups, from the input to the output: the freeze groups of the architecture, with the head as the
/// last; in a model without groups every layer with parameters is one.
public struct LayerRates: Hashable, Sendable {
  /// Each group's rate as a multiple of that of the group behind it: 0.65 makes early layers move less
  /// ([ELECTRA](https://arxiv.org/abs/2003.10555), [BEiT](https://arxiv.org/abs/2106.08254)).
  public var layerDecay: Double?
  /// The factors of the first and the last group that is trained; between them they grow by equal quotients. fastai's
  /// `slice(lr / 100, lr)` is 0.01 and 1 ([Howard & Ruder 2018](https://arxiv.org/abs/1801.06146), "discriminative").
  public var slice: Slice?
  /// Factors of layers by pattern; a later one wins, and multiplies what decay and slice say.
  public var patterns: [Pattern] = []

  public struct Slice: Hashable, Sendable {
    public var first: Double
    public var last: Double

    public init(first: Double, last: Double) {
      self.first = first
      self.last = last
    }
  }

  public struct Pattern: Hashable, Sendable {
    public var layers: String
    public var factor: Double

    public init(layers: String, factor: Double) {
      self.layers = layers
      self.factor = factor
    }
  }

  public init(layerDecay: Double? = nil, slice: Slice? = nil, patterns: [Pattern] = []) {
    self.layerDecay = layerDecay
    self.slice = slice
    self.patterns = patterns
  }

  /// Whether all layers have the same rate.
  public var isUniform: Bool { layerDecay == nil && slice == nil && patterns.isEmpty }

  /// The factor of every parameter of `model`, for what is trainable in it now.
  ///
  /// - Parameter later: layers that will thaw before the phase ends, as indices into `instances`: a slice is spread over their
  ///   groups too, so that no group's rate changes when another thaws.
  public func factors(for model: Model, later: Set<Int> = []) throws(SelectionError) -> [Double] {
    var ofInstance = [Double](repeating: 1, count: model.instances.count)
    let groups = model.layerGroups
    if let layerDecay {
      for (index, group) in groups.enumerated() {
        for instance in group { ofInstance[instance] *= power(layerDecay, groups.count - 1 - index) }
      }
    }
    if let slice {
      let trainable = Set(model.trainableParameters)
      let trained = groups.filter { group in
        group.contains { instance in
          let parameters = model.instances[instance].parameters
          return parameters.contains(where: trainable.contains) || (later.contains(instance) && !parameters.isEmpty)
        }
      }
      let quotient = trained.count > 1 ? (slice.last / slice.first).root(trained.count - 1) : 1
      for (index, group) in trained.enumerated() {
        // The last group gets its factor as it was written, without rounding.
        let factor = index == trained.count - 1 ? slice.last : slice.first * power(quotient, index)
        for instance in group { ofInstance[instance] *= factor }
      }
    }
    var byPattern = [Double](repeating: 1, count: model.instances.count)
    for pattern in patterns {
      let name = pattern.layers
      let layers = try model.layers(name.hasPrefix("group:") ? .group(String(name.dropFirst(6))) : .matching(name))
      for instance in layers { byPattern[instance] = pattern.factor }
    }
    var factors = [Double](repeating: 1, count: model.parameters.count)
    for (index, instance) in model.instances.enumerated() {
      for parameter in instance.parameters { factors[parameter] = ofInstance[index] * byPattern[index] }
    }
    return factors
  }
}

extension Model {
  /// The layers in groups from the input to the output, as indices into `instances`.
  public var layerGroups: [[Int]] {
    let backbone = instances.indices.filter { instances[$0].section == .backbone }
    let head = instances.indices.filter { instances[$0].section == .head }
    var groups: [[Int]] = []
    if groupNames(backbone).isEmpty {
      groups = backbone.filter { !instances[$0].parameters.isEmpty }.map { [$0] }
    } else {
      var places: [String: Int] = [:]
      var current = 0
      for index in backbone {
        // What belongs to no group goes with what stands before it.
        if let name = instances[index].group {
          current = places[name] ?? places.count
          places[name] = current
        }
        while groups.count <= current { groups.append([]) }
        groups[current].append(index)
      }
    }
    if groups.isEmpty { return head.filter { !instances[$0].parameters.isEmpty }.map { [$0] } }
    return head.isEmpty ? groups : groups + [head]
  }

  private func groupNames(_ layers: [Int]) -> Set<String> { Set(layers.compactMap { instances[$0].group }) }
}

extension Double {
  /// The `n`th root.
  fileprivate func root(_ n: Int) -> Double { pow(self, 1 / Double(n)) }
}
