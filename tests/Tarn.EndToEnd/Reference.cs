using System.Text.Json.Nodes;

namespace Tarn.EndToEnd;

/// <summary>What <c>silver.earthquakes</c> has to be, computed the straight way: the newest <c>updated</c> of each event, tombstones marked.</summary>
internal sealed class Reference
{
    private readonly SortedDictionary<string, (long Updated, double? Mag, long Time, double? Gap, string? MagType, double? Depth, bool Deleted)> _rows = new(StringComparer.Ordinal);

    public int Count => _rows.Count;

    public void Seen(JsonObject feature)
    {
        var properties = feature["properties"]!.AsObject();
        var id = feature["id"]!.GetValue<string>();
        var updated = properties["updated"]!.GetValue<long>();
        if (!_rows.TryGetValue(id, out var row) || updated >= row.Updated)
        {
            _rows[id] = (updated, (double?)properties["mag"], properties["time"]!.GetValue<long>(), (double?)properties["gap"], (string?)properties["magType"],
                (double?)feature["geometry"]!["coordinates"]![2], (string?)properties["status"] == "deleted");
        }
    }

    /// <summary>Events of the window that the feed no longer shows.</summary>
    public void Missing(IReadOnlySet<string> shown, long from)
    {
        foreach (var id in _rows.Keys.ToList())
        {
            if (_rows[id].Time >= from && !shown.Contains(id))
            {
                _rows[id] = _rows[id] with { Deleted = true };
            }
        }
    }

    /// <summary>A line for each row; the SQL of <see cref="Sql"/> gives the same lines.</summary>
    public IReadOnlyList<string> Lines() =>
        [.. _rows.Select(static r => FormattableString.Invariant(
            $"{r.Key}|{r.Value.Updated}|{r.Value.Time}|{r.Value.Mag}|{r.Value.MagType}|{r.Value.Gap}|{r.Value.Depth}|{(r.Value.Deleted ? "deleted" : "live")}"))];

    public const string Sql =
        "select id, epoch_ms(updated) as updated, epoch_ms(time) as time, mag, mag_type, gap, depth_km, is_deleted from silver.earthquakes order by id";

    public static IReadOnlyList<string> Lines(JsonArray rows) =>
        [.. rows.Select(static r => FormattableString.Invariant(
            $"{r!["id"]}|{r["updated"]!.GetValue<long>()}|{r["time"]!.GetValue<long>()}|{(double?)r["mag"]}|{(string?)r["mag_type"]}|{(double?)r["gap"]}|{(double?)r["depth_km"]}|{(r["is_deleted"]!.GetValue<bool>() ? "deleted" : "live")}"))
            .Order(StringComparer.Ordinal)];
}
