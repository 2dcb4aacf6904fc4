"""What one writes to classify one picture with Keras: MODEL PICTURE."""

import os
import sys

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np

model = keras.models.load_model(sys.argv[1], compile=False)
picture = keras.utils.img_to_array(keras.utils.load_img(sys.argv[2], target_size=(224, 224), interpolation="bilinear"))
probabilities = np.asarray(model(keras.applications.mobilenet.preprocess_input(picture[None]), training=False))
print(int(probabilities[0].argmax()))
