using Tarn.Core;
using Xunit;

namespace Tarn.Training.Tests;

public sealed class HeadTrainerTests
{
    private static readonly HeadData Train = Blobs.Make(300, 20, 3, 1, 1);
    private static readonly HeadData Validation = Blobs.Make(150, 20, 3, 1, 2);
    private static readonly HeadData Test = Blobs.Make(600, 20, 3, 1, 3);

    public static TheoryData<HeadSpec> Specs => new()
    {
        new HeadSpec { LearningRate = 0.01 },
        new HeadSpec { Optimizer = HeadOptimizer.Lbfgs, WeightDecay = 0.01 },
        new HeadSpec { HiddenSizes = [32], Dropout = 0.3, LearningRate = 0.005 },
        new HeadSpec { HiddenSizes = [32, 16], Optimizer = HeadOptimizer.Lbfgs, WeightDecay = 0.01 },
        new HeadSpec { HiddenSizes = [32], Mixup = 0.2, LabelSmoothing = 0.05, ClassWeights = ClassWeighting.Balanced, LearningRate = 0.005, BatchSize = 37 },
        new HeadSpec { Standardise = false, LearningRate = 0.01, EarlyStoppingPatience = 0 },
    };

    [Theory]
    [MemberData(nameof(Specs))]
    public void Every_kind_of_head_learns_what_can_be_learnt(HeadSpec spec)
    {
        var fit = spec.Fit(Train, Validation);
        var accuracy = Blobs.Accuracy(fit.Head, Test);
        Assert.True(accuracy > 0.93, $"{accuracy} after {fit.History.Count} epochs ({fit.Stop})");
        Assert.Equal(fit.History.MinBy(static e => e.ValidationLoss)!.Epoch, fit.BestEpoch);
        var sums = fit.Head.Predict(Test.Features);
        for (var r = 0; r < sums.Rows; r++)
        {
            Assert.Equal(1, sums.Row(r).ToArray().Sum(), 1e-5);
        }
    }

    [Theory]
    [MemberData(nameof(Specs))]
    public void The_same_seed_gives_the_same_bits_on_any_number_of_threads_and_across_an_interruption(HeadSpec spec)
    {
        spec = spec with { Epochs = 15, Seed = 5 };
        var whole = spec.Fit(Train, Validation, new HeadFitOptions { Threads = 1 });
        var threads = spec.Fit(Train, Validation, new HeadFitOptions { Threads = 3 });
        Assert.Equal(HeadFormat.ToBytes(whole.Head), HeadFormat.ToBytes(threads.Head));

        byte[]? kept = null;
        using var stop = new CancellationTokenSource();
        var interrupted = new HeadFitOptions
        {
            OnEpoch = progress =>
            {
                kept = progress.Checkpoint().ToBytes();
                if (progress.Epoch.Epoch == 4)
                {
                    stop.Cancel();
                }

                return true;
            },
        };
        Assert.Throws<OperationCanceledException>(() => new HeadTrainer(spec).Fit(Train, Validation, interrupted, stop.Token));
        var resumed = spec.Fit(Train, Validation, new HeadFitOptions { ResumeFrom = HeadCheckpoint.FromBytes(kept) });
        Assert.Equal(HeadFormat.ToBytes(whole.Head), HeadFormat.ToBytes(resumed.Head));
        Assert.Equal(whole.History, resumed.History);

        var other = (spec with { Seed = 6 }).Fit(Train, Validation);
        if (spec.Optimizer == HeadOptimizer.Adam)
        {
            Assert.NotEqual(HeadFormat.ToBytes(whole.Head), HeadFormat.ToBytes(other.Head));
        }
    }

    [Fact]
    public void Lbfgs_and_adam_find_the_same_minimum_of_a_convex_loss()
    {
        var exact = new HeadSpec { Optimizer = HeadOptimizer.Lbfgs, WeightDecay = 0, LabelSmoothing = 0.1, Epochs = 500 }.Fit(Train);
        var adam = new HeadSpec { LearningRate = 0.02, WeightDecay = 0, LabelSmoothing = 0.1, Epochs = 400, BatchSize = 300, EarlyStoppingPatience = 0, MinimumImprovement = 0 }
            .Fit(Train);
        Assert.Equal(HeadStop.Converged, exact.Stop);
        Assert.Equal(exact.History[^1].TrainLoss, adam.History[^1].TrainLoss, 1e-4);
        var (p, q) = (exact.Head.Predict(Test.Features), adam.Head.Predict(Test.Features));
        Assert.True(p.Data.Zip(q.Data, static (x, y) => Math.Abs(x - y)).Max() < 0.02f);
    }

    [Fact]
    public void Weights_of_classes_move_what_is_said_of_a_rare_class()
    {
        var features = new FloatMatrix(100, 1);
        var labels = Enumerable.Range(0, 100).Select(static i => i < 90 ? 0 : 1).ToArray();
        var data = new HeadData(features, labels, ["common", "rare"]);
        double Rare(HeadSpec spec) => (spec with { Optimizer = HeadOptimizer.Lbfgs, WeightDecay = 0, Epochs = 200 }).Fit(data).Head.Predict(features)[0, 1];

        // Features that say nothing: the head gives each class its share of the weights.
        Assert.Equal(0.1, Rare(new HeadSpec()), 1e-3);
        Assert.Equal(0.5, Rare(new HeadSpec { ClassWeights = ClassWeighting.Balanced }), 1e-3);
        Assert.Equal(0.25, Rare(new HeadSpec { ExplicitClassWeights = [1, 3] }), 1e-3);
        Assert.Equal(0.18, Rare(new HeadSpec { LabelSmoothing = 0.2 }), 1e-3);
    }

    [Fact]
    public void It_stops_early_lowers_the_rate_on_a_plateau_and_returns_the_best_head()
    {
        // Labels without a reason: the validation loss soon only grows.
        var random = new SeededRandom(8);
        HeadData Noise(int rows) => new(
            new FloatMatrix(rows, 30, [.. Enumerable.Range(0, rows * 30).Select(_ => (float)random.NextNormal())]), [.. Enumerable.Range(0, rows).Select(_ => random.NextInt(2))], ["a", "b"]);
        var spec = new HeadSpec { HiddenSizes = [64], LearningRate = 0.01, EarlyStoppingPatience = 7, PlateauPatience = 3, PlateauFactor = 0.5, Epochs = 200 };
        var fit = spec.Fit(Noise(100), Noise(100));
        Assert.Equal(HeadStop.EarlyStopping, fit.Stop);
        Assert.True(fit.History.Count < 50);
        Assert.Contains(fit.History, static e => e.LearningRate == 0.005);
        Assert.True(fit.BestEpoch < fit.History.Count);
    }

    [Fact]
    public void Weight_decay_makes_weights_smaller()
    {
        double Size(HeadSpec spec) => spec.Fit(Train).Head.Layers[0].Weights.Sum(static w => (double)w * w);
        foreach (var spec in new[] { new HeadSpec { LearningRate = 0.01 }, new HeadSpec { Optimizer = HeadOptimizer.Lbfgs } })
        {
            Assert.True(Size(spec with { WeightDecay = 0.5 }) < 0.5 * Size(spec with { WeightDecay = 0.001 }));
        }
    }

    [Fact]
    public void On_epoch_ends_training_when_it_says_so()
    {
        var fit = new HeadSpec().Fit(Train, Validation, new HeadFitOptions { OnEpoch = static p => p.Epoch.Epoch < 3 });
        Assert.Equal((HeadStop.Asked, 3), (fit.Stop, fit.History.Count));
    }
}
