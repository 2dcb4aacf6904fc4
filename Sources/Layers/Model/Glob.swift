/// A pattern for layer paths: `*` stands for anything inside one part of a path, `**` for anything, `?` for one letter.
package struct Glob {
  private let pattern: [Character]

  package init(_ pattern: String) { self.pattern = Array(pattern) }

  package func matches(_ path: String) -> Bool {
    let path = Array(path)
    // reachable[j]: the pattern up to here matches the first j letters. One row per piece of the pattern.
    var reachable = [Bool](repeating: false, count: path.count + 1)
    reachable[0] = true
    var index = 0
    while index < pattern.count {
      let crosses = pattern[index] == "*" && index + 1 < pattern.count && pattern[index + 1] == "*"
      var next = [Bool](repeating: false, count: path.count + 1)
      if pattern[index] == "*" {
        var isOpen = false
        for j in 0...path.count {
          if j > 0, path[j - 1] == "/", !crosses { isOpen = false }
          isOpen = isOpen || reachable[j]
          next[j] = isOpen
        }
      } else {
        for j in path.indices where reachable[j] {
          next[j + 1] = pattern[index] == "?" ? path[j] != "/" : pattern[index] == path[j]
        }
      }
      reachable = next
      index += crosses ? 2 : 1
    }
    return reachable[path.count]
  }
}
