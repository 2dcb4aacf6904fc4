public import Tensors

/// A model that cannot be built or changed as asked: at which layer, and why.
public struct ModelError: Error, Hashable, CustomStringConvertible {
  /// The layer's path; empty for the model as a whole.
  public var layer: String
  public var message: String

  public init(layer: String = "", _ message: String) {
    self.layer = layer
    self.message = message
  }

  public var description: String { layer.isEmpty ? message : "layer \"\(layer)\": \(message)" }
}

/// Where a new model's numbers come from.
public enum Initialization: Sendable {
  /// From each parameter's initializer; the key is refined by the parameter's path.
  case random(RandomKey)
  /// From nowhere: the memory is not even written. For loaders that assign every parameter or throw the model away.
  case none
}

/// What a model is made of before its shapes are known.
package struct ModelParts {
  package struct Layer {
    package var path: String
    package var layer: any Layers.Layer
    package var group: String?
    package var section: ModelSection
    package var isFrozen: Bool
    /// Values that it brings along, in the order of its parameters.
    package var values: [Tensor]?

    package init(
      path: String, layer: any Layers.Layer, group: String? = nil, section: ModelSection = .backbone,
      isFrozen: Bool = false, values: [Tensor]? = nil
    ) {
      self.path = path
      self.layer = layer
      self.group = group
      self.section = section
      self.isFrozen = isFrozen
      self.values = values
    }
  }

  package var containers: [Container]
  /// In the order of the containers' members, nested ones in their place.
  package var layers: [Layer]

  package init(containers: [Container], layers: [Layer]) {
    self.containers = containers
    self.layers = layers
  }

  /// For each layer its name in the container it stands in: the end of its path, which may itself hold a slash.
  var ownNames: [String] {
    var names = layers.map(\.path)
    for member in containers.flatMap(\.members) {
      if case .layer(let index) = member.content { names[index] = member.name }
    }
    return names
  }
}

extension Model {
  /// Flattens the containers, infers all shapes and gives every parameter its value.
  ///
  /// - Parameter numberLimit: refuse a model with more numbers than these, before any memory is taken for them.
  package init(
    _ parts: ModelParts, initialization: Initialization, numberLimit: Int = 1 << 32
  ) throws(ModelError) {
    var flattening = Flattening(containers: parts.containers)
    let (inputs, outputs) = try flattening.run()
    let nodes = flattening.nodes
    let inputShapes = try Self.nominalInputs(inputs, nodes, parts.layers)

    var specs = [[ParameterSpec]?](repeating: nil, count: parts.layers.count)
    for shapes in inputShapes {
      for node in nodes {
        let layer = parts.layers[node.instance]
        let found = layer.layer.parameterSpecs(for: node.inputs.map { shapes[$0.index] })
        if let known = specs[node.instance], known.map(\.shape) != found.map(\.shape) {
          throw ModelError(
            layer: layer.path,
            "its parameters would depend on an extent that is open or differs between its calls: \(known.map(\.shape)) or "
              + "\(found.map(\.shape)). Give the model a fixed input size.")
        }
        specs[node.instance] = found
      }
    }

    try Self.check(specs, parts.layers, numberLimit)
    var parameters: [Parameter] = []
    var instances: [LayerInstance] = []
    let names = parts.ownNames
    for (index, (layer, specs)) in zip(parts.layers, specs).enumerated() {
      let start = parameters.count
      for (index, spec) in (specs ?? []).enumerated() {
        let path = layer.path + "/" + spec.name
        let value: Tensor
        if let values = layer.values {
          guard values.count == specs?.count, values[index].shape == spec.shape else {
            throw ModelError(
              layer: layer.path,
              "its input changed: it would need \(spec.name) \(spec.shape), but it brings \(values.map(\.shape))")
          }
          value = values[index]
        } else {
          switch initialization {
          case .random(let key): value = spec.initializer.tensor(spec.shape, key.folding(path))
          // The caller assigns every element or drops the model.
          case .none: value = unsafe Tensor(uninitialized: spec.shape)
          }
        }
        parameters.append(
          Parameter(
            path: path, role: spec.role, regularizer: spec.regularizer, constraint: spec.constraint, value: value))
      }
      instances.append(
        LayerInstance(
          path: layer.path, name: names[index], layer: layer.layer, parameters: start..<parameters.count,
          group: layer.group, section: layer.section, isFrozen: layer.isFrozen))
    }
    self.init(
      containers: parts.containers, instances: instances, nodes: nodes, inputs: inputs, outputs: outputs,
      parameters: parameters)
  }

