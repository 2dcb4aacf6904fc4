internal import Images
internal import Tensors

/// Pictures in rows and columns: a title, a heading over each column, the name of each row above it, lines below pictures that
/// have some.
struct PictureTable {
  struct Row {
    let label: String
    /// `[height, width, channels]`, 0…255, all of one shape.
    let pictures: [Tensor]
    /// Lines for each picture, or none.
    let captions: [[String]]
  }

  let title: String
  let headings: [String]
  let rows: [Row]

  private static let gap = 6
  private static let background: UInt8 = 24
  private static let ink: UInt8 = 220
  private static let line = PixelFont.height + 4

  var drawing: PixelImage {
    let shape = rows[0].pictures[0].shape
    // Small pictures are magnified by a whole number, so that their pixels stay visible squares; large ones shrink.
    let magnification = max(1, 96 / max(shape[0], shape[1]))
    let shrinking = min(1, 256 / Double(max(shape[0], shape[1])))
    func side(_ length: Int) -> Int { max(1, Int((Double(length * magnification) * shrinking).rounded())) }
    let tile = Size(side(shape[0]), side(shape[1]))
    let captionLines = rows.flatMap(\.captions).map(\.count).max() ?? 0
    let rowHeight = Self.line + tile.height + captionLines * Self.line + Self.gap
    let width = Self.gap + headings.count * (tile.width + Self.gap)
    let letters = (width - 2 * Self.gap) / (PixelFont.width + 1)
    let titleLines = Self.wrapped(title, to: letters)
    let header = Self.gap + titleLines.count * Self.line + Self.line

    var canvas = Canvas(width: width, height: header + rows.count * rowHeight, fill: Self.background)
    for (number, line) in titleLines.enumerated() {
      canvas.write(line, x: Self.gap, y: Self.gap + number * Self.line, scale: 1, ink: Self.ink)
    }
    let tileLetters = tile.width / (PixelFont.width + 1)
    for (column, heading) in headings.enumerated() {
      let x = Self.gap + column * (tile.width + Self.gap)
      canvas.write(
        String(heading.prefix(tileLetters)), x: x, y: header - Self.line, scale: 1, ink: Self.ink)
      for (number, row) in rows.enumerated() {
        let y = header + number * rowHeight
        if column == 0 { canvas.write(String(row.label.prefix(letters)), x: x, y: y, scale: 1, ink: Self.ink) }
        canvas.draw(row.pictures[column], x: x, y: y + Self.line, size: tile)
        for (line, caption) in (row.captions.indices.contains(column) ? row.captions[column] : []).enumerated() {
          canvas.write(
            String(caption.prefix(tileLetters)), x: x, y: y + (line + 1) * Self.line + tile.height + 2, scale: 1,
            ink: Self.ink)
        }
      }
    }
    return canvas.image
  }

  /// A text in lines of at most so many letters, broken between words.
  private static func wrapped(_ text: String, to letters: Int) -> [String] {
    var lines = [""]
    for word in text.split(separator: " ") {
      let longer = lines[lines.count - 1] + (lines[lines.count - 1].isEmpty ? "" : " ") + word
      if longer.count <= letters || lines[lines.count - 1].isEmpty {
        lines[lines.count - 1] = longer
      } else {
        lines.append(String(word))
      }
    }
    return lines
  }
}
