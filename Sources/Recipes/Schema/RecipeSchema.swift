public import JSON

/// The JSON Schema of recipes, for editors: they complete settings, show which values there are, and mark mistakes while a
/// recipe is written.
///
/// It is not written by hand but asked of the decoder: recipes with words that nobody knows are shown to it, and the words that
/// it suggests instead are the keys and names there are; values of each kind, and numbers ever larger and smaller, show which of
/// them a setting takes. A setting that is added anywhere is in the schema without another line, and what the schema says of it
/// is what the decoder does. What depends on several settings at once, or on files, is left to `finetune plan`.
public enum RecipeSchema {
  /// The schema, in the language of [draft 7](https://json-schema.org/draft-07), which editors know.
  public static func json() -> JSONValue {
    var explorer = DecoderExplorer()
    let recipe = explorer.recipe()
    var schema: OrderedDictionary<String, JSONValue> = [
      "$schema": "http://json-schema.org/draft-07/schema#", "title": "A recipe of FineTune",
    ]
    schema.merge(recipe.objectValue ?? [:]) { $1 }
    return SharedSchemas.gathered(.object(schema), explorer.definitions)
  }
}
