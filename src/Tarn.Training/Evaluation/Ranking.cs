namespace Tarn.Training;

/// <summary>What follows from the order of the rows by their probability of a class.</summary>
internal static class Ranking
{
    /// <summary>The area under the ROC curve of a class against the rest; NaN where all rows are of it, or none.</summary>
    public static double Auc(PredictionSet set, int ofClass, int[]? times)
    {
        double area = 0, hits = 0, misses = 0;
        Walk(set, ofClass, times, (_, hit, miss) =>
        {
            area += miss * (hits + (hit / 2.0));
            hits += hit;
            misses += miss;
        });
        return area / (hits * misses);
    }

    /// <summary>The average precision of a class against the rest; NaN where no row is of it.</summary>
    public static double AveragePrecision(PredictionSet set, int ofClass, int[]? times)
    {
        double area = 0, hits = 0, taken = 0;
        Walk(set, ofClass, times, (_, hit, miss) =>
        {
            hits += hit;
            taken += hit + miss;
            area += hit * (hits / taken);
        });
        return area / hits;
    }

    /// <summary>Calls back for each probability of the class that occurs, highest first, with how many rows of the class and of others have it.</summary>
    public static void Walk(PredictionSet set, int ofClass, int[]? times, Action<float, long, long> step)
    {
        var order = set.Order(ofClass);
        for (var i = 0; i < order.Length;)
        {
            var score = set.Probabilities[order[i], ofClass];
            var (hit, miss) = (0L, 0L);
            for (; i < order.Length && set.Probabilities[order[i], ofClass] == score; i++)
            {
                var n = times is null ? 1 : times[order[i]];
                if (set.Labels[order[i]] == ofClass)
                {
                    hit += n;
                }
                else
                {
                    miss += n;
                }
            }

            if (hit + miss > 0)
            {
                step(score, hit, miss);
            }
        }
    }
}
