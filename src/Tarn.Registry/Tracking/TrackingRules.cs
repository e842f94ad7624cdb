using System.Globalization;
using System.Text.RegularExpressions;
using Tarn.Core;

namespace Tarn.Registry;

/// <summary>The rules of names, values and sizes; those of MLflow 2 (its <c>validation</c> module), so that what one takes the other does.</summary>
internal static partial class TrackingRules
{
    public const int MostNameLength = 250;
    public const int MostParamLength = 6000;
    public const int MostTagLength = 8000;
    public const int MostExperimentNameLength = 500;
    public const int MostMetricsPerBatch = 1000;
    public const int MostParamsOrTagsPerBatch = 100;
    public const int MostPerBatch = 1000;
    public const int MostListed = 50_000;
    private const long LatestMs = 253_402_300_799_999;

    public static void ExperimentName(string name)
    {
        if (string.IsNullOrEmpty(name) || name.Length > MostExperimentNameLength)
        {
            throw TarnException.InvalidInput("An experiment's name has 1 to 500 characters.", Short(name));
        }

        Storable("An experiment's name", name);
    }

    /// <summary>A name of a metric, a param or a tag: it may become a file's name somewhere.</summary>
    public static void Name(string what, string? name)
    {
        if (string.IsNullOrEmpty(name))
        {
            throw TarnException.InvalidInput($"A {what} has a name.", name);
        }

        if (name.Length > MostNameLength)
        {
            throw TarnException.InvalidInput($"A {what}'s name has at most {MostNameLength} characters.", Short(name));
        }

        if (!Names().IsMatch(name))
        {
            throw TarnException.InvalidInput($"A {what}'s name consists of letters, digits, underscores (_), dashes (-), periods (.), colons (:), slashes (/) and spaces.", name);
        }

        if (name.StartsWith('/') || name.EndsWith('/') || name.Split('/').Any(static p => p is "" or "." or ".."))
        {
            throw TarnException.InvalidInput($"A {what}'s name is no path that leads elsewhere: no part of it between slashes is empty, '.' or '..'.", name);
        }
    }

    public static void Param(string name, string value)
    {
        Name("param", name);
        Length("A param's value", value, MostParamLength);
    }

    public static void Tag(string name, string value)
    {
        Name("tag", name);
        Length("A tag's value", value, MostTagLength);
    }

    public static void Point(in Metric metric)
    {
        Name("metric", metric.Name);
        if (metric.TimestampMs is < 0 or > LatestMs)
        {
            throw TarnException.InvalidInput(
                "A metric's timestamp is the milliseconds since 1970, not negative and before the year 10000.", $"{metric.Name}: {metric.TimestampMs.ToString(CultureInfo.InvariantCulture)}");
        }
    }

    public static void Batch(RunBatch batch)
    {
        Most("metrics", batch.Metrics.Count, MostMetricsPerBatch);
        Most("params", batch.Params.Count, MostParamsOrTagsPerBatch);
        Most("tags", batch.Tags.Count, MostParamsOrTagsPerBatch);
        Most("metrics, params and tags", batch.Metrics.Count + batch.Params.Count + batch.Tags.Count, MostPerBatch);
        foreach (var metric in batch.Metrics)
        {
            Point(metric);
        }

        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (name, value) in batch.Params)
        {
            Param(name, value);
            if (!names.Add(name))
            {
                throw TarnException.InvalidInput("A batch has a param of a name once.", name);
            }
        }

        foreach (var (name, value) in batch.Tags)
        {
            Tag(name, value);
        }
    }

    public static void Length(string what, string value, int most)
    {
        if (value.Length > most)
        {
            throw TarnException.InvalidInput($"{what} has at most {most.ToString(CultureInfo.InvariantCulture)} characters; this one has {value.Length.ToString(CultureInfo.InvariantCulture)}.", Short(value));
        }
    }

    public static void Limit(int limit, int most, long offset)
    {
        if (limit < 1 || limit > most)
        {
            throw TarnException.InvalidInput(string.Create(CultureInfo.InvariantCulture, $"At most {most} are listed at once, and at least 1."), limit.ToString(CultureInfo.InvariantCulture));
        }

        if (offset < 0)
        {
            throw TarnException.InvalidInput("An offset is not negative.", offset.ToString(CultureInfo.InvariantCulture));
        }
    }

    /// <summary>An instant from elsewhere, as the store keeps it.</summary>
    public static DateTimeOffset FromMilliseconds(string name, long milliseconds) => milliseconds is >= 0 and <= LatestMs
        ? DateTimeOffset.FromUnixTimeMilliseconds(milliseconds)
        : throw TarnException.InvalidInput($"{name} is the milliseconds since 1970, not negative and before the year 10000.", milliseconds.ToString(CultureInfo.InvariantCulture));

    public static string Short(string? text) => text is null ? "" : text.Length > 200 ? text[..200] + "…" : text;

    /// <summary>Text that names something is refused where a store could not keep it as it is.</summary>
    public static void Storable(string what, string text)
    {
        if (!ReferenceEquals(StoredText.Clean(text), text))
        {
            throw TarnException.InvalidInput($"{what} is Unicode text without U+0000.", Short(StoredText.Clean(text)));
        }
    }

    private static void Most(string what, int count, int most)
    {
        if (count > most)
        {
            throw TarnException.InvalidInput(
                $"A batch has at most {most.ToString(CultureInfo.InvariantCulture)} {what}.", count.ToString(CultureInfo.InvariantCulture), "Log them in several batches.");
        }
    }

    [GeneratedRegex(@"^[/\w.\-: ]+\z", RegexOptions.CultureInvariant)]
    private static partial Regex Names();
}
