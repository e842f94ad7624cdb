using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Microsoft.AspNetCore.Http;
using Quakes.Usgs;

namespace Quakes.Feeds;

/// <summary>The parameters of the FDSN event service that the simulated service understands; an unknown or wrong one is an error, as there.</summary>
internal sealed record FdsnParameters
{
    public const int ServiceLimit = 20_000;

    private static readonly HashSet<string> Ignored = new(StringComparer.OrdinalIgnoreCase) { "jsonerror", "nodata", "eventtype", "producttype", "catalog", "contributor" };

    public DateTimeOffset Start { get; private set; }

    public DateTimeOffset? End { get; private set; }

    public DateTimeOffset? UpdatedAfter { get; private set; }

    public double? MinMagnitude { get; private set; }

    public double? MaxMagnitude { get; private set; }

    public double MinLatitude { get; private set; } = -90;

    public double MaxLatitude { get; private set; } = 90;

    public double MinLongitude { get; private set; } = -360;

    public double MaxLongitude { get; private set; } = 360;

    public bool IncludeDeleted { get; private set; }

    public string? EventId { get; private set; }

    public int? Limit { get; private set; }

    public int Offset { get; private set; } = 1;

    public string OrderBy { get; private set; } = "time";

    public static string Explain(string error) => $"Error 400: Bad Request\n\n{error}\n\nUsage details are available from https://earthquake.usgs.gov/fdsnws/event/1\n";

    public static bool TryParse(IQueryCollection query, DateTimeOffset now, [NotNullWhen(true)] out FdsnParameters? parameters, out string error)
    {
        var read = new FdsnParameters { Start = now.AddDays(-30) };
        foreach (var (name, values) in query)
        {
            if (!read.Take(name.ToLowerInvariant(), values.ToString()))
            {
                parameters = null;
                error = $"Bad {name} value \"{values}\".";
                return false;
            }
        }

        parameters = read;
        error = "";
        return true;
    }

    /// <summary>The matching events in the asked order, ties by id.</summary>
    public List<ServedFeature> Select(IReadOnlyList<ServedFeature> catalogue)
    {
        var matching = catalogue.Where(Matches);
        return OrderBy switch
        {
            "time-asc" => [.. matching.OrderBy(static f => f.Time).ThenBy(static f => f.Id, StringComparer.Ordinal)],
            "magnitude" => [.. matching.OrderByDescending(static f => f.Mag).ThenBy(static f => f.Id, StringComparer.Ordinal)],
            "magnitude-asc" => [.. matching.OrderBy(static f => f.Mag).ThenBy(static f => f.Id, StringComparer.Ordinal)],
            _ => [.. matching.OrderByDescending(static f => f.Time).ThenBy(static f => f.Id, StringComparer.Ordinal)],
        };
    }

    private bool Matches(ServedFeature f) =>
        (EventId is null || f.Id == EventId) &&
        f.Time >= Start &&
        (End is null || f.Time <= End) &&
        (UpdatedAfter is null || f.Updated >= UpdatedAfter) &&
        (IncludeDeleted || !f.IsDeleted) &&
        (MinMagnitude is null || f.Mag >= MinMagnitude) &&
        (MaxMagnitude is null || f.Mag <= MaxMagnitude) &&
        (f.Latitude is not { } latitude || (latitude >= MinLatitude && latitude <= MaxLatitude)) &&
        (f.Longitude is not { } longitude || (longitude >= MinLongitude && longitude <= MaxLongitude));

    private bool Take(string name, string value) => name switch
    {
        "format" => value == "geojson",
        "starttime" or "start" => Time(value, t => Start = t),
        "endtime" or "end" => Time(value, t => End = t),
        "updatedafter" => Time(value, t => UpdatedAfter = t),
        "minmagnitude" or "minmag" => Number(value, -10, 12, n => MinMagnitude = n),
        "maxmagnitude" or "maxmag" => Number(value, -10, 12, n => MaxMagnitude = n),
        "minlatitude" => Number(value, -90, 90, n => MinLatitude = n),
        "maxlatitude" => Number(value, -90, 90, n => MaxLatitude = n),
        "minlongitude" => Number(value, -360, 360, n => MinLongitude = n),
        "maxlongitude" => Number(value, -360, 360, n => MaxLongitude = n),
        "includedeleted" => Word(value, v => IncludeDeleted = v != "false", "true", "false", "only"),
        "eventid" => Word(value, v => EventId = v),
        "limit" => Number(value, 1, ServiceLimit, n => Limit = (int)n) && Math.Truncate((double)Limit!) == Limit,
        "offset" => Number(value, 1, int.MaxValue, n => Offset = (int)n),
        "orderby" => Word(value, v => OrderBy = v, "time", "time-asc", "magnitude", "magnitude-asc"),
        _ => Ignored.Contains(name),
    };

    private static bool Time(string value, Action<DateTimeOffset> take)
    {
        var ok = EventTime.TryParseQuery(value, out var time);
        if (ok)
        {
            take(time);
        }

        return ok;
    }

    private static bool Number(string value, double least, double most, Action<double> take)
    {
        var ok = double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most;
        if (ok)
        {
            take(number);
        }

        return ok;
    }

    private static bool Word(string value, Action<string> take, params ReadOnlySpan<string> allowed)
    {
        var ok = allowed.IsEmpty || allowed.Contains(value);
        if (ok)
        {
            take(value);
        }

        return ok;
    }
}
