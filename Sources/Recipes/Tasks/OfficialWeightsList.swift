public import Architectures
public import JSON
internal import Layers
public import Tensors

/// All files of weights that Keras publishes for an architecture, or for all.
public struct OfficialWeightsList: Sendable {
  public struct Entry: Sendable {
    public var architecture: String
    public var includesTop: Bool
    /// Where there are several widths.
    public var alpha: Float?
    /// Where there are weights for several sizes.
    public var size: Size?
    public var weights: OfficialWeights
    /// Where it is on this machine.
    public var path: String?

    /// `MobileNet, alpha 0.25, 224×224, without top`
    public var title: String {
      architecture + (alpha.map { ", alpha \($0)" } ?? "") + (size.map { ", \($0)" } ?? "")
        + (includesTop ? "" : ", without top")
    }
  }

  public var entries: [Entry] = []

  public init(of name: String? = nil, in folder: String = ".") throws(ModelLoadingError) {
    var architectures = ArchitectureRegistry.all
    if let name {
      do { architectures = [try ArchitectureRegistry.architecture(named: name)] } catch {
        throw ModelLoadingError("\(error)")
      }
    }
    let search = OfficialWeightsSearch(beside: folder)
    for architecture in architectures {
      var seen = Set<String>()
      for includesTop in [true, false] {
        for alpha in architecture.alphas.isEmpty ? [1] : architecture.alphas {
          for extent in [96, 128, 160, 192, 224] {
            let size = Size(extent, extent)
            guard
              let weights = architecture.officialWeights(includesTop: includesTop, alpha: alpha, size: size),
              let standard = architecture.officialWeights(includesTop: includesTop, alpha: alpha),
              // A size of its own, or the size for all others.
              weights != standard || extent == 224, seen.insert(weights.fileName).inserted
            else { continue }
            entries.append(
              Entry(
                architecture: architecture.name, includesTop: includesTop,
                alpha: architecture.alphas.isEmpty ? nil : alpha,
                size: weights.fileName.contains("_\(extent)") ? size : nil, weights: weights,
                path: search.path(of: weights)))
          }
        }
      }
    }
  }

  public var json: JSONValue {
    .array(
      entries.map { entry in
        [
          "architecture": .string(entry.architecture), "include_top": .bool(entry.includesTop),
          "alpha": entry.alpha.map { .float($0) } ?? .null,
          "size": entry.size.map { .integer($0.height) } ?? .null,
          "file": .string(entry.weights.fileName), "address": .string(entry.weights.address),
          "checksum": entry.weights.checksum.map { .string($0) } ?? .null,
          "path": entry.path.map { .string($0) } ?? .null,
        ]
      })
  }
}
