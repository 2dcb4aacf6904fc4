internal import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A file as bytes, opened and looked at before libhdf5 sees it, to say plainly what is wrong with it.
///
/// The superblock and where it may stand: [HDF5 File Format
/// Specification](https://docs.hdfgroup.org/hdf5/develop/_f_m_t3.html), II.A.
final class RawFile: Sendable {
  let byteCount: Int
  let superblock: Superblock
  /// Where the superblock stands; addresses in the file count from there.
  let base: Int
  let descriptor: CInt
  private let identity: Identity
  /// The heap that texts were last found in; the next attribute's are mostly there, too.
  let recentHeap = Mutex<TextHeap?>(nil)

  /// - Parameter name: what to call the file in errors, if not by its path.
  init(_ path: String, named name: String? = nil) throws(HDF5Error) {
    descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    let path = name ?? path
    guard descriptor >= 0 else {
      let code = errno
      guard code != ENOENT && code != ENOTDIR else {
        throw HDF5Error(.missingFile, file: path, problem: "no such file", remedy: "Check the path.")
      }
      throw HDF5Error(
        .unreadableFile, file: path, problem: "cannot be read: \(systemMessage(code))",
        remedy: "Check who may read it.")
    }
    do throws(HDF5Error) {
      let status = try Self.status(of: descriptor, path: path)
      byteCount = Int(status.st_size)
      identity = Identity(status)
      (base, superblock) = try Self.findSuperblock(descriptor, byteCount: byteCount, path: path)
    } catch {
      close(descriptor)
      throw error
    }
  }

  deinit { close(descriptor) }

  /// At most `count` bytes at `position`, fewer at the end of the file.
  func bytes(at position: Int, count: Int) -> [UInt8] {
    Self.bytes(of: descriptor, at: position, count: count)
  }

  private static func bytes(of descriptor: CInt, at position: Int, count: Int) -> [UInt8] {
    // `pread` fills at most `count` bytes and says how many.
    unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      filled = unsafe max(0, pread(descriptor, buffer.baseAddress, count, off_t(position)))
    }
  }

  /// Whether a path still leads to this file, and nobody has written to it since it was opened.
  func isStill(at path: String) -> Bool {
    var status = stat()
    return unsafe stat(path, &status) == 0 && Identity(status) == identity
  }

  /// Which file it is, and as of when.
  private struct Identity: Equatable {
    let device: dev_t
    let number: ino_t
    let size: off_t
    let seconds, nanoseconds: Int

    init(_ status: stat) {
      (device, number, size) = (status.st_dev, status.st_ino, status.st_size)
      #if canImport(Darwin)
        (seconds, nanoseconds) = (status.st_mtimespec.tv_sec, status.st_mtimespec.tv_nsec)
      #else
        (seconds, nanoseconds) = (status.st_mtim.tv_sec, status.st_mtim.tv_nsec)
      #endif
    }
  }

  private static func status(of descriptor: CInt, path: String) throws(HDF5Error) -> stat {
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else {
      throw HDF5Error(.unreadableFile, file: path, problem: "cannot be read: \(systemMessage(errno))")
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      let kind = status.st_mode & S_IFMT == S_IFDIR ? "a folder" : "not a regular file"
      throw HDF5Error(.unreadableFile, file: path, problem: "is \(kind)", remedy: "Name an HDF5 file.")
    }
    return status
  }

  /// Looks for the superblock at 0, 512, 1024, 2048 …, and compares where it says that the file ends with where it does.
  private static func findSuperblock(
    _ descriptor: CInt, byteCount: Int, path: String
  ) throws(HDF5Error) -> (base: Int, superblock: Superblock) {
    var position = 0
    while position + Superblock.signature.count <= byteCount {
      let block = bytes(of: descriptor, at: position, count: 128)
      guard block.starts(with: Superblock.signature) else {
        position = position == 0 ? 512 : 2 * position
        continue
      }
      do throws(Damage) {
        let superblock = try Superblock(block)
        guard superblock.end <= UInt64(byteCount) else {
          throw Damage("it should have \(superblock.end) bytes and has \(byteCount)")
        }
        return (position, superblock)
      } catch {
        throw error.error(in: path)
      }
    }
    throw HDF5Error(
      .notHDF5, file: path, problem: byteCount == 0 ? "is empty" : "is not an HDF5 file",
      remedy: "Name a file that Keras or h5py wrote.")
  }
}
