using Tarn.Core;
using Tarn.Lake;
using Tarn.Log;

namespace Tarn.Pipelines;

/// <summary>Reads where the data stands that pipelines watch. It is never asked inside a transaction of the metadata store: a lake may be far away.</summary>
/// <param name="lake">The lake; null where the program has none.</param>
/// <param name="topics">The topics; null where the program has none.</param>
internal class SourceReader(Lake.Lake? lake, TopicLog? topics)
{
    public Lake.Lake? Lake => lake;

    public TopicLog? Topics => topics;

    /// <summary>A table's latest version; null where there is no such table.</summary>
    public virtual async Task<TablePosition?> TableAsync(string table, CancellationToken cancellation)
    {
        try
        {
            var snapshot = await RequireLake(table).Table(table).SnapshotAsync(cancellationToken: cancellation);
            return new TablePosition(snapshot.Version, snapshot.Id);
        }
        catch (TarnException error) when (error.Kind == ErrorKind.NotFound)
        {
            return null;
        }
    }

    /// <summary>What the commits after a version touched, oldest first.</summary>
    public virtual Task<IReadOnlyList<TouchedCommit>> TouchedSinceAsync(string table, long after, int limit, CancellationToken cancellation) =>
        RequireLake(table).TouchedSinceAsync(table, after, limit, cancellation);

    /// <summary>The ends of a topic's partitions; null where there is no such topic.</summary>
    public virtual async Task<long[]?> TopicAsync(string topic, CancellationToken cancellation)
    {
        try
        {
            var log = topics ?? throw Missing("a topic log", topic);
            return [.. (await log.DescribeTopicAsync(topic, cancellation)).Partitions.Select(static p => p.High)];
        }
        catch (TarnException error) when (error.Kind == ErrorKind.NotFound)
        {
            return null;
        }
    }

    private Lake.Lake RequireLake(string table) => lake ?? throw Missing("a lake", table);

    private static TarnException Missing(string what, string name) =>
        new(ErrorKind.Unavailable, $"A pipeline watches {name}, and the program has no {what[2..]}: add {what} to its services.");
}

/// <summary>Where a table stands.</summary>
/// <param name="Version">Its latest version.</param>
/// <param name="Id">Delta's id of it: another table by the same name has another.</param>
internal sealed record TablePosition(long Version, string Id);
