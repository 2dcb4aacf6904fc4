internal import Kernels

extension InferenceProgram {
  /// The first part, a chunk of images at a time.
  func runPerImage(_ count: Int, _ inputs: [Source], _ kept: [Target], on device: Device) {
    guard !perImage.isEmpty else { return }
    let threads = device.threadCount
    // So many images can be shared out evenly; of what is left every layer is shared out.
    let even = threads == 1 ? count : count / threads * threads
    let chunks = threads * ((even / threads + chunk - 1) / chunk)
    let serial = device.serial
    device.forEach(chunks, scratch: arenaCount) { index, arena in
      let images = even * index / chunks..<even * (index + 1) / chunks
      let memory = Memory(arena: arena, inputs: inputs, kept: kept, chunk: images.lowerBound)
      run(images.count, memory, on: serial)
    }
    guard even < count else { return }
    device.forEach(1, scratch: arenaCount) { _, arena in
      run(count - even, Memory(arena: arena, inputs: inputs, kept: kept, chunk: even), on: device)
    }
  }

  /// All stages for a chunk of `count` images.
  func run(_ count: Int, _ memory: Memory, on device: Device, profile: OperationClock? = nil) {
    var memory = memory
    for stage in stages {
      memory.group = 0
      while memory.group < count {
        let images = min(stage.group, count - memory.group)
        for step in stage.steps {
          let start = profile?.now
          perImage[step].run(images, in: memory, on: device)
          if let start { profile?.add(since: start, to: step) }
        }
        memory.group += images
      }
    }
  }

  /// The second part, where weights outweigh activations by far.
  func runPerBatch(
    _ count: Int, _ inputs: [Source], _ kept: [Target], on device: Device, profile: OperationClock? = nil
  ) {
    guard !perBatch.isEmpty else { return }
    device.forEach(1, scratch: batchArenaCount * count) { _, arena in
      let memory = Memory(arena: arena, scale: count, inputs: inputs, kept: kept)
      for (step, operation) in perBatch.enumerated() {
        let start = profile?.now
        operation.run(count, in: memory, on: device)
        if let start { profile?.add(since: start, to: perImage.count + step) }
      }
    }
  }
}
