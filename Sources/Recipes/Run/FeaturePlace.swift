internal import Foundation
internal import Images
internal import Kernels
internal import Layers
internal import Training

/// Where the values at a phase's boundary are kept.
enum FeaturePlace {
  case memory
  /// They are too many for the memory, and are mapped from the cache.
  case disk
  /// They are computed in every epoch.
  case nowhere
}

extension Plan {
  /// Whether every epoch of a phase sees the same pictures, or one of a few fixed views of each.
  func hasFixedPictures(_ phase: PlannedPhase) -> Bool {
    !recipe.data.isAugmented || (recipe.cache.views != nil && phase.boundary != model.inputs.map(\.value))
  }

  /// Where the values at a phase's boundary are kept.
  func place(of phase: PlannedPhase, cache: FeatureCache?) -> FeaturePlace {
    guard hasFixedPictures(phase) || validation != nil else { return .nowhere }
    let bytes = featureBytes(phase)
    if fitsIntoMemory(bytes) { return .memory }
    let stored = recipe.cache.precision == .bfloat16 ? bytes / 2 : bytes
    guard let cache, !phase.followsChange, phase.boundary != model.inputs.map(\.value), stored <= cache.limit else {
      return .nowhere
    }
    return .disk
  }

  /// Bytes of the values at a phase's boundary that can be kept.
  func featureBytes(_ phase: PlannedPhase) -> Int {
    let pictures = (hasFixedPictures(phase) ? training.count * (views ?? 1) : 0) + (validation?.count ?? 0)
    return phase.boundarySize * MemoryLayout<Float>.stride * pictures
  }

  private func fitsIntoMemory(_ bytes: Int) -> Bool { bytes <= memoryLimit }

  /// Bytes of features that may stand in memory.
  var memoryLimit: Int { recipe.cache.memoryLimit ?? Int(ProcessInfo.processInfo.physicalMemory / 2) }

  /// A phase, and the later ones whose values the same pass over the pictures can compute.
  func phasesServed(from index: Int) -> [PlannedPhase] {
    var served = [phases[index]]
    var bytes = featureBytes(phases[index])
    for later in phases[(index + 1)...] where !later.followsChange {
      let isNew = !Set(served.flatMap(\.boundary)).isSuperset(of: later.boundary)
      // What does not fit beside the others has a pass of its own when its phase comes.
      guard place(of: later, cache: nil) == .memory, !isNew || fitsIntoMemory(bytes + featureBytes(later)) else {
        continue
      }
      if isNew { bytes += featureBytes(later) }
      served.append(later)
    }
    return served
  }

  /// The cache on disk that the recipe asks for; nil if it asks for none, or there is no place for one.
  func featureCache() -> FeatureCache? {
    let wish = recipe.cache
    guard wish.isOnDisk, let directory = wish.directory.map(recipe.resolved) ?? FeatureCache.standardDirectory else {
      return nil
    }
    return FeatureCache(directory: directory, limit: wish.limit)
  }
}
