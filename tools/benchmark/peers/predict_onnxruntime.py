"""What one writes to classify one picture with ONNX Runtime: MODEL PICTURE."""

import sys

import numpy as np
import onnxruntime
from PIL import Image

session = onnxruntime.InferenceSession(sys.argv[1], providers=["CPUExecutionProvider"])
picture = np.asarray(Image.open(sys.argv[2]).convert("RGB").resize((224, 224), Image.Resampling.BILINEAR), np.float32)
probabilities = session.run(None, {"pictures": (picture / 127.5 - 1).transpose(2, 0, 1)[None]})[0]
print(int(probabilities[0].argmax()))
