namespace Tarn.Training;

/// <summary>A point of a ROC curve.</summary>
/// <param name="FalsePositiveRate">The share of other rows that are taken for the class.</param>
/// <param name="TruePositiveRate">The share of the class' rows that are.</param>
/// <param name="Threshold">From which probability on; null for the first point, where none is taken.</param>
public sealed record RocPoint(double FalsePositiveRate, double TruePositiveRate, double? Threshold);

/// <summary>A point of a precision-recall curve.</summary>
/// <param name="Recall">The share of the class' rows that are taken for it.</param>
/// <param name="Precision">The share of the class among the rows taken for it.</param>
/// <param name="Threshold">From which probability on.</param>
public sealed record PrecisionRecallPoint(double Recall, double Precision, double Threshold);

/// <summary>Curves of a class against the rest, a point for each probability that occurs.</summary>
public static class Curves
{
    /// <summary>The ROC curve, from (0, 0) to (1, 1); points on a straight line between others are left out. Empty where all rows are of one class.</summary>
    /// <param name="set">The predictions.</param>
    /// <param name="ofClass">The class' number.</param>
    /// <param name="most">Points at most, at least 2: of more, evenly chosen ones are kept. Default 500.</param>
    public static IReadOnlyList<RocPoint> Roc(this PredictionSet set, int ofClass, int most = 500)
    {
        var points = new List<(long Misses, long Hits, double? Threshold)> { (0, 0, null) };
        Ranking.Walk(set, ofClass, null, (score, hit, miss) =>
        {
            var (misses, hits, _) = points[^1];
            var next = (misses + miss, hits + hit, (double?)score);
            if (points.Count > 1 && points[^2] is var (x, y, _) && (misses - x) * (next.Item2 - y) == (next.Item1 - x) * (hits - y))
            {
                points.RemoveAt(points.Count - 1);
            }

            points.Add(next);
        });
        var (others, own, _) = points[^1];
        return others == 0 || own == 0 ? [] : [.. Thin(points, most).Select(p => new RocPoint((double)p.Misses / others, (double)p.Hits / own, p.Threshold))];
    }

    /// <summary>The precision-recall curve, by rising recall. Empty where no row is of the class.</summary>
    /// <param name="set">The predictions.</param>
    /// <param name="ofClass">The class' number.</param>
    /// <param name="most">Points at most, at least 2: of more, evenly chosen ones are kept. Default 500.</param>
    public static IReadOnlyList<PrecisionRecallPoint> PrecisionRecall(this PredictionSet set, int ofClass, int most = 500)
    {
        var points = new List<(long Hits, long Taken, double Threshold)>();
        Ranking.Walk(set, ofClass, null, (score, hit, miss) =>
        {
            var (hits, taken) = points.Count == 0 ? (0, 0) : (points[^1].Hits, points[^1].Taken);
            points.Add((hits + hit, taken + hit + miss, score));
        });
        var own = points[^1].Hits;
        return own == 0 ? [] : [.. Thin(points, most).Select(p => new PrecisionRecallPoint((double)p.Hits / own, (double)p.Hits / p.Taken, p.Threshold))];
    }

    private static IEnumerable<T> Thin<T>(List<T> points, int most)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(most, 2);
        return points.Count <= most ? points : Enumerable.Range(0, most).Select(i => points[(int)((long)i * (points.Count - 1) / (most - 1))]);
    }
}
