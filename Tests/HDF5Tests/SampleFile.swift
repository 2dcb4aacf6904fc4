import HDF5

/// A small file with something of each kind.
enum SampleFile {
  /// - Parameter withLinks: with links that lead to objects, nowhere and out of the file.
  static func write(to path: String, withLinks: Bool = true) throws {
    let file = try HDF5File(creating: path)
    try file.root.attributes.write("keras_version", string: "3.0")
    let weights = try file.root.createGroup(at: "model_weights")
    try weights.attributes.write("layer_names", strings: ["conv1", "bn"])
    try weights.attributes.write("n", integer: 7)
    try weights.attributes.write("rate", double: 0.1)
    try weights.writeDataset("conv1/kernel:0", floats: (0..<54).map { Float($0) }, shape: [3, 3, 2, 3])
    try weights.writeDataset("bn/gamma:0", floats: [1, 2, 3], shape: [3]).attributes.write("unit", string: "none")
    var packed = DatasetStorage()
    packed.chunk = [2, 2]
    packed.gzipLevel = 4
    packed.shuffles = true
    packed.hasChecksum = true
    packed.format = .float16
    try file.root.writeDataset("packed", floats: [1, 2, 3, 4, 5, 6, 7, 8, 9], shape: [3, 3], storage: packed)
    var chunked = DatasetStorage()
    chunked.chunk = [2]
    try file.root.writeDataset("chunked", floats: [1, 2, 3], shape: [3], storage: chunked)
    var big = DatasetStorage()
    big.byteOrder = .bigEndian
    try file.root.writeDataset("big", floats: [1, -2], shape: [2], storage: big)
    try file.root.writeDataset("labels", integers: [Int64(1), 2, 3], shape: [3])
    try file.root.writeDataset("paths", strings: ["a", "bc"], shape: [2])
    guard withLinks else { return try file.close() }
    try file.root.createSoftLink("soft", to: "/model_weights/bn/gamma:0")
    try file.root.createSoftLink("dangling", to: "/nowhere")
    try file.root.createExternalLink("out", to: "x", inFile: "other.h5")
    try file.close()
  }
}
