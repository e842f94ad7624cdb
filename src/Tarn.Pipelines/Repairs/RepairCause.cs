using System.Text.Json;
using System.Text.Json.Serialization;
using Tarn.Lake;

namespace Tarn.Pipelines;

/// <summary>Why data intervals are repaired: what commits of a table touched.</summary>
/// <param name="Table">The table.</param>
/// <param name="FromVersion">The first version that touched them.</param>
/// <param name="ToVersion">The last version that touched them.</param>
/// <param name="Commits">How many versions between these touched them.</param>
/// <param name="Touched">The event times, at most <see cref="MostSpans"/> spans; more are joined.</param>
internal sealed record RepairCause(string Table, long FromVersion, long ToVersion, long Commits, IReadOnlyList<EventSpan> Touched)
{
    public const int MostSpans = 20;

    /// <summary>Delta's id of the table, whose versions these are: a table that was made anew by the same name counts its own. Null in causes that an earlier Tarn kept.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? TableId { get; init; }

    /// <summary>Whether <see cref="Touched"/> is wider than what was touched.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Coarse { get; init; }

    /// <summary>Why all of the horizon is repaired; null where it is not.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? WholeHorizon { get; init; }

    /// <summary>Causes by other tables, where there are several.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<RepairCause>? Also { get; init; }

    /// <summary>This one and those of other tables.</summary>
    [JsonIgnore]
    public IEnumerable<RepairCause> All => Also is null ? [this] : Also.Prepend(this with { Also = null });

    /// <summary>What of it concerns a stretch of time.</summary>
    public RepairCause Within(DateTimeOffset start, DateTimeOffset end)
    {
        var touched = Spans.Intersect(Touched, [new EventSpan(start, end)]);
        return this with
        {
            Touched = Spans.AtMost(touched, MostSpans),
            Coarse = Coarse || touched.Count > MostSpans,
            Also = Also?.Select(c => c.Within(start, end)).ToList(),
        };
    }

    /// <summary>Both.</summary>
    public RepairCause And(RepairCause other)
    {
        var all = All.ToList();
        foreach (var cause in other.All)
        {
            var at = all.FindIndex(c => c.Table == cause.Table);
            if (at < 0)
            {
                all.Add(cause);
            }
            else
            {
                all[at] = all[at].Join(cause);
            }
        }

        return all[0] with { Also = all.Count > 1 ? all[1..] : null };
    }

    public static RepairCause Parse(string json) => JsonSerializer.Deserialize<RepairCause>(json, PipelineJson.Options)!;

    public string Write() => JsonSerializer.Serialize(this, PipelineJson.Options);

    /// <summary>The times of both, of one name. Where the table was made anew in between, the versions are those of the other, which came later.</summary>
    private RepairCause Join(RepairCause other)
    {
        var touched = Spans.Union(Touched.Concat(other.Touched));
        var anew = TableId is not null && TableId != other.TableId;
        return this with
        {
            TableId = other.TableId,
            FromVersion = anew ? other.FromVersion : Math.Min(FromVersion, other.FromVersion),
            ToVersion = anew ? other.ToVersion : Math.Max(ToVersion, other.ToVersion),
            Commits = anew ? other.Commits : Commits + other.Commits,
            Touched = Spans.AtMost(touched, MostSpans),
            Coarse = Coarse || other.Coarse || touched.Count > MostSpans,
            WholeHorizon = WholeHorizon ?? other.WholeHorizon,
        };
    }
}
