/// Layers computed in doubles by plain loops, from the formulas alone: slow, and written differently from the engine.
public enum Reference {}
