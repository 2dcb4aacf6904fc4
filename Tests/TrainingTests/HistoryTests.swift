import JSON
import Testing
import Training

@Suite("History")
struct HistoryTests {
  private func result(_ loss: Double, _ name: String, _ value: Double) -> EvaluationResult {
    EvaluationResult(samples: 10, loss: loss, metrics: [MetricValue(name: name, value: value)])
  }

  @Test("The table has the headings of the plan, a line for each epoch, and gaps where there is nothing")
  func table() {
    let history = History([
      EpochRecord(
        phase: "head", epoch: 1, training: result(1.5, "accuracy", 0.25), validation: result(1.25, "accuracy", 0.5),
        learningRate: 0.001, seconds: 2),
      EpochRecord(
        phase: "last, \"blocks\"", epoch: 1, training: result(1, "accuracy", 0.75), validation: nil, learningRate: 1e-4,
        seconds: 3),
    ])
    #expect(
      history.csv
        == [
          "phase,epoch,loss,accuracy,val_loss,val_accuracy,learning_rate,seconds",
          "head,1,1.5,0.25,1.25,0.5,0.001,2.0",
          "\"last, \"\"blocks\"\"\",1,1.0,0.75,,,0.0001,3.0",
        ].map { $0 + "\n" }.joined())
    #expect(history.json.arrayValue?[0]["val_accuracy"] == 0.5)
    #expect(history.json.arrayValue?[1]["val_accuracy"] == nil)
    #expect(history.json.arrayValue?[1]["phase"] == "last, \"blocks\"")
  }

  @Test("A regression has its errors as columns")
  func regression() {
    let history = History([
      EpochRecord(
        phase: "head", epoch: 1, training: result(4, "root_mean_squared_error", 2), validation: nil, learningRate: 0.5,
        seconds: 1)
    ])
    #expect(history.csv.hasPrefix("phase,epoch,loss,root_mean_squared_error,learning_rate,seconds\n"))
  }
}
