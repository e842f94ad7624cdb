using System.Text.Json;

namespace Quakes.Tests;

/// <summary>
/// What silver and its history have to be after a number of snapshots, computed the straight way from their JSON: for each event the newest <c>updated</c>, of the same
/// one the later observation, and a mark on what a summary no longer shows. It shares no code with what it checks.
/// </summary>
internal sealed class StraightReference
{
    private readonly Dictionary<string, long> _generated = [];

    public SortedDictionary<string, Row> Rows { get; } = new(StringComparer.Ordinal);

    /// <summary>Every version that was seen to be new, tombstones included.</summary>
    public List<(string Id, long Updated, long VersionTime, double? Mag, string? Place, bool Deleted)> Versions { get; } = [];

    public int Updated { get; private set; }

    public int New { get; private set; }

    public int Vanished { get; private set; }

    public void Snapshot(JsonElement feed)
    {
        var metadata = feed.GetProperty("metadata");
        var generated = metadata.GetProperty("generated").GetInt64();
        var title = metadata.GetProperty("title").GetString()!;
        var window = title.EndsWith("Hour", StringComparison.Ordinal) ? 3_600_000L : title.EndsWith("Week", StringComparison.Ordinal) ? 604_800_000L : 86_400_000L;
        var shown = new HashSet<string>();
        foreach (var feature in feed.GetProperty("features").EnumerateArray())
        {
            shown.Add(See(feature, generated));
        }

        if (generated <= _generated.GetValueOrDefault(title))
        {
            return;
        }

        _generated[title] = generated;
        foreach (var (id, row) in Rows.ToList())
        {
            if (!row.Deleted && row.Time >= generated - window && row.Time <= generated && row.VersionTime < generated && !shown.Contains(id))
            {
                Vanished++;
                Put(id, row with { Deleted = true, VersionTime = generated });
            }
        }
    }

    private string See(JsonElement feature, long generated)
    {
        var id = feature.GetProperty("id").GetString()!;
        var p = feature.GetProperty("properties");
        var updated = p.GetProperty("updated").GetInt64();
        var row = new Row(updated, updated, p.GetProperty("time").GetInt64(), Number(p, "mag"), Text(p, "place"), Content(feature), Deleted: false);
        if (!Rows.TryGetValue(id, out var known))
        {
            New++;
            Put(id, row);
        }
        else if (updated > known.Updated)
        {
            Updated++;
            Put(id, row);
        }
        else if (updated == known.Updated && (row.Content != known.Content || known.Deleted) && generated > known.VersionTime)
        {
            Put(id, row with { VersionTime = generated });
        }

        return id;
    }

    private void Put(string id, Row row)
    {
        Rows[id] = row;
        Versions.Add((id, row.Updated, row.VersionTime, row.Mag, row.Place, row.Deleted));
    }

    /// <summary>All values but those that are no column (tz) or no content (detail), in a fixed order; status without case.</summary>
    private static string Content(JsonElement feature)
    {
        var p = feature.GetProperty("properties");
        var values = new[] { "mag", "place", "time", "url", "felt", "cdi", "mmi", "alert", "tsunami", "sig", "net", "code", "ids", "sources", "types", "nst", "dmin", "rms", "gap", "magType", "type", "title" }
            .Select(n => p.TryGetProperty(n, out var v) && v.ValueKind != JsonValueKind.Null ? (v.ValueKind == JsonValueKind.Number ? v.GetDouble().ToString("R") : v.GetString()) : "∅");
        var at = string.Join(',', feature.GetProperty("geometry").GetProperty("coordinates").EnumerateArray().Select(static c => c.GetDouble().ToString("R")));
        return string.Join('|', values) + at + Text(p, "status")?.ToLowerInvariant();
    }

    private static double? Number(JsonElement p, string name) => p.TryGetProperty(name, out var v) && v.ValueKind == JsonValueKind.Number ? v.GetDouble() : null;

    private static string? Text(JsonElement p, string name) => p.TryGetProperty(name, out var v) ? v.GetString() : null;

    public sealed record Row(long Updated, long VersionTime, long Time, double? Mag, string? Place, string Content, bool Deleted);
}
