internal import Kernels

/// Where a value lies while a program runs.
struct Place: Sendable {
  enum Home: Sendable {
    /// In the arena, for the few images that go through a stage together.
    case group
    /// In the arena, for all images that a thread has taken.
    case chunk
    /// An input of the program, by its number: whole batches that the caller owns.
    case input(Int)
    /// A tensor for the whole batch that the program makes, by its number.
    case kept(Int)
  }

  var home: Home
  /// Floats from the beginning of the arena.
  var offset = 0
  /// Floats of one image.
  var size: Int
  /// The first channel, where a value is a slice of a larger one.
  var channel = 0
}

/// The memory of a running program.
struct Memory: Sendable {
  let arena: Target
  /// What the offsets into the arena are multiplied by: the plan of what runs over whole batches is made for one image.
  var scale = 1
  let inputs: [Source]
  let kept: [Target]
  /// The first image of the chunk in the batch, and of the group in the chunk.
  var chunk = 0
  var group = 0

  func source(_ place: Place) -> Source {
    if case .input(let index) = place.home {
      return inputs[index].advanced(by: (chunk + group) * place.size + place.channel)
    }
    return target(place).source
  }

  func target(_ place: Place) -> Target {
    switch place.home {
    case .group: arena.advanced(by: place.offset * scale + place.channel)
    case .chunk: arena.advanced(by: place.offset * scale + group * place.size + place.channel)
    case .kept(let index): kept[index].advanced(by: (chunk + group) * place.size + place.channel)
    case .input: preconditionFailure("nobody writes to an input")
    }
  }
}
