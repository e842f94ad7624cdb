namespace Tarn.Training;

/// <summary>
/// A density over a range: a normal bump around each value, cut off at the range's ends, and one wide bump in the middle as a prior. A bump is as wide as the distance to the farther of
/// its neighbours, within limits.
/// </summary>
internal sealed class ParzenEstimator
{
    private readonly double[] _centres;
    private readonly double[] _widths;
    private readonly double[] _logMasses;
    private readonly double _low;
    private readonly double _high;

    public ParzenEstimator(IReadOnlyList<double> values, double low, double high)
    {
        (_low, _high) = (low, high);
        var range = high - low;
        var prior = (low + high) / 2;
        _centres = [.. values.Append(prior).Order()];
        var at = Array.IndexOf(_centres, prior);
        _widths = new double[_centres.Length];
        _logMasses = new double[_centres.Length];
        var least = range / Math.Min(100, 1 + _centres.Length);
        for (var i = 0; i < _centres.Length; i++)
        {
            var below = _centres[i] - (i == 0 ? low : _centres[i - 1]);
            var above = (i == _centres.Length - 1 ? high : _centres[i + 1]) - _centres[i];
            _widths[i] = i == at ? range : Math.Clamp(Math.Max(below, above), least, range);
            _logMasses[i] = Math.Log(NormalShare((high - _centres[i]) / _widths[i]) - NormalShare((low - _centres[i]) / _widths[i]));
        }
    }

    public double Draw(SeededRandom random)
    {
        var i = random.NextInt(_centres.Length);
        while (true)
        {
            // The range holds at least a third of any bump, which is no wider than it.
            var at = _centres[i] + (_widths[i] * random.NextNormal());
            if (at >= _low && at <= _high)
            {
                return at;
            }
        }
    }

    public double LogDensity(double at)
    {
        var sum = 0.0;
        for (var i = 0; i < _centres.Length; i++)
        {
            var z = (at - _centres[i]) / _widths[i];
            sum += Math.Exp((-0.5 * z * z) - _logMasses[i]) / _widths[i];
        }

        return Math.Log(Math.Max(sum, 1e-300) / (_centres.Length * Math.Sqrt(2 * Math.PI)));
    }

    // Abramowitz and Stegun 7.1.26, good to 1.5e-7: a mass here is never under a third.
    private static double NormalShare(double x)
    {
        var z = Math.Abs(x) / Math.Sqrt(2);
        var t = 1 / (1 + (0.3275911 * z));
        var tail = t * (0.254829592 + (t * (-0.284496736 + (t * (1.421413741 + (t * (-1.453152027 + (t * 1.061405429)))))))) * Math.Exp(-z * z) / 2;
        return x >= 0 ? 1 - tail : tail;
    }
}
