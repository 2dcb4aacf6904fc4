/// A table of comma-separated values as in [RFC 4180](https://www.rfc-editor.org/rfc/rfc4180): fields may stand in quotes,
/// where a quote is doubled and commas and line breaks mean themselves. Lines end in LF, CRLF or CR; empty ones are skipped.
///
/// Where there is a tab in the first line and no comma, tabs stand between the fields instead.
struct CSV {
  struct Row {
    /// Where the row begins, from 1.
    var line: Int
    var fields: [String]
  }

  struct SyntaxError: Error, Hashable {
    var line: Int
    var reason: String
  }

  var rows: [Row] = []

  init(_ bytes: [UInt8]) throws(SyntaxError) {
    let (quote, lf, cr) = (UInt8(ascii: "\""), UInt8(ascii: "\n"), UInt8(ascii: "\r"))
    let headings = bytes.prefix { $0 != lf && $0 != cr }
    let isTabbed = headings.contains(UInt8(ascii: "\t")) && !headings.contains(UInt8(ascii: ","))
    let separator = isTabbed ? UInt8(ascii: "\t") : UInt8(ascii: ",")
    var bytes = bytes[...]
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes = bytes.dropFirst(3) }  // a byte order mark, as Excel writes

    var line = 1
    var row = Row(line: 1, fields: [])
    var field: [UInt8] = []
    var isQuoted = false
    func text() throws(SyntaxError) -> String {
      guard let text = String(validating: field, as: UTF8.self) else {
        throw SyntaxError(line: line, reason: "the text is not UTF-8; save the table as UTF-8")
      }
      return text
    }
    var position = bytes.startIndex
    while position < bytes.endIndex {
      let byte = bytes[position]
      position += 1
      if byte == quote && field.isEmpty && !isQuoted {
        let opening = line
        isQuoted = true
        while true {
          guard position < bytes.endIndex else {
            throw SyntaxError(line: opening, reason: "a quote opens a field here and is never closed")
          }
          let inner = bytes[position]
          position += 1
          if inner == quote {
            guard position < bytes.endIndex, bytes[position] == quote else { break }
            position += 1
          }
          if inner == lf { line += 1 }
          field.append(inner)
        }
      } else if byte == separator || byte == lf || byte == cr {
        row.fields.append(try text())
        field = []
        let wasQuoted = isQuoted
        isQuoted = false
        if byte == separator { continue }
        if byte == cr && position < bytes.endIndex && bytes[position] == lf { position += 1 }
        line += 1
        if row.fields != [""] || wasQuoted { rows.append(row) }
        row = Row(line: line, fields: [])
      } else if isQuoted {
        throw SyntaxError(line: line, reason: "text after the closing quote of a field; double a quote inside quotes")
      } else {
        field.append(byte)
      }
    }
    if !field.isEmpty || !row.fields.isEmpty || isQuoted {
      row.fields.append(try text())
      rows.append(row)
    }
  }
}
