using Tarn.Native;
using Xunit;

namespace Tarn.Training.Tests;

public sealed class TrainerTests
{
    private static readonly HeadData Train = Blobs.Make(240, 8, 2, 1, 1);
    private static readonly HeadData Validation = Blobs.Make(120, 8, 2, 1, 2);
    private static readonly HeadData Test = Blobs.Make(300, 8, 2, 1, 3);
    private static readonly HeadSpec Spec = new() { HiddenSizes = [12], LearningRate = 0.01, Epochs = 25 };

    [Fact]
    public async Task Features_are_learnt_evaluated_and_exported()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var steps = new List<TrainerStep>();
        var trainer = new FeatureTrainer(Spec);
        var model = await trainer.FitAsync(Train, Validation, new TrainerRun { OnStep = step => { steps.Add(step); return true; } }, cancellation);
        Assert.Equal(Enumerable.Range(1, steps.Count), steps.Select(static s => s.Step));
        Assert.Contains("validation_loss", steps[0].Metrics.Keys);

        var report = await model.EvaluateAsync(Test, cancellation);
        Assert.Equal("classification", report.Task);
        Assert.True(report.Metrics["accuracy"] > 0.9);
        Assert.Equal(report.Classification![Metric.LogLoss], report.Metrics["log_loss"]);

        var files = await model.ExportAsync(cancellation);
        using var session = OnnxSession.FromBytes(files["model.onnx"].Span);
        using var input = OnnxValue.FromMemory<float>(Test.Features.Data, Test.Features.Rows, 8);
        using var outputs = session.Run(new Dictionary<string, OnnxValue> { ["features"] = input }, cancellation);
        var expected = ((HeadModel)model).Predict(Test);
        var probabilities = outputs["probabilities"].ToArray<float>();
        Assert.All(probabilities.Zip(expected.Probabilities.Data), static p => Assert.Equal(p.Second, p.First, 1e-5));
        Assert.Equal(expected.Predicted.Select(static c => Blobs.Names[c]), outputs["label"].GetStrings());
    }

    [Fact]
    public async Task Images_are_exported_whole()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var backbone = Backbone.FromBytes(BackboneTests.Entry(), SmallGraph.Network().ToBytes(), "small");
        var model = await new ImageTrainer(backbone, Spec).FitAsync(Train, Validation, new TrainerRun(), cancellation);
        var files = await model.ExportAsync(cancellation);
        Assert.Equal(["model-batch.onnx", "model.onnx", "signature.json"], files.Keys);
        Assert.Equal(ImageModel.Export(backbone, ((HeadModel)model).Head).Model.ToArray(), files["model.onnx"].ToArray());
    }

    [Theory]
    [InlineData("features")]
    [InlineData("image")]
    public async Task A_training_that_was_killed_goes_on_from_its_checkpoint(string kind)
    {
        var cancellation = TestContext.Current.CancellationToken;
        Trainer<HeadData> trainer = kind == "image" ? new ImageTrainer(Backbone.FromBytes(BackboneTests.Entry(), SmallGraph.Network().ToBytes(), "small"), Spec) : new FeatureTrainer(Spec);
        Assert.Equal(kind, trainer.Kind);
        var whole = (HeadModel)await trainer.FitAsync(Train, Validation, new TrainerRun { Seed = 9 }, cancellation);
        using var stop = new CancellationTokenSource();
        byte[]? kept = null;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => trainer.FitAsync(
            Train, Validation, new TrainerRun
            {
                Seed = 9,
                OnStep = step =>
                {
                    kept = step.Checkpoint();
                    if (step.Step == 6)
                    {
                        stop.Cancel();
                    }

                    return true;
                },
            },
            stop.Token));
        var resumed = (HeadModel)await trainer.FitAsync(Train, Validation, new TrainerRun { Seed = 9, ResumeFrom = kept }, cancellation);
        Assert.Equal(HeadFormat.ToBytes(whole.Head), HeadFormat.ToBytes(resumed.Head));
        Assert.NotEqual(1, whole.Head.Temperature);
        var (files, again) = (await whole.ExportAsync(cancellation), await resumed.ExportAsync(cancellation));
        Assert.Equal(files["model.onnx"].ToArray(), again["model.onnx"].ToArray());
    }
}
