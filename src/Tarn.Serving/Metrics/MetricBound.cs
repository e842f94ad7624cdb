using System.Globalization;

namespace Tarn.Serving;

/// <summary>An upper bound of a histogram's bucket, with its texts.</summary>
internal sealed class MetricBound
{
    private readonly string _open;

    private MetricBound(double value, string text, string open) => (Value, Text, _open) = (value, text, open);

    public double Value { get; }

    /// <summary>Its text in Prometheus's format.</summary>
    public string Text { get; }

    /// <summary>Its text. OpenMetrics wants to see of each that it is no whole number's.</summary>
    public string TextOf(MetricsFormat format) => format == MetricsFormat.OpenMetrics ? _open : Text;

    public static MetricBound Of(double value)
    {
        var text = MetricsWriter.Number(value);
        return new MetricBound(value, text, text.AsSpan().ContainsAnyExcept("-0123456789") ? text : text + ".0");
    }

    public static MetricBound[] Of(params ReadOnlySpan<double> values)
    {
        var bounds = new MetricBound[values.Length];
        for (var i = 0; i < bounds.Length; i++)
        {
            bounds[i] = Of(values[i]);
        }

        return bounds;
    }

    /// <summary>As C++ streams write it, six digits: what TensorFlow Serving has, in both formats.</summary>
    public static MetricBound OfSixDigits(double value)
    {
        var text = value.ToString("G6", CultureInfo.InvariantCulture).Replace('E', 'e');
        return new MetricBound(value, text, text);
    }
}
