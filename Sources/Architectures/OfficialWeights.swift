public import Tensors

/// A file of weights that Keras publishes for an architecture, trained on ImageNet.
public struct OfficialWeights: Hashable, Sendable {
  /// What Keras calls it in its cache.
  public var fileName: String
  public var address: String
  /// Hexadecimal digits: MD5 if 32, SHA-256 if 64. MobileNet and MobileNetV2 have none.
  public var checksum: String?

  /// Where Keras keeps them all.
  public static let server = "https://storage.googleapis.com/"

  /// The names of the 1,000 classes, which Keras keeps beside the weights.
  public static let classIndex = OfficialWeights(
    fileName: "imagenet_class_index.json",
    address: server + "download.tensorflow.org/data/imagenet_class_index.json",
    checksum: "c2c37ea517e94d9795004a39431a14cb")
}

extension Architecture {
  /// The file that Keras' function of the same name loads with `weights="imagenet"`; nil if Keras publishes none.
  ///
  /// - Parameters:
  ///   - includesTop: with the layers that tell the 1,000 classes apart.
  ///   - alpha: the width.
  ///   - size: of the images. Only MobileNet and MobileNetV2 have weights for several; for any other size, as for one that is
  ///     not square, they take those for 224×224.
  public func officialWeights(includesTop: Bool, alpha: Float = 1, size: Size? = nil) -> OfficialWeights? {
    let folder = "tensorflow/keras-applications/"
    switch name {
    case "MobileNet":
      guard let width: String = [0.25: "2_5", 0.5: "5_0", 0.75: "7_5", 1: "1_0"][alpha] else { return nil }
      let rows = trainedExtent(size, among: [128, 160, 192, 224])
      return OfficialWeights(
        folder: folder + "mobilenet", "mobilenet_\(width)_\(rows)_tf\(includesTop ? "" : "_no_top").h5", nil)
    case "MobileNetV2":
      guard alphas.contains(alpha) else { return nil }
      let rows = trainedExtent(size, among: [96, 128, 160, 192, 224])
      return OfficialWeights(
        folder: folder + "mobilenet_v2",
        "mobilenet_v2_weights_tf_dim_ordering_tf_kernels_\(alpha)_\(rows)\(includesTop ? "" : "_no_top").h5", nil)
    default: break
    }
    guard let row = OfficialWeightsTable.rows.first(where: { $0.architecture == name && $0.alpha == alpha }) else {
      return nil
    }
    // Three generations of Keras have three spellings.
    let ending: String
    switch name {
    case _ where includesTop: ending = ""
    case _ where name.hasPrefix("MobileNetV3"): ending = "_no_top_v2"
    case _ where name.hasPrefix("NASNet"): ending = "_no_top"
    default: ending = "_notop"
    }
    var weights = OfficialWeights(
      folder: row.folder, row.stem + ending + ".h5", includesTop ? row.checksum : row.checksumWithoutTop)
    if name.hasPrefix("NASNet") {
      // The server spells these in another way than the cache.
      weights.address =
        "\(OfficialWeights.server)\(row.folder)/NASNet-\(name.dropFirst(6).lowercased())\(includesTop ? "" : "-no-top").h5"
    }
    return weights
  }

  private func trainedExtent(_ size: Size?, among extents: [Int]) -> Int {
    guard let size, size.height == size.width, extents.contains(size.height) else { return 224 }
    return size.height
  }
}

extension OfficialWeights {
  fileprivate init(folder: String, _ fileName: String, _ checksum: String?) {
    self.init(fileName: fileName, address: "\(Self.server)\(folder)/\(fileName)", checksum: checksum)
  }
}
