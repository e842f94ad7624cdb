using Tarn.Core;
using Tarn.Native;

namespace Tarn.Lake;

/// <summary>The files of the partitions that satisfy a condition over the partition columns.</summary>
internal static class PartitionChoice
{
    /// <exception cref="TarnException">The table has no partitions, or the condition is none over them.</exception>
    public static async Task<IReadOnlyList<DataFile>> OfAsync(LakeTable table, WriteLayout layout, string where, CancellationToken cancellationToken)
    {
        var files = layout.State.OrderedFiles;
        if (layout.Partition.Count == 0)
        {
            throw TarnException.InvalidInput($"Table {table.Name} has no partitions to choose from.", where, "Leave the condition out.");
        }

        if (files.Length == 0)
        {
            return [];
        }

        using var lease = table.Owner.DuckDb.Rent();
        var connection = lease.Connection;
        var chosen = await DuckDbWork.RunAsync(connection, () => Choose(connection, layout, files, where), cancellationToken).ConfigureAwait(false);
        return [.. files.Where((_, i) => chosen.Contains(i))];
    }

    private static HashSet<int> Choose(DuckDbConnection connection, WriteLayout layout, DataFile[] files, string where)
    {
        var condition = SqlExpression.Check(connection, where, "A condition over partitions");
        var columns = layout.Partition.Select(f =>
            $"CAST(list_extract([{string.Join(", ", files.Select(file => file.PartitionValues.GetValueOrDefault(f.PhysicalName) is { Length: > 0 } value ? SqlNames.Text(value) : "NULL"))}]::VARCHAR[], i + 1) AS {SqlNames.Type(f.Type.Logical)}) AS {SqlNames.Quote(f.Name)}");
        using var result = connection.Query(FormattableString.Invariant($"SELECT i FROM (SELECT range AS i, {string.Join(", ", columns)} FROM range({files.Length})) WHERE {condition}"));
        var chosen = new HashSet<int>();
        while (result.Fetch() is { } chunk)
        {
            using (chunk)
            {
                foreach (var file in chunk.Column(0).Values<long>()[..chunk.Count])
                {
                    chosen.Add((int)file);
                }
            }
        }

        return chosen;
    }
}
