import FineTune

let plan = try Plan(Recipe(contentsOf: CommandLine.arguments[1]))
let report = try Run(plan, on: Device())()
print("validation loss:", report.final?.loss ?? .nan)
