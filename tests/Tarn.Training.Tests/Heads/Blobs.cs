using Xunit;

namespace Tarn.Training.Tests;

/// <summary>Made-up rows: a cloud around a centre for each class.</summary>
internal static class Blobs
{
    public static readonly string[] Names = ["ant", "bee", "cat", "dog", "eel"];

    /// <summary>Rows of classes in turn; <paramref name="spread"/> 1 with centres about 2 apart in each of 4 columns, the other columns noise.</summary>
    public static HeadData Make(int rows, int columns, int classes, double spread, long seed)
    {
        // Centres must not depend on the rows drawn, so that two sets with different seeds are of one world.
        var world = new SeededRandom(99, columns, classes);
        var centres = Enumerable.Range(0, classes).Select(_ => Enumerable.Range(0, Math.Min(4, columns)).Select(_ => 2 * world.NextNormal()).ToArray()).ToArray();
        var random = new SeededRandom(seed);
        var features = new FloatMatrix(rows, columns);
        var labels = new int[rows];
        for (var r = 0; r < rows; r++)
        {
            labels[r] = r % classes;
            for (var c = 0; c < columns; c++)
            {
                features[r, c] = (float)((random.NextNormal() * spread) + (c < centres[labels[r]].Length ? centres[labels[r]][c] : 0));
            }
        }

        return new HeadData(features, labels, Names[..classes]);
    }

    public static HeadFit Fit(this HeadSpec spec, HeadData train, HeadData? validation = null, HeadFitOptions? options = null) =>
        new HeadTrainer(spec).Fit(train, validation, options, TestContext.Current.CancellationToken);

    public static double Accuracy(TrainedHead head, HeadData data)
    {
        var p = head.Predict(data.Features);
        return Enumerable.Range(0, p.Rows).Count(r => Greatest(p.Row(r)) == data.Labels[r]) / (double)p.Rows;
    }

    private static int Greatest(ReadOnlySpan<float> row) => System.Numerics.Tensors.TensorPrimitives.IndexOfMax(row);
}
