using System.Globalization;
using System.Text;

namespace Tarn.Serving;

/// <summary>What kind of number a metric is.</summary>
internal enum MetricKind
{
    /// <summary>One that only grows.</summary>
    Counter,

    /// <summary>One that goes up and down.</summary>
    Gauge,

    /// <summary>A distribution.</summary>
    Histogram,
}

/// <summary>A label of a sample.</summary>
internal readonly record struct MetricLabel(string Name, string Value);

/// <summary>
/// Writes families of samples in Prometheus's text format or in OpenMetrics (https://prometheus.io/docs/specs/om/open_metrics_spec/). A family is written whole before the next one begins.
/// </summary>
internal sealed class MetricsWriter(PooledBuffer to, MetricsFormat format)
{
    private string _name = "";
    private string _sample = "";

    private bool IsOpen => format == MetricsFormat.OpenMetrics;

    /// <summary>Begins a family.</summary>
    /// <param name="name">Its name, of a counter without <c>_total</c>.</param>
    /// <param name="kind">Its kind.</param>
    /// <param name="help">A sentence.</param>
    /// <param name="unit">Its unit, with which the name ends; null for none.</param>
    public void Family(string name, MetricKind kind, string help, string? unit = null)
    {
        (_name, _sample) = (name, kind == MetricKind.Counter ? name + "_total" : name);
        Head(IsOpen ? name : _sample, Text(kind), help);
        if (IsOpen && unit is not null)
        {
            Line("# UNIT ", name, " ", unit);
        }
    }

    /// <summary>
    /// Begins a family whose name others have chosen. A counter whose name does not end with <c>_total</c> is of an unknown type in OpenMetrics, which would have its samples called otherwise.
    /// </summary>
    public void ForeignFamily(string name, MetricKind kind, string help)
    {
        (_name, _sample) = (name, name);
        Head(name, IsOpen && kind == MetricKind.Counter ? "unknown" : Text(kind), help);
    }

    /// <summary>A sample of a counter or gauge.</summary>
    public void Sample(double value, params ReadOnlySpan<MetricLabel> labels) => Sample(_sample, labels, default, Number(value));

    /// <summary>The samples of a histogram.</summary>
    /// <param name="bounds">The upper bounds of its buckets, but for the last, infinite one.</param>
    /// <param name="counts">How many are in each bucket; one more than bounds.</param>
    /// <param name="sum">The sum of what was counted.</param>
    /// <param name="labels">Its labels.</param>
    public void Histogram(IReadOnlyList<MetricBound> bounds, ReadOnlySpan<long> counts, double sum, params ReadOnlySpan<MetricLabel> labels)
    {
        var total = 0L;
        for (var i = 0; i < counts.Length; i++)
        {
            total += counts[i];
            Sample(_name + "_bucket", labels, i < bounds.Count ? bounds[i].TextOf(format) : "+Inf", Number(total));
        }

        Sample(_name + "_sum", labels, default, Number(sum));
        Sample(_name + "_count", labels, default, Number(total));
    }

    /// <summary>Ends the page.</summary>
    public void End()
    {
        if (IsOpen)
        {
            Line("# EOF");
        }
    }

    /// <summary>A number as both formats have it.</summary>
    public static string Number(double value) => double.IsPositiveInfinity(value) ? "+Inf"
        : double.IsNegativeInfinity(value) ? "-Inf"
        : double.IsNaN(value) ? "NaN"
        : value.ToString("R", CultureInfo.InvariantCulture);

    private void Head(string name, string type, string help)
    {
        Write("# HELP ");
        Write(name);
        Write(" ");
        Escape(help, quotes: IsOpen);
        Line();
        Line("# TYPE ", name, " ", type);
    }

    private void Sample(string name, ReadOnlySpan<MetricLabel> labels, string? bound, string value)
    {
        Write(name);
        var isFirst = true;
        foreach (var label in labels)
        {
            Label(ref isFirst, label.Name, label.Value);
        }

        if (bound is not null)
        {
            Label(ref isFirst, "le", bound);
        }

        Line(isFirst ? " " : "} ", value);
    }

    private void Label(ref bool isFirst, string name, string value)
    {
        Write(isFirst ? "{" : ",");
        isFirst = false;
        Write(name);
        Write("=\"");
        Escape(value, quotes: true);
        Write("\"");
    }

    private void Escape(ReadOnlySpan<char> text, bool quotes)
    {
        while (!text.IsEmpty)
        {
            var at = quotes ? text.IndexOfAny('\\', '\n', '"') : text.IndexOfAny('\\', '\n');
            Write(at < 0 ? text : text[..at]);
            if (at < 0)
            {
                return;
            }

            Write(text[at] switch { '\\' => @"\\", '\n' => @"\n", _ => "\\\"" });
            text = text[(at + 1)..];
        }
    }

    private void Line(params ReadOnlySpan<string> parts)
    {
        foreach (var part in parts)
        {
            Write(part);
        }

        to.Write((byte)'\n');
    }

    private void Write(ReadOnlySpan<char> text) => to.Advance(Encoding.UTF8.GetBytes(text, to.GetSpan(Encoding.UTF8.GetMaxByteCount(text.Length))));

    private static string Text(MetricKind kind) => kind switch
    {
        MetricKind.Counter => "counter",
        MetricKind.Gauge => "gauge",
        _ => "histogram",
    };
}
