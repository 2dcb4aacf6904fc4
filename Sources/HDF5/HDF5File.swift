/// An HDF5 file, open for reading or just created.
///
///     let file = try HDF5File(opening: "mobilenet.h5")
///     let names = try file.root.group(at: "model_weights").attributes["layer_names"]?.strings
///     let kernel = try file.root.dataset(at: "model_weights/conv1/conv1/kernel:0").readFloats()
///
/// Groups and datasets keep the file open; it closes with the last of them, or with ``close()``. All may be used from
/// any thread: libhdf5 itself runs on one at a time.
///
/// Damaged and hostile files are expected: a file that points to other files, asks for plug-ins or declares far more data
/// than it holds is refused with an ``HDF5Error``, before anything is allocated.
public struct HDF5File: ~Copyable, Sendable {
  private let file: FileAccess

  /// Opens a file for reading.
  ///
  /// - Parameters:
  ///   - name: what errors call the file, where not by its path: it may be a part of another one, unpacked.
  ///   - reading: in this process, or guarded in another.
  public init(
    opening path: String, named name: String? = nil, reading: HDF5Reading = .standard
  ) throws(HDF5Error) {
    file = try FileAccess(opening: path, named: name ?? path, reading)
  }

  /// Creates a file, or empties the one that is there.
  ///
  /// The file has the oldest format, which every version of libhdf5 reads, and no times in it: equal content makes equal
  /// bytes. Finish with ``close()``, which reports a full disk; a file that is dropped instead stays silent about it.
  public init(creating path: String) throws(HDF5Error) {
    file = .local(try OpenFile(creating: path))
  }

  public var path: String { file.path }

  /// The group that everything else is in.
  public var root: HDF5Group { HDF5Group(file: file, path: "/") }

  /// Writes out what is still in memory and closes the file. Groups and datasets reached from it are of no use then.
  public consuming func close() throws(HDF5Error) {
    try file.close()
  }
}
