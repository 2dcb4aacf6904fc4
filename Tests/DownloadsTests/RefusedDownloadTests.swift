import Downloads
import Foundation
import TestSupport
import Testing

@Suite("What is not the file is not kept")
struct RefusedDownloadTests {
  @Test("From one that lies about the length")
  func lies() throws {
    let server = try SmallServer { exchange, _ in
      // Fewer than there are: what follows is never read, and the checksum finds out.
      exchange.answer(fields: ["Content-Length": "299000"], ServedFile.content)
    }
    let shorter = try ServedFile.download(server)
    #expect(shorter.error?.kind == .wrongContent)
    #expect(shorter.leftovers == [])
    let more = try SmallServer { exchange, _ in
      exchange.answer(fields: ["Content-Length": "300001"], ServedFile.content)
    }
    let longer = try ServedFile.download(more)
    #expect(longer.error?.kind == .interrupted)
    #expect(!longer.leftovers.contains("file.h5"))
  }

  @Test("A wrong file, a web page, a refusal: nothing is left of them")
  func wrong() throws {
    let server = try SmallServer { exchange, _ in
      if exchange.request.hasPrefix("GET /file") {
        exchange.answer(fields: ServedFile.tag, [UInt8](repeating: 7, count: 300_000))
      } else if exchange.request.hasPrefix("GET /page") {
        exchange.answer(Array("<html>log in</html>".utf8))
      } else {
        exchange.answer(status: "404 Not Found", Array("no".utf8))
      }
    }
    let other = try ServedFile.download(server)
    let found = other.error
    #expect(found?.kind == .wrongContent)
    #expect(found?.description.contains("not md5 \(ServedFile.digest)") == true, "\(found?.description ?? "")")
    #expect(other.leftovers == [])
    var page = try ServedFile.download(server, "/page")
    page.signature = [0x89, 0x48]
    #expect(page.error?.description.contains("another kind of file") == true)
    let missing = try ServedFile.download(server, "/missing")
    #expect(missing.error?.kind == .refused)
    #expect(missing.error?.description.contains("404") == true)
    #expect(missing.leftovers == [])
  }

  @Test("From nobody, to a place that cannot be, from what is no address")
  func nowhere() throws {
    let server = try SmallServer { exchange, _ in exchange.answer(ServedFile.content) }
    var download = try ServedFile.download(server)
    download.address = "http://127.0.0.1:1/file.h5"
    #expect(download.error?.kind == .interrupted)
    download.address = "file:///etc/passwd"
    #expect(download.error?.kind == .refused)
    var unwritable = try ServedFile.download(server)
    unwritable.destination = "/proc/nothing/file.h5"
    #expect(unwritable.error?.kind == .cannotWrite)
  }

  @Test("Checksums are those of other programs")
  func checksums() throws {
    let path = TemporaryFolder.path("abc")
    try Data("abc".utf8).write(to: URL(fileURLWithPath: path))
    // RFC 1321, A.5; FIPS 180-2, B.1.
    let md5 = try #require(Checksum(hexadecimal: "900150983CD24FB0D6963F7D28E17F72"))
    #expect(try md5.found(at: path) == md5)
    let sha = try #require(
      Checksum(hexadecimal: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"))
    #expect(try sha.found(at: path) == sha)
    #expect(Checksum(hexadecimal: "xyz") == nil)
  }
}
