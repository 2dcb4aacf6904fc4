import ArgumentParser
import FineTune

/// Which columns of a table hold what.
struct ColumnOptions: ParsableArguments {
  @Option(help: "The heading of a table's column of files. Default: the first column.")
  var fileColumn: String?

  @Option(help: "The heading of a table's column of classes, labels or numbers. Default: the next column.")
  var targetColumn: String?

  var columns: TableColumns {
    var columns = TableColumns()
    (columns.file, columns.target) = (fileColumn, targetColumn)
    return columns
  }
}
