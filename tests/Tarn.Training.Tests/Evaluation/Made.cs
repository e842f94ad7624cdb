namespace Tarn.Training.Tests;

/// <summary>Made-up predictions.</summary>
internal static class Made
{
    /// <summary>Two classes, from the probability of the second.</summary>
    public static PredictionSet Binary(double[] positive, int[] labels)
    {
        var matrix = new FloatMatrix(labels.Length, 2);
        for (var r = 0; r < labels.Length; r++)
        {
            (matrix[r, 0], matrix[r, 1]) = ((float)(1 - positive[r]), (float)positive[r]);
        }

        return new PredictionSet(matrix, labels, ["no", "yes"]);
    }

    /// <summary>Rows that are right more often than not; few different probabilities, so that there are ties.</summary>
    public static PredictionSet Random(int rows, int classes, long seed, double skill = 1.5)
    {
        var random = new SeededRandom(seed);
        var matrix = new FloatMatrix(rows, classes);
        var labels = new int[rows];
        for (var r = 0; r < rows; r++)
        {
            labels[r] = random.NextInt(classes);
            var weights = Enumerable.Range(0, classes).Select(c => Math.Round(Math.Exp(random.NextNormal() + (c == labels[r] ? skill : 0)) * 4) + 1).ToArray();
            for (var c = 0; c < classes; c++)
            {
                matrix[r, c] = (float)(weights[c] / weights.Sum());
            }
        }

        return new PredictionSet(matrix, labels, [.. Enumerable.Range(0, classes).Select(static c => $"c{c}")]);
    }
}
