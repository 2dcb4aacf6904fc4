// One import for programs that fine-tune: everything that the tool `finetune` is made of.
@_exported public import Architectures
@_exported public import Execution
@_exported public import HDF5
@_exported public import Images
@_exported public import JSON
@_exported public import KerasFormat
@_exported public import Kernels
@_exported public import Layers
@_exported public import Recipes
@_exported public import Tensors
@_exported public import Training
