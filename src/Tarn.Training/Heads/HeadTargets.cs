namespace Tarn.Training;

/// <summary>What a head is to say of each row, as weights of classes (see <see cref="HeadNetwork"/>).</summary>
internal static class HeadTargets
{
    /// <summary>The weight of a row of each class; the mean over the training rows is 1.</summary>
    public static float[] ClassWeights(HeadSpec spec, HeadData train)
    {
        var counts = train.CountClasses();
        var weights = spec.ExplicitClassWeights is { } given ? [.. given]
            : spec.ClassWeights == ClassWeighting.Balanced ? [.. counts.Select(static n => 1.0 / n)]
            : Enumerable.Repeat(1.0, counts.Length).ToArray();
        var mean = weights.Zip(counts, static (w, n) => w * n).Sum() / train.Labels.Count;
        return [.. weights.Select(w => (float)(w / mean))];
    }

    /// <summary>Rows × classes weights.</summary>
    public static float[] Of(HeadData data, float[] classWeights, double smoothing)
    {
        var classes = classWeights.Length;
        var targets = new float[data.Labels.Count * classes];
        for (var r = 0; r < data.Labels.Count; r++)
        {
            var weight = classWeights[data.Labels[r]];
            var row = targets.AsSpan(r * classes, classes);
            row.Fill((float)(weight * smoothing / classes));
            row[data.Labels[r]] += (float)(weight * (1 - smoothing));
        }

        return targets;
    }
}
