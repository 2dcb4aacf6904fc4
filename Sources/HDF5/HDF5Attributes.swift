/// The attributes of a group or a dataset: small named values.
public struct HDF5Attributes: Sendable {
  let file: FileAccess
  let path: String

  /// The names, in the order of their bytes.
  public func names() throws(HDF5Error) -> [String] {
    try file.ask(.attributeNames(path), about: path) { if case .names(let found) = $0 { found } else { nil } }
  }

  /// The value of an attribute, `nil` if there is none of this name.
  ///
  /// Throws if the value is neither text nor numbers.
  public subscript(name: String) -> AttributeValue? {
    get throws(HDF5Error) {
      let value: AttributeValue?? = try file.ask(.attribute(name, of: path), about: path) {
        if case .attribute(let found) = $0 { .some(found) } else { nil }
      }
      return value ?? nil
    }
  }

  /// Writes an attribute, in place of one of the same name.
  ///
  /// As h5py does, a single text is stored with variable length in UTF-8, and an array of texts with fixed length, padded
  /// with NUL. In the file format that everybody reads an attribute takes at most 64 KiB; Keras splits longer ones.
  public func write(_ name: String, _ value: AttributeValue) throws(HDF5Error) {
    try file.locked(at: path) { session throws(HDF5Error) in
      try session.writeAttribute(name, value, of: try session.open(path))
    }
  }

  public func write(_ name: String, string: String) throws(HDF5Error) {
    try write(name, .string(string))
  }

  public func write(_ name: String, strings: [String]) throws(HDF5Error) {
    try write(name, .strings(strings, shape: [strings.count]))
  }

  public func write(_ name: String, integer: Int) throws(HDF5Error) {
    try write(name, .integers([Int64(integer)], shape: []))
  }

  public func write(_ name: String, double: Double) throws(HDF5Error) {
    try write(name, .floats([double], shape: []))
  }
}
