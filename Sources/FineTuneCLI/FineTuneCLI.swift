@main struct FineTuneCLIPlaceholder { static func main() {} }
