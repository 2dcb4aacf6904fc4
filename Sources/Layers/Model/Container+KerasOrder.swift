extension Container {
  /// The members in the order in which Keras lists the layers of this model when it has read it, and stores their weights: by
  /// decreasing distance from the outputs, then as a walk from the outputs first meets them. Members that no output depends
  /// on are left out; Keras drops them.
  ///
  /// Follows `map_graph` in `keras/src/ops/function.py`, which Keras 2 agrees with.
  package func kerasOrder() -> [Int] {
    if kind == .sequential { return Array(members.indices) }
    let (met, finished) = walk()

    var callDepths: [Reference: Int] = [:]
    var depths: [Int: Int] = [:]
    for call in finished.reversed() {
      let depth = max(callDepths[call] ?? 0, depths[call.member] ?? 0)
      depths[call.member] = depth
      callDepths[call] = depth
      for source in sources(of: call) { callDepths[source] = max(depth + 1, callDepths[source] ?? 0) }
    }
    var ranks = Dictionary(uniqueKeysWithValues: met.enumerated().map { ($1, $0) })
    for input in inputs where depths[input.member] == nil {
      depths[input.member] = 0
      ranks[input.member] = -1
    }
    return depths.keys.sorted { left, right in
      // Every member has a depth and a rank; the last key makes the order total where inputs share rank -1.
      let keys = [left, right].map { (-(depths[$0] ?? 0), ranks[$0] ?? 0, $0) }
      return keys[0] < keys[1]
    }
  }

  /// Walks from the outputs towards the inputs: members as they are first met, calls as they are finished.
  private func walk() -> (met: [Int], finished: [Reference]) {
    var met: [Int] = []
    var finished: [Reference] = []
    var seenMembers = Set<Int>()
    var seenCalls = Set<Reference>()
    let ends = Set(inputs.map(\.member))
    // A stack instead of recursion: models may be thousands of layers deep.
    var stack: [(call: Reference, isDone: Bool)] = []
    for output in outputs {
      stack.append((output.wholeCall, false))
      while let (call, isDone) = stack.popLast() {
        if isDone {
          finished.append(call)
          continue
        }
        guard seenCalls.insert(call).inserted else { continue }
        if seenMembers.insert(call.member).inserted { met.append(call.member) }
        stack.append((call, true))
        if ends.contains(call.member) { continue }
        for source in sources(of: call).reversed() { stack.append((source, false)) }
      }
    }
    return (met, finished)
  }

  private func sources(of call: Reference) -> [Reference] {
    let calls = members[call.member].calls
    return calls.indices.contains(call.call) ? calls[call.call].map(\.wholeCall) : []
  }
}

extension Container.Reference {
  /// The call that this is an output of.
  fileprivate var wholeCall: Container.Reference { Container.Reference(member: member, call: call) }
}
