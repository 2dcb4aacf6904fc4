"""What both sides are given; nothing here is chosen after a result."""

from __future__ import annotations

SEEDS = [1, 2, 3, 4, 5]
INPUT_SIZE = 224
BATCH_SIZE = 32
VALIDATION_FRACTION = 0.2
ALPHA = 0.25
DROPOUT = 0.2
HEAD_EPOCHS, HEAD_LEARNING_RATE = 10, 1e-3
SECOND_EPOCHS, SECOND_LEARNING_RATE = 10, 1e-4
FROZEN_THROUGH = "conv_pw_11_relu"

# What is asked of this tool.
ACCURACY_DISTANCE = 0.02
SPEED_RATIO = 10

# The comparison of a recipe with the documented workflow, on pictures that neither side trains or stops by.
TEST_FRACTION, RECIPE_VALIDATION_FRACTION = 0.2, 0.16
ACCURACY_GAIN = 0.03
