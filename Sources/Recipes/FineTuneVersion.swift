/// The version of the toolkit.
public enum FineTuneVersion {
  public static let current = "0.1.0"
}
