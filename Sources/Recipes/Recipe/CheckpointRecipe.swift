/// When a run writes down where it stands.
public struct CheckpointRecipe: Hashable, Sendable {
  /// Seconds between two checkpoints, and at most to the first, which is due after 10.
  public var seconds = 60.0
  /// Steps between two checkpoints; instead of the seconds.
  public var steps: Int?

  public init() {}
}
