import Glibc

/// The names in a folder, and the pictures below it, in an order that does not depend on the file system.
enum DirectoryListing {
  struct Entry: Hashable {
    var name: String
    var isDirectory: Bool
    var isSymbolicLink: Bool
    var isHidden: Bool { name.hasPrefix(".") }
  }

  /// The kinds of thing a path can lead to.
  enum Kind { case missing, directory, other }

  static func kind(of path: String) -> Kind {
    var status = stat()
    guard unsafe stat(path, &status) == 0 else { return .missing }
    return status.st_mode & S_IFMT == S_IFDIR ? .directory : .other
  }

  /// The entries of a folder by name, in the order of their Unicode scalars as Python sorts.
  static func entries(of path: String) throws(DatasetError) -> [Entry] {
    // The stream belongs to this function; each name is copied before the next is read.
    guard let stream = unsafe opendir(path) else {
      throw DatasetError(path: path, unsafe String(cString: strerror(errno)).lowercased())
    }
    defer { _ = unsafe closedir(stream) }
    var entries: [Entry] = []
    while let entry = unsafe readdir(stream) {
      let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { field in
        unsafe field.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
      }
      if name == "." || name == ".." { continue }
      // What most file systems say by themselves; asking for each file would take longer than reading the folder.
      switch Int(unsafe entry.pointee.d_type) {
      case Int(DT_REG): entries.append(Entry(name: name, isDirectory: false, isSymbolicLink: false))
      case Int(DT_DIR): entries.append(Entry(name: name, isDirectory: true, isSymbolicLink: false))
      default:
        let full = path + "/" + name
        var status = stat()
        let isSymbolicLink = unsafe lstat(full, &status) == 0 && status.st_mode & S_IFMT == S_IFLNK
        entries.append(Entry(name: name, isDirectory: kind(of: full) == .directory, isSymbolicLink: isSymbolicLink))
      }
    }
    return entries.sorted { precedes($0.name, $1.name) }
  }

  /// Whether one name comes before another by Unicode scalars, which is the order of their UTF-8 bytes.
  static func precedes(_ lhs: String, _ rhs: String) -> Bool { lhs.utf8.lexicographicallyPrecedes(rhs.utf8) }

  /// Whether a name ends like a PNG's or JPEG's, in any case.
  static func isPicture(_ name: String) -> Bool {
    let lowered = name.lowercased()
    return [".png", ".jpg", ".jpeg"].contains { lowered.hasSuffix($0) }
  }

  /// The pictures of a folder and below, relative to `root`: each folder's own before those of its subfolders, as Keras
  /// orders them. Links to folders are not followed.
  static func pictures(below folder: String, of root: String, report: inout DatasetReport) throws(DatasetError)
    -> [String]
  {
    var folders = [folder]
    var names: [(folder: String, name: String)] = []
    while let current = folders.popLast() {
      for entry in try entries(of: current.isEmpty ? root : root + "/" + current) {
        let name = current.isEmpty ? entry.name : current + "/" + entry.name
        if entry.isHidden {
          report.hidden.add(name)
        } else if entry.isDirectory {
          if entry.isSymbolicLink { report.stray.add(name) } else { folders.append(name) }
        } else if isPicture(entry.name) {
          names.append((current, name))
        } else {
          report.stray.add(name)
        }
      }
    }
    return names.sorted { lhs, rhs in
      lhs.folder == rhs.folder ? precedes(lhs.name, rhs.name) : precedes(lhs.folder, rhs.folder)
    }.map(\.name)
  }
}
