internal import Images
internal import JSON
internal import Synchronization

/// What several plans have in common and one of them has read: lists of pictures, and models from files.
///
/// Folds and trials differ in little. What is shared is found by all that it follows from, and files are taken to stay as they
/// are while the plans are made.
final class SharedParts: Sendable {
  /// The models that were asked for last: a sweep over architectures shall not hold all of them.
  private static let modelCount = 3

  private let lists = Mutex<[String: Recipe.Pictures]>([:])
  private let models = Mutex<[(key: String, model: LoadedModel)]>([])

  /// The pictures of a recipe.
  func pictures(_ recipe: Recipe) throws(RecipeError) -> Recipe.Pictures {
    let key = "\(recipe.seed) \(recipe.withAbsolutePaths.data.json.text)"
    if let known = lists.withLock({ $0[key] }) { return known }
    let read = try recipe.pictures()
    lists.withLock { $0[key] = read }
    return read
  }

  /// A model that was loaded before, or that is loaded now.
  ///
  /// - Parameter key: all that it follows from.
  func model(_ key: String, _ load: () throws(ModelLoadingError) -> LoadedModel) throws(ModelLoadingError)
    -> LoadedModel
  {
    let known = models.withLock { models -> LoadedModel? in
      guard let index = models.firstIndex(where: { $0.key == key }) else { return nil }
      let entry = models.remove(at: index)
      models.append(entry)
      return entry.model
    }
    if let known { return known }
    let loaded = try load()
    models.withLock { models in
      models.append((key, loaded))
      if models.count > Self.modelCount { models.removeFirst() }
    }
    return loaded
  }
}