  /// Refuses parameters that hold more numbers than `limit` together.
  private static func check(
    _ specs: [[ParameterSpec]?], _ layers: [ModelParts.Layer], _ limit: Int
  ) throws(ModelError) {
    var total = 0
    for (layer, specs) in zip(layers, specs) {
      for spec in specs ?? [] {
        var count = 1
        var overflows = false
        for extent in spec.shape.dimensions {
          let (product, overflow) = count.multipliedReportingOverflow(by: extent)
          count = product
          overflows = overflows || overflow
        }
        let (sum, overflow) = total.addingReportingOverflow(count)
        guard !overflows, !overflow, sum <= limit else {
          throw ModelError(layer: layer.path, "its \(spec.name) of shape \(spec.shape) is too large")
        }
        total = sum
      }
    }
  }

  /// The parts this model is made of, with its values.
  var parts: ModelParts {
    ModelParts(
      containers: containers,
      layers: instances.map { instance in
        ModelParts.Layer(
          path: instance.path, layer: instance.layer, group: instance.group, section: instance.section,
          isFrozen: instance.isFrozen, values: parameters[instance.parameters].map(\.value))
      })
  }

  /// The shape of one sample of every value, by `ValueID.index`, for given input shapes.
  public func shapes(for inputShapes: [Shape]) throws(ModelError) -> [Shape] {
    try Self.shapes(for: inputShapes, inputs, nodes) { (instances[$0].layer, instances[$0].path) }
  }

  /// The shape of one sample of every value, by `ValueID.index`; needs an input shape without open extents.
  public func shapes() throws(ModelError) -> [Shape] {
    var closed: [Shape] = []
    for input in inputs {
      guard !input.shape.contains(nil) else {
        throw ModelError("input \"\(input.name)\" has open extents; say an input size")
      }
      closed.append(Shape(input.shape.compactMap(\.self)))
    }
    return try shapes(for: closed)
  }

  private static func shapes(
    for inputShapes: [Shape], _ inputs: [ModelInput], _ nodes: [Node], _ layer: (Int) -> (any Layer, String)
  ) throws(ModelError) -> [Shape] {
    guard inputShapes.count == inputs.count else {
      throw ModelError("the model has \(inputs.count) inputs, not \(inputShapes.count)")
    }
    for (input, shape) in zip(inputs, inputShapes) {
      guard input.shape.count == shape.rank, zip(input.shape, shape.dimensions).allSatisfy({ $0 == nil || $0 == $1 })
      else {
        let expected = input.shape.map { $0.map(String.init) ?? "any" }.joined(separator: ", ")
        throw ModelError("input \"\(input.name)\" takes [\(expected)], not \(shape)")
      }
    }
    var shapes = inputShapes
    for node in nodes {
      let (layer, path) = layer(node.instance)
      do throws(ShapeError) {
        shapes.append(try layer.outputShape(for: node.inputs.map { shapes[$0.index] }))
      } catch {
        throw ModelError(layer: path, error.message)
      }
    }
    return shapes
  }

  /// Shapes of all values with open extents filled in, for two sizes where there are any, so that whatever depends on an open
  /// extent shows.
  private static func nominalInputs(
    _ inputs: [ModelInput], _ nodes: [Node], _ layers: [ModelParts.Layer]
  ) throws(ModelError) -> [[Shape]] {
    let isOpen = inputs.contains { $0.shape.contains(nil) }
    for input in inputs where input.shape.last == .some(nil) {
      throw ModelError("input \"\(input.name)\" leaves its number of channels open; that is not possible")
    }
    var found: [[Shape]] = []
    var failure: ModelError?
    for size in isOpen ? [224, 352, 608] : [0] where found.count < 2 {
      do throws(ModelError) {
        let closed = inputs.map { Shape($0.shape.map { $0 ?? size }) }
        found.append(try shapes(for: closed, inputs, nodes) { (layers[$0].layer, layers[$0].path) })
      } catch {
        failure = error
      }
    }
    if found.isEmpty, let failure { throw failure }
    return found
  }
}
