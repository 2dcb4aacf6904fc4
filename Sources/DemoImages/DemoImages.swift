@main struct DemoImagesPlaceholder { static func main() {} }
