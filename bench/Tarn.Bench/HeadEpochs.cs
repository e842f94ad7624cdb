using System.Diagnostics;
using System.Numerics.Tensors;
using Tarn.Training;

namespace Tarn.Bench;

/// <summary>
/// An epoch of a head over as many embeddings as a small image set has. The baseline goes row by row: a dot product for each output forwards, a scaled addition for each output
/// backwards, plain gradient steps; of each the fastest of some epochs, in turn (the first ones are compiled while they run).
/// </summary>
internal static class HeadEpochs
{
    private const int Rows = 1574;
    private const int Columns = 1280;
    private const int Batch = 128;
    private const int Turns = 40;

    public static Task<IReadOnlyList<Measurement>> RunAsync(string folder)
    {
        var data = Embeddings(Rows, 1);
        return Task.FromResult<IReadOnlyList<Measurement>>(
        [
            Epoch("head epoch, softmax regression", data, []),
            Epoch("head epoch, 128 hidden units, dropout", data, [128]),
            Product(),
        ]);
    }

    /// <summary>Fifty trials of TPE over heads, two at a time, a thread each, embeddings at hand.</summary>
    public static async Task<IReadOnlyList<Measurement>> TuneAsync(string folder)
    {
        var (train, validation) = (Embeddings(1259, 1), Embeddings(315, 2));
        var space = new SearchSpace().Choice("head", "linear", "mlp").Float("rate", 1e-4, 1e-2, log: true).Float("decay", 1e-6, 1e-1, log: true)
            .When("head", "mlp", static s => s.Int("hidden", 16, 256, log: true).Float("dropout", 0, 0.5));
        var clock = Stopwatch.StartNew();
        var result = await new Tuner(space, new TunerOptions { Trials = 50, Parallel = 2 }).RunAsync((trial, token) =>
        {
            var p = trial.Parameters;
            var spec = new HeadSpec { LearningRate = p.Float("rate"), WeightDecay = p.Float("decay"), Seed = trial.Seed };
            spec = p.Has("hidden") ? spec with { HiddenSizes = [(int)p.Int("hidden")], Dropout = p.Float("dropout") } : spec;
            return Task.FromResult(-new HeadTrainer(spec).Fit(train, validation, new HeadFitOptions { Threads = 1 }, token).History.Min(static e => e.ValidationLoss!.Value));
        }).ConfigureAwait(false);
        return [Measurement.Under($"50 trials, best loss {-result.Best!.Value!.Value:0.###}", clock.Elapsed.TotalSeconds, "s", 120)];
    }

    private static Measurement Epoch(string name, HeadData data, int[] hidden)
    {
        var spec = new HeadSpec { HiddenSizes = hidden, Dropout = hidden.Length > 0 ? 0.3 : 0, BatchSize = Batch, Epochs = Turns, EarlyStoppingPatience = 0 };
        var plain = new RowByRow([Columns, .. hidden, 2]);
        var (ours, theirs) = (double.PositiveInfinity, double.PositiveInfinity);
        var clock = Stopwatch.StartNew();
        new HeadTrainer(spec).Fit(data, null, new HeadFitOptions
        {
            OnEpoch = progress =>
            {
                // The first has the standardisation before it.
                ours = progress.Epoch.Epoch > 1 ? Math.Min(ours, clock.Elapsed.TotalMilliseconds) : ours;
                clock.Restart();
                plain.Epoch(data);
                theirs = Math.Min(theirs, clock.Elapsed.TotalMilliseconds);
                clock.Restart();
                return true;
            },
        });
        return new Measurement(name, ours, "ms", theirs, ours / theirs, "< 20 ms", ours < 20);
    }

