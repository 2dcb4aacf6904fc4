/// The format of a file, told by its first bytes: the name of a file proves nothing.
enum ImageFormat: Hashable {
  case png
  case jpeg
  /// Something else, with words for it and what to do.
  case other(String)

  init(_ bytes: [UInt8]) {
    func starts(with signature: [UInt8], at offset: Int = 0) -> Bool { bytes.dropFirst(offset).starts(with: signature) }
    func starts(with text: String, at offset: Int = 0) -> Bool { starts(with: Array(text.utf8), at: offset) }

    if starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) {
      self = .png
    } else if starts(with: [0xFF, 0xD8]) {
      self = .jpeg
    } else if bytes.isEmpty {
      self = .other("the file is empty; remove it or fetch it again")
    } else if starts(with: "PNG\r\n", at: 1) || starts(with: "PNG\n", at: 1) || starts(with: "PNG\r", at: 1)
      || starts(with: [0x89, 0x50, 0x4E, 0x47])
    {
      self = .other(
        "a PNG whose signature is damaged, as a transfer in text mode does; fetch it again in binary mode")
    } else if let name = Self.foreignName(starts: { starts(with: $0, at: $1) }) {
      self = .other(
        "\(name); only PNG and JPEG can be read: convert it, for example with \"magick INPUT OUTPUT.png\"")
    } else if starts(with: "version https://git-lfs") {
      self = .other("a Git LFS pointer, not the picture itself; fetch the pictures with \"git lfs pull\"")
    } else if let first = bytes.first(where: { !" \t\r\n".utf8.contains($0) && $0 < 0x80 }),
      first == UInt8(ascii: "<")
    {
      self = .other("text that begins like HTML or XML, perhaps an error page of a web server; fetch the picture again")
    } else if bytes.allSatisfy({ $0 == 0 }) {
      self = .other("the file holds only zeros, as an interrupted copy leaves; fetch it again")
    } else {
      self = .other("neither PNG nor JPEG; only these can be read")
    }
  }

  private static func foreignName(starts: (String, Int) -> Bool) -> String? {
    let signatures: [(String, Int, String)] = [
      ("GIF8", 0, "a GIF image"),
      ("BM", 0, "a BMP image"),
      ("II*\0", 0, "a TIFF image"),
      ("MM\0*", 0, "a TIFF image"),
      ("8BPS", 0, "a Photoshop document"),
      ("%PDF", 0, "a PDF document"),
      ("ftypavif", 4, "an AVIF image"),
      ("ftyphei", 4, "a HEIC image"),
      ("ftyphev", 4, "a HEIC image"),
      ("ftypmif1", 4, "a HEIC image"),
      ("ftypmsf1", 4, "a HEIC image"),
      ("jP  ", 4, "a JPEG 2000 image"),
      ("JXL ", 4, "a JPEG XL image"),
      ("\0\0\u{1}\0", 0, "an icon file"),
    ]
    if starts("RIFF", 0) && starts("WEBP", 8) { return "a WebP image" }
    return signatures.first { starts($0.0, $0.1) }?.2
  }
}
