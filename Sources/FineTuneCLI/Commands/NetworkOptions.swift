import ArgumentParser
import FineTune

/// Whether anything may be fetched.
struct NetworkOptions: ParsableArguments {
  @Flag(help: "Fetch no published weights: what is not on this machine is an error, as with FINETUNE_OFFLINE=1.")
  var offline = false

  /// Like the variable it holds for the whole process, so it takes effect as soon as it is read.
  func validate() { if offline { OfficialWeightsFetching.standard.isOffline = true } }
}
