internal import Foundation
internal import JSON

/// The scaled sum of InceptionResNetV2 where older versions of Keras wrote it as a `Lambda`.
///
/// Its code is not run, not even read as code: a layer is taken for that sum if it is called as `keras.applications` calls it, has
/// its one argument, and its function comes from the file `inception_resnet_v2.py`.
enum ScaleLambda {
  static func asLayer(_ entry: JSONValue) -> JSONValue? {
    guard entry["class_name"] == "Lambda", let settings = entry["config"], var members = entry.objectValue,
      let arguments = settings["arguments"]?.objectValue, arguments.count == 1,
      let scale = arguments["scale"]?.doubleValue, scale.isFinite,
      let name = settings["name"]?.stringValue, isBlock(name), isOfApplication(settings["function"])
    else { return nil }
    members["class_name"] = "CustomScaleLayer"
    members["config"] = ["name": .string(name), "trainable": settings["trainable"] ?? true, "scale": .number(scale)]
    return .object(members)
  }

  /// `block35_1`, `block17_20`, `block8_10`
  private static func isBlock(_ name: String) -> Bool {
    let parts = name.split(separator: "_", omittingEmptySubsequences: false)
    return parts.count == 2 && ["block35", "block17", "block8"].contains(String(parts[0])) && Int(parts[1]) != nil
  }

  /// The function is `[code in base 64, defaults, closure]`, or that in `{"class_name": "__lambda__", "config": {"code": …}}`.
  private static func isOfApplication(_ function: JSONValue?) -> Bool {
    guard let code = (function?["config"]?["code"] ?? function?.arrayValue?.first)?.stringValue,
      let bytes = Data(base64Encoded: code, options: .ignoreUnknownCharacters)
    else { return false }
    return bytes.range(of: Data("inception_resnet_v2.py".utf8)) != nil
  }
}
