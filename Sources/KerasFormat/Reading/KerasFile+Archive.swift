internal import HDF5
internal import JSON
internal import Zip

extension KerasFile {
  /// The members of Keras' archives.
  enum ArchiveMember {
    static let metadata = "metadata.json"
    static let config = "config.json"
    static let weights = "model.weights.h5"
    static let pickledWeights = "model.weights.npz"
    static let assets = "assets/"
  }

  /// Far beyond any configuration; a packed member may claim anything.
  private static let textByteLimit = 256 << 20
  /// What weights may take on the disk when unpacked.
  private static let weightByteLimit = 64 << 30

  /// A zip archive of Keras 3, or of tf.keras from 2.12 on.
  init(archive path: String) throws(KerasError) {
    let archive = try zip { () throws(ZipError) in try ZipArchive(opening: path) }
    guard archive[ArchiveMember.config] != nil else { throw Self.foreign(archive) }
    let config = try Self.json(ArchiveMember.config, in: archive)
    let metadata: JSONValue =
      archive[ArchiveMember.metadata] == nil ? .null : try Self.json(ArchiveMember.metadata, in: archive)
    guard archive[ArchiveMember.weights] != nil else {
      if archive[ArchiveMember.pickledWeights] != nil {
        throw KerasError(
          .unsupported, file: path, place: ArchiveMember.pickledWeights,
          "holds the weights as Python objects, which could run code and are not read",
          remedy: "Open it in Keras and save it again, with weights_format=\"h5\".")
      }
      throw KerasError(.damaged, file: path, "describes a model but has no member \(ArchiveMember.weights)")
    }
    let weights = try Self.weights(in: archive)
    let known = [ArchiveMember.metadata, ArchiveMember.config, ArchiveMember.weights]
    let others = archive.members.map(\.name).filter { !known.contains($0) }
    let isEarly = weights.isEarlyForm ? ["the layout of the weights is that of tf.keras 2.12 and 2.13"] : []
    let unused =
      others.isEmpty
      ? [] : ["members that are not used: \(others.prefix(4).joined(separator: ", "))\(others.count > 4 ? ", …" : "")"]
    // What a file leaves unsaid is as the earliest version that writes such archives has it.
    let version = metadata["keras_version"]?.stringValue
    self.init(
      path: path, format: .keras, kerasVersion: version ?? "3.0.0",
      date: metadata["date_saved"]?.stringValue, modelConfig: config, trainingConfig: config["compile_config"],
      metadata: metadata[Self.metadataName], storage: .keyed(weights),
      optimizer: weights.optimizer.map { StoredOptimizer(name: $0.name, variables: $0.variables, isNamed: false) },
      oddities: isEarly + unused)
  }

  private static func json(_ member: String, in archive: ZipArchive) throws(KerasError) -> JSONValue {
    let bytes = try zip { () throws(ZipError) in try archive.read(member, byteLimit: textByteLimit) }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw KerasError(.damaged, file: archive.path, place: member, "is no text in UTF-8")
    }
    return try json(text, archive.path, place: member)
  }

  /// libhdf5 reads files, so the member becomes one, whose name goes at once.
  private static func weights(in archive: ZipArchive) throws(KerasError) -> KeyedWeights {
    if let member = archive[ArchiveMember.weights], member.byteCount > 1 << 30,
      member.byteCount / 100 > member.packedByteCount
    {
      throw KerasError(
        .damaged, file: archive.path, place: member.name,
        "would unpack from \(member.packedByteCount) to \(member.byteCount) bytes")
    }
    let path = archive.path
    return try TemporaryFile.with { temporary throws(KerasError) in
      try zip { () throws(ZipError) in
        try archive.extract(ArchiveMember.weights, to: temporary, byteLimit: weightByteLimit)
      }
      let name = "\(path)/\(ArchiveMember.weights)"
      let root: HDF5Group
      do throws(HDF5Error) { root = try HDF5File(opening: temporary, named: name).root } catch {
        throw KerasError(error)
      }
      return try KeyedWeights(try GroupTree(reading: root, name), name)
    }
  }

  /// The error for a zip archive that is not Keras'.
  private static func foreign(_ archive: ZipArchive) -> KerasError {
    let names = archive.members.prefix(6).map(\.name)
    let isTorch = archive.members.contains { $0.name.hasSuffix("/data.pkl") }
    return KerasError(
      .notAModel, file: archive.path,
      isTorch
        ? "is a zip archive of PyTorch, not of Keras"
        : "is a zip archive, but not of Keras: it has no member \(ArchiveMember.config); it has "
          + "\(names.joined(separator: ", "))\(archive.members.count > 6 ? ", …" : "")",
      remedy: "Expected a file of model.save(\"model.keras\").")
  }
}

/// Runs `body` and gives its errors the form of this module.
func zip<Result>(_ body: () throws(ZipError) -> Result) throws(KerasError) -> Result {
  do throws(ZipError) { return try body() } catch { throw KerasError(error) }
}

extension KerasError {
  init(_ error: ZipError, file: String? = nil) {
    let kind: Kind =
      switch error.kind {
      case .missingFile: .missingFile
      case .unreadableFile: .unreadableFile
      case .notAnArchive: .notAModel
      case .damaged, .missingMember, .tooLarge: .damaged
      case .unsupported: .unsupported
      case .cannotWrite: .cannotWrite
      }
    self.init(
      kind, file: file ?? error.file, place: error.member, error.problem,
      remedy: kind == .damaged ? "Copy or download it again." : nil)
  }
}
