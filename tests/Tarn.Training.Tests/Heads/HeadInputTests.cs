using Tarn.Core;
using Xunit;

namespace Tarn.Training.Tests;

public sealed class HeadInputTests
{
    private static readonly HeadData Train = Blobs.Make(60, 6, 3, 1, 1);

    [Fact]
    public void A_class_without_rows_is_refused_by_name()
    {
        var data = new HeadData(new FloatMatrix(3, 2), [0, 2, 2], ["ant", "bee", "cat"]);
        var error = Assert.Throws<TarnException>(() => new HeadSpec().Fit(data));
        Assert.Equal("bee", error.Value);
    }

    [Fact]
    public void A_class_with_one_row_is_trained_on_with_a_warning()
    {
        var data = new HeadData(new FloatMatrix(3, 1, [0, 5, 5.5f]), [0, 1, 1], ["ant", "bee"]);
        var fit = new HeadSpec { Optimizer = HeadOptimizer.Lbfgs }.Fit(data);
        Assert.Contains("ant", Assert.Single(fit.Warnings), StringComparison.Ordinal);
        Assert.Equal(1, Blobs.Accuracy(fit.Head, data));
    }

    [Fact]
    public void Not_a_number_is_named_by_row_and_column()
    {
        var features = new FloatMatrix(4, 3) { [1, 2] = float.NaN };
        Assert.StartsWith("row 1, column 2", Assert.Throws<TarnException>(() => new HeadData(features, [0, 1, 0, 1], ["a", "b"])).Value, StringComparison.Ordinal);
        var head = new HeadSpec { Epochs = 1 }.Fit(Train).Head;
        Assert.StartsWith("row 0, column 5", Assert.Throws<TarnException>(() => head.Predict(new FloatMatrix(1, 6) { [0, 5] = float.NegativeInfinity })).Value, StringComparison.Ordinal);
        Assert.Throws<TarnException>(() => head.Predict(new FloatMatrix(1, 7)));
        Assert.Equal(0, head.Predict(new FloatMatrix(0, 6)).Rows);
    }

    [Fact]
    public void Labels_names_and_classes_must_fit()
    {
        Assert.StartsWith("row 1 (y): 2", Assert.Throws<TarnException>(() => new HeadData(new FloatMatrix(2, 1), [0, 2], ["a", "b"], ["x", "y"])).Value, StringComparison.Ordinal);
        Assert.Throws<TarnException>(() => new HeadData(new FloatMatrix(2, 1), [0], ["a", "b"]));
        Assert.Throws<TarnException>(() => new HeadData(new FloatMatrix(2, 1), [0, 0], ["a"]));
        Assert.Throws<TarnException>(() => new HeadData(new FloatMatrix(2, 1), [0, 0], ["a", "a"]));
        Assert.Throws<TarnException>(() => new HeadSpec().Fit(Train, Blobs.Make(60, 7, 3, 1, 1)));
    }

    [Fact]
    public void All_settings_out_of_range_are_told_at_once()
    {
        var spec = new HeadSpec { Dropout = 0.5, LearningRate = 0, BatchSize = 0, Optimizer = HeadOptimizer.Lbfgs, Mixup = double.NaN, ExplicitClassWeights = [1] };
        var error = Assert.Throws<TarnException>(() => spec.Fit(Train));
        Assert.All(new[] { "Dropout = 0.5", "LearningRate = 0", "BatchSize = 0", "Mixup = NaN", "ExplicitClassWeights = 1" }, part => Assert.Contains(part, error.Message, StringComparison.Ordinal));
    }

    [Fact]
    public void Training_that_diverges_says_so()
    {
        var features = new FloatMatrix(4, 1, [3e38f, -3e38f, 2e38f, -2e38f]);
        var spec = new HeadSpec { Standardise = false, LearningRate = 10, HiddenSizes = [8] };
        var error = Assert.Throws<TarnException>(() => spec.Fit(new HeadData(features, [0, 1, 1, 0], ["a", "b"])));
        Assert.Contains("LearningRate", error.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void Constant_columns_and_any_scale_of_columns_do_no_harm()
    {
        var scaled = new FloatMatrix(Train.Features.Rows, 8);
        for (var r = 0; r < scaled.Rows; r++)
        {
            for (var c = 0; c < 6; c++)
            {
                scaled[r, c] = (Train.Features[r, c] * MathF.Pow(10, (2 * c) - 5)) + 100;
            }

            (scaled[r, 6], scaled[r, 7]) = (3.3333333f, 0);
        }

        var fit = new HeadSpec { Optimizer = HeadOptimizer.Lbfgs }.Fit(new HeadData(scaled, Train.Labels, Train.Classes));
        Assert.Equal([1f, 1f], fit.Head.InputScale![6..]);
        Assert.All(fit.Head.Predict(scaled).Data, static p => Assert.True(float.IsFinite(p)));
    }

    [Fact]
    public void Damaged_bytes_and_foreign_checkpoints_are_refused()
    {
        var spec = new HeadSpec { Epochs = 3, HiddenSizes = [5] };
        HeadCheckpoint? kept = null;
        var fit = spec.Fit(Train, null, new HeadFitOptions { OnEpoch = p => (kept = p.Checkpoint()) is not null });
        var bytes = HeadFormat.ToBytes(fit.Head);
        Assert.Equal(fit.Head.Predict(Train.Features).Data, HeadFormat.FromBytes(bytes).Predict(Train.Features).Data);
        bytes[bytes.Length / 2] ^= 1;
        Assert.Equal(ErrorKind.Corrupt, Assert.Throws<TarnException>(() => HeadFormat.FromBytes(bytes)).Kind);
        Assert.Equal(ErrorKind.Corrupt, Assert.Throws<TarnException>(() => HeadCheckpoint.FromBytes(kept!.ToBytes().AsSpan(0, 50))).Kind);
        Assert.Equal(ErrorKind.Conflict, Assert.Throws<TarnException>(() => (spec with { Seed = 1 }).Fit(Train, null, new HeadFitOptions { ResumeFrom = kept })).Kind);
        Assert.Equal(ErrorKind.Conflict, Assert.Throws<TarnException>(() => spec.Fit(Blobs.Make(60, 6, 3, 1, 2), null, new HeadFitOptions { ResumeFrom = kept })).Kind);
    }

    [Fact]
    public void A_rows_result_does_not_depend_on_the_rows_beside_it()
    {
        var data = Blobs.Make(301, 70, 3, 1, 1);
        var head = new HeadSpec { Epochs = 2, HiddenSizes = [50] }.Fit(data).Head;
        var all = head.Predict(data.Features);
        foreach (var row in new[] { 0, 7, 150, 300 })
        {
            Assert.Equal(all.Row(row).ToArray(), head.Predict(data.Features.Select([row])).Data);
        }
    }
}
