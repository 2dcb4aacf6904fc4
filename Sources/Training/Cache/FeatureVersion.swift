/// The version of everything between a picture's bytes and its features that the keys of the cache do not see for
/// themselves: the kernels, the decoders' use of their libraries, resizing, preprocessing, augmentation, lowering.
///
/// Raise it with every change after which the same picture gives other bits, be it only the last one: then nothing that was
/// computed before is found any more. `FeatureVersionTests` holds digests of features of a small network on every kernel set
/// and fails when they move; it also says what to do.
package enum FeatureVersion {
  package static let current = 1
}
