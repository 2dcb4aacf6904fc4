public import Architectures
internal import Downloads
internal import Foundation
internal import JSON

/// Finds the file of weights that Keras publishes for an architecture, on this machine or on the server.
public struct OfficialWeightsSearch: Sendable {
  /// Where to look: beside the recipe, in `pretrained/` there, in Keras' cache.
  public var folders: [String]
  public var fetching: OfficialWeightsFetching

  /// - Parameter folder: the recipe's folder, or the one that a command is given in.
  public init(beside folder: String, fetching: OfficialWeightsFetching = .standard) {
    folders = [folder, folder + "/pretrained", fetching.cache]
    self.fetching = fetching
  }

  /// The path of the file, if it is there.
  public func path(of weights: OfficialWeights) -> String? {
    folders.map { $0 + "/" + weights.fileName }.first { FileKind(at: $0) == .file }
  }

  /// Finds the first of `choices` that is there; else fetches the first into Keras' cache.
  func found(_ choices: [OfficialWeights], of name: String) throws(ModelLoadingError) -> (path: String, notes: [String])
  {
    for choice in choices {
      if let path = path(of: choice) { return (path, []) }
    }
    guard let wanted = choices.first else {
      throw ModelLoadingError("\(name): Keras publishes no weights for it in this width; name a file of weights")
    }
    // Every HDF5 file of Keras begins with these bytes; a page that asks to log in does not.
    return try fetched(
      wanted, beginning: [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A], as: "\(name): the ImageNet weights")
  }

  /// The names of ImageNet's 1,000 classes, in the order of the outputs.
  func classNames() throws(ModelLoadingError) -> (names: [String], notes: [String]) {
    let file = OfficialWeights.classIndex
    let (path, notes): (String, [String])
    if let here = self.path(of: file) {
      (path, notes) = (here, [])
    } else {
      (path, notes) = try fetched(file, beginning: Array("{".utf8), as: "the names of ImageNet's classes")
    }
    let index = FileManager.default.contents(atPath: path).flatMap { try? JSONValue(parsing: [UInt8]($0)) }
    let names = (0..<1000).compactMap { index?["\($0)"]?.arrayValue?.last?.stringValue }
    guard names.count == 1000 else {
      throw ModelLoadingError("\(path): expected the names of 1000 classes, as Keras keeps them; remove the file")
    }
    return (names, notes)
  }

  /// Fetches a file into Keras' cache.
  private func fetched(
    _ wanted: OfficialWeights, beginning signature: [UInt8], as title: String
  ) throws(ModelLoadingError) -> (path: String, notes: [String]) {
    let target = fetching.cache + "/" + wanted.fileName
    let checksum = wanted.checksum.flatMap { Checksum(hexadecimal: $0) }
    let byHand =
      "Fetch \(wanted.address) in another way and put it at \(target)" + (checksum.map { " (\($0))" } ?? "")
    guard !fetching.isOffline else {
      throw ModelLoadingError(
        "\(title) are not on this machine, and --offline or FINETUNE_OFFLINE forbids to fetch them. \(byHand)",
        category: .noInput)
    }
    var address = wanted.address
    if let mirror = fetching.mirror {
      address = (mirror.hasSuffix("/") ? mirror : mirror + "/") + address.dropFirst(OfficialWeights.server.count)
    }
    let download = Download(from: address, to: target, checksum: checksum, signature: signature)
    do throws(DownloadError) {
      try download { fetching.progress(wanted.fileName, $0.received, $0.total) }
    } catch {
      throw ModelLoadingError(
        "\(title) could not be fetched: \(error). \(byHand)",
        category: error.kind == .cannotWrite ? .cannotCreate : .noInput)
    }
    return (target, ["\(address): fetched to \(target)" + (checksum == nil ? "; Keras publishes no checksum" : "")])
  }
}

extension ModelReference {
  /// What stands in the place of a file where the weights that Keras publishes are meant.
  public static let officialWeights = "imagenet"

  /// Whether the published weights are meant, and not a file that is called like them.
  var wantsOfficialWeights: Bool { architecture != nil && path == Self.officialWeights }

  /// The same model with the file of the published weights.
  ///
  /// Weights with the top serve where it is not needed, too, if they are there already.
  func withOfficialWeights(
    of architecture: Architecture, includesTop: Bool
  ) throws(ModelLoadingError) -> (reference: ModelReference, notes: [String]) {
    func weights(_ includesTop: Bool) -> OfficialWeights? {
      architecture.officialWeights(includesTop: includesTop, alpha: alpha.map { Float($0) } ?? 1, size: inputSize)
    }
    let choices = (includesTop ? [true] : [false, true]).compactMap(weights)
    let (path, notes) = try OfficialWeightsSearch(beside: folder).found(choices, of: architecture.name)
    var reference = self
    reference.path = path
    return (reference, notes)
  }
}
