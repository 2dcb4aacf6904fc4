import CHDF5

extension Session {
  /// Creates the groups along `path` that are not there yet, and returns the path as it is in the file.
  func createGroup(_ path: String) throws(HDF5Error) -> String {
    try requireWritable(path)
    var walked = "/"
    for name in Session.components(of: path) {
      let next = walked == "/" ? "/" + name : walked + "/" + name
      if let object = try find(next) {
        guard object.kind == .group else {
          throw refusal(.wrongType, "is a \(object.kind.rawValue), so that nothing can be put into it", at: next)
        }
        walked = object.path
      } else {
        let creation = try propertyList(chdf5_group_create())
        try check(H5Pset_obj_track_times(creation.raw, false), "cannot be created", at: next)
        let links = try linkCreation()
        _ = try owned(
          unsafe H5Gcreate2(file, next, links.raw, creation.raw, chdf5_default()), "cannot be created", at: next)
        walked = next
      }
    }
    return walked
  }

  /// Creates a dataset and writes `bytes`, its elements as they stand in memory, into it.
  func writeDataset(
    _ path: String, _ bytes: UnsafeRawBufferPointer, as element: WrittenElement, shape: [Int],
    _ storage: DatasetStorage
  ) throws(HDF5Error) -> DatasetDescription {
    try requireWritable(path)
    try requireCount(bytes.count / element.memoryByteCount, shape, at: path)
    var components = Session.components(of: path)
    guard let name = components.popLast() else {
      throw refusal(.cannotWrite, "a dataset needs a name", at: path)
    }
    let folder = try createGroup(Session.joined(components))
    let group = try open(folder, as: .group)
    let target = Session.joined(Session.components(of: folder) + [name])
    guard try !exists(name, in: group.id, at: target) else {
      throw refusal(.cannotWrite, "is in the file already", at: target, remedy: "Choose another name.")
    }
    let space = try dataspace(shape, at: target)
    let creation = try storage.propertyList(in: self, at: target)
    let links = try linkCreation()
    let memoryType = try element.memoryType(in: self)
    let fileType = try element.fileType(in: self)
    let id = try owned(
      unsafe H5Dcreate2(group.id.raw, name, fileType.raw, space.raw, links.raw, creation.raw, chdf5_default()),
      "cannot be created", at: target)
    if unsafe !bytes.isEmpty {
      // `bytes` are as many elements as `shape` has, counted above.
      let status = unsafe H5Dwrite(
        id.raw, memoryType.raw, chdf5_whole_extent(), chdf5_whole_extent(), chdf5_default(), bytes.baseAddress)
      try check(status, "its values cannot be written", at: target, remedy: "Check that the disk is not full.")
    }
    return try describe(OpenObject(id: id, kind: .dataset, path: target))
  }

