#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Looks at a file before libhdf5 does, to say plainly what is wrong with it.
///
/// The superblock and where it may stand: [HDF5 File Format
/// Specification](https://docs.hdfgroup.org/hdf5/develop/_f_m_t3.html), II.A.
struct FileProbe {
  let byteCount: Int

  init(_ path: String) throws(HDF5Error) {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      let code = errno
      guard code != ENOENT && code != ENOTDIR else {
        throw HDF5Error(.missingFile, file: path, problem: "no such file", remedy: "Check the path.")
      }
      throw HDF5Error(
        .unreadableFile, file: path, problem: "cannot be read: \(Self.message(code))",
        remedy: "Check who may read it.")
    }
    defer { close(descriptor) }
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else {
      throw HDF5Error(.unreadableFile, file: path, problem: "cannot be read: \(Self.message(errno))")
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      let kind = status.st_mode & S_IFMT == S_IFDIR ? "a folder" : "not a regular file"
      throw HDF5Error(.unreadableFile, file: path, problem: "is \(kind)", remedy: "Name an HDF5 file.")
    }
    byteCount = Int(status.st_size)
    try Self.checkSuperblock(descriptor, byteCount: byteCount, path: path)
  }

  /// Checks that a file can be created at `path`, as far as its folder shows.
  static func checkDestination(_ path: String) throws(HDF5Error) {
    var status = stat()
    if unsafe stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR {
      throw HDF5Error(.cannotWrite, file: path, problem: "is a folder", remedy: "Name a file to write.")
    }
    let folder = path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
    guard unsafe stat(folder, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
      throw HDF5Error(
        .cannotWrite, file: path, problem: "cannot be created: there is no folder \(folder)",
        remedy: "Create the folder first.")
    }
    if unsafe access(folder, W_OK) != 0 {
      throw HDF5Error(
        .cannotWrite, file: path, problem: "cannot be created: \(Self.message(errno))",
        remedy: "Check who may write to \(folder).")
    }
  }

  /// Finds the superblock at 0, 512, 1024, 2048 …, and compares where it says that the file ends with where it does.
  private static func checkSuperblock(_ descriptor: CInt, byteCount: Int, path: String) throws(HDF5Error) {
    let signature: [UInt8] = [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A]
    var position = 0
    while position + signature.count <= byteCount {
      let block = bytes(of: descriptor, at: position, count: 96)
      if block.starts(with: signature) {
        guard block.count >= 48 else {
          throw HDF5Error(
            .damaged, file: path, problem: "is truncated: it ends after \(byteCount) bytes",
            remedy: "Copy or download it again.")
        }
        guard let end = endOfFile(block) else { return }
        if end > UInt64(byteCount) {
          throw HDF5Error(
            .damaged, file: path,
            problem: "is truncated: it should have \(end) bytes and has \(byteCount)",
            remedy: "Copy or download it again.")
        }
        return
      }
      position = position == 0 ? 512 : 2 * position
    }
    throw HDF5Error(
      .notHDF5, file: path, problem: byteCount == 0 ? "is empty" : "is not an HDF5 file",
      remedy: "Name a file that Keras or h5py wrote.")
  }

  /// The end of the file according to its superblock, or `nil` if the block is of a kind for libhdf5 to judge.
  private static func endOfFile(_ block: [UInt8]) -> UInt64? {
    let version = block[8]
    let offsetSize: Int
    let position: Int  // of the end-of-file address
    switch version {
    case 0, 1:
      offsetSize = Int(block[13])
      position = (version == 0 ? 24 : 28) + 2 * offsetSize
    case 2, 3:
      offsetSize = Int(block[9])
      position = 12 + 2 * offsetSize
    default: return nil
    }
    guard [2, 4, 8].contains(offsetSize), block.count >= position + offsetSize else { return nil }
    return block[position..<position + offsetSize].reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  private static func bytes(of descriptor: CInt, at position: Int, count: Int) -> [UInt8] {
    // `pread` fills at most `count` bytes and says how many.
    unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      filled = unsafe max(0, pread(descriptor, buffer.baseAddress, count, off_t(position)))
    }
  }

  private static func message(_ code: CInt) -> String {
    // `strerror` returns a NUL-terminated text.
    unsafe String(cString: strerror(code))
  }
}
