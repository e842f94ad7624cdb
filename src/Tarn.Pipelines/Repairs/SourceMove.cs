using System.Text.Json;

namespace Tarn.Pipelines;

/// <summary>A source has moved since a pipeline took it up last.</summary>
/// <param name="Cursor">Where it stood.</param>
/// <param name="Reached">Where it stands.</param>
/// <param name="TableId">Delta's id of a table.</param>
/// <param name="ChangesData">Whether rows or records are among what moved, and not the pipeline's own.</param>
internal sealed record SourceMove(SourceCursor Cursor, string Reached, string? TableId, bool ChangesData)
{
    private const int MostCommits = 1000;

    /// <summary>What has moved; null where nothing has.</summary>
    public static async Task<SourceMove?> FindAsync(SourceReader reader, SourceCursor cursor, CancellationToken cancellation)
    {
        var (reached, id) = await PositionAsync(reader, cursor.Source, cancellation);
        if (cursor.Kind == DataSourceKind.Topic.Name())
        {
            return reached == cursor.Reached ? null : new SourceMove(cursor, reached, null, Ends(reached).Where((end, i) => end > Ends(cursor.Reached).ElementAtOrDefault(i)).Any());
        }

        if (id is null || (reached == cursor.Reached && id == cursor.TableId))
        {
            return null;
        }

        var anew = (cursor.TableId is { } known && known != id) || SourceCursor.Number(reached) < cursor.Version;
        return new SourceMove(cursor, reached, id, anew || await ChangesAsync(reader, cursor, SourceCursor.Number(reached), cancellation));
    }

    /// <summary>Where a source stands: the version of a table, or -1 where there is none; the ends of a topic's partitions.</summary>
    public static async Task<(string Reached, string? TableId)> PositionAsync(SourceReader reader, DataSource source, CancellationToken cancellation)
    {
        if (source.Kind == DataSourceKind.Topic)
        {
            return (JsonSerializer.Serialize(await reader.TopicAsync(source.Name, cancellation) ?? []), null);
        }

        var table = await reader.TableAsync(source.Name, cancellation);
        return (SourceCursor.Text(table?.Version ?? -1), table?.Id);
    }

    /// <summary>What the run's cause says of it.</summary>
    public object Cause() => new { kind = Cursor.Kind, name = Cursor.Name, from = JsonSerializer.Deserialize<JsonElement>(Cursor.Reached), to = JsonSerializer.Deserialize<JsonElement>(Reached) };

    private static async Task<bool> ChangesAsync(SourceReader reader, SourceCursor cursor, long until, CancellationToken cancellation)
    {
        for (var after = cursor.Version; after < until;)
        {
            var commits = await reader.TouchedSinceAsync(cursor.Name, after, MostCommits, cancellation);
            if (commits.Any(c => c.FirstVersion <= until && c.Touched?.IsNothing != true && !c.Applications.Any(a => WriteIds.IsOf(a, cursor.Pipeline))))
            {
                return true;
            }

            if (commits.Count == 0)
            {
                return false;
            }

            after = commits[^1].Version;
        }

        return false;
    }

    private static long[] Ends(string reached) => JsonSerializer.Deserialize<long[]>(reached) ?? [];
}