  func writeAttribute(
    _ name: String, _ value: AttributeValue, of object: borrowing OpenObject
  ) throws(HDF5Error) {
    let path = "\(object.path) attribute \"\(name)\""
    try requireWritable(path)
    guard !name.isEmpty, !name.utf8.contains(0) else {
      throw refusal(.cannotWrite, "is not a name for an attribute", at: path)
    }
    let found = unsafe H5Aexists(object.id.raw, name)
    if try check(found, "cannot be looked up", at: path) > 0 {
      try check(unsafe H5Adelete(object.id.raw, name), "cannot be replaced", at: path)
    }
    let id = object.id.raw
    let space = try dataspace(value.shape, at: path)
    /// Writes `bytes`, the elements of `space` in `memoryType`.
    func write(_ fileType: hid_t, _ memoryType: hid_t, _ bytes: UnsafeRawBufferPointer) throws(HDF5Error) {
      let attribute = try owned(
        unsafe H5Acreate2(id, name, fileType, space.raw, chdf5_default(), chdf5_default()),
        "cannot be created with \(bytes.count) bytes; an attribute takes at most 64 KiB", at: path)
      guard unsafe !bytes.isEmpty else { return }
      try check(
        unsafe H5Awrite(attribute.raw, memoryType, bytes.baseAddress), "its value cannot be written", at: path)
    }
    switch value {
    case .string(let text):
      try requireNoNul([text], at: path)
      let type = try variableTextType()
      try unsafe (Array(text.utf8) + [0]).withUnsafeBufferPointer { characters throws(HDF5Error) in
        // For a text of variable length libhdf5 wants the address of a pointer to it.
        try unsafe withUnsafeBytes(of: characters.baseAddress) { bytes throws(HDF5Error) in
          try unsafe write(type.raw, type.raw, bytes)
        }
      }
    case .strings(let texts, let shape):
      try requireCount(texts.count, shape, at: path)
      let (bytes, length) = try padded(texts, at: path)
      let type = try fixedTextType(byteCount: length, isUTF8: false)
      try unsafe withBytes(of: bytes) { bytes throws(HDF5Error) in try unsafe write(type.raw, type.raw, bytes) }
    case .integers(let values, let shape):
      try requireCount(values.count, shape, at: path)
      try unsafe withBytes(of: values) { bytes throws(HDF5Error) in
        try unsafe write(chdf5_int64_little(), chdf5_native_int64(), bytes)
      }
    case .floats(let values, let shape):
      try requireCount(values.count, shape, at: path)
      try unsafe withBytes(of: values) { bytes throws(HDF5Error) in
        try unsafe write(chdf5_float64_little(), chdf5_native_double(), bytes)
      }
    }
  }

  // MARK: Parts

  private func requireWritable(_ path: String) throws(HDF5Error) {
    guard isWritable else {
      throw refusal(.cannotWrite, "the file is open for reading only", at: path, remedy: "Create another file.")
    }
    guard !path.utf8.contains(0) else { throw refusal(.cannotWrite, "the name contains a NUL", at: path) }
  }

  func requireCount(_ count: Int, _ shape: [Int], at path: String) throws(HDF5Error) {
    var product = 1
    for extent in shape {
      let (next, overflow) = product.multipliedReportingOverflow(by: extent)
      guard extent >= 0, !overflow else {
        throw refusal(.cannotWrite, "\(shape) is not a shape", at: path)
      }
      product = next
    }
    guard product == count else {
      throw refusal(.cannotWrite, "the shape \(shape) needs \(product) values, not \(count)", at: path)
    }
  }

  private func requireNoNul(_ texts: [String], at path: String) throws(HDF5Error) {
    for text in texts where text.utf8.contains(0) {
      throw refusal(.cannotWrite, "the text \"\(text)\" contains a NUL, which would end it", at: path)
    }
  }

  /// The texts one after the other, each filled with NUL to the length of the longest.
  func padded(_ texts: [String], at path: String) throws(HDF5Error) -> (bytes: [UInt8], length: Int) {
    try requireNoNul(texts, at: path)
    let length = max(1, texts.map(\.utf8.count).max() ?? 1)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(length * texts.count)
    for text in texts {
      bytes += text.utf8
      bytes += repeatElement(0, count: length - text.utf8.count)
    }
    return (bytes, length)
  }

  private func dataspace(_ shape: [Int], at path: String) throws(HDF5Error) -> Identifier {
    guard !shape.isEmpty else { return try owned(H5Screate(H5S_SCALAR), "cannot be created", at: path) }
    let extents = shape.map { hsize_t($0) }
    return try owned(
      unsafe H5Screate_simple(Int32(extents.count), extents, nil), "cannot be created with shape \(shape)", at: path)
  }

  /// Names are UTF-8.
  private func linkCreation() throws(HDF5Error) -> Identifier {
    let links = try propertyList(chdf5_link_create())
    try check(H5Pset_char_encoding(links.raw, H5T_CSET_UTF8), "libhdf5 refuses a property")
    return links
  }
}
