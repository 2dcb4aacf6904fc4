import Synchronization

/// The rows of a matrix that is being made, in chunks, and what is done with each chunk once all of its rows are there: by
/// the thread that made the last of them, while they are still in its cache.
///
/// What is done depends on the chunk alone, so neither the order in which rows are made nor the threads can show in it.
final class RowChunks: Sendable {
  private let rows, columns, chunkRows: Int
  /// The numbers of each chunk that are still to be made.
  private let missing: Mutex<[Int]>
  private let work: @Sendable (_ chunk: Int, _ rows: Range<Int>) -> Void

  init(
    rows: Int, columns: Int, chunkRows: Int, _ work: @escaping @Sendable (_ chunk: Int, _ rows: Range<Int>) -> Void
  ) {
    (self.rows, self.columns, self.chunkRows, self.work) = (rows, columns, chunkRows, work)
    let chunks = (rows + chunkRows - 1) / chunkRows
    missing = Mutex((0..<chunks).map { (min(rows, ($0 + 1) * chunkRows) - $0 * chunkRows) * columns })
  }

  /// The rows from `first` on.
  func from(_ first: Int) -> MadeRows { MadeRows(chunks: self, first: first) }

  /// Does what is left when everything has been made, be it reported or not.
  func finish(on device: Device) {
    let open = missing.withLock { missing in missing.indices.filter { missing[$0] > 0 } }
    device.forEach(open.count) { run(open[$0]) }
  }

  /// The chunks that became whole by `columns` numbers in each of some rows.
  fileprivate func completed(by made: [Range<Int>], columns: Int) -> [Int] {
    missing.withLock { missing in
      var whole: [Int] = []
      for range in made where !range.isEmpty {
        for chunk in range.lowerBound / chunkRows...(range.upperBound - 1) / chunkRows {
          let here = range.clamped(to: chunk * chunkRows..<(chunk + 1) * chunkRows)
          missing[chunk] -= here.count * columns
          if missing[chunk] == 0 { whole.append(chunk) }
        }
      }
      return whole
    }
  }

  fileprivate func run(_ chunk: Int) { work(chunk, chunk * chunkRows..<min(rows, (chunk + 1) * chunkRows)) }
}

/// Where those who make a part of a matrix report what is done.
struct MadeRows: Sendable {
  fileprivate let chunks: RowChunks
  /// The matrix' row that is the part's first.
  fileprivate let first: Int

  /// Takes note of rows of the part, or of some columns of them; nobody writes to them any more.
  func add(_ rows: Range<Int>, columns: Int) { add([rows], columns: columns) }

  func add(_ rows: [Range<Int>], columns: Int) {
    for chunk in completed(rows, columns) { chunks.run(chunk) }
  }

  /// The same for what all threads made together.
  func add(_ rows: [Range<Int>], columns: Int, on device: Device) {
    let whole = completed(rows, columns)
    device.forEach(whole.count) { chunks.run(whole[$0]) }
  }

  private func completed(_ rows: [Range<Int>], _ columns: Int) -> [Int] {
    chunks.completed(by: rows.map { $0.lowerBound + first..<$0.upperBound + first }, columns: columns)
  }
}
