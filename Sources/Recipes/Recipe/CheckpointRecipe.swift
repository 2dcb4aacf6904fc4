/// When a run writes down where it stands.
public struct CheckpointRecipe: Hashable, Sendable {
  /// Seconds between two checkpoints.
  public var seconds = 60.0
  /// Steps between two checkpoints; instead of the seconds.
  public var steps: Int?
}
