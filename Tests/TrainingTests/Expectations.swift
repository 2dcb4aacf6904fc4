import Testing

/// Expects two numbers to agree to a share of the expected one: single precision keeps seven digits, of which a dozen
/// roundings leave six.
func expectClose(
  _ found: Double?, _ expected: Double, within tolerance: Double = 2e-6,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  guard let found else {
    Issue.record("nothing found, expected \(expected)", sourceLocation: sourceLocation)
    return
  }
  #expect(
    abs(found - expected) <= tolerance * max(abs(expected), 1e-3), "\(found), expected \(expected)",
    sourceLocation: sourceLocation)
}
