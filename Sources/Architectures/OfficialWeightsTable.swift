/// The files of all architectures but MobileNet's and MobileNetV2's, which have one for each size and width and no checksums.
///
/// Names, folders and checksums are those in the source of Keras 3.15; `tools/interop` compares them with the Keras it finds.
enum OfficialWeightsTable {
  /// One width of an architecture.
  struct Row {
    var architecture: String
    var alpha: Float = 1
    /// Below the server's root, and below the name that both files begin with.
    var folder: String
    var stem: String
    var checksum: String
    var checksumWithoutTop: String
  }

  static let rows: [Row] = [
    Row(
      architecture: "ConvNeXtBase", folder: "tensorflow/keras-applications/convnext",
      stem: "convnext_base",
      checksum: "52cbb006d3dadd03f6e095a8ca1aca47aecdd75acb4bc74bce1f5c695d0086e6",
      checksumWithoutTop: "40a20c5548a5e9202f69735ecc06c990e6b7c9d2de39f0361e27baeb24cb7c45"),
    Row(
      architecture: "ConvNeXtLarge", folder: "tensorflow/keras-applications/convnext",
      stem: "convnext_large",
      checksum: "070c5ed9ed289581e477741d3b34beffa920db8cf590899d6d2c67fba2a198a6",
      checksumWithoutTop: "96f02b6f0753d4f543261bc9d09bed650f24dd6bc02ddde3066135b63d23a1cd"),
    Row(
      architecture: "ConvNeXtSmall", folder: "tensorflow/keras-applications/convnext",
      stem: "convnext_small",
      checksum: "ce1277d8f1ee5a0ef0e171469089c18f5233860ceaf9b168049cb9263fd7483c",
      checksumWithoutTop: "6fc8009faa2f00c1c1dfce59feea9b0745eb260a7dd11bee65c8e20843da6eab"),
    Row(
      architecture: "ConvNeXtTiny", folder: "tensorflow/keras-applications/convnext",
      stem: "convnext_tiny",
      checksum: "8ae6e78ce2933352b1ef4008e6dd2f17bc40771563877d156bc6426c7cf503ff",
      checksumWithoutTop: "d547c096cabd03329d7be5562c5e14798aa39ed24b474157cef5e85ab9e49ef1"),
    Row(
      architecture: "ConvNeXtXLarge", folder: "tensorflow/keras-applications/convnext",
      stem: "convnext_xlarge",
      checksum: "c1f5ccab661354fc3a79a10fa99af82f0fbf10ec65cb894a3ae0815f17a889ee",
      checksumWithoutTop: "de3f8a54174130e0cecdc71583354753d557fcf1f4487331558e2a16ba0cfe05"),
    Row(
      architecture: "DenseNet121", folder: "tensorflow/keras-applications/densenet",
      stem: "densenet121_weights_tf_dim_ordering_tf_kernels",
      checksum: "9d60b8095a5708f2dcce2bca79d332c7",
      checksumWithoutTop: "30ee3e1110167f948a6b9946edeeb738"),
    Row(
      architecture: "DenseNet169", folder: "tensorflow/keras-applications/densenet",
      stem: "densenet169_weights_tf_dim_ordering_tf_kernels",
      checksum: "d699b8f76981ab1b30698df4c175e90b",
      checksumWithoutTop: "b8c4d4c20dd625c148057b9ff1c1176b"),
    Row(
      architecture: "DenseNet201", folder: "tensorflow/keras-applications/densenet",
      stem: "densenet201_weights_tf_dim_ordering_tf_kernels",
      checksum: "1ceb130c1ea1b78c3bf6114dbdfd8807",
      checksumWithoutTop: "c13680b51ded0fb44dff2d8f86ac8bb1"),
    Row(
      architecture: "EfficientNetB0", folder: "keras-applications",
      stem: "efficientnetb0",
      checksum: "902e53a9f72be733fc0bcb005b3ebbac",
      checksumWithoutTop: "50bc09e76180e00e4465e1a485ddc09d"),
    Row(
      architecture: "EfficientNetB1", folder: "keras-applications",
      stem: "efficientnetb1",
      checksum: "1d254153d4ab51201f1646940f018540",
      checksumWithoutTop: "74c4e6b3e1f6a1eea24c589628592432"),
    Row(
      architecture: "EfficientNetB2", folder: "keras-applications",
      stem: "efficientnetb2",
      checksum: "b15cce36ff4dcbd00b6dd88e7857a6ad",
      checksumWithoutTop: "111f8e2ac8aa800a7a99e3239f7bfb39"),
    Row(
      architecture: "EfficientNetB3", folder: "keras-applications",
      stem: "efficientnetb3",
      checksum: "ffd1fdc53d0ce67064dc6a9c7960ede0",
      checksumWithoutTop: "af6d107764bb5b1abb91932881670226"),
    Row(
      architecture: "EfficientNetB4", folder: "keras-applications",
      stem: "efficientnetb4",
      checksum: "18c95ad55216b8f92d7e70b3a046e2fc",
      checksumWithoutTop: "ebc24e6d6c33eaebbd558eafbeedf1ba"),
    Row(
      architecture: "EfficientNetB5", folder: "keras-applications",
      stem: "efficientnetb5",
      checksum: "ace28f2a6363774853a83a0b21b9421a",
      checksumWithoutTop: "38879255a25d3c92d5e44e04ae6cec6f"),
    Row(
      architecture: "EfficientNetB6", folder: "keras-applications",
      stem: "efficientnetb6",
      checksum: "165f6e37dce68623721b423839de8be5",
      checksumWithoutTop: "9ecce42647a20130c1f39a5d4cb75743"),
    Row(
      architecture: "EfficientNetB7", folder: "keras-applications",
      stem: "efficientnetb7",
      checksum: "8c03f828fec3ef71311cd463b6759d99",
      checksumWithoutTop: "cbcfe4450ddf6f3ad90b1b398090fe4a"),
    Row(
      architecture: "EfficientNetV2B0", folder: "tensorflow/keras-applications/efficientnet_v2",
      stem: "efficientnetv2-b0",
      checksum: "21ecbf6da12460d5c40bb2f29ceb2188",
      checksumWithoutTop: "893217f2bb855e2983157299931e43ff"),
    Row(
      architecture: "EfficientNetV2B1", folder: "tensorflow/keras-applications/efficientnet_v2",
      stem: "efficientnetv2-b1",
      checksum: "069f0534ff22adf035c89e2d9547a9dc",
      checksumWithoutTop: "0e80663031ca32d657f9caa404b6ec37"),
    Row(
      architecture: "EfficientNetV2B2", folder: "tensorflow/keras-applications/efficientnet_v2",
      stem: "efficientnetv2-b2",
      checksum: "424e49f28180edbde1e94797771950a7",
      checksumWithoutTop: "1dfe2e7a5d45b6632553a8961ea609eb"),
    Row(
      architecture: "EfficientNetV2B3", folder: "tensorflow/keras-applications/efficientnet_v2",
      stem: "efficientnetv2-b3",
      checksum: "1f1fc43bd98a6e4fd8fdfd551e02c7a0",
      checksumWithoutTop: "f6abf7b5849ac99a89b50dd3fd532856"),
    Row(
      architecture: "EfficientNetV2L", folder: "tensorflow/keras-applications/efficientnet_v2",
      stem: "efficientnetv2-l",
      checksum: "27e6d408b53c7ebc868fefa357689935",
      checksumWithoutTop: "b0b66b5c863aef5b46e8608fe1711615"),
    Row(
      architecture: "EfficientNetV2M", folder: "tensorflow/keras-applications/efficientnet_v2",
      stem: "efficientnetv2-m",
      checksum: "a3bf6aa3276309f4fc6a34aa114c95cd",
      checksumWithoutTop: "1b8dc055df72dde80d614482840fe342"),
    Row(
      architecture: "EfficientNetV2S", folder: "tensorflow/keras-applications/efficientnet_v2",
      stem: "efficientnetv2-s",
      checksum: "e1d88a8495beba45748fedd0cecbe016",
      checksumWithoutTop: "af0682fb74e8c54910f2d4393339c070"),
    Row(
      architecture: "InceptionResNetV2", folder: "tensorflow/keras-applications/inception_resnet_v2",
      stem: "inception_resnet_v2_weights_tf_dim_ordering_tf_kernels",
      checksum: "e693bd0210a403b3192acc6073ad2e96",
      checksumWithoutTop: "d19885ff4a710c122648d3b5c3b684e4"),
    Row(
      architecture: "InceptionV3", folder: "tensorflow/keras-applications/inception_v3",
      stem: "inception_v3_weights_tf_dim_ordering_tf_kernels",
      checksum: "9a0d58056eeedaa3f26cb7ebd46da564",
      checksumWithoutTop: "bcbd6486424b2319ff4ef7d526e38f63"),
    Row(
      architecture: "MobileNetV3Large", alpha: 0.75, folder: "tensorflow/keras-applications/mobilenet_v3",
      stem: "weights_mobilenet_v3_large_224_0.75_float",
      checksum: "765b44a33ad4005b3ac83185abf1d0eb",
      checksumWithoutTop: "40af19a13ebea4e2ee0c676887f69a2e"),
    Row(
      architecture: "MobileNetV3Large", folder: "tensorflow/keras-applications/mobilenet_v3",
      stem: "weights_mobilenet_v3_large_224_1.0_float",
      checksum: "59e551e166be033d707958cf9e29a6a7",
      checksumWithoutTop: "07fb09a5933dd0c8eaafa16978110389"),
    Row(
      architecture: "MobileNetV3LargeMinimalistic", folder: "tensorflow/keras-applications/mobilenet_v3",
      stem: "weights_mobilenet_v3_large_minimalistic_224_1.0_float",
      checksum: "675e7b876c45c57e9e63e6d90a36599c",
      checksumWithoutTop: "ec5221f64a2f6d1ef965a614bdae7973"),
    Row(
      architecture: "MobileNetV3Small", alpha: 0.75, folder: "tensorflow/keras-applications/mobilenet_v3",
      stem: "weights_mobilenet_v3_small_224_0.75_float",
      checksum: "cb65d4e5be93758266aa0a7f2c6708b7",
      checksumWithoutTop: "ebdb5cc8e0b497cd13a7c275d475c819"),
    Row(
      architecture: "MobileNetV3Small", folder: "tensorflow/keras-applications/mobilenet_v3",
      stem: "weights_mobilenet_v3_small_224_1.0_float",
      checksum: "8768d4c2e7dee89b9d02b2d03d65d862",
      checksumWithoutTop: "d3e8ec802a04aa4fc771ee12a9a9b836"),
    Row(
      architecture: "MobileNetV3SmallMinimalistic", folder: "tensorflow/keras-applications/mobilenet_v3",
      stem: "weights_mobilenet_v3_small_minimalistic_224_1.0_float",
      checksum: "99cd97fb2fcdad2bf028eb838de69e37",
      checksumWithoutTop: "cde8136e733e811080d9fcd8a252f7e4"),
    Row(
      architecture: "NASNetLarge", folder: "tensorflow/keras-applications/nasnet",
      stem: "nasnet_large",
      checksum: "11577c9a518f0070763c2b964a382f17",
      checksumWithoutTop: "d81d89dc07e6e56530c4e77faddd61b5"),
    Row(
      architecture: "NASNetMobile", folder: "tensorflow/keras-applications/nasnet",
      stem: "nasnet_mobile",
      checksum: "020fb642bf7360b370c678b08e0adf61",
      checksumWithoutTop: "1ed92395b5b598bdda52abe5c0dbfd63"),
    Row(
      architecture: "ResNet101", folder: "tensorflow/keras-applications/resnet",
      stem: "resnet101_weights_tf_dim_ordering_tf_kernels",
      checksum: "f1aeb4b969a6efcfb50fad2f0c20cfc5",
      checksumWithoutTop: "88cf7a10940856eca736dc7b7e228a21"),
    Row(
      architecture: "ResNet101V2", folder: "tensorflow/keras-applications/resnet",
      stem: "resnet101v2_weights_tf_dim_ordering_tf_kernels",
      checksum: "6343647c601c52e1368623803854d971",
      checksumWithoutTop: "c0ed64b8031c3730f411d2eb4eea35b5"),
    Row(
      architecture: "ResNet152", folder: "tensorflow/keras-applications/resnet",
      stem: "resnet152_weights_tf_dim_ordering_tf_kernels",
      checksum: "100835be76be38e30d865e96f2aaae62",
      checksumWithoutTop: "ee4c566cf9a93f14d82f913c2dc6dd0c"),
    Row(
      architecture: "ResNet152V2", folder: "tensorflow/keras-applications/resnet",
      stem: "resnet152v2_weights_tf_dim_ordering_tf_kernels",
      checksum: "a49b44d1979771252814e80f8ec446f9",
      checksumWithoutTop: "ed17cf2e0169df9d443503ef94b23b33"),
    Row(
      architecture: "ResNet50", folder: "tensorflow/keras-applications/resnet",
      stem: "resnet50_weights_tf_dim_ordering_tf_kernels",
      checksum: "2cb95161c43110f7111970584f804107",
      checksumWithoutTop: "4d473c1dd8becc155b73f8504c6f6626"),
    Row(
      architecture: "ResNet50V2", folder: "tensorflow/keras-applications/resnet",
      stem: "resnet50v2_weights_tf_dim_ordering_tf_kernels",
      checksum: "3ef43a0b657b3be2300d5770ece849e0",
      checksumWithoutTop: "fac2f116257151a9d068a22e544a4917"),
    Row(
      architecture: "VGG16", folder: "tensorflow/keras-applications/vgg16",
      stem: "vgg16_weights_tf_dim_ordering_tf_kernels",
      checksum: "64373286793e3c8b2b4e3219cbf3544b",
      checksumWithoutTop: "6d6bbae143d832006294945121d1f1fc"),
    Row(
      architecture: "VGG19", folder: "tensorflow/keras-applications/vgg19",
      stem: "vgg19_weights_tf_dim_ordering_tf_kernels",
      checksum: "cbe5617147190e668d6c5d5026f83318",
      checksumWithoutTop: "253f8cb515780f3b799900260a226db6"),
    Row(
      architecture: "Xception", folder: "tensorflow/keras-applications/xception",
      stem: "xception_weights_tf_dim_ordering_tf_kernels",
      checksum: "0a58e3b7378bc2990ea3b43d5981f1f6",
      checksumWithoutTop: "b0042744bf5b25fce3cb969f33bebb97"),
  ]
}
