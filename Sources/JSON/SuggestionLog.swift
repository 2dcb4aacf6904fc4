private import Synchronization

/// Words that were not found, each with what there is in its place.
package final class SuggestionLog: Sendable {
  private let words = Mutex<[(word: String, candidates: [String])]>([])

  package init() {}

  package func add(_ word: String, _ candidates: [String]) { words.withLock { $0.append((word, candidates)) } }

  package var entries: [(word: String, candidates: [String])] { words.withLock { $0 } }
}
