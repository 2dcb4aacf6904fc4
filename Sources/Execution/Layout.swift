internal import Kernels
internal import Layers
internal import Tensors

/// The steps of a program with their places in memory.
struct Layout {
  let perImage: [Operation]
  let stages: [Stage]
  let arenaCount: Int
  let perBatch: [Operation]
  let batchArenaCount: Int
  /// The values that have tensors of their own, in their order.
  let kept: [ValueID]
  /// Where the wanted values are.
  let outputs: [Place.Home]

  init(_ drafts: [Draft], known: [ValueID], wanted: [ValueID], shapes: [Shape], on device: Device) {
    let cut = Self.cut(drafts)
    let (early, late) = (drafts[..<cut], drafts[cut...])
    let made = Set(drafts.map(\.output))
    let handedOver = Set(early.map(\.output)).intersection(late.flatMap(\.reads))
    kept = handedOver.union(made.intersection(wanted)).sorted()

    var homes: [ValueID: Place.Home] = [:]
    for (index, value) in known.enumerated() where homes[value] == nil { homes[value] = .input(index) }
    for (index, value) in kept.enumerated() { homes[value] = .kept(index) }
    outputs = wanted.map { value in
      guard let home = homes[value] else { preconditionFailure("a wanted value that nothing computes") }
      return home
    }

    let works = drafts.map { $0.packed(on: device) }
    let steps = zip(drafts, works).map { draft, work in
      Operation(
        name: draft.name, work: work, bias: draft.bias, activation: draft.activation, inputs: [],
        output: Place(home: .group, size: 0))
    }
    func size(_ value: ValueID) -> Int { shapes[value.index].elementCount }
    stages = Stage.cut(
      levels: Self.levels(early, shapes), weights: steps[..<cut].map(\.weightCost),
      activations: early.map { $0.reads.reduce(size($0.output)) { $0 + size($1) } })
    let first = PlacedPart(early.map { $0 }, stages: stages, homes: homes, size: size)
    let second = PlacedPart(
      late.map { $0 }, stages: [Stage(steps: 0..<late.count, group: 1)], homes: homes, size: size)
    perImage = zip(early, steps[..<cut]).map { first.placing($0, $1) }
    perBatch = zip(late, steps[cut...]).map { second.placing($0, $1) }
    arenaCount = first.floatCount
    batchArenaCount = second.floatCount
  }

  /// Where the steps for whole batches begin: at the first dense layer that no convolution and no pool follows.
  private static func cut(_ drafts: [Draft]) -> Int {
    let last = drafts.lastIndex { draft in
      switch draft.work {
      case .convolution, .depthwise, .block, .maxPooling, .averagePooling, .globalAverage: true
      default: false
      }
    }
    let start = last.map { $0 + 1 } ?? 0
    return drafts[start...].firstIndex { if case .dense = $0.work { true } else { false } } ?? drafts.count
  }

  /// The pixels of each step's output; what is no image belongs to what comes before it.
  private static func levels(_ drafts: ArraySlice<Draft>, _ shapes: [Shape]) -> [Int] {
    var level = 0
    return drafts.map { draft in
      let shape = shapes[draft.output.index]
      if shape.rank == 3 { level = shape[0] * shape[1] }
      return level
    }
  }
}

/// Steps that share an arena, and where their values lie in it.
private struct PlacedPart {
  private var homes: [ValueID: Place.Home]
  private var offsets: [ValueID: Int] = [:]
  private let size: (ValueID) -> Int
  let floatCount: Int

  init(_ drafts: [Draft], stages: [Stage], homes: [ValueID: Place.Home], size: @escaping (ValueID) -> Int) {
    var homes = homes
    var stageOf = [Int](repeating: 0, count: drafts.count)
    for (index, stage) in stages.enumerated() { for step in stage.steps { stageOf[step] = index } }
    var uses: [ValueID: ClosedRange<Int>] = [:]
    for (step, draft) in drafts.enumerated() {
      for value in draft.reads + [draft.output] where homes[value] == nil {
        uses[value] = (uses[value]?.lowerBound ?? step)...step
      }
    }
    let chunk = Stage.chunk(stages)
    var lifetimes: [MemoryPlan.Lifetime] = []
    for (value, steps) in uses {
      let (first, last) = (stageOf[steps.lowerBound], stageOf[steps.upperBound])
      if first == last {
        homes[value] = .group
        lifetimes.append(.init(value: value.index, floats: size(value) * stages[first].group, steps: steps))
      } else {
        // Other groups of the chunk are still on their way while the first has been here.
        homes[value] = .chunk
        let whole = stages[first].steps.lowerBound...stages[last].steps.upperBound - 1
        lifetimes.append(.init(value: value.index, floats: size(value) * chunk, steps: whole))
      }
    }
    let plan = MemoryPlan(lifetimes.sorted { $0.value < $1.value })
    for value in uses.keys { offsets[value] = plan.offsets[value.index] }
    floatCount = plan.floatCount
    self.homes = homes
    self.size = size
  }

  func placing(_ draft: Draft, _ operation: Operation) -> Operation {
    var operation = operation
    operation.inputs = draft.inputs.map(place)
    operation.residual = draft.residual.map(place)
    operation.output = place(draft.output)
    operation.output.channel = draft.slice?.channel ?? 0
    return operation
  }

  private func place(_ value: ValueID) -> Place {
    guard let home = homes[value] else { preconditionFailure("value \(value.index) has no place") }
    return Place(home: home, offset: offsets[value] ?? 0, size: size(value))
  }
}