    private static Measurement Product()
    {
        const int m = 1280, k = 1280, n = 128;
        var (a, b, c) = (new float[m * k], new float[k * n], new float[m * n]);
        a.AsSpan().Fill(0.5f);
        b.AsSpan().Fill(0.25f);
        var (ours, theirs) = (0.0, 0.0);
        for (var turn = 0; turn < Turns; turn++)
        {
            var clock = Stopwatch.StartNew();
            MatrixProduct.Multiply(a, false, b, false, c, m, k, n, 1);
            ours = Math.Max(ours, 2e-9 * m * k * n / clock.Elapsed.TotalSeconds);
            clock.Restart();
            for (var i = 0; i < m; i++)
            {
                for (var j = 0; j < n; j++)
                {
                    // b as if it were there transposed.
                    c[(i * n) + j] = TensorPrimitives.Dot<float>(a.AsSpan(i * k, k), b.AsSpan(j * k, k));
                }
            }

            theirs = Math.Max(theirs, 2e-9 * m * k * n / clock.Elapsed.TotalSeconds);
        }

        return Measurement.AtLeastRatio("matrix product, one thread, by dot products", ours, "GFLOP/s", theirs, 1.5);
    }

    private static HeadData Embeddings(int rows, int seed)
    {
        var random = new Random(seed);
        var features = new FloatMatrix(rows, Columns);
        var labels = new int[rows];
        for (var r = 0; r < rows; r++)
        {
            labels[r] = r % 2;
            for (var c = 0; c < Columns; c++)
            {
                features[r, c] = (float)((random.NextDouble() * 2) - 1 + (c < 40 && labels[r] == 1 ? 0.15 : 0));
            }
        }

        return new HeadData(features, labels, ["no", "yes"]);
    }

    /// <summary>The straight way: weights of an output in a row, one row of data after the other.</summary>
    private sealed class RowByRow(int[] sizes)
    {
        private readonly float[][] _weights = [.. Enumerable.Range(0, sizes.Length - 1).Select(l => Enumerable.Range(0, sizes[l] * sizes[l + 1]).Select(static i => ((i * 7919 % 2001) - 1000) * 2e-5f).ToArray())];
        private readonly float[][] _gradients = [.. Enumerable.Range(0, sizes.Length - 1).Select(l => new float[sizes[l] * sizes[l + 1]])];
        private readonly float[][] _values = [.. sizes.Select(static s => new float[s])];
        private readonly float[][] _slopes = [.. sizes.Select(static s => new float[s])];

        public void Epoch(HeadData data)
        {
            for (var first = 0; first < data.Labels.Count; first += Batch)
            {
                foreach (var gradient in _gradients)
                {
                    Array.Clear(gradient);
                }

                for (var r = first; r < Math.Min(first + Batch, data.Labels.Count); r++)
                {
                    data.Features.Row(r).CopyTo(_values[0]);
                    Forwards();
                    Backwards(data.Labels[r]);
                }

                for (var l = 0; l < _weights.Length; l++)
                {
                    TensorPrimitives.MultiplyAdd(_gradients[l], -0.001f / Batch, _weights[l], _weights[l]);
                }
            }
        }

        private void Forwards()
        {
            for (var l = 0; l < _weights.Length; l++)
            {
                for (var o = 0; o < sizes[l + 1]; o++)
                {
                    var sum = TensorPrimitives.Dot<float>(_values[l], _weights[l].AsSpan(o * sizes[l], sizes[l]));
                    _values[l + 1][o] = l + 1 < _weights.Length ? Math.Max(0, sum) : sum;
                }
            }
        }

        private void Backwards(int label)
        {
            var last = _values[^1];
            var total = last.Sum(MathF.Exp);
            for (var c = 0; c < last.Length; c++)
            {
                _slopes[^1][c] = (MathF.Exp(last[c]) / total) - (c == label ? 1 : 0);
            }

            for (var l = _weights.Length - 1; l >= 0; l--)
            {
                Array.Clear(_slopes[l]);
                for (var o = 0; o < sizes[l + 1]; o++)
                {
                    var slope = l + 1 < _weights.Length && _values[l + 1][o] <= 0 ? 0 : _slopes[l + 1][o];
                    if (slope != 0)
                    {
                        var row = _gradients[l].AsSpan(o * sizes[l], sizes[l]);
                        TensorPrimitives.MultiplyAdd(_values[l], slope, row, row);
                        if (l > 0)
                        {
                            TensorPrimitives.MultiplyAdd(_weights[l].AsSpan(o * sizes[l], sizes[l]), slope, _slopes[l], _slopes[l]);
                        }
                    }
                }
            }
        }
    }
}
